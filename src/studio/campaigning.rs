//! A campaign is begun: the systems tell every sequence, and their stories are paired, with pairs whose answer is known
//! among them.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::try_join_all;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::gallery::blocking;
use super::handle::{LARGE, Studio};
use super::importing::story_of_others;
use super::rating::deadline;
use super::telling::TellOrder;
use crate::exchange::{self, JudgedText, LeftOut};
use crate::shelf::{AwaitedStory, NewPair, PairKind};
use crate::story::{Campaign, Doubted, Finish, Notice, Plan, Request, SamplingPatch, SequenceId, Story, Telling};

/// A system that takes part: a model, told how to draw; or stories that were told elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct System {
    /// What results call it; raters never see it.
    pub label: String,
    /// `None`: the model that tells now.
    pub model: Option<String>,
    pub sampling: SamplingPatch,
    /// Its stories are not told but read.
    pub elsewhere: Option<Elsewhere>,
}

/// The stories of a system that is not here, by sequence.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Elsewhere {
    pub file: String,
    pub stories: BTreeMap<SequenceId, String>,
    /// Rows of the file that could not be used.
    pub left_out: Vec<LeftOut>,
}

/// What is to be begun.
#[derive(Clone, Debug)]
pub struct NewCampaign {
    pub name: String,
    pub plan: Plan,
    pub sequences: Vec<SequenceId>,
    pub systems: Vec<System>,
    /// So many of all pairs, drawn by chance; `None`: all.
    pub most_pairs: Option<usize>,
    /// Pairs whose answer is known: a story against one that was told of other pictures.
    pub gold: usize,
    pub practice: usize,
    /// Of what is drawn by chance: pairs, and which stories are told of other pictures.
    pub seed: u64,
    /// It begins at once, and its stories are told while it is rated, each when somebody comes to it first.
    pub live: bool,
}

/// How far it is: stories told, of so many.
pub type Told<'a> = &'a mut (dyn FnMut(usize, usize) + Send);

impl Studio {
    /// Has every system tell every sequence, then begins the campaign. Stories that were told are on the shelf even if it
    /// is not begun in the end.
    pub async fn begin_campaign(&self, order: &NewCampaign, watch: Told<'_>) -> Result<Campaign, Notice> {
        if self.inner.shelf.campaign(&order.name).await?.is_some() {
            let what = format!("there is already a campaign called '{}'", order.name);
            return Err(Notice::yours(what, "give it another name"));
        }
        if let Some(trouble) = order.plan.trouble() {
            return Err(Notice::yours(format!("the plan cannot be followed: {trouble}"), "mend it, then repeat this"));
        }
        if !order.plan.deadline.is_empty() && deadline(&order.plan.deadline).is_none() {
            let what = format!("'{}' is no day and no moment", order.plan.deadline);
            return Err(Notice::yours(what, "write deadline = \"2026-12-24\" or \"2026-12-24T18:00:00+01:00\""));
        }
        if order.systems.len() < 2 || order.sequences.is_empty() {
            let what = "a campaign compares at least two systems over at least one sequence";
            return Err(Notice::yours(what, "name another with --system, such as --system warm:temperature=1"));
        }
        let by_reward = order.plan.uncertain > 0.0 && order.plan.uncertain_by == Doubted::Reward;
        if by_reward && order.live {
            let what = "stories that are still to be told cannot be read by a reward model";
            return Err(Notice::yours(what, "leave out --live, or say uncertain_by = \"systems\""));
        }
        if by_reward && self.reward_model().await?.is_none() {
            let what = "uncertain_by = \"reward\" asks for a reward model, and none is in use";
            return Err(Notice::yours(what, "adopt one: storyloom adopt RUN; or say uncertain_by = \"systems\""));
        }
        let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(order.seed);
        let of = order.sequences.len() * order.systems.len();
        let mut told: HashMap<(usize, usize), Story> = HashMap::new();
        for (s, sequence) in order.sequences.iter().enumerate() {
            watch(s * order.systems.len(), of);
            let mut telling = Vec::new();
            for (n, system) in order.systems.iter().enumerate() {
                let story = match &system.elsewhere {
                    None if order.live => Some(self.awaited(sequence, system, n, &mut chance).await?),
                    None => {
                        telling.push(self.tell_whole(sequence, system, n));
                        continue;
                    }
                    Some(elsewhere) => self.read_whole(sequence, system, elsewhere, n).await?,
                };
                told.extend(story.map(|story| ((s, n), story)));
            }
            // The systems tell side by side, each at a desk of its own.
            told.extend(try_join_all(telling).await?.into_iter().map(|(n, story)| ((s, n), story)));
        }
        watch(of, of);
        self.clear_beside();
        let (candidates, pairs) = pair(order, &told, &mut chance);
        if pairs.iter().all(|pair| pair.kind != PairKind::Plain) {
            let what =
                "the systems told the same stories, stories that their token limit cut, or none of the same sequence";
            return Err(Notice::yours(what, "let them differ, or raise max_new_tokens"));
        }
        let id = self.inner.shelf.put_campaign(&order.name, &order.plan, &candidates, &pairs).await?;
        let campaign = self.campaign(Some(&id)).await?;
        if by_reward {
            self.doubt_by_reward(&campaign, watch).await?;
        }
        Ok(campaign)
    }

