//! Credit by line: what a line gained is its own tokens', where the worth of each line is known.

use std::collections::HashMap;

use super::loss::{PerToken, advantages};
use super::policy_recipe::PolicyRecipe;
use super::rewards::Worth;
use super::rollouts::Rollout;
use crate::writer::Processor;

/// Adds to each token's advantage that of its own line among the same lines of the scene's other stories.
pub fn credit_lines(
    advantage: &mut PerToken,
    told: &[Rollout],
    worth: &[Worth],
    recipe: &PolicyRecipe,
    line_of: &LineOf,
) {
    let group = recipe.rollouts.stories;
    for first in (0..told.len()).step_by(group) {
        let members = first..(first + group).min(told.len());
        let lines = members.clone().map(|at| worth[at].lines.len()).max().unwrap_or(0);
        for line in 0..lines {
            let values: Vec<f64> =
                members.clone().map(|at| worth[at].lines.get(line).copied().unwrap_or(f64::NAN)).collect();
            let gained = advantages(recipe.method.advantage, &values, group).advantages;
            for (at, gained) in members.clone().zip(gained) {
                let tokens = line_of.tokens(&told[at].tokens);
                let own = advantage[at].iter_mut().zip(tokens).filter(|(_, of)| *of == line);
                own.for_each(|(token, _)| *token += gained);
            }
        }
    }
}

/// Which line a token belongs to, by the markers that lines begin with.
pub struct LineOf(HashMap<u32, usize>);

impl LineOf {
    pub fn new(processor: &Processor) -> Self {
        let marker = |line: usize| Some((processor.tokenizer.token_to_id(&format!("<|frame_{}|>", line + 1))?, line));
        Self((0..64).filter_map(marker).collect())
    }

    fn tokens<'a>(&'a self, tokens: &'a [u32]) -> impl Iterator<Item = usize> + 'a {
        let mut line = 0;
        tokens.iter().map(move |token| {
            line = self.0.get(token).copied().unwrap_or(line);
            line
        })
    }
}
