//! Two models tell the same held-out tales, and the facts say whose story is truer: a policy against the one it began as.

use std::sync::atomic::AtomicBool;

use super::side_by_side::side_by_side;
use super::truth::truth;
use super::worldly::{order, told};
use crate::stats::{Interval, wilson};
use crate::story::{SamplingPatch, Task};
use crate::world::{Split, Tale, judge};
use crate::writer::{Tells, WriterError};

/// What is asked of both.
#[derive(Clone, Copy, Debug)]
pub struct DuelAsked {
    pub first_seed: u64,
    pub count: u64,
    /// 0: greedy.
    pub temperature: f64,
}

/// One tale, told by both.
#[derive(Clone, Debug, PartialEq)]
pub struct Bout {
    pub seed: u64,
    pub texts: [String; 2],
    /// How true each story is, from 0 to 1.
    pub truths: [f64; 2],
}

/// What all bouts come to, for the first model.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standing {
    pub wins: usize,
    pub ties: usize,
    pub losses: usize,
    /// Ties as halves; Wilson's 95 % interval over the tales.
    pub win_rate: Interval,
    /// Mean truth of both.
    pub truths: [f64; 2],
}

impl Standing {
    pub fn of(bouts: &[Bout]) -> Self {
        let mut standing = Self::default();
        for Bout { truths: [first, second], .. } in bouts {
            // Truths are means of shares of few things: equal ones are equal up to rounding.
            match first - second {
                d if d > 1e-9 => standing.wins += 1,
                d if d < -1e-9 => standing.losses += 1,
                _ => standing.ties += 1,
            }
            standing.truths[0] += first / bouts.len() as f64;
            standing.truths[1] += second / bouts.len() as f64;
        }
        standing.win_rate = wilson(standing.wins as f64 + standing.ties as f64 / 2.0, bouts.len() as f64);
        standing
    }
}

/// Lets couples of models tell the tales, each couple on a thread of its own; all couples must be of the same two models.
///
/// # Errors
/// The first error of a teller; the others then stop too.
pub fn duel<T: Tells + Send>(
    couples: &mut [[T; 2]],
    asked: DuelAsked,
    stop: &AtomicBool,
    heard: impl Fn(&Bout) + Sync,
) -> Result<Vec<Bout>, WriterError> {
    side_by_side(couples, asked.count, stop, |couple, at| {
        let bout = bout(couple, asked, asked.first_seed.wrapping_add(at))?;
        heard(&bout);
        Ok(bout)
    })
}

fn bout<T: Tells>(couple: &mut [T; 2], asked: DuelAsked, seed: u64) -> Result<Bout, WriterError> {
    let tale = Tale::new(seed, Split::HeldOut);
    let sampling = SamplingPatch {
        temperature: Some(asked.temperature),
        top_k: Some(0),
        top_p: Some(1.0),
        min_p: Some(0.0),
        seed: Some(seed),
        ..SamplingPatch::default()
    };
    let order = order(&tale, &tale, Task::Story, None, sampling)?;
    let mut texts = [String::new(), String::new()];
    for (text, teller) in texts.iter_mut().zip(couple.iter_mut()) {
        *text = told(teller, &order)?.pop().unwrap_or_default();
    }
    let truths = [0, 1].map(|side: usize| truth(&judge(&texts[side], &tale.facts)));
    Ok(Bout { seed, texts, truths })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::{ModelSource, Storyteller};

    #[test]
    fn a_standing_counts_ties_as_halves() {
        let bout = |first, second| Bout { seed: 0, texts: Default::default(), truths: [first, second] };
        let standing = Standing::of(&[bout(1.0, 0.5), bout(0.5, 0.5), bout(0.25, 0.5), bout(0.75, 0.5)]);
        assert_eq!((standing.wins, standing.ties, standing.losses), (2, 1, 1));
        assert_eq!((standing.win_rate.value, standing.truths), (0.625, [0.625, 0.5]));
    }

    #[test]
    fn a_model_ties_with_itself() {
        let open = || Storyteller::open(&ModelSource::Embedded, None).unwrap();
        let asked = DuelAsked { first_seed: 9001, count: 2, temperature: 0.8 };
        let bouts = duel(&mut [[open(), open()]], asked, &AtomicBool::new(false), |_| ()).unwrap();
        assert_eq!((Standing::of(&bouts).ties, bouts[0].seed, bouts[1].seed), (2, 9001, 9002));
        assert!(bouts.iter().all(|bout| bout.texts[0] == bout.texts[1] && bout.texts[0].len() > 50));
    }
}
