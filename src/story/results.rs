//! Results: what the votes of a campaign say, as plain values that can be shown, printed, drawn or sent. How they are counted is
//! the studio's and `stats`'.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Better, Plan, SkipReason, Verdict};

/// A number and where it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// How much something other than the story counts, in logits, with its standard error.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leaning {
    pub logits: f64,
    pub error: f64,
}

/// A Bradley-Terry strength in logits, with its standard error clustered by raters and sequences; and as Elo.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    pub strength: f64,
    pub error: f64,
    pub elo: f64,
}

/// One system on a board.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    pub system: String,
    /// Nothing where the board has too few votes for it.
    #[serde(flatten)]
    pub fitted: Option<Fitted>,
    /// Share of votes won, ties as halves.
    pub won: f64,
    pub won_low: f64,
    pub won_high: f64,
    pub votes: u64,
}

/// The systems by one question, the strongest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// "overall", or the criterion's name.
    pub question: String,
    pub standings: Vec<Standing>,
}

/// Below so many votes a system strengths are held back; and below so many where a system never lost or never won, as then only a
/// prior keeps its strength from being without end.
pub const FEW_VOTES: u64 = 5;
pub const FEW_ONE_SIDED: u64 = 20;

impl Board {
    /// Why the board has no strengths.
    pub fn held_back(&self) -> Option<String> {
        let fewest = self.standings.iter().filter(|standing| standing.fitted.is_none()).map(|standing| standing.votes);
        fewest.min().map(|fewest| match fewest < FEW_VOTES {
            true => format!("strengths are held back until every system has {FEW_VOTES} votes"),
            false => {
                format!(
                    "strengths are held back: a system never lost or never won, and not all have {FEW_ONE_SIDED} votes"
                )
            }
        })
    }
}

/// A difference that somebody wants to be able to show.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Wished {
    /// As the share of votes without ties that the better of two systems wins.
    pub win: f64,
    /// How many of them it takes, and how many the first two systems have.
    pub needed: u64,
    pub there: u64,
}

/// How far raters agree in one question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    pub question: String,
    /// Pairs with two votes or more.
    pub pairs: u64,
    /// Of all two votes on one pair, the share that say the same of who is better.
    pub same: Option<f64>,
    /// Krippendorff's alpha of the steps (seven overall, three of a criterion) and of who is better.
    pub alpha_ordinal: Option<Estimate>,
    pub alpha_nominal: Option<Estimate>,
    /// Fleiss' kappa of who is better; only where every pair has as many votes.
    pub fleiss: Option<f64>,
}

/// Two raters who voted on some of the same pairs: Cohen's kappa of who is better.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatersKappa {
    pub one: String,
    pub other: String,
    pub shared: u64,
    pub kappa: Option<f64>,
}

/// How one rater votes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Mean of Cohen's kappas with the others, weighted by how many pairs two raters share.
    pub kappa: Option<f64>,
    /// Seconds at the keys, in the middle.
    pub seconds: f64,
    /// Faster than anybody can read.
    pub hasty: bool,
}

/// System against system. `won[a][b]`: votes that preferred `a` to `b`; `tied[a][b]`, the same as `tied[b][a]`: votes that
/// found them the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct WinMatrix {
    /// In the order of the board.
    pub systems: Vec<String>,
    pub won: Vec<Vec<u64>>,
    pub tied: Vec<Vec<u64>>,
}

impl WinMatrix {
    /// Votes between two systems.
    pub fn votes(&self, one: usize, other: usize) -> u64 {
        self.won[one][other] + self.won[other][one] + self.tied[one][other]
    }

    /// The share of them that `one` won, ties as halves.
    pub fn share(&self, one: usize, other: usize) -> Option<f64> {
        let votes = self.votes(one, other);
        (votes > 0).then(|| (self.won[one][other] as f64 + self.tied[one][other] as f64 / 2.0) / votes as f64)
    }
}

