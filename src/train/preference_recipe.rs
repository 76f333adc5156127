//! The recipe of a policy that learns from pairs directly, without a reward model. Unknown keys are refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};
use super::loss::PreferenceLoss;
use super::recipe::{LoraRecipe, OptimiserRecipe, Rates};
use crate::model::ops::Precision;

/// A preference recipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreferenceRecipe {
    pub kind: PreferenceKind,
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
    /// The snapshot that it learns from.
    pub snapshot: PathBuf,
    #[serde(default = "d_held_out")]
    pub held_out: f64,
    #[serde(default)]
    pub most_pairs: usize,
    pub epochs: f64,
    pub batch: usize,
    pub learning_rate: f64,
    #[serde(default)]
    pub warm_up: usize,
    #[serde(default)]
    pub last_rate: f64,
    #[serde(default = "text_only")]
    pub rates: Rates,
    /// The loss by name, with its own numbers.
    pub method: PreferenceLoss,
    #[serde(default = "d_save")]
    pub save_every: usize,
    #[serde(default)]
    pub evaluate_every: Option<usize>,
}

/// What makes this recipe one of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PreferenceKind {
    Preference,
}

fn d_held_out() -> f64 {
    0.15
}

fn d_save() -> usize {
    50
}

fn text_only() -> Rates {
    Rates { vision: 0.0, connector: 0.0, text: 1.0 }
}

impl PreferenceRecipe {
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
                "held_out must be from 0.01 to 0.9: what is learnt is judged by sequences that were not seen",
            );
        }
        if recipe.rates.vision != 0.0 || recipe.rates.connector != 0.0 {
            return refuse("rates: the vision tower and the connector stay as they are here; give them 0");
        }
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
