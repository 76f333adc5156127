//! The recipe of a reward model. Unknown keys are refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::Result;
use super::recipe::{LoraRecipe, OptimiserRecipe, Rates};
use super::recipe_file::{self, Kind};
use super::votes_recipe::VotesRecipe;
use crate::model::ops::Precision;

/// A reward model's recipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardRecipe {
    pub kind: Kind,
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
    pub votes: VotesRecipe,
    pub learning_rate: f64,
    #[serde(default)]
    pub warm_up: usize,
    #[serde(default)]
    pub last_rate: f64,
    /// Parts that learn slower or faster, or not at all; the tower is looked through once where it and the connector have 0.
    #[serde(default = "Rates::text_only")]
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

fn d_head() -> f64 {
    1.0
}

fn d_save() -> usize {
    50
}

impl RewardRecipe {
    /// Reads a recipe and checks what serde cannot.
    pub fn open(path: &Path) -> Result<Self> {
        recipe_file::open(path, Self::parse)
    }

    pub fn parse(text: &str) -> Result<Self> {
        let recipe: Self = recipe_file::parse(text, Kind::Reward)?;
        recipe.rates.leave_the_eyes()?;
        recipe.votes.check()?;
        Ok(recipe)
    }

    /// Learning rate at a step of so many: linear warm-up, then cosine.
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        super::recipe::rate(self.learning_rate, (self.warm_up, steps, self.last_rate), step)
    }
}
