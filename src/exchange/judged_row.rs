//! A judged pair of somebody else's file: two texts about the same pictures, and what one rater said of them. Cleaned and
//! within bounds here, so that no format has to; the pictures are still on the disk.

use std::path::PathBuf;

use super::row::{name, said};
use crate::story::{Better, TurnKind, Verdict};

/// The strength of a vote whose file only says who won: the middle step of the scale.
pub(super) const WON: i8 = 2;
/// The longest time that is believed: a day at one pair.
const MOST_MS: f64 = 86_400_000.0;

/// What both texts are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// Pictures, in order.
    Files(Vec<PathBuf>),
    /// A sequence by its name here: its id, or that of a bundled one.
    Sequence(String),
    /// Words alone, which are the prompt.
    Nothing,
}

/// One of the two texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedText {
    /// Who wrote it, as the file calls them.
    pub system: String,
    pub text: String,
}

/// One vote with its pair.
#[derive(Clone, Debug, PartialEq)]
pub struct JudgedRow {
    /// Place in the file, from 1; several votes of one record share it.
    pub number: usize,
    pub shown: Shown,
    pub prompt: String,
    pub first: JudgedText,
    pub second: JudgedText,
    /// As the file calls them.
    pub rater: String,
    /// A program gave the vote.
    pub simulated: bool,
    pub verdict: Verdict,
    /// By the name of the criterion.
    pub criteria: Vec<(String, Better)>,
    /// Nothing where the file does not say it.
    pub first_is_left: Option<bool>,
    pub kind: TurnKind,
    /// Of gold and practice: 1 if the first is better, -1 if the second.
    pub answer: Option<i64>,
    pub chance: f64,
    pub reason: String,
    pub flagged: bool,
    /// 0: not measured.
    pub active_ms: u64,
    pub wall_ms: u64,
    pub screen: String,
    pub guideline: u32,
    /// Milliseconds since 1970.
    pub said_at: Option<i64>,
}

/// What a format found at one place of its file.
pub(super) struct FoundVote {
    pub number: usize,
    pub id: String,
    pub row: Result<JudgedRow, String>,
}

/// Whoever the file does not name.
const NOBODY: &str = "unnamed";

impl JudgedRow {
    /// What every file says at least.
    ///
    /// # Errors
    /// Texts that are empty, too long or the same; words without anything they are about.
    pub(super) fn new(
        shown: Shown,
        prompt: &str,
        first: (&str, &str),
        second: (&str, &str),
        verdict: Verdict,
    ) -> Result<JudgedRow, String> {
        let of = |which: &str, (system, text): (&str, &str)| {
            let text = said(text).map_err(|why| format!("the {which} story: {why}"))?;
            let system = name(system);
            match system.is_empty() {
                true => Err(format!("it is not said who wrote the {which} story")),
                false => Ok(JudgedText { system, text }),
            }
        };
        let (first, second) = (of("first", first)?, of("second", second)?);
        if first.text == second.text {
            return Err("both stories are the same".to_owned());
        }
        let prompt = if prompt.trim().is_empty() { String::new() } else { said(prompt)? };
        if shown == Shown::Nothing && prompt.is_empty() {
            return Err("it names neither pictures nor a prompt that the stories are about".to_owned());
        }
        Ok(JudgedRow {
            number: 0,
            shown,
            prompt,
            first,
            second,
            rater: NOBODY.to_owned(),
            simulated: false,
            verdict,
            criteria: Vec::new(),
            first_is_left: None,
            kind: TurnKind::Plain,
            answer: None,
            chance: 1.0,
            reason: String::new(),
            flagged: false,
            active_ms: 0,
            wall_ms: 0,
            screen: String::new(),
            guideline: 0,
            said_at: None,
        })
    }

    /// Refuses a contest of a system with itself. Pairs with a known answer may be of one system: its story of these pictures
    /// and its story of others.
    pub(super) fn between_two(self) -> Result<JudgedRow, String> {
        let contest = matches!(self.kind, TurnKind::Plain | TurnKind::Repeat);
        match contest && self.first.system == self.second.system {
            true => Err(format!("both stories are by '{}'", self.first.system)),
            false => Ok(self),
        }
    }

    /// By this rater; nobody's name is nobody.
    pub(super) fn by(self, rater: &str) -> JudgedRow {
        let rater = name(rater);
        JudgedRow { rater: if rater.is_empty() { NOBODY.to_owned() } else { rater }, ..self }
    }
}

/// A time in milliseconds that can be believed; 0 for every other.
pub(super) fn milliseconds(ms: f64) -> u64 {
    if ms.is_finite() && ms > 0.0 { ms.min(MOST_MS) as u64 } else { 0 }
}

/// A moment in seconds since 1970, in milliseconds; nothing for what no clock has shown.
pub(super) fn moment(seconds: f64) -> Option<i64> {
    (seconds.is_finite() && (0.0..1e11).contains(&seconds)).then_some((seconds * 1000.0) as i64)
}
