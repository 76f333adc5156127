//! A model at work on a suite: it tells every sequence, under every condition, weighs and answers; what is kept already is read
//! and not told. A stop ends it between two tellings.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use super::kept::{Kept, Value};
use super::plan::{ModelPlan, Plan};
use crate::evaluate::metrics::{Looks, Weighed, weigh_story};
use crate::evaluate::probes::{Condition, Said, polls, show};
use crate::evaluate::side_by_side::side_by_side;
use crate::evaluate::subject::Subject;
use crate::evaluate::worldly::telling;
use crate::story::{Finish, Notice, Request, SamplingPatch};
use crate::writer::{Order, Teller};

/// Tokens an answer may have.
const ANSWER: usize = 64;
/// Changes when what is asked changes though no key would.
const ASKED: &str = "1";

/// What the work needs beside the model.
#[derive(Clone, Copy)]
pub struct Working<'a> {
    pub plan: &'a Plan,
    pub subjects: &'a [Subject],
    pub kept: &'a Kept,
    pub conditions: &'a [Condition],
}

/// What a model said of one sequence.
#[derive(Clone, Debug, Default)]
pub struct Told {
    pub story: String,
    pub cut: bool,
    pub milliseconds: f64,
    pub under: BTreeMap<Condition, String>,
    pub weighed: Option<Weighed>,
    pub answers: Vec<Said>,
    /// The questions, each with what was answered.
    pub asked: Vec<(String, String)>,
}

/// What a model said of all sequences, in their order; none of those that were not reached.
#[derive(Clone, Debug)]
pub struct Done {
    pub name: String,
    pub hash: String,
    pub adapter: Option<String>,
    /// 0 where an engine elsewhere does not say.
    pub parameters: u64,
    pub told: Vec<Option<Told>>,
}

impl Done {
    /// The story of a sequence, by its place.
    pub fn story(&self, at: usize) -> Option<&str> {
        self.told.get(at)?.as_ref().map(|told| told.story.as_str())
    }
}

/// How many sequences a model tells.
fn count(model: &ModelPlan, subjects: &[Subject]) -> usize {
    if model.most == 0 { subjects.len() } else { model.most.min(subjects.len()) }
}

/// Tellings, weighings and answers that a model of the suite is asked for.
pub fn jobs(model: &ModelPlan, working: &Working<'_>) -> u64 {
    let of = |(at, subject): (usize, &Subject)| {
        let conditions = if working.is_probed(at) { working.conditions.len() } else { 0 };
        let questions = if subject.facts.is_some() { working.plan.measures.questions } else { 0 };
        1 + conditions + usize::from(working.plan.measures.weigh) + questions
    };
    working.subjects.iter().enumerate().take(count(model, working.subjects)).map(of).sum::<usize>() as u64
}

impl Working<'_> {
    fn is_probed(&self, at: usize) -> bool {
        self.plan.measures.conditions_on == 0 || at < self.plan.measures.conditions_on
    }

    /// The next sequence of as many frames, or else the next.
    fn other(&self, at: usize) -> &Subject {
        let frames = |subject: &Subject| subject.pictures.len();
        let later = (1..self.subjects.len()).map(|step| &self.subjects[(at + step) % self.subjects.len()]);
        let alike = later.clone().find(|other| frames(other) == frames(&self.subjects[at]));
        alike.or_else(|| later.clone().next()).unwrap_or(&self.subjects[at])
    }

    fn sampling(&self) -> SamplingPatch {
        self.plan.telling.clone().or(SamplingPatch { temperature: Some(0.0), ..SamplingPatch::default() })
    }
}

/// Has a model do its part, over all its copies at once. `heard` hears after each job whether it was done anew.
///
/// # Errors
/// The first error of any copy, or of the file; the others then stop too.
pub fn examine_suite(
    tellers: &mut [Teller],
    model: &ModelPlan,
    working: &Working<'_>,
    stop: &AtomicBool,
    heard: impl Fn(bool) + Sync,
) -> Result<Done, Notice> {
    let Some(first) = tellers.first() else { return Err(Notice::ours("no model was opened")) };
    let (hash, adapter, parameters) = match first {
        Teller::Here(teller) => (teller.hash.clone(), teller.adapter.clone(), teller.parameters),
        Teller::Remote(teller) => (teller.remote.hash(), None, 0),
    };
    let mut done = Done { name: model.name.clone(), hash, adapter, parameters, told: Vec::new() };
    let who = [done.hash.clone(), done.adapter.clone().unwrap_or_default()];
    let asked = count(model, working.subjects) as u64;
    let part = |teller: &mut Teller, at: u64| -> Result<(usize, Option<Told>), Notice> {
        let job = Job { model, who: &who, working, at: at as usize, stop, heard: &heard };
        Ok((at as usize, job.told(teller)?))
    };
    let told: Vec<(usize, Option<Told>)> = side_by_side(tellers, asked, stop, part)?;
    done.told = vec![None; working.subjects.len()];
    for (at, told) in told {
        done.told[at] = told;
    }
    Ok(done)
}

/// One sequence and one model.
struct Job<'a, H: Fn(bool)> {
    model: &'a ModelPlan,
    /// Hashes of the model and of its adapter.
    who: &'a [String; 2],
    working: &'a Working<'a>,
    at: usize,
    stop: &'a AtomicBool,
    heard: &'a H,
}

