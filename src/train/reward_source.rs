//! What a reward model learns from: pairs that raters voted on, or pairs that are made for each step.

use super::asking::Asking;
use super::error::{Result, TrainError};
use super::mistakes::{Lesson, Mistakes};
use super::pairs::{Pairs, ReadPair};
use super::reward_recipe::RewardRecipe;
use super::votes_recipe::VotesRecipe;
use crate::model::look::Look;
use crate::model::vision_language::VisionLanguage;

/// Pairs without end.
pub enum Source<'a> {
    Votes(Pairs, &'a VotesRecipe),
    /// Made anew for each step; the pairs are those that it is judged by.
    Mistakes(Mistakes<'a>, Pairs),
}

impl<'a> Source<'a> {
    /// Of pairs that were voted on, where there are some, else of mistakes.
    pub fn open(
        voted: Option<(Pairs, &'a VotesRecipe)>,
        recipe: &'a RewardRecipe,
        model: &'a VisionLanguage,
        asking: &'a Asking,
    ) -> Result<Self> {
        match (voted, &recipe.mistakes) {
            (Some((pairs, votes)), _) => Ok(Self::Votes(pairs, votes)),
            (None, Some(mistakes)) => {
                let maker = Mistakes { model, asking, recipe: mistakes, seed: recipe.seed };
                let pairs = maker.held_out()?;
                Ok(Self::Mistakes(maker, pairs))
            }
            (None, None) => Err(TrainError::Recipe("a reward model learns from [votes] or from [mistakes]".to_owned())),
        }
    }

    /// The pairs that it is judged by, and of votes those that it learns from.
    pub fn pairs(&self) -> &Pairs {
        match self {
            Self::Votes(pairs, _) | Self::Mistakes(_, pairs) => pairs,
        }
    }

    pub fn steps(&self) -> usize {
        match self {
            Self::Votes(pairs, votes) => votes.steps(pairs.train.len()),
            Self::Mistakes(maker, _) => maker.recipe.steps,
        }
    }

    /// What a step sees: pairs and looks; those that are made for it are put into `made`.
    pub fn batch<'s>(
        &'s self,
        step: usize,
        seed: u64,
        made: &'s mut Lesson,
    ) -> Result<(Vec<&'s ReadPair>, &'s [Look])> {
        match self {
            Self::Votes(pairs, votes) => {
                let chosen = pairs.batch(step, votes.batch, seed).into_iter().map(|at| &pairs.train[at]).collect();
                Ok((chosen, &pairs.looks))
            }
            Self::Mistakes(maker, _) => {
                let tales = maker.recipe.tales;
                *made = maker.lesson((step * tales) as u64, tales)?;
                Ok((made.pairs.iter().collect(), &made.looks))
            }
        }
    }

    /// What there is, in a sentence.
    pub fn summary(&self) -> String {
        let steps = self.steps();
        match self {
            Self::Votes(pairs, _) => pairs.summary(steps),
            Self::Mistakes(maker, pairs) => {
                let (tales, held_out) = (steps * maker.recipe.tales, pairs.held_out.len());
                format!("{tales} tales told twice, with and without mistakes, {held_out} held out; {steps} steps")
            }
        }
    }
}
