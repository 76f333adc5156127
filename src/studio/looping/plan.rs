//! What a loop is to do, as its TOML says. Unknown keys are refused.

use serde::{Deserialize, Serialize};

use crate::story::{Plan, SamplingPatch};

/// A loop's plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopPlan {
    pub name: String,
    /// Paths, bundled sequences by name or sequences by id; without any, all bundled ones.
    #[serde(default)]
    pub sequences: Vec<String>,
    pub collect: Collect,
    pub reward: RewardGate,
    pub policy: PolicyGate,
    pub trial: Trial,
}

/// What is told and voted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// Votes that are waited for.
    pub votes: u64,
    /// So many of all pairs, drawn by chance; without it all.
    #[serde(default)]
    pub pairs: Option<usize>,
    /// How the model that tells now is sampled, each a system: pairs are of stories by two of them.
    pub system: Vec<LoopSystem>,
    /// Votes of programs count too.
    #[serde(default)]
    pub simulated: bool,
    #[serde(default)]
    pub gold: usize,
    #[serde(default)]
    pub practice: usize,
    /// How the campaign asks.
    #[serde(default)]
    pub plan: Plan,
}

/// A way of sampling, and what it is called.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoopSystem {
    pub label: String,
    #[serde(default)]
    pub sampling: SamplingPatch,
}

/// How the reward model is trained, and what its card must say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardGate {
    /// A recipe of `storyloom train reward`: a path, or the name of one that comes with the program.
    pub recipe: String,
    /// The lower bound of its share of held-out pairs in which it sides with the raters.
    #[serde(default = "d_half")]
    pub accuracy: f64,
    /// Its calibration error at the temperature, at most.
    #[serde(default = "d_one")]
    pub calibration: f64,
    /// Corrupted stories (wrong pictures, lines in another order) are worth more than their originals at most so often.
    #[serde(default = "d_half")]
    pub fooled: f64,
}

/// How the policy is improved, and by how much its reward must have risen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyGate {
    /// A recipe of `storyloom train policy` with a reward model in it.
    pub recipe: String,
    /// Least rise of the reward on held-out tales, told greedily.
    #[serde(default)]
    pub gain: f64,
    /// Most nats a story that it may have moved from its start.
    #[serde(default = "d_much")]
    pub moved: f64,
}

/// The blind comparison of the new storyteller with the one before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trial {
    pub votes: u64,
    #[serde(default)]
    pub pairs: Option<usize>,
    /// How both are sampled.
    #[serde(default)]
    pub sampling: SamplingPatch,
    /// The lower bound of the share of votes that it must win, ties as halves.
    #[serde(default = "d_half")]
    pub won: f64,
    /// Adopt it where it wins, without asking.
    #[serde(default)]
    pub adopt: bool,
}

fn d_half() -> f64 {
    0.5
}

fn d_one() -> f64 {
    1.0
}

fn d_much() -> f64 {
    f64::MAX
}

impl LoopPlan {
    /// What cannot be meant.
    pub fn trouble(&self) -> Option<&'static str> {
        let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_".contains(sign);
        if self.name.is_empty() || self.name.len() > 40 || !self.name.chars().all(plain) {
            Some("name: letters, digits, - and _, at most 40 of them")
        } else if self.collect.system.len() < 2 {
            Some("collect.system: a pair needs two ways of sampling at least")
        } else if self.collect.votes == 0 || self.trial.votes == 0 {
            Some("collect.votes and trial.votes count from 1")
        } else {
            self.collect.plan.trouble()
        }
    }
}
