//! What raters' votes say: who wins, how surely, whether raters agree with one another and with themselves, and whether a side
//! of the screen, or length, was preferred.

use std::collections::BTreeMap;

use serde::Serialize;

use super::handle::Studio;
use crate::shelf::VoteRow;
use crate::stats::{
    Contest, Interval, Level, Outcome, Ties, binomial_test, fit, holm, krippendorff_alpha, votes_needed, votes_to_flip,
    wilson,
};
use crate::story::{Better, Campaign, Notice, TurnKind, Verdict};

/// One system on the board.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    pub system: String,
    /// Bradley-Terry strength in logits, with its standard error clustered by raters and sequences; and as Elo.
    pub strength: f64,
    pub error: f64,
    pub elo: f64,
    /// Share of votes won, ties as halves.
    pub won: f64,
    pub won_low: f64,
    pub won_high: f64,
    pub votes: u64,
}

/// How one rater votes.
#[derive(Clone, Debug, Serialize)]
pub struct RaterStanding {
    pub rater: String,
    pub votes: u64,
    /// Share of votes for the left story, of those for one of the two; and how likely that is by chance (Holm).
    pub left: Option<f64>,
    pub left_p: f64,
    /// Of the pairs seen twice, those where the same story was preferred.
    pub consistent: Option<f64>,
    /// Of the pairs with a known answer, those that were right.
    pub gold: Option<f64>,
    /// Seconds at the keys, in the middle; 0 where nobody measured them.
    pub seconds: f64,
    /// Faster than anybody can read.
    pub hasty: bool,
}

/// The whole account.
#[derive(Clone, Debug, Serialize)]
pub struct Results {
    pub campaign: String,
    /// Overall, then each criterion.
    pub boards: Vec<(String, Vec<Standing>)>,
    pub votes: u64,
    pub ties: u64,
    pub both_bad: u64,
    pub cannot_judge: u64,
    pub flagged: u64,
    /// Votes left out because a program gave them.
    pub simulated_left_out: u64,
    /// Krippendorff's alpha of the seven steps (ordinal) and of who is better (nominal).
    pub alpha_ordinal: Option<f64>,
    pub alpha_nominal: Option<f64>,
    /// Preference for the left side and for the longer story, in logits, with standard errors. No number: nobody knows the sides.
    pub side: (f64, f64),
    pub length: (f64, f64),
    /// False: a system never lost or never won, so its strength is only a guess.
    pub connected: bool,
    /// Votes that must go until another system leads.
    pub to_flip: Option<usize>,
    /// Votes without ties that the difference between the first two would need; `None` where it is none.
    pub needed: Option<u64>,
    pub raters: Vec<RaterStanding>,
}

/// Under so many seconds nobody has read two stories.
const HASTY: f64 = 4.0;

impl Studio {
    /// How many votes each rater has given, by pseudonym.
    pub async fn votes_by_rater(&self, campaign: &Campaign) -> Result<BTreeMap<String, usize>, Notice> {
        let mut counts = BTreeMap::new();
        for vote in self.inner.shelf.votes(&campaign.id).await? {
            *counts.entry(vote.rater).or_default() += 1;
        }
        Ok(counts)
    }

    /// The account of a campaign; votes of programs only if asked for.
    pub async fn results(&self, campaign: &Campaign, simulated: bool) -> Result<Results, Notice> {
        let votes = self.inner.shelf.votes(&campaign.id).await?;
        Ok(results(campaign, votes, simulated))
    }
}

/// Counts votes.
pub fn results(campaign: &Campaign, all: Vec<VoteRow>, simulated: bool) -> Results {
    let before = all.len();
    let votes: Vec<VoteRow> = all.into_iter().filter(|vote| simulated || !vote.simulated).collect();
    let left_out = before - votes.len();
    let plain: Vec<&VoteRow> = votes.iter().filter(|vote| vote.kind == TurnKind::Plain).collect();
    let count = |is: &dyn Fn(&VoteRow) -> bool| plain.iter().filter(|vote| is(vote)).count() as u64;
    let systems = systems(&plain);
    let overall = contests(&plain, &systems, |vote| match vote.preference.verdict {
        Verdict::Prefer(strength) => Some(outcome(strength.signum())),
        _ => None,
    });
    let mut boards = vec![("overall".to_owned(), board(&systems, &overall))];
    for (place, criterion) in campaign.plan.criteria.iter().enumerate() {
        let asked = contests(&plain, &systems, |vote| {
            Some(match vote.preference.criteria.get(place)? {
                Better::First => Outcome::First,
                Better::Same => Outcome::Tie,
                Better::Second => Outcome::Second,
            })
        });
        boards.push((criterion.name.clone(), board(&systems, &asked)));
    }
    let whole = fit(systems.len(), &overall, Ties::Davidson);
    let covariate = |n: usize| whole.as_ref().and_then(|fit| fit.covariates.get(n).copied()).unwrap_or((0.0, f64::NAN));
    let top: Vec<&Standing> = boards[0].1.iter().take(2).collect();
    let needed = match top[..] {
        [a, b] => votes_needed(1.0 / (1.0 + (b.strength - a.strength).exp())),
        _ => None,
    };
    Results {
        campaign: campaign.name.clone(),
        votes: plain.len() as u64,
        ties: count(&|vote| vote.preference.verdict == Verdict::Prefer(0)),
        both_bad: count(&|vote| vote.preference.verdict == Verdict::BothBad),
        cannot_judge: count(&|vote| vote.preference.verdict == Verdict::CannotJudge),
        flagged: count(&|vote| vote.preference.flagged),
        simulated_left_out: left_out as u64,
        alpha_ordinal: krippendorff_alpha(&units(&plain, |strength| (3 - strength) as u32), Level::Ordinal),
        alpha_nominal: krippendorff_alpha(&units(&plain, |strength| (1 - strength.signum()) as u32), Level::Nominal),
        side: if plain.iter().any(|vote| vote.first_is_left.is_some()) { covariate(0) } else { (f64::NAN, f64::NAN) },
        length: covariate(1),
        connected: whole.as_ref().is_some_and(|fit| fit.connected),
        to_flip: votes_to_flip(systems.len(), &overall, Ties::Davidson),
        needed,
        raters: raters(&votes),
        boards,
    }
}

fn outcome(sign: i8) -> Outcome {
    match sign {
        1 => Outcome::First,
        0 => Outcome::Tie,
        _ => Outcome::Second,
    }
}

/// The systems that votes were about, in order of their names.
fn systems(votes: &[&VoteRow]) -> Vec<String> {
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

fn board(systems: &[String], contests: &[Contest]) -> Vec<Standing> {
    let Some(fit) = fit(systems.len(), contests, Ties::Davidson) else { return Vec::new() };
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
            strength: fit.strengths[place],
            error: fit.errors[place],
            elo: elo[place],
            won: value,
            won_low: low,
            won_high: high,
            votes: of as u64,
        }
    };
    let mut board: Vec<Standing> = (0..systems.len()).map(standing).collect();
    board.sort_by(|a, b| b.strength.total_cmp(&a.strength));
    board
}

/// What the raters of each pair said, on one scale.
fn units(votes: &[&VoteRow], place: impl Fn(i8) -> u32) -> Vec<Vec<u32>> {
    let mut units: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for vote in votes {
        if let Verdict::Prefer(strength) = vote.preference.verdict {
            units.entry(&vote.pair).or_default().push(place(strength));
        }
    }
    units.into_values().collect()
}

fn raters(votes: &[VoteRow]) -> Vec<RaterStanding> {
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
