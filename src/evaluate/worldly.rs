//! A model tells held-out tales of the picture world and answers questions; the judge holds what it says against the facts.
//!
//! What is right by luck is measured in two ways: the same stories are held against the frames of another sequence, and the
//! model is asked blind, shown the frames of another sequence under its own cast. The difference is what the model sees.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::side_by_side::side_by_side;
use crate::pixels::Picture;
use crate::story::{CastMember, Frame, Request, SamplingPatch, Sequence, SequenceId, Story, Task, Telling};
use crate::world::{Judgement, Member, QuestionKind, Quiz, Share, Split, Tale, judge};
use crate::writer::{Order, Tells, WriterError};

/// What the model is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Looking {
    /// The sequence's own frames.
    Seeing,
    /// As many frames of another sequence.
    Blind,
}

/// What is asked of a model.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub first_seed: u64,
    /// Tales, each with a story, two questions about a jumble of the same seed, and now and then four drawn samples.
    pub count: u64,
}

/// What a model said about one tale.
#[derive(Clone, Debug)]
pub struct Paper {
    pub seed: u64,
    pub title: String,
    /// The greedy story.
    pub text: String,
    pub judgement: Judgement,
    /// The same story held against the frames and the cast of another tale.
    pub elsewhere: Judgement,
    /// Questions about a feeling, and those right.
    pub feelings: Share,
    /// Questions about sameness, and those right.
    pub sameness: Share,
    /// Stories drawn at temperature 1, of every fourth tale.
    pub samples: Vec<String>,
    /// How the world itself tells it.
    pub own: String,
}

/// Width and height of the frames that are handed in, in pixels.
const SIDE: u32 = 512;
/// One tale in so many is sampled, so often.
const SAMPLED: u64 = 4;
const SAMPLES: usize = 4;
/// Tokens an answer may have.
const ANSWER: usize = 64;

/// Examines a model over all the tellers at once, which must be the same model. `heard` hears after each tale what was said
/// seeing and blind; when `stop` is set, the tales that are done are given back, in order.
///
/// # Errors
/// The first error of a teller; the others then stop too.
pub fn examine<T: Tells + Send>(
    tellers: &mut [T],
    asked: Asked,
    stop: &AtomicBool,
    heard: impl Fn(&[Paper; 2]) + Sync,
) -> Result<Vec<[Paper; 2]>, WriterError> {
    side_by_side(tellers, asked.count, stop, |teller, at| {
        let papers = [paper(teller, asked, at, Looking::Seeing)?, paper(teller, asked, at, Looking::Blind)?];
        heard(&papers);
        Ok(papers)
    })
}

/// What the model says about the tale `at`.
fn paper(teller: &mut impl Tells, asked: Asked, at: u64, looking: Looking) -> Result<Paper, WriterError> {
    let seed = asked.first_seed.wrapping_add(at);
    let tale = Tale::new(seed, Split::HeldOut);
    let other = another(&tale, |n| Tale::new(beyond(asked, at, n), Split::HeldOut));
    let shown = match looking {
        Looking::Seeing => tale.clone(),
        Looking::Blind => other.clone(),
    };
    let greedy = SamplingPatch { temperature: Some(0.0), ..SamplingPatch::default() };
    let order = order(&tale, &shown, Task::Story, None, greedy)?;
    let text = told(teller, &order)?.pop().unwrap_or_default();
    let samples = if at.is_multiple_of(SAMPLED) {
        let sampling = SamplingPatch {
            temperature: Some(1.0),
            top_k: Some(0),
            top_p: Some(1.0),
            min_p: Some(0.0),
            seed: Some(seed),
            ..SamplingPatch::default()
        };
        told(teller, &Order { request: Request { sampling, stories: SAMPLES, ..order.request }, ..order })?
    } else {
        Vec::new()
    };
    let (feelings, sameness) = answers(teller, asked, at, looking)?;
    let (judgement, elsewhere) = (judge(&text, &tale.facts), judge(&text, &other.facts));
    let (title, own) = (tale.facts.title.clone(), tale.facts.story.join("\n"));
    Ok(Paper { seed, title, text, judgement, elsewhere, feelings, sameness, samples, own })
}

impl Paper {
    /// This story as if it had been told of the other sequence, with the answers that were given blind.
    pub fn of_other_frames(&self, blind: &Paper) -> Paper {
        let (feelings, sameness) = (blind.feelings, blind.sameness);
        Paper { judgement: self.elsewhere.clone(), feelings, sameness, ..self.clone() }
    }
}

