//! What a story is worth to a policy under training: the sum of the recipe's sources, less what its guards take off.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use rayon::prelude::*;

use super::asking::line_ends;
use super::error::{Result, TrainError};
use super::judge_reward::{JudgeReward, without_gaps};
use super::policy_recipe::{Credit, RewardSources};
use super::rollouts::{Rollout, Scene};
use crate::evaluate::{line_truths, truth};
use crate::model::look::Look;
use crate::model::told::Told;
use crate::story::Finish;
use crate::world::{judge, without_withheld};
use crate::writer::Processor;
use crate::writer::retelling::retold_text;
use crate::writer::reward_model::RewardModel;

/// What one story came to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Worth {
    pub total: f64,
    /// By source, and by guard, whose names begin with `guard_`.
    pub parts: BTreeMap<&'static str, f64>,
    /// What each line is worth by its sources, where these know: how true it is to its frame, by how much it raised what a reward
    /// model finds the story worth so far.
    pub lines: Vec<f64>,
    /// What each token gained by its meaning, where words are given credit of their own.
    pub words: Vec<f64>,
}

impl Worth {
    /// What the reward model finds the story worth; 0 without one.
    pub fn by_model(&self) -> f64 {
        self.parts.get("model").copied().unwrap_or(0.0)
    }

    fn add_lines(&mut self, lines: &[f64], weight: f64) {
        self.lines.resize(self.lines.len().max(lines.len()), 0.0);
        self.lines.iter_mut().zip(lines).for_each(|(sum, line)| *sum += weight * line);
    }
}

/// Stories that a reward model reads at once.
const ROWS: usize = 32;

/// The sources of a recipe.
pub struct Rewards {
    recipe: RewardSources,
    model: Option<RewardModel>,
    credit: Credit,
    judge: Option<JudgeReward>,
}

impl Rewards {
    /// Opens what the recipe names. `policy` is the processor of the model that is trained, `run` the folder it is trained in.
    ///
    /// # Errors
    /// A folder that is no reward model, or one whose words are not the policy's; a judge without its key.
    pub fn open(recipe: &RewardSources, credit: Credit, policy: &Processor, run: &Path) -> Result<Self> {
        let model = match &recipe.model {
            Some(folder) => {
                let model = RewardModel::open(folder, None)?;
                let (theirs, ours) = (&model.processor.tokenizer, &policy.tokenizer);
                if theirs.get_vocab(true) != ours.get_vocab(true) {
                    let what = format!("the reward model {} has other tokens than the policy", folder.display());
                    return Err(TrainError::Recipe(what + ": train it from the same base"));
                }
                Some(model)
            }
            None => None,
        };
        let judge = recipe.judge.as_ref().map(|source| JudgeReward::open(source, run)).transpose()?;
        Ok(Self { recipe: recipe.clone(), model, credit, judge })
    }

