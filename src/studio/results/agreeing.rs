//! Whether raters agree: alpha and kappa of every question, and kappa of every two raters. Of votes, those that prefer a story
//! or say that both are the same; that both are bad is no place on a scale between them.

use std::collections::BTreeMap;

use crate::shelf::VoteRow;
use crate::stats::{Interval, Level, alpha_interval, fleiss_kappa, mean_kappa, pairwise_kappa, same_share};
use crate::story::{Agreement, Better, Estimate, Plan, RatersKappa, Verdict};

/// Draws for the interval of an alpha, and where their chance begins.
const RESAMPLES: usize = 1000;
const SEED: u64 = 0;

/// Agreement by question; of every two raters; and each rater's with the others.
pub(super) fn agreement(plan: &Plan, votes: &[&VoteRow]) -> (Vec<Agreement>, Vec<RatersKappa>, BTreeMap<String, f64>) {
    let strength = |vote: &VoteRow| match vote.preference.verdict {
        Verdict::Prefer(strength) => Some(i64::from(strength)),
        _ => None,
    };
    let mut all = vec![of_question("overall", votes, &strength)];
    for (place, criterion) in plan.criteria.iter().enumerate() {
        let step = |vote: &VoteRow| {
            Some(match vote.preference.criteria.get(place)? {
                Better::First => 1,
                Better::Same => 0,
                Better::Second => -1,
            })
        };
        all.push(of_question(&criterion.name, votes, &step));
    }
    let (kappas, means) = between_raters(votes, &strength);
    (all, kappas, means)
}

/// A vote's place on the scale of a question: above 0 where the first story is better.
type Step<'a> = &'a dyn Fn(&VoteRow) -> Option<i64>;

fn of_question(question: &str, votes: &[&VoteRow], step: Step<'_>) -> Agreement {
    let mut pairs: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    for vote in votes {
        if let Some(step) = step(vote) {
            pairs.entry(&vote.pair).or_default().push(step);
        }
    }
    // The order of the scale is all that counts, so any places will do that keep it.
    let placed = |place: &dyn Fn(i64) -> i64| -> Vec<Vec<u32>> {
        let unit = |steps: &Vec<i64>| steps.iter().map(|step| (place(*step) + 3).unsigned_abs() as u32).collect();
        pairs.values().map(unit).collect()
    };
    let (steps, better) = (placed(&|step| step), placed(&i64::signum));
    let alpha = |units: &[Vec<u32>], level| {
        let Interval { value, low, high } = alpha_interval(units, level, RESAMPLES, SEED)?;
        Some(Estimate { value, low, high })
    };
    let counts =
        |unit: &Vec<u32>| [2, 3, 4].map(|place| unit.iter().filter(|value| **value == place).count() as u32).to_vec();
    Agreement {
        question: question.to_owned(),
        pairs: pairs.values().filter(|steps| steps.len() > 1).count() as u64,
        same: same_share(&better),
        alpha_ordinal: alpha(&steps, Level::Ordinal),
        alpha_nominal: alpha(&better, Level::Nominal),
        fleiss: fleiss_kappa(&better.iter().map(counts).collect::<Vec<_>>()),
    }
}

fn between_raters(votes: &[&VoteRow], step: Step<'_>) -> (Vec<RatersKappa>, BTreeMap<String, f64>) {
    let mut raters: Vec<&str> = votes.iter().map(|vote| vote.rater.as_str()).collect();
    raters.sort_unstable();
    raters.dedup();
    let mut pairs: BTreeMap<&str, Vec<(usize, u32)>> = BTreeMap::new();
    for vote in votes {
        if let (Some(step), Ok(rater)) = (step(vote), raters.binary_search(&vote.rater.as_str())) {
            pairs.entry(&vote.pair).or_default().push((rater, (step.signum() + 1).unsigned_abs() as u32));
        }
    }
    let all = pairwise_kappa(&pairs.into_values().collect::<Vec<_>>());
    let means = raters
        .iter()
        .enumerate()
        .filter_map(|(place, rater)| Some(((*rater).to_owned(), mean_kappa(&all, place)?)))
        .collect();
    let named = |pair: &crate::stats::Pairwise| RatersKappa {
        one: raters[pair.one].to_owned(),
        other: raters[pair.other].to_owned(),
        shared: pair.shared,
        kappa: pair.kappa,
    };
    (all.iter().map(named).collect(), means)
}