/// Votes over time, in equal steps.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timeline {
    /// When the first step begins: seconds since 1970, UTC.
    pub from: i64,
    pub step_seconds: u64,
    pub counts: Vec<u64>,
}

/// What one rater said of a pair on which others said something else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    pub rater: String,
    /// First and second are the stories of the dispute, whichever side they stood on.
    pub verdict: Verdict,
    pub criteria: Vec<Better>,
    pub first_was_left: bool,
    pub reason: String,
    pub flagged: bool,
}

/// A system's story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub system: String,
    pub text: String,
}

/// A pair whose raters do not agree on who is better.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dispute {
    pub pair: String,
    pub sequence: String,
    pub title: String,
    pub first: Entry,
    pub second: Entry,
    /// Steps of the scale between two raters, in the mean over all two of them: 6 at most.
    pub apart: f64,
    pub said: Vec<Said>,
}

impl Dispute {
    /// Who is meant by the first and by the second, also where both are of one system.
    pub fn names(&self) -> (String, String) {
        match self.first.system == self.second.system {
            true => (format!("{} (first)", self.first.system), format!("{} (second)", self.second.system)),
            false => (self.first.system.clone(), self.second.system.clone()),
        }
    }

    /// A verdict in words.
    pub fn words(&self, verdict: Verdict) -> String {
        let (first, second) = self.names();
        let how = |strength: i8| match strength.unsigned_abs() {
            1 => "a little better",
            2 => "better",
            _ => "much better",
        };
        match verdict {
            Verdict::Prefer(0) => "the same".to_owned(),
            Verdict::Prefer(strength @ 1..) => format!("{first} {}", how(strength)),
            Verdict::Prefer(strength) => format!("{second} {}", how(strength)),
            Verdict::BothBad => "both bad".to_owned(),
            Verdict::CannotJudge => "cannot judge".to_owned(),
        }
    }

    /// Who is better by one criterion, in words.
    pub fn better(&self, better: Better) -> String {
        match better {
            Better::First => self.names().0,
            Better::Same => "the same".to_owned(),
            Better::Second => self.names().1,
        }
    }
}

/// Where the numbers come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultsOrigin {
    /// The campaign's id.
    pub campaign: String,
    pub plan: Plan,
    /// Pairs to be voted on, and votes wanted of them.
    pub pairs: u64,
    pub wanted: u64,
    /// Version of the program that counted.
    pub version: String,
    /// When it counted: seconds since 1970, UTC.
    pub counted_at: i64,
    /// How it was asked, where by a command.
    pub command: Option<String>,
    /// Events in the log of votes, of all campaigns; the hash of the last of each chain; and the first that is not what it was.
    pub events: u64,
    pub heads: Vec<String>,
    pub broken: Option<String>,
}

/// The whole account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Results {
    pub campaign: String,
    /// Overall, then each criterion.
    pub boards: Vec<Board>,
    pub votes: u64,
    pub ties: u64,
    pub both_bad: u64,
    pub cannot_judge: u64,
    pub flagged: u64,
    /// Pairs that raters passed over, by why.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Whether votes of programs are counted, how many are in, and how many were left out.
    pub simulated: bool,
    pub simulated_counted: u64,
    pub simulated_left_out: u64,
    /// Votes by step, as they were given on the screen: from "the left one is much better" to "the right one is".
    pub steps: [u64; 7],
    /// Overall, then each criterion.
    pub agreement: Vec<Agreement>,
    /// Preference for the left side and for the longer story; `None` where nothing could be fitted.
    pub side: Option<Leaning>,
    pub length: Option<Leaning>,
    /// False: a system never lost or never won, so its strength is only a guess.
    pub connected: bool,
    /// Votes that must go until another system leads.
    pub to_flip: Option<usize>,
    /// Votes without ties that the difference between the first two would need; `None` where it is none.
    pub needed: Option<u64>,
    pub wished: Option<Wished>,
    pub matrix: WinMatrix,
    pub timeline: Timeline,
    pub raters: Vec<RaterStanding>,
    pub kappas: Vec<RatersKappa>,
    /// Most disputed first.
    pub disputed: Vec<Dispute>,
    pub provenance: ResultsOrigin,
}

