//! Credit for parts of a story: what a line gained is its own tokens', where the worth of each line is known; what a word gained by its
//! meaning is its own.

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

/// Adds to each token's advantage what it gained by its own meaning, in units of the batch's.
pub fn credit_words(advantage: &mut PerToken, worth: &[Worth]) {
    let heard = || worth.iter().flat_map(|worth| &worth.words).filter(|gained| **gained != 0.0);
    let unit = (heard().map(|gained| gained * gained).sum::<f64>() / heard().count().max(1) as f64).sqrt();
    for (row, worth) in advantage.iter_mut().zip(worth) {
        for (token, gained) in row.iter_mut().zip(&worth.words).filter(|(_, gained)| **gained != 0.0) {
            *token += gained / unit;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_given_what_they_gained_in_units_of_the_batch() {
        let worth = |words: &[f64]| Worth { words: words.to_vec(), ..Worth::default() };
        let mut advantage = vec![vec![1.0, 1.0, 1.0], vec![-1.0, -1.0]];
        credit_words(&mut advantage, &[worth(&[0.0, 0.3, 0.0]), worth(&[-0.4, 0.0])]);
        // The mean square of what was gained is (.09 + .16) / 2.
        let unit = 0.125f64.sqrt();
        assert_eq!(advantage, [vec![1.0, 1.0 + 0.3 / unit, 1.0], vec![-1.0 - 0.4 / unit, -1.0]]);
        let mut even = vec![vec![0.5]];
        credit_words(&mut even, &[worth(&[0.0])]);
        assert_eq!(even, [[0.5]]);
    }
}