impl<H: Fn(bool)> Job<'_, H> {
    fn subject(&self) -> &Subject {
        &self.working.subjects[self.at]
    }

    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn told(&self, teller: &mut Teller) -> Result<Option<Told>, Notice> {
        let (subject, working) = (self.subject(), self.working);
        let request = Request { sampling: working.sampling(), ..Request::default() };
        let own = self.text(teller, "own", None, || Ok(subject.order(request.clone())))?;
        let mut told = Told { story: own.0, cut: own.1, milliseconds: own.2, ..Told::default() };
        let conditions: &[Condition] = if working.is_probed(self.at) { working.conditions } else { &[] };
        for condition in conditions {
            if self.is_over() {
                return Ok(None);
            }
            let foreign = matches!(condition, Condition::Wrong | Condition::Intruding);
            let other = working.other(self.at);
            let order = || {
                let shown = show(*condition, subject, other)?;
                let request = Request { template: shown.template, ..request.clone() };
                Ok(subject.order_over(shown.pictures, request))
            };
            let text = self.text(teller, &condition.key(), foreign.then_some(other), order)?.0;
            told.under.insert(*condition, text);
        }
        if working.plan.measures.weigh {
            if self.is_over() {
                return Ok(None);
            }
            told.weighed = self.weighed(teller, &told.story, &request)?;
        }
        if let Some(facts) = subject.facts.as_ref().filter(|_| working.plan.measures.questions > 0) {
            let (jumble, polls) = polls(facts.seed, working.plan.measures.questions)?;
            for (number, poll) in polls.iter().enumerate() {
                if self.is_over() {
                    return Ok(None);
                }
                let sampling = SamplingPatch { max_new_tokens: Some(ANSWER), ..working.sampling() };
                let template = Some(poll.question.text.clone());
                let request = Request { task: poll.task, template, sampling, ..Request::default() };
                let what = format!("question_{} {}", number + 1, poll.question.text);
                let answer = self.text(teller, &what, None, || Ok(jumble.order(request)))?.0;
                told.answers.push(poll.read(&answer));
                told.asked.push((poll.question.text.clone(), answer));
            }
        }
        Ok(Some(told))
    }

    /// A text, kept or told now: its words, whether the limit cut it, and how long it took.
    fn text(
        &self,
        teller: &mut Teller,
        what: &str,
        other: Option<&Subject>,
        order: impl FnOnce() -> Result<Order, Notice>,
    ) -> Result<(String, bool, f64), Notice> {
        let key = self.key(what, other, "");
        if let Some(Value::Text { text, cut, milliseconds }) = self.working.kept.get(&key) {
            (self.heard)(false);
            return Ok((text, cut, milliseconds));
        }
        let began = std::time::Instant::now();
        let story = telling(teller, &order()?)?.pop();
        let cut = story.as_ref().is_some_and(|story| story.finish == Finish::Length);
        let text = story.map(|story| story.text).unwrap_or_default();
        let milliseconds = began.elapsed().as_secs_f64() * 1000.0;
        self.keep(&key, what, &Value::Text { text: text.clone(), cut, milliseconds })?;
        (self.heard)(true);
        Ok((text, cut, milliseconds))
    }

    /// None of an engine elsewhere: it does not say how likely words are that it is given.
    fn weighed(&self, teller: &mut Teller, story: &str, request: &Request) -> Result<Option<Weighed>, Notice> {
        let Teller::Here(teller) = teller else {
            (self.heard)(false);
            return Ok(None);
        };
        let (subject, other) = (self.subject(), self.working.other(self.at));
        let key = self.key("weigh", Some(other), &[story, subject.references.join("\n\n").as_str()].join("\0"));
        if let Some(Value::Weighed(weighed)) = self.working.kept.get(&key) {
            (self.heard)(false);
            return Ok(weighed);
        }
        let behind = |condition: Condition| -> Result<Order, Notice> {
            Ok(subject.order_over(show(condition, subject, other)?.pictures, request.clone()))
        };
        let looks = Looks {
            own: &subject.order(request.clone()),
            blank: &behind(Condition::Blank)?,
            shuffled: &behind(Condition::Shuffled)?,
            other: &behind(Condition::Wrong)?,
        };
        let weighed = weigh_story(teller, &looks, story, subject.references.first().map(String::as_str))?;
        self.keep(&key, "weigh", &Value::Weighed(weighed))?;
        (self.heard)(true);
        Ok(weighed)
    }

    fn keep(&self, key: &str, what: &str, value: &Value) -> Result<(), Notice> {
        let about = [self.model.name.as_str(), self.subject().key.as_str(), what];
        self.working.kept.put(key, about, value).map_err(|error| {
            Notice::outside(
                format!("what was told cannot be kept: {error}"),
                "free some space and run it again: it goes on",
            )
        })
    }

    /// Everything that an answer depends on, as one hash.
    fn key(&self, what: &str, other: Option<&Subject>, more: &str) -> String {
        let subject = self.subject();
        let mut hasher = blake3::Hasher::new();
        let mut add = |part: &str| {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        };
        add(ASKED);
        self.who.iter().for_each(|hash| add(hash));
        add(&subject.key);
        add(&subject.sequence.title);
        for member in &subject.sequence.cast {
            add(&format!("{}\0{}", member.name, member.species));
        }
        for picture in subject.pictures.iter().chain(other.iter().flat_map(|other| other.pictures.iter())) {
            add(picture.hash());
        }
        add(what);
        add(&serde_json::to_string(&self.working.sampling()).unwrap_or_default());
        add(more);
        hasher.finalize().to_hex().to_string()
    }
}
