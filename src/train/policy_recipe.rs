//! The recipe of a policy that learns from rewards for its own stories. Unknown keys are refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};
use super::judge_reward::JudgeSource;
use super::loss::{Advantage, Aggregate, KlEstimator, PolicyLoss, Ratio};
use super::recipe::{LoraRecipe, OptimiserRecipe, Rates};
use super::recipe_file::{self, Kind};
use crate::model::ops::Precision;

/// A policy's recipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyRecipe {
    pub kind: Kind,
    pub name: String,
    pub seed: u64,
    /// A model folder, or `embedded`.
    pub base: PathBuf,
    #[serde(default)]
    pub lora: Option<LoraRecipe>,
    #[serde(default)]
    pub precision: Precision,
    #[serde(default)]
    pub checkpointing: bool,
    pub optimiser: OptimiserRecipe,
    pub steps: usize,
    pub learning_rate: f64,
    #[serde(default)]
    pub warm_up: usize,
    #[serde(default = "one")]
    pub last_rate: f64,
    /// Parts that learn slower or faster. The vision tower stays as it is: stories are told about what it sees now.
    #[serde(default = "Rates::text_only")]
    pub rates: Rates,
    pub scenes: SceneRecipe,
    pub rollouts: RolloutRecipe,
    pub reward: RewardSources,
    pub method: MethodRecipe,
    /// Weight of the supervised loss on the data's own stories, beside the policy's: the paper's combination.
    #[serde(default)]
    pub supervised: f64,
    /// Stories that are read at once, forward and backward.
    #[serde(default = "d_rows")]
    pub rows: usize,
    #[serde(default = "d_save")]
    pub save_every: usize,
    /// Steps between two looks at held-out scenes, told greedily.
    #[serde(default)]
    pub evaluate_every: Option<usize>,
    #[serde(default = "d_evaluate")]
    pub evaluate_on: usize,
}

/// What stories are told about: tales of the picture world from `first_seed` on, drawn at `side` pixels.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SceneRecipe {
    pub first_seed: u64,
    pub side: u32,
}

/// How stories are told in training.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RolloutRecipe {
    /// Scenes a step, and stories a scene: a group, whose members are compared.
    pub scenes: usize,
    pub stories: usize,
    pub temperature: f64,
    pub max_new_tokens: usize,
}

/// Where rewards come from: sources are added up by their weights, guards are taken off.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RewardSources {
    /// Weight of the picture world's ground truth, from 0 to 1 a story.
    pub truth: f64,
    /// A reward model's folder, and the weight of its score.
    pub model: Option<PathBuf>,
    pub model_weight: f64,
    /// A remote model that reads every story, as `storyloom eval judge` asks it.
    pub judge: Option<JudgeSource>,
    /// Taken off a story by the share of its runs of four words that it said before.
    pub repetition: f64,
    /// Taken off a story for each token beyond `long_from`.
    pub long: f64,
    pub long_from: usize,
    /// Taken off a story that was cut by the limit.
    pub cut: f64,
}

/// How a policy learns from rewards.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MethodRecipe {
    pub advantage: Advantage,
    #[serde(default)]
    pub credit: Credit,
    /// How much words that pictures decide (names, feelings, kinds, colours) count beside others, picture world only: most words
    /// of a story follow from those before them.
    #[serde(default = "one")]
    pub emphasis: f64,
    #[serde(default = "d_ratio")]
    pub ratio: Ratio,
    #[serde(default = "d_aggregate")]
    pub aggregate: Aggregate,
    #[serde(default = "d_clip")]
    pub clip: [f64; 2],
    #[serde(default)]
    pub ceiling: Option<f64>,
    /// Times that each batch of stories is learnt from, and parts that it is cut into each time.
    #[serde(default = "one_whole")]
    pub epochs: usize,
    #[serde(default = "one_whole")]
    pub minibatches: usize,
    #[serde(default)]
    pub kl: Option<KlRecipe>,
    /// Nats a story by which the policy may have moved from its base; beyond it the run ends, its best kept.
    #[serde(default)]
    pub kl_budget: Option<f64>,
    /// What PPO's value head needs.
    #[serde(default)]
    pub value: Option<ValueRecipe>,
}

/// What a token is given credit for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Credit {
    /// The story as a whole.
    #[default]
    Story,
    /// The story, and its own line beside it: the ground truth knows how true each line is, and a reward model that learnt to read
    /// stories so far (`so_far` of a `[mistakes]` recipe) by how much it raised what the story is worth.
    Line,
    /// Its own meaning: what it gained by it over one that the reward model had drawn itself there (`meanings` of its recipe). The rest
    /// of the reward, the guards above all, is the story's. Nothing is gained by saying more, or less, or what is easily right.
    Word,
}