    /// The worth of each story, in order.
    pub fn of(&self, scenes: &[Scene], told: &[Rollout]) -> Result<Vec<Worth>> {
        let mut worth: Vec<Worth> = told.par_iter().map(|story| self.one(&scenes[story.scene], story)).collect();
        if let Some(model) = &self.model {
            let looks = scenes.iter().map(|scene| Ok(model.look(&scene.pixels)?)).collect::<Result<Vec<Look>>>()?;
            let read = |story: &Rollout| -> Result<Told> {
                let scene = &scenes[story.scene];
                let ids = retold_text(&model.processor, &story.text, scene.frames)?;
                Ok(Told::new(&scene.prompt, &ids, story.scene))
            };
            let read = told.iter().map(read).collect::<Result<Vec<_>>>()?;
            let mut scores = Vec::with_capacity(read.len());
            for part in read.chunks(ROWS) {
                let ends = |told: &Told| line_ends(&model.processor, &told.ids, told.story.clone());
                let ends: Vec<Vec<usize>> =
                    part.iter().map(|told| if self.credit == Credit::Line { ends(told) } else { vec![] }).collect();
                scores.extend(model.scores_along(part, &looks, &ends)?);
            }
            for (worth, (score, along)) in worth.iter_mut().zip(scores) {
                worth.total += self.recipe.model_weight * score[0];
                worth.parts.insert("model", score[0]);
                worth.add_lines(&gains(&along), self.recipe.model_weight);
            }
            if self.credit == Credit::Word {
                for ((part, told), worth) in read.chunks(ROWS).zip(told.chunks(ROWS)).zip(worth.chunks_mut(ROWS)) {
                    let what = "method.credit = \"word\" needs a reward model whose recipe has `meanings`";
                    let gained = model.gained(part, &looks)?.ok_or_else(|| TrainError::Recipe(what.to_owned()))?;
                    for (((read, told), worth), gained) in part.iter().zip(told).zip(worth).zip(gained) {
                        worth.words = as_told(&read.ids[read.story.clone()], &told.tokens, gained);
                    }
                }
            }
        }
        if let (Some(judge), Some(source)) = (&self.judge, &self.recipe.judge) {
            let read = judge.of(scenes, told)?;
            for ((worth, value), read) in worth.iter_mut().zip(without_gaps(told, &read)).zip(&read) {
                worth.total += source.weight * value;
                worth.parts.insert("judge", value);
                worth.parts.insert("guard_unread", f64::from(u8::from(read.is_none())));
            }
        }
        Ok(worth)
    }

    fn one(&self, scene: &Scene, story: &Rollout) -> Worth {
        let RewardSources { truth: by_truth, repetition, long, long_from, cut, .. } = &self.recipe;
        let (mut worth, mut lines) = (Worth::default(), Vec::new());
        let mut add = |name: &'static str, value: f64, weight: f64| {
            if weight == 0.0 {
                return;
            }
            worth.total += weight * value;
            worth.parts.insert(name, value);
        };
        if let (Some(tale), true) = (&scene.tale, *by_truth != 0.0) {
            let facts = &tale.facts;
            let rewarded = without_withheld(&story.text);
            add("truth", truth(&judge(&rewarded, facts)), *by_truth);
            lines = line_truths(&rewarded, facts);
        }
        add("guard_repetition", repeated(&story.tokens), -repetition);
        add("guard_long", story.tokens.len().saturating_sub(*long_from) as f64, -long);
        add("guard_cut", f64::from(u8::from(story.finish == Finish::Length)), -cut);
        worth.add_lines(&lines, *by_truth);
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

/// What the tokens gained as they were told, by those as they are read: the same up to where a text was told in other pieces than it
/// is read in, and nothing from there on.
fn as_told(read: &[u32], told: &[u32], mut gained: Vec<f64>) -> Vec<f64> {
    let same = read.iter().zip(told).take_while(|(read, told)| read == told).count();
    gained[same..].fill(0.0);
    gained.resize(told.len(), 0.0);
    gained
}

/// By how much each number is above the one before it; the first by itself, as all stories of a scene begin with the same.
fn gains(along: &[f64]) -> Vec<f64> {
    let before = std::iter::once(0.0).chain(along.iter().copied());
    along.iter().zip(before).map(|(now, before)| now - before).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gains_are_those_of_the_same_tokens_only() {
        let gained = vec![0.1, 0.2, 0.3];
        assert_eq!(as_told(&[1, 2, 3], &[1, 2, 3], gained.clone()), gained);
        // Read in other pieces from the second token on, of which there are fewer.
        assert_eq!(as_told(&[1, 2, 3], &[1, 9], gained.clone()), [0.1, 0.0]);
        // A story that broke off is read with an end that it never told.
        assert_eq!(as_told(&[1, 2, 3], &[1, 2], gained.clone()), [0.1, 0.2]);
        assert_eq!(as_told(&[1, 2, 3], &[1, 2, 7, 8], gained), [0.1, 0.2, 0.0, 0.0]);
    }
}