/// A question about a feeling and one about sameness, on a jumble: no plot helps.
fn answers(teller: &mut impl Tells, asked: Asked, at: u64, looking: Looking) -> Result<(Share, Share), WriterError> {
    let quiz = |seed| Quiz::jumble(seed, Split::HeldOut, 2);
    let own = quiz(asked.first_seed.wrapping_add(at));
    let shown = match looking {
        Looking::Seeing => own.tale.clone(),
        Looking::Blind => another(&own.tale, |n| quiz(beyond(asked, at, n)).tale),
    };
    let (mut feelings, mut sameness) = (Share::default(), Share::default());
    for question in &own.questions {
        let (task, share) = match question.kind {
            QuestionKind::Emotion(_) => (Task::Emotion, &mut feelings),
            QuestionKind::Same(_) => (Task::Consistency, &mut sameness),
        };
        let short = SamplingPatch { temperature: Some(0.0), max_new_tokens: Some(ANSWER), ..SamplingPatch::default() };
        let order = order(&own.tale, &shown, task, Some(question.text.clone()), short)?;
        let said = told(teller, &order)?.pop().unwrap_or_default();
        share.count(question.right(&said));
    }
    Ok((feelings, sameness))
}

/// A seed that no asked tale has.
fn beyond(asked: Asked, at: u64, n: u64) -> u64 {
    asked.first_seed.wrapping_add(asked.count).wrapping_add(at * 64 + n)
}

/// The first other tale of as many frames.
fn another(tale: &Tale, other: impl Fn(u64) -> Tale) -> Tale {
    let frames = tale.facts.frames.len();
    (0..10_000).map(other).find(|other| other.facts.frames.len() == frames).unwrap_or_else(|| tale.clone())
}

/// An order for the cast of `tale` over the frames of `shown`.
pub fn order(
    tale: &Tale,
    shown: &Tale,
    task: Task,
    prompt: Option<String>,
    sampling: SamplingPatch,
) -> Result<Order, WriterError> {
    let picture = |i: usize| Picture::from_rgb(&shown.draw(i, SIDE)).map_err(|e| WriterError::Picture(e.to_string()));
    let pictures = (0..shown.facts.frames.len()).map(picture).collect::<Result<Vec<_>, _>>()?;
    let frame = |(place, p): (usize, &Picture)| Frame {
        place,
        name: format!("frame {}", place + 1),
        hash: p.hash().to_owned(),
        width: p.width(),
        height: p.height(),
        text: None,
    };
    let member = |m: &Member| CastMember { name: m.name.clone(), species: m.species.word().to_owned() };
    let sequence = Sequence {
        id: SequenceId(format!("tale-{}", tale.facts.seed)),
        title: tale.facts.title.clone(),
        source: "picture world".to_owned(),
        credits: None,
        cast: tale.facts.cast.iter().map(member).collect(),
        frames: pictures.iter().enumerate().map(frame).collect(),
        in_world: true,
    };
    Ok(Order {
        sequence: Arc::new(sequence),
        pictures: Arc::new(pictures),
        request: Request { task, template: prompt, sampling, ..Request::default() },
        window: 0,
    })
}

/// The texts of an order's stories.
pub(super) fn told(teller: &mut impl Tells, order: &Order) -> Result<Vec<String>, WriterError> {
    Ok(telling(teller, order)?.into_iter().map(|story| story.text).collect())
}

/// An order's stories.
pub(super) fn telling(teller: &mut impl Tells, order: &Order) -> Result<Vec<Story>, WriterError> {
    let mut stories = Vec::with_capacity(order.request.stories);
    teller.tells(order, &mut |telling| {
        if let Telling::Done { story, .. } = telling {
            stories.push(*story);
        }
        ControlFlow::Continue(())
    })?;
    Ok(stories)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::writer::{ModelSource, Storyteller};

    #[test]
    fn a_model_is_examined_seeing_and_blind_and_can_be_stopped() {
        let mut tellers = [Storyteller::open(&ModelSource::Embedded, None).unwrap()];
        let asked = Asked { first_seed: 9001, count: 1 };
        let heard = AtomicUsize::new(0);
        let papers = examine(&mut tellers, asked, &AtomicBool::new(false), |_| {
            heard.fetch_add(1, Ordering::Relaxed);
        })
        .unwrap();
        let [seeing, blind] = &papers[0];
        assert_eq!((papers.len(), heard.into_inner(), seeing.seed), (1, 1, 9001));
        assert!(seeing.text != blind.text && seeing.samples.len() == SAMPLES);
        assert_eq!((seeing.feelings.of, blind.sameness.of), (1, 1));
        assert!(examine(&mut tellers, asked, &AtomicBool::new(true), |_| ()).unwrap().is_empty());
    }

    #[test]
    fn the_frames_of_another_tale_are_as_many_and_others() {
        let asked = Asked { first_seed: 9001, count: 50 };
        for at in 0..50 {
            let tale = Tale::new(9001 + at, Split::HeldOut);
            let other = another(&tale, |n| Tale::new(beyond(asked, at, n), Split::HeldOut));
            assert_eq!(tale.facts.frames.len(), other.facts.frames.len());
            assert!(other.facts.seed >= 9051);
        }
    }
}