/// How divergence from the base is held down.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KlRecipe {
    pub estimator: KlEstimator,
    pub place: KlPlace,
    pub weight: f64,
    /// Nats a story that the weight follows; absent: it stays.
    #[serde(default)]
    pub target: Option<f64>,
    #[serde(default = "d_horizon")]
    pub horizon: f64,
}

/// Whether divergence is a term of the loss or a cost of the reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KlPlace {
    Loss,
    Reward,
}

/// PPO's value head.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValueRecipe {
    pub decay: f64,
    pub trace: f64,
    pub clip: f64,
    /// Weight of its loss, and what its learning rate is multiplied by.
    pub weight: f64,
    pub rate: f64,
}

fn one() -> f64 {
    1.0
}

fn one_whole() -> usize {
    1
}

fn d_rows() -> usize {
    32
}

fn d_save() -> usize {
    20
}

fn d_evaluate() -> usize {
    48
}

fn d_ratio() -> Ratio {
    Ratio::Token
}

fn d_aggregate() -> Aggregate {
    Aggregate::TokenMean
}

fn d_clip() -> [f64; 2] {
    [0.2, 0.28]
}

fn d_horizon() -> f64 {
    10_000.0
}

impl PolicyRecipe {
    /// Reads a recipe and checks what serde cannot.
    pub fn open(path: &Path) -> Result<Self> {
        recipe_file::open(path, Self::parse)
    }

    pub fn parse(text: &str) -> Result<Self> {
        let recipe: Self = recipe_file::parse(text, Kind::Policy)?;
        recipe.rates.leave_the_eyes()?;
        let refuse = |what: &str| Err(TrainError::Recipe(what.to_owned()));
        let RolloutRecipe { scenes, stories, temperature, max_new_tokens } = recipe.rollouts;
        if recipe.steps == 0 || scenes == 0 || max_new_tokens == 0 || recipe.rows == 0 {
            return refuse("steps, rollouts.scenes, rollouts.max_new_tokens and rows count from 1");
        }
        let method = &recipe.method;
        let alone = matches!(method.advantage, Advantage::Gae | Advantage::ReinforcePlusPlus);
        if stories < 2 && !alone {
            return refuse("rollouts.stories must be 2 at least: the stories of a scene are compared with each other");
        }
        if temperature <= 0.0 || !temperature.is_finite() {
            return refuse("rollouts.temperature must be above 0: greedy stories of a scene are all the same");
        }
        if method.epochs == 0 || method.minibatches == 0 || method.minibatches > scenes {
            return refuse("method: epochs and minibatches count from 1, and a minibatch has a scene at least");
        }
        if (method.advantage == Advantage::Gae) != method.value.is_some() {
            return refuse("method: the advantage `gae` and `[method.value]` go together");
        }
        let reward = &recipe.reward;
        let by_model = reward.model.is_some() && reward.model_weight != 0.0;
        let knows_lines = reward.truth != 0.0 || by_model;
        if method.credit == Credit::Line && (!knows_lines || method.advantage == Advantage::Gae) {
            return refuse("method.credit = \"line\" needs `truth` or a `model` as a reward, and advantages by group");
        }
        if method.credit == Credit::Word && (!by_model || method.advantage == Advantage::Gae) {
            return refuse(
                "method.credit = \"word\" needs a `model` that hears meanings as a reward, and advantages by group",
            );
        }
        let by_judge = reward.judge.as_ref().is_some_and(|judge| judge.weight != 0.0);
        if reward.truth == 0.0 && !by_model && !by_judge {
            return refuse(
                "[reward] has no source: give `truth` a weight, name a `model` and give `model_weight`, or name a `judge`",
            );
        }
        Ok(recipe)
    }

    /// Learning rate at a step: linear warm-up, then cosine.
    pub fn rate(&self, step: usize) -> f64 {
        super::recipe::rate(self.learning_rate, (self.warm_up, self.steps, self.last_rate), step)
    }

    /// The loss that the method names, with the weight that divergence has now.
    pub fn loss(&self, kl_weight: f64) -> PolicyLoss {
        let MethodRecipe { ratio, aggregate, clip, ceiling, ref kl, .. } = self.method;
        let kl = kl.as_ref().filter(|kl| kl.place == KlPlace::Loss).map(|kl| (kl.estimator, kl_weight));
        PolicyLoss { ratio, aggregate, clip, ceiling, kl, longest: self.rollouts.max_new_tokens }
    }
}