    /// Reads the stories of a system that is not here. Their pictures come onto the shelf.
    ///
    /// # Errors
    /// A file that cannot be read, or of which nothing can be used.
    pub async fn elsewhere(&self, file: &Path) -> Result<Elsewhere, Notice> {
        let path = file.to_owned();
        let (told, mut left_out) = blocking(move || exchange::open_told(&path)).await??;
        let mut stories = BTreeMap::new();
        let shown = file.display().to_string();
        for row in told {
            let kept = match self.shown(&row.shown, false).await? {
                Ok(sequence) if stories.contains_key(&sequence) => Err("its sequence has a story already".to_owned()),
                Ok(sequence) => Ok(stories.insert(sequence, row.text)),
                Err(why) => Err(why),
            };
            if let Err(why) = kept {
                left_out.push(LeftOut::new(&shown, row.number, "", &why));
            }
        }
        if stories.is_empty() {
            let why = left_out.first().map(|left| format!("row {}: {}", left.row, left.reason)).unwrap_or_default();
            let try_this = "each row names a sequence that is here, or images that lie beside the file";
            return Err(Notice::yours(format!("no story of '{shown}' can be used; {why}"), try_this));
        }
        let file = file.file_name().map_or(shown, |name| name.to_string_lossy().into_owned());
        Ok(Elsewhere { file: exchange::clean_line(&file, 200), stories, left_out })
    }

    /// A story that was told elsewhere, on the shelf; `None` if there is none about this sequence.
    async fn read_whole(
        &self,
        sequence: &SequenceId,
        system: &System,
        elsewhere: &Elsewhere,
        column: usize,
    ) -> Result<Option<Story>, Notice> {
        let Some(text) = elsewhere.stories.get(sequence) else { return Ok(None) };
        let told = JudgedText { system: system.label.clone(), text: text.clone() };
        let story = story_of_others(sequence, &told, "", &elsewhere.file, column);
        self.shelve(sequence).await?;
        self.inner.shelf.put_story(&story).await?;
        Ok(Some(story))
    }

    /// One story of one system that is told later, and how it will be.
    async fn awaited(
        &self,
        sequence: &SequenceId,
        system: &System,
        place: usize,
        chance: &mut (impl Rng + Send),
    ) -> Result<Story, Notice> {
        let sampling =
            SamplingPatch { seed: system.sampling.seed.or_else(|| Some(chance.random())), ..system.sampling.clone() };
        let model = system.model.clone().unwrap_or_else(|| self.model().borrow().name.clone());
        // Like those of stories that are told: they sort by time.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
        let id = format!("story-{now:016x}-{place:02x}{:06x}", rand::random_range(0..1u32 << 24));
        let story = AwaitedStory { id, sequence: sequence.clone(), model, place, sampling };
        self.shelve(sequence).await?;
        self.inner.shelf.put_awaited(std::slice::from_ref(&story)).await?;
        Ok(story.story())
    }

