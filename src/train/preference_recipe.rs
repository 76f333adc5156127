//! The recipe of a policy that learns from pairs directly, without a reward model. Unknown keys are refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};
use super::loss::PreferenceLoss;
use super::recipe::{LoraRecipe, OptimiserRecipe, Rates};
use super::recipe_file::{self, Kind};
use super::votes_recipe::VotesRecipe;
use crate::model::ops::Precision;

/// A preference recipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferenceRecipe {
    pub kind: Kind,
    pub name: String,
    pub seed: u64,
    /// A model folder, or `embedded`: the policy that is trained, and the reference that it is compared with.
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
    #[serde(default = "Rates::text_only")]
    pub rates: Rates,
    /// The loss by name, with its own numbers.
    pub method: PreferenceLoss,
    #[serde(default = "d_save")]
    pub save_every: usize,
    #[serde(default)]
    pub evaluate_every: Option<usize>,
}

fn d_save() -> usize {
    50
}

impl PreferenceRecipe {
    /// Reads a recipe and checks what serde cannot.
    pub fn open(path: &Path) -> Result<Self> {
        recipe_file::open(path, Self::parse)
    }

    pub fn parse(text: &str) -> Result<Self> {
        let recipe: Self = recipe_file::parse(text, Kind::Preference)?;
        recipe.rates.leave_the_eyes()?;
        recipe.votes.check()?;
        let refuse = |what: &str| Err(TrainError::Recipe(what.to_owned()));
        let beta = recipe.method.beta();
        if beta <= 0.0 || !beta.is_finite() {
            return refuse("method.beta must be above 0");
        }
        if let PreferenceLoss::Robust { flipped, .. } | PreferenceLoss::Cdpo { flipped, .. } = recipe.method
            && !(0.0..0.5).contains(&flipped)
        {
            return refuse("method.flipped must be from 0 to below 0.5: beyond it the votes would say the opposite");
        }
        Ok(recipe)
    }

    /// Learning rate at a step of so many: linear warm-up, then cosine.
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        super::recipe::rate(self.learning_rate, (self.warm_up, steps, self.last_rate), step)
    }
}
