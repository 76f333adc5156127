//! A preference: what a rater said of two stories about the same frames. First and second are the stories in the campaign's
//! own order; on which side of the screen each stood is the turn's business.

use serde::{Deserialize, Serialize};

/// The verdict of one question: how much better the first story is, from 3 (much better) over 0 (the same) to -3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Prefer(i8),
    /// Neither is worth reading.
    BothBad,
    /// The rater does not know, or cannot see enough.
    CannotJudge,
}

/// One word of a criterion: which story is better by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    First,
    Same,
    Second,
}

impl Better {
    /// The same word where the stories have changed places.
    pub fn swapped(self) -> Better {
        match self {
            Better::First => Better::Second,
            Better::Same => Better::Same,
            Better::Second => Better::First,
        }
    }
}

impl Verdict {
    /// The same verdict where the stories have changed places.
    pub fn swapped(self) -> Verdict {
        match self {
            Verdict::Prefer(strength) => Verdict::Prefer(-strength),
            other => other,
        }
    }

    /// 1 if the first won, 0 if the second, a half for a tie; nothing where neither was preferred for a reason.
    pub fn won(self) -> Option<f64> {
        match self {
            Verdict::Prefer(strength) => Some(match strength.signum() {
                1 => 1.0,
                0 => 0.5,
                _ => 0.0,
            }),
            Verdict::BothBad | Verdict::CannotJudge => None,
        }
    }
}

/// Why a turn was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// The pictures cannot be seen well enough.
    Pictures,
    /// The texts are broken or in a language the rater does not read.
    Text,
    /// The rater would rather not read it.
    Unpleasant,
    Other,
}

impl SkipReason {
    pub const ALL: [SkipReason; 4] =
        [SkipReason::Pictures, SkipReason::Text, SkipReason::Unpleasant, SkipReason::Other];

    pub fn words(self) -> &'static str {
        match self {
            SkipReason::Pictures => "I cannot see the pictures well",
            SkipReason::Text => "a text is broken or I cannot read it",
            SkipReason::Unpleasant => "I would rather not read this",
            SkipReason::Other => "another reason",
        }
    }
}

/// What is wrong with some words of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Nothing in the pictures says so.
    Hallucination,
    WrongCharacter,
    WrongEmotion,
    Repetition,
    /// It does not go with what was told before.
    Contradiction,
}

impl Fault {
    pub const ALL: [Fault; 5] =
        [Fault::Hallucination, Fault::WrongCharacter, Fault::WrongEmotion, Fault::Repetition, Fault::Contradiction];

    pub fn words(self) -> &'static str {
        match self {
            Fault::Hallucination => "not in the pictures",
            Fault::WrongCharacter => "wrong character",
            Fault::WrongEmotion => "wrong emotion",
            Fault::Repetition => "repetition",
            Fault::Contradiction => "contradiction",
        }
    }
}

/// Words of a story that a rater marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Of the pair's first story, in the campaign's order.
    pub in_first: bool,
    /// Words from here, up to and without there; what stands between spaces is a word, the first one is 0.
    pub from: usize,
    pub to: usize,
    /// The words themselves.
    pub words: String,
    pub fault: Fault,
}

/// A story as a rater would have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewritten {
    /// It was made from the pair's first story, in the campaign's order.
    pub of_first: bool,
    pub text: String,
}

/// How much of two stories there was when a vote was given, in characters: one of them, or both, were still being told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadSoFar {
    pub first: usize,
    pub second: usize,
}

/// A whole vote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preference {
    /// Overall.
    pub verdict: Verdict,
    /// By criterion, in the campaign's order; empty where the verdict is that neither can be preferred.
    pub criteria: Vec<Better>,
    /// Why, in the rater's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub better: Option<Rewritten>,
    /// Something is wrong with this pair; somebody should look.
    #[serde(default)]
    pub flagged: bool,
    /// Time at the keys, long pauses cut, and from the first view to the vote; milliseconds.
    pub active_ms: u64,
    pub wall_ms: u64,
    /// What the rater's terminal could show: "sixel 10x20 120x40".
    pub screen: String,
    /// Of the guideline that the rater had agreed to.
    pub guideline: u32,
    /// Of stories that were still being told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub so_far: Option<ReadSoFar>,
    /// Where it is from, if it was not given here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Provenance>,
}

/// Where a vote of somebody else's file is from. It stands in the vote, so the log's hashes hold it too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The format, the file's name, and the row from 1.
    pub format: String,
    pub file: String,
    pub row: usize,
    /// Whether the file says on which side of the screen the stories stood. If not, the turn's side says nothing.
    pub side_known: bool,
    /// When it was given, as the file says; milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said_at: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changing_places_twice_changes_nothing() {
        for verdict in [Verdict::Prefer(3), Verdict::Prefer(0), Verdict::Prefer(-1), Verdict::BothBad] {
            assert_eq!(verdict.swapped().swapped(), verdict);
            assert_eq!(verdict.won().map(|won| 1.0 - won), verdict.swapped().won());
        }
        assert_eq!(Better::First.swapped(), Better::Second);
    }
}
