//! The raters: whether they prefer a side, agree with themselves and with what is known, and read at all.

use std::collections::BTreeMap;

use crate::shelf::VoteRow;
use crate::stats::{binomial_test, holm};
use crate::story::{RaterStanding, TurnKind, Verdict};

/// Under so many seconds nobody has read two stories.
const HASTY: f64 = 4.0;

/// How each rater votes, by all kinds of turns; `kappa` says how they agree with the others.
pub(super) fn raters(votes: &[VoteRow], kappa: &BTreeMap<String, f64>) -> Vec<RaterStanding> {
    let mut by_rater: BTreeMap<&str, Vec<&VoteRow>> = BTreeMap::new();
    votes.iter().for_each(|vote| by_rater.entry(&vote.rater).or_default().push(vote));
    let sides = |votes: &[&VoteRow]| {
        let left = |vote: &&&VoteRow| vote.preference.verdict.won().filter(|won| *won != 0.5);
        let decided: Vec<bool> =
            votes.iter().filter_map(|vote| Some((left(&vote)? > 0.5) == vote.first_is_left?)).collect();
        (decided.iter().filter(|left| **left).count() as u64, decided.len() as u64)
    };
    let p: Vec<f64> = by_rater.values().map(|votes| sides(votes)).map(|(left, of)| binomial_test(left, of)).collect();
    let corrected = holm(&p);
    let standing = |((rater, votes), left_p): ((&&str, &Vec<&VoteRow>), &f64)| {
        let (left, of) = sides(votes);
        // No time at all means that nobody measured it: an imported vote, or one of a program.
        let timed = votes.iter().map(|vote| vote.preference.active_ms).filter(|ms| *ms > 0);
        let mut seconds: Vec<f64> = timed.map(|ms| ms as f64 / 1000.0).collect();
        seconds.sort_by(f64::total_cmp);
        let middle = seconds.get(seconds.len() / 2).copied().unwrap_or(0.0);
        let sign = |vote: &VoteRow| match vote.preference.verdict {
            Verdict::Prefer(strength) => Some(strength.signum()),
            _ => None,
        };
        let repeats = votes.iter().filter(|vote| vote.kind == TurnKind::Repeat).filter_map(|again| {
            let before = votes.iter().find(|vote| vote.kind == TurnKind::Plain && vote.pair == again.pair)?;
            Some(sign(before)? == sign(again)?)
        });
        let gold = votes
            .iter()
            .filter(|vote| vote.kind == TurnKind::Gold)
            .filter_map(|vote| Some(i64::from(sign(vote)?) == vote.answer?));
        RaterStanding {
            rater: (*rater).to_owned(),
            votes: votes.iter().filter(|vote| vote.kind == TurnKind::Plain).count() as u64,
            left: (of > 0).then(|| left as f64 / of as f64),
            left_p: *left_p,
            consistent: share(repeats),
            gold: share(gold),
            kappa: kappa.get(*rater).copied(),
            seconds: middle,
            hasty: middle < HASTY && seconds.len() >= 5,
        }
    };
    by_rater.iter().zip(&corrected).map(standing).collect()
}

fn share(right: impl Iterator<Item = bool>) -> Option<f64> {
    let all: Vec<bool> = right.collect();
    (!all.is_empty()).then(|| all.iter().filter(|right| **right).count() as f64 / all.len() as f64)
}
