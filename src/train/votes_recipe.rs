//! The `[votes]` of a recipe that learns from pairs: which, how many, how often, and what is set apart.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};

/// What is learnt from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VotesRecipe {
    /// The folder of the snapshot.
    pub snapshot: PathBuf,
    /// Share of the sequences that is never trained on; a sequence is on one side with all its pairs.
    #[serde(default = "d_held_out")]
    pub held_out: f64,
    /// Pairs to learn from at most, drawn by the seed; 0 for all. What a curve over numbers of votes is made with.
    #[serde(default)]
    pub most_pairs: usize,
    /// Times that all pairs are seen, and pairs a step.
    pub epochs: f64,
    pub batch: usize,
}

fn d_held_out() -> f64 {
    0.15
}

impl VotesRecipe {
    /// What serde cannot check.
    pub fn check(&self) -> Result<()> {
        let refuse = |what: &str| Err(TrainError::Recipe(what.to_owned()));
        if self.batch == 0 || self.epochs <= 0.0 || !self.epochs.is_finite() {
            return refuse("votes.batch counts from 1, and votes.epochs must be above 0");
        }
        if !(0.01..0.9).contains(&self.held_out) {
            return refuse("votes.held_out must be from 0.01 to 0.9: what is learnt is judged by sequences not seen");
        }
        Ok(())
    }

    /// Steps over so many pairs.
    pub fn steps(&self, pairs: usize) -> usize {
        ((pairs as f64 * self.epochs / self.batch as f64).ceil() as usize).max(1)
    }
}
