//! Loops as they are seen: where each stands, what it waits for, what it asks; the plans that one can be begun by.

use super::notice::Notice;

/// A stage of a loop, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub enum LoopStep {
    Tell,
    Collect,
    Reward,
    Policy,
    Propose,
    Trial,
    Over,
}

impl LoopStep {
    pub const ALL: [LoopStep; 7] = [
        LoopStep::Tell,
        LoopStep::Collect,
        LoopStep::Reward,
        LoopStep::Policy,
        LoopStep::Propose,
        LoopStep::Trial,
        LoopStep::Over,
    ];

    pub fn word(self) -> &'static str {
        match self {
            LoopStep::Tell => "tell",
            LoopStep::Collect => "votes",
            LoopStep::Reward => "reward",
            LoopStep::Policy => "policy",
            LoopStep::Propose => "propose",
            LoopStep::Trial => "trial",
            LoopStep::Over => "over",
        }
    }
}

/// What a loop waits for: so many of so many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    pub done: u64,
    pub of: u64,
    /// "votes", "steps", "stories".
    pub what: &'static str,
}

/// A loop in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopCard {
    pub name: String,
    pub round: u32,
    /// `None` where its file cannot be read.
    pub step: Option<LoopStep>,
    /// Where it stands, in words.
    pub stage: String,
    /// What opens the way to the next stage.
    pub gate: String,
    pub waits: Option<Awaited>,
    /// A process goes on with it.
    pub going: bool,
    /// A gate that failed, and what can be done.
    pub asks: Option<Notice>,
    /// Why nobody goes on with it any more.
    pub trouble: Option<Notice>,
    /// What happened, one line each.
    pub told: Vec<String>,
}

/// A plan that a loop can be begun by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopPlanCard {
    /// A path, or the name of one that comes with the program.
    pub source: String,
    pub about: String,
    pub fields: Vec<LoopField>,
}

/// A field of a plan that somebody may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoopField {
    /// Dotted, "collect.votes".
    pub key: String,
    /// As it is typed; empty: not said.
    pub value: String,
    pub meaning: &'static str,
}

/// Somebody's wish about a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoopWish {
    /// Begin one by a plan with these fields, each a key and its value.
    Start {
        source: String,
        fields: Vec<(String, String)>,
    },
    GoOn(String),
    /// Through the gate that failed, all the same.
    Accept(String),
    /// Another round.
    Again(String),
    /// Go on with it no longer; it stays where it is.
    Leave(String),
}
