//! What a judge leans to that has nothing to do with how good a story is: its place, its length, and who told it.

use std::collections::BTreeMap;

use super::judge::{Match, Ruling};
use crate::stats::{Interval, wilson};

/// A share with its interval, and what it was counted on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    pub of: usize,
    pub value: Interval,
}

/// Each beside the same of people on the same pairs, where there are some.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Leanings {
    /// Answers that preferred what was shown first, of those that preferred one. A half: no leaning.
    pub place: Share,
    /// Pairs where both orders gave the same answer.
    pub steady: Share,
    /// Decided pairs where the longer story won; the same of people.
    pub longer: Share,
    pub longer_by_people: Share,
    /// Share of the judge's own stories against others', ties as halves; the same of people on those pairs.
    pub own: Option<(Share, Share)>,
}

/// Counts them. `own` is the name by which the judge's stories are known.
pub fn leanings(judged: &[(&Match, &Ruling)], own: Option<&str>) -> Leanings {
    let orders = || judged.iter().filter_map(|(_, ruling)| ruling.orders);
    let preferred: Vec<f64> = orders()
        .flat_map(|[ahead, behind]| [ahead, behind.map(|share| 1.0 - share)])
        .flatten()
        .filter(|share| *share != 0.5)
        .collect();
    let both: Vec<f64> = orders().filter_map(|[ahead, behind]| Some(f64::from(u8::from(ahead? == behind?)))).collect();
    let longer = |said: &dyn Fn(&Match, &Ruling) -> Option<f64>| -> Share {
        let won = judged.iter().filter_map(|(pair, ruling)| {
            let share = said(pair, ruling).filter(|share| *share != 0.5)?;
            let [first, second] = [0, 1].map(|at: usize| pair.stories[at].text.chars().count());
            (first != second).then(|| f64::from(u8::from((share > 0.5) == (first > second))))
        });
        share(&won.collect::<Vec<_>>())
    };
    let by_judge = |_: &Match, ruling: &Ruling| ruling.outcome;
    let by_people = |pair: &Match, _: &Ruling| pair.people.map(decided);
    let mine = own.map(|own| {
        let against = || {
            judged.iter().filter(|(pair, ruling)| {
                (pair.stories[0].system == own) != (pair.stories[1].system == own) && ruling.outcome.is_some()
            })
        };
        let turned = |pair: &Match, share: f64| if pair.stories[0].system == own { share } else { 1.0 - share };
        let judge: Vec<f64> = against().filter_map(|(pair, ruling)| Some(turned(pair, ruling.outcome?))).collect();
        let people: Vec<f64> = against().filter_map(|(pair, _)| Some(turned(pair, decided(pair.people?)))).collect();
        (share(&judge), share(&people))
    });
    Leanings {
        place: share(&preferred),
        steady: share(&both),
        longer: longer(&by_judge),
        longer_by_people: longer(&by_people),
        own: mine.filter(|(judge, _)| judge.of > 0),
    }
}

/// The share of wins of each system, ties as halves.
pub fn shares_of_systems(judged: &[(&Match, &Ruling)]) -> BTreeMap<String, Share> {
    let mut won: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (pair, ruling) in judged {
        if let Some(outcome) = ruling.outcome {
            won.entry(pair.stories[0].system.clone()).or_default().push(outcome);
            won.entry(pair.stories[1].system.clone()).or_default().push(1.0 - outcome);
        }
    }
    won.into_iter().map(|(system, won)| (system, share(&won))).collect()
}

/// What most of the people said.
pub fn decided(share: f64) -> f64 {
    match share {
        share if share > 0.5 => 1.0,
        share if share < 0.5 => 0.0,
        _ => 0.5,
    }
}

fn share(values: &[f64]) -> Share {
    match values.len() {
        0 => Share::default(),
        of => Share { of, value: wilson(values.iter().sum(), of as f64) },
    }
}
