//! What raters do not agree on, for somebody to look at: the pairs, and what each said of them.

use std::collections::BTreeMap;

use crate::shelf::VoteRow;
use crate::story::{Dispute, Entry, Said, Verdict};

/// The pairs on which raters do not say the same of who is better, those furthest apart first.
pub(super) fn disputes(votes: &[&VoteRow], titles: &BTreeMap<String, String>) -> Vec<Dispute> {
    let mut pairs: BTreeMap<&str, Vec<&VoteRow>> = BTreeMap::new();
    votes.iter().for_each(|vote| pairs.entry(&vote.pair).or_default().push(vote));
    let mut disputes: Vec<Dispute> = pairs.into_values().filter_map(|votes| dispute(&votes, titles)).collect();
    // Equal ones stay in the order of their pairs, so that the list is the same every time.
    disputes.sort_by(|a, b| b.apart.total_cmp(&a.apart));
    disputes
}

fn dispute(votes: &[&VoteRow], titles: &BTreeMap<String, String>) -> Option<Dispute> {
    let steps: Vec<i8> = votes
        .iter()
        .filter_map(|vote| match vote.preference.verdict {
            Verdict::Prefer(strength) => Some(strength),
            _ => None,
        })
        .collect();
    if steps.iter().all(|step| step.signum() == steps[0].signum()) {
        return None;
    }
    let (mut sum, mut of) = (0.0, 0.0);
    for (i, a) in steps.iter().enumerate() {
        for b in &steps[i + 1..] {
            sum += f64::from(a.abs_diff(*b));
            of += 1.0;
        }
    }
    let vote = votes[0];
    let entry = |(system, text): &(String, String)| Entry { system: system.clone(), text: text.clone() };
    let said = |vote: &&VoteRow| Said {
        rater: vote.rater.clone(),
        verdict: vote.preference.verdict,
        criteria: vote.preference.criteria.clone(),
        first_was_left: vote.first_is_left.unwrap_or(true),
        reason: vote.preference.reason.clone(),
        flagged: vote.preference.flagged,
    };
    Some(Dispute {
        pair: vote.pair.clone(),
        sequence: vote.sequence.clone(),
        title: titles.get(&vote.sequence).cloned().unwrap_or_default(),
        first: entry(&vote.first),
        second: entry(&vote.second),
        apart: sum / of,
        said: votes.iter().map(said).collect(),
    })
}
