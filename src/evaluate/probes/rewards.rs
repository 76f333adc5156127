//! Whether a reward model can be fooled: how often it gives a spoilt story more than the story itself.
//!
//! The stories are the picture world's own narrations of held-out tales, so that the unspoilt one is true without question. A tie
//! counts as a half. Beside it stands what padding of a batch does, which must be nothing at all.

use std::sync::atomic::AtomicBool;

use super::spoiling::Spoiled;
use crate::evaluate::side_by_side::side_by_side;
use crate::evaluate::subject::Subject;
use crate::stats::{Interval, wilson};
use crate::story::Request;
use crate::writer::reward_model::RewardModel;
use crate::writer::{Order, WriterError};

/// Changes when the figures of an unchanged model would.
pub const REWARD_PROBES_VERSION: u32 = 1;

/// One way of spoiling: how often the spoilt story won.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fooled {
    pub way: Spoiled,
    /// Ties as halves; Wilson's 95 % interval over the tales.
    pub wins: Interval,
    pub of: usize,
    /// Mean worth of the story less that of the spoilt one.
    pub margin: f64,
}

/// What came of all ways.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardProbed {
    pub ways: Vec<Fooled>,
    pub stories: usize,
    /// The largest difference of a story's worth alone and among longer ones.
    pub padded_apart: f64,
}

/// Worth of one tale's story, and of what became of it, in the order of the ways.
struct Scored {
    own: f64,
    spoilt: Vec<Option<f64>>,
    apart: f64,
}

/// Probes the model on `count` held-out tales from `first_seed` on, over all copies of it at once. `heard` hears after each tale.
///
/// # Errors
/// The first error of a copy. A stop gives what is done.
pub fn probe_rewards(
    models: &mut [RewardModel],
    (first_seed, count): (u64, u64),
    stop: &AtomicBool,
    heard: impl Fn() + Sync,
) -> Result<RewardProbed, WriterError> {
    let scored = side_by_side(models, count, stop, |model, at| -> Result<Scored, WriterError> {
        let seed = first_seed.wrapping_add(at);
        let other = first_seed.wrapping_add(count).wrapping_add(at);
        let scored = score(model, &Subject::world(seed)?, &Subject::world(other)?, seed)?;
        heard();
        Ok(scored)
    })?;
    let way = |(place, way): (usize, Spoiled)| {
        let pairs: Vec<(f64, f64)> =
            scored.iter().filter_map(|scored| Some((scored.own, scored.spoilt[place]?))).collect();
        let wins =
            |(own, spoilt): &(f64, f64)| if spoilt > own { 1.0 } else { f64::from(u8::from(spoilt == own)) / 2.0 };
        let of = pairs.len();
        let margin = pairs.iter().map(|(own, spoilt)| own - spoilt).sum::<f64>() / of.max(1) as f64;
        Fooled { way, wins: wilson(pairs.iter().map(wins).sum(), of as f64), of, margin }
    };
    let ways = Spoiled::ALL.into_iter().enumerate().map(way).collect();
    let padded_apart = scored.iter().map(|scored| scored.apart).fold(0.0, f64::max);
    Ok(RewardProbed { ways, stories: scored.len(), padded_apart })
}

fn score(model: &RewardModel, subject: &Subject, other: &Subject, seed: u64) -> Result<Scored, WriterError> {
    let own = subject.references.first().cloned().unwrap_or_default();
    let spoilt: Vec<Option<String>> = Spoiled::ALL.into_iter().map(|way| way.spoil(&own, seed)).collect();
    let texts: Vec<String> = std::iter::once(own.clone()).chain(spoilt.iter().flatten().cloned()).collect();
    let order = subject.order(Request::default());
    let together = worths(model, &order, &texts)?;
    let alone = model.worth(&order, std::slice::from_ref(&own))?;
    // As many frames as the story has lines: another tale's, over again where it has fewer.
    let frames = (0..subject.pictures.len()).map(|at| other.pictures[at % other.pictures.len()].clone()).collect();
    let elsewhere = model.worth(&subject.order_over(frames, Request::default()), std::slice::from_ref(&own))?;
    let mut rest = together[1..].iter().copied();
    let mut scored: Vec<Option<f64>> =
        spoilt.iter().map(|text| text.as_ref().and_then(|_| rest.next().flatten())).collect();
    for (place, way) in Spoiled::ALL.into_iter().enumerate() {
        if way == Spoiled::WrongImage {
            scored[place] = scored[place].map(|_| elsewhere[0][0]);
        }
    }
    // Read alone where the batch could not be read, it differs from itself by nothing.
    let own = together[0].unwrap_or(alone[0][0]);
    Ok(Scored { own, spoilt: scored, apart: (own - alone[0][0]).abs() })
}

/// Worth of each text, in one batch where all of them can be read; none of a text that is longer than the model reads.
fn worths(model: &RewardModel, order: &Order, texts: &[String]) -> Result<Vec<Option<f64>>, WriterError> {
    let first = |worths: Vec<Vec<f64>>| worths.into_iter().map(|worth| worth.first().copied()).collect::<Vec<_>>();
    match model.worth(order, texts) {
        Ok(worths) => Ok(first(worths)),
        Err(WriterError::TooLong { .. }) => texts
            .iter()
            .map(|text| match model.worth(order, std::slice::from_ref(text)) {
                Ok(worths) => Ok(first(worths).first().copied().flatten()),
                Err(WriterError::TooLong { .. }) => Ok(None),
                Err(error) => Err(error),
            })
            .collect(),
        Err(error) => Err(error),
    }
}
