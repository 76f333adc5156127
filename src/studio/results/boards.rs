//! The boards: systems by strength, for the preference and for each criterion, and how firm the first place is.

use std::collections::BTreeMap;

use crate::shelf::VoteRow;
use crate::stats::{Contest, Fit, Interval, Outcome, Ties, fit, votes_needed, votes_to_flip, wilson};
use crate::story::{Better, Board, FEW_ONE_SIDED, FEW_VOTES, Fitted, Leaning, Plan, Standing, TurnKind, Verdict};

/// The boards, and what the fit of the preference says beside the strengths.
pub(super) struct Boards {
    pub boards: Vec<Board>,
    pub side: Option<Leaning>,
    pub length: Option<Leaning>,
    pub connected: bool,
    pub to_flip: Option<usize>,
    pub needed: Option<u64>,
}

/// Fits every question.
pub(super) fn boards(plan: &Plan, votes: &[&VoteRow]) -> Boards {
    let systems = systems(votes);
    let overall = preferred(votes, &systems);
    let whole = fit(systems.len(), &overall, Ties::Davidson);
    let mut boards = vec![board("overall", &systems, &overall, whole.as_ref())];
    for (place, criterion) in plan.criteria.iter().enumerate() {
        let asked = contests(votes, &systems, |vote| {
            Some(match vote.preference.criteria.get(place)? {
                Better::First => Outcome::First,
                Better::Same => Outcome::Tie,
                Better::Second => Outcome::Second,
            })
        });
        let fitted = fit(systems.len(), &asked, Ties::Davidson);
        boards.push(board(&criterion.name, &systems, &asked, fitted.as_ref()));
    }
    let leaning = |n: usize| {
        let (logits, error) = *whole.as_ref()?.covariates.get(n)?;
        Some(Leaning { logits, error })
    };
    let needed = match &boards[0].standings[..] {
        [a, b, ..] => {
            a.fitted.zip(b.fitted).and_then(|(a, b)| votes_needed(1.0 / (1.0 + (b.strength - a.strength).exp())))
        }
        _ => None,
    };
    Boards {
        side: votes.iter().any(|vote| vote.first_is_left.is_some()).then(|| leaning(0)).flatten(),
        length: leaning(1),
        connected: whole.as_ref().is_some_and(|fit| fit.connected),
        to_flip: votes_to_flip(systems.len(), &overall, Ties::Davidson),
        needed,
        boards,
    }
}

/// How unsure the order of every two systems is by the preferences on plain pairs.
pub(in crate::studio) fn doubts(votes: &[VoteRow]) -> Vec<(String, String, f64)> {
    let plain: Vec<&VoteRow> = votes.iter().filter(|vote| vote.kind == TurnKind::Plain).collect();
    let systems = systems(&plain);
    let Some(fit) = fit(systems.len(), &preferred(&plain, &systems), Ties::Davidson) else { return Vec::new() };
    let pairs = (0..systems.len()).flat_map(|a| (a + 1..systems.len()).map(move |b| (a, b)));
    pairs.map(|(a, b)| (systems[a].clone(), systems[b].clone(), fit.doubt(a, b))).collect()
}

/// Which system each vote prefers; those that prefer none because they could not are left out.
fn preferred(votes: &[&VoteRow], systems: &[String]) -> Vec<Contest> {
    contests(votes, systems, |vote| match vote.preference.verdict {
        Verdict::Prefer(strength) => Some(outcome(strength.signum())),
        _ => None,
    })
}

fn outcome(sign: i8) -> Outcome {
    match sign {
        1 => Outcome::First,
        0 => Outcome::Tie,
        _ => Outcome::Second,
    }
}

/// The systems that votes were about, in order of their names.
pub(super) fn systems(votes: &[&VoteRow]) -> Vec<String> {
    let mut names: Vec<String> = votes.iter().flat_map(|vote| [vote.first.0.clone(), vote.second.0.clone()]).collect();
    names.sort();
    names.dedup();
    names
}

/// Votes as contests; with covariates for the side and for the length (the difference of words over their sum).
fn contests(votes: &[&VoteRow], systems: &[String], read: impl Fn(&VoteRow) -> Option<Outcome>) -> Vec<Contest> {
    let place = |name: &str| systems.iter().position(|known| known == name);
    let (mut raters, mut topics): (BTreeMap<&str, usize>, BTreeMap<&str, usize>) = Default::default();
    let words = |text: &str| text.split_whitespace().count() as f64;
    let mut contests = Vec::new();
    for vote in votes {
        let (Some(first), Some(second), Some(outcome)) = (place(&vote.first.0), place(&vote.second.0), read(vote))
        else {
            continue;
        };
        let (rater, topic) = (raters.len(), topics.len());
        let (a, b) = (words(&vote.first.1), words(&vote.second.1));
        // An imported vote may not say it: then it speaks for neither side.
        let side = vote.first_is_left.map_or(0.0, |left| if left { 1.0 } else { -1.0 });
        contests.push(Contest {
            first,
            second,
            outcome,
            covariates: vec![side, (a - b) / (a + b + 1.0)],
            rater: *raters.entry(&vote.rater).or_insert(rater),
            topic: *topics.entry(&vote.sequence).or_insert(topic),
            weight: 1.0 / vote.chance,
        });
    }
    contests
}

fn board(question: &str, systems: &[String], contests: &[Contest], fit: Option<&Fit>) -> Board {
    let question = question.to_owned();
    let Some(fit) = fit else { return Board { question, standings: Vec::new() } };
    let elo = fit.elo();
    let standing = |place: usize| {
        let own = contests.iter().filter(|contest| contest.first == place || contest.second == place);
        let (mut won, mut of) = (0.0, 0.0);
        for contest in own {
            of += 1.0;
            won += match contest.outcome {
                Outcome::Tie => 0.5,
                Outcome::First => f64::from(u8::from(contest.first == place)),
                Outcome::Second => f64::from(u8::from(contest.second == place)),
            };
        }
        let Interval { value, low, high } = wilson(won, of);
        Standing {
            system: systems[place].clone(),
            fitted: Some(Fitted { strength: fit.strengths[place], error: fit.errors[place], elo: elo[place] }),
            won: value,
            won_low: low,
            won_high: high,
            votes: of as u64,
        }
    };
    let mut standings: Vec<Standing> = (0..systems.len()).map(standing).collect();
    let few = if fit.connected { FEW_VOTES } else { FEW_ONE_SIDED };
    if standings.iter().any(|standing| standing.votes < few) {
        standings.iter_mut().for_each(|standing| standing.fitted = None);
    }
    let strength = |standing: &Standing| standing.fitted.map_or(standing.won, |fitted| fitted.strength);
    standings.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
    Board { question, standings }
}
