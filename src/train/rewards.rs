//! What a story is worth to a policy under training: the sum of the recipe's sources, less what its guards take off.

use std::collections::{BTreeMap, HashSet};

use rayon::prelude::*;

use super::error::Result;
use super::policy_recipe::RewardRecipe;
use super::rollouts::{Rollout, Scene};
use crate::evaluate::{line_truths, truth};
use crate::story::Finish;
use crate::world::judge;

/// What one story came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worth {
    pub total: f64,
    /// By source and guard.
    pub parts: BTreeMap<&'static str, f64>,
    /// How true each line is to its frame, where the facts are known.
    pub lines: Vec<f64>,
}

/// The sources of a recipe.
pub struct Rewards {
    recipe: RewardRecipe,
}

impl Rewards {
    pub fn open(recipe: &RewardRecipe) -> Result<Self> {
        Ok(Self { recipe: recipe.clone() })
    }

    /// The worth of each story, in order.
    pub fn of(&self, scenes: &[Scene], told: &[Rollout]) -> Result<Vec<Worth>> {
        Ok(told.par_iter().map(|story| self.one(&scenes[story.scene], story)).collect())
    }

    fn one(&self, scene: &Scene, story: &Rollout) -> Worth {
        let RewardRecipe { truth: by_truth, repetition, long, long_from, cut, .. } = &self.recipe;
        let (mut worth, mut lines) = (Worth::default(), Vec::new());
        let mut add = |name: &'static str, value: f64, weight: f64| {
            worth.total += weight * value;
            worth.parts.insert(name, value);
        };
        if let (Some(facts), true) = (&scene.facts, *by_truth != 0.0) {
            add("truth", truth(&judge(&story.text, facts)), *by_truth);
            lines = line_truths(&story.text, facts);
        }
        add("repetition", repeated(&story.tokens), -repetition);
        add("long", story.tokens.len().saturating_sub(*long_from) as f64, -long);
        add("cut", f64::from(u8::from(story.finish == Finish::Length)), -cut);
        worth.lines = lines;
        worth
    }
}

/// The share of all runs of four tokens that were said before.
fn repeated(tokens: &[u32]) -> f64 {
    let mut heard = HashSet::new();
    let runs = tokens.windows(4);
    let count = runs.len().max(1) as f64;
    runs.filter(|run| !heard.insert(*run)).count() as f64 / count
}