    /// One story of one system, on the shelf, and which system's.
    async fn tell_whole(
        &self,
        sequence: &SequenceId,
        system: &System,
        column: usize,
    ) -> Result<(usize, Story), Notice> {
        let request = Request { sampling: system.sampling.clone(), ..Request::default() };
        // A large model is not loaded a second time to tell beside itself.
        let current = || Some(self.model().borrow().clone()).filter(|card| card.bytes <= LARGE).map(|card| card.name);
        let beside = system.model.clone().or_else(current).map(|model| (model, column));
        let mut tellings = self.tell(TellOrder { beside, ..TellOrder::new(sequence.clone(), request) }).await?;
        while let Some(telling) = tellings.recv().await {
            match telling {
                Telling::Done { story, .. } => return Ok((column, *story)),
                Telling::Failed { notice } => return Err(notice),
                _ => {}
            }
        }
        Err(Notice::ours("a telling ended without a story"))
    }
}

/// Which story stands for which system, and the pairs.
fn pair(
    order: &NewCampaign,
    told: &HashMap<(usize, usize), Story>,
    chance: &mut impl Rng,
) -> (Vec<(String, String)>, Vec<NewPair>) {
    let candidates = told.iter().map(|((_, n), story)| (story.id.clone(), order.systems[*n].label.clone())).collect();
    let mut pairs = Vec::new();
    for (s, sequence) in order.sequences.iter().enumerate() {
        for a in 0..order.systems.len() {
            for b in a + 1..order.systems.len() {
                if let (Some(first), Some(second)) = (told.get(&(s, a)), told.get(&(s, b)))
                    && fair(first, second)
                {
                    pairs.push(new_pair(&sequence.0, first, second, PairKind::Plain, 1.0));
                }
            }
        }
    }
    let all = pairs.len();
    if let Some(most) = order.most_pairs.filter(|most| *most < all) {
        pairs.shuffle(chance);
        pairs.truncate(most.max(1));
        let drawn = pairs.len() as f64 / all as f64;
        pairs.iter_mut().for_each(|pair| pair.chance = drawn);
    }
    // Pairs with a known answer: a story, and one that another sequence was told.
    let mut known: Vec<(&Story, &Story, usize)> = Vec::new();
    for s in 0..order.sequences.len() {
        for other in (0..order.sequences.len()).filter(|other| *other != s) {
            for n in 0..order.systems.len() {
                // What is still to be told has no known answer.
                if let (Some(own), Some(strange)) = (told.get(&(s, n)), told.get(&(other, n)))
                    && [own, strange].iter().all(|story| story.finish != Finish::Awaited)
                {
                    known.push((own, strange, s));
                }
            }
        }
    }
    known.shuffle(chance);
    known.retain(|(own, strange, _)| fair(own, strange));
    // Each sequence once before any of them twice.
    let mut used = HashMap::new();
    let mut turn: Vec<usize> = Vec::new();
    for (.., s) in &known {
        let count: &mut usize = used.entry(*s).or_default();
        turn.push(*count);
        *count += 1;
    }
    let mut known: Vec<_> = turn.into_iter().zip(known).collect();
    known.sort_by_key(|(turn, _)| *turn);
    for (n, (_, (own, strange, s))) in known.into_iter().take(order.gold + order.practice).enumerate() {
        let answer = if chance.random::<bool>() { 1 } else { -1 };
        let kind = if n < order.practice { PairKind::Practice { answer } } else { PairKind::Gold { answer } };
        let (first, second) = if answer == 1 { (own, strange) } else { (strange, own) };
        pairs.push(new_pair(&order.sequences[s].0, first, second, kind, 1.0));
    }
    (candidates, pairs)
}

/// A cut story loses for its end alone, and of two equal ones nobody can prefer one. Of those that are still to be told it shows later.
pub(super) fn fair(first: &Story, second: &Story) -> bool {
    if [first, second].iter().any(|story| story.finish == Finish::Awaited) {
        return [first, second].iter().all(|story| story.finish != Finish::Length);
    }
    [first, second].iter().all(|story| story.finish != Finish::Length) && first.text != second.text
}

pub(super) fn new_pair(sequence: &str, first: &Story, second: &Story, kind: PairKind, chance: f64) -> NewPair {
    let (first, second) = (first.id.clone(), second.id.clone());
    NewPair { sequence: sequence.to_owned(), first, second, kind, chance }
}