/// A preference for a side less likely than this by chance is named.
const UNLIKELY: f64 = 0.05;

impl RaterStanding {
    /// What to know of this rater before their votes are taken at their word.
    pub fn remarks(&self) -> Vec<&'static str> {
        let sided = (self.left_p < UNLIKELY).then_some("prefers a side");
        sided.into_iter().chain(self.hasty.then_some("faster than anybody reads")).collect()
    }
}

/// The steps of the scale as a rater sees them, from key 1 to key 7.
pub const STEPS: [&str; 7] = [
    "left much better",
    "left better",
    "left a little",
    "the same",
    "right a little",
    "right better",
    "right much better",
];

/// Fewer raters than this say little of how raters differ.
const FEW_RATERS: usize = 5;

impl Results {
    /// What keeps the numbers from being taken at their word, one sentence each.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Some(broken) = &self.provenance.broken {
            warnings.push(format!("the log of votes is not what it was: {broken}"));
        }
        if self.simulated_counted > 0 {
            warnings
                .push(format!("{} votes of programs are counted; they say nothing of people", self.simulated_counted));
        }
        if self.votes == 0 {
            return warnings;
        }
        if !self.connected {
            warnings
                .push("a system never lost or never won: its strength is a guess until more votes are there".into());
        }
        let voted = self.raters.iter().filter(|rater| rater.votes > 0).count();
        if voted < FEW_RATERS {
            let raters = if voted == 1 { "1 rater is".to_owned() } else { format!("{voted} raters are") };
            warnings.push(format!("{raters} few: errors are likely to be larger than they look"));
        }
        warnings
    }

    /// Votes without ties between the first two systems.
    pub fn decided(&self) -> u64 {
        let between = |one: usize, other: usize| self.matrix.won.get(one).and_then(|row| row.get(other)).copied();
        between(0, 1).unwrap_or(0) + between(1, 0).unwrap_or(0)
    }

    /// How firm the first place is, one sentence each.
    pub fn firmness(&self) -> Vec<String> {
        let mut said = Vec::new();
        match self.to_flip {
            Some(1) => said.push("another system leads once 1 vote is left out".to_owned()),
            Some(flip) => said.push(format!("another system leads once {flip} votes are left out")),
            None if self.votes > 0 => said.push("no votes left out would let another system lead".to_owned()),
            None => {}
        }
        if let Some(needed) = self.needed {
            let what = "a difference like that of the first two needs about";
            said.push(format!("{what} {needed} votes without ties to be shown"));
        }
        if let Some(Wished { win, needed, there }) = self.wished {
            let more = match needed.saturating_sub(there) {
                0 => "which is enough".to_owned(),
                more => format!("{more} more are needed"),
            };
            let share = win * 100.0;
            said.push(format!(
                "to show that one of two systems wins {share:.0} % takes {needed} votes without ties; the first two \
                               have {there}, {more}"
            ));
        }
        said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_counts_ties_as_halves_and_is_nothing_without_votes() {
        let matrix = WinMatrix {
            systems: vec!["a".into(), "b".into(), "c".into()],
            won: vec![vec![0, 3, 0], vec![1, 0, 0], vec![0, 0, 0]],
            tied: vec![vec![0, 2, 0], vec![2, 0, 0], vec![0, 0, 0]],
        };
        assert_eq!((matrix.votes(0, 1), matrix.votes(1, 0)), (6, 6));
        assert_eq!((matrix.share(0, 1), matrix.share(1, 0)), (Some(4.0 / 6.0), Some(2.0 / 6.0)));
        assert_eq!(matrix.share(0, 2), None);
    }
}
