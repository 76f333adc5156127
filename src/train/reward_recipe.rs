//! The recipe of a reward model. Unknown keys are refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};
use super::recipe::{LoraRecipe, OptimiserRecipe, Rates};
use crate::model::ops::Precision;

/// A reward model's recipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardRecipe {
    pub kind: RewardKind,
    pub name: String,
    pub seed: u64,
    /// A model folder, or `embedded`: the storyteller that the reward model begins as.
    pub base: PathBuf,
    #[serde(default)]
    pub lora: Option<LoraRecipe>,
    #[serde(default)]
    pub precision: Precision,
    #[serde(default)]
    pub checkpointing: bool,
    pub optimiser: OptimiserRecipe,
    /// The snapshot that it learns from.
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
    pub learning_rate: f64,
    #[serde(default)]
    pub warm_up: usize,
    #[serde(default)]
    pub last_rate: f64,
    /// Parts that learn slower or faster, or not at all; the tower is looked through once where it and the connector have 0.
    #[serde(default = "text_only")]
    pub rates: Rates,
    /// What the head's learning rate is multiplied by.
    #[serde(default = "d_head")]
    pub head_rate: f64,
    pub loss: RankingRecipe,
    #[serde(default = "d_save")]
    pub save_every: usize,
    #[serde(default)]
    pub evaluate_every: Option<usize>,
}

/// What makes this recipe one of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RewardKind {
    Reward,
}

/// How votes become a loss.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RankingRecipe {
    /// By how much the strongest preference should be seen in the rewards; weaker ones by their share of the scale.
    pub margin: f64,
    /// Weight of what holds rewards near zero.
    pub centring: f64,
    /// Whether pairs whose votes are even are learnt from, as ties.
    pub ties: bool,
    /// Weight of the words of the better story, which keeps the body a storyteller.
    pub words: f64,
    /// Weight of the other criteria beside the whole.
    pub criteria: f64,
}

fn d_held_out() -> f64 {
    0.15
}

fn d_head() -> f64 {
    1.0
}

fn d_save() -> usize {
    50
}

fn text_only() -> Rates {
    Rates { vision: 0.0, connector: 0.0, text: 1.0 }
}

impl RewardRecipe {
    /// Reads a recipe and checks what serde cannot.
    pub fn open(path: &Path) -> Result<Self> {
        let text =
            std::fs::read_to_string(path).map_err(|source| TrainError::File { path: path.to_owned(), source })?;
        Self::parse(&text).map_err(|e| match e {
            TrainError::Recipe(what) => TrainError::Recipe(format!("{}: {what}", path.display())),
            other => other,
        })
    }

    pub fn parse(text: &str) -> Result<Self> {
        let recipe: Self = toml::from_str(text).map_err(|e| TrainError::Recipe(e.to_string()))?;
        let refuse = |what: &str| Err(TrainError::Recipe(what.to_owned()));
        if recipe.batch == 0 || recipe.epochs <= 0.0 || !recipe.epochs.is_finite() {
            return refuse("batch counts from 1, and epochs must be above 0");
        }
        if !(0.01..0.9).contains(&recipe.held_out) {
            return refuse(
                "held_out must be from 0.01 to 0.9: a reward model is judged by sequences that it has not seen",
            );
        }
        if recipe.rates.vision != 0.0 || recipe.rates.connector != 0.0 {
            return refuse("rates: the vision tower and the connector stay as they are here; give them 0");
        }
        Ok(recipe)
    }

    /// Learning rate at a step of so many: linear warm-up, then cosine.
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        super::recipe::rate(self.learning_rate, (self.warm_up, steps, self.last_rate), step)
    }
}
