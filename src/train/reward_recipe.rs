//! The recipe of a reward model. Unknown keys are refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};
use super::recipe::{LoraRecipe, OptimiserRecipe, Rates};
use super::recipe_file::{self, Kind};
use super::votes_recipe::VotesRecipe;
use crate::model::ops::Precision;
use crate::world::meanings;
use crate::writer::meanings::Kinds;

/// What stands in a recipe for the words of the picture world.
const WORLD: &str = "world";

/// A reward model's recipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardRecipe {
    pub kind: Kind,
    pub name: String,
    pub seed: u64,
    /// A model folder, or `embedded`: the storyteller that the reward model begins as.
    pub base: PathBuf,
    /// Words whose meanings count beside what the head says: a file of kinds of words, or `world` for those of the picture world.
    #[serde(default)]
    pub meanings: Option<PathBuf>,
    #[serde(default)]
    pub lora: Option<LoraRecipe>,
    #[serde(default)]
    pub precision: Precision,
    #[serde(default)]
    pub checkpointing: bool,
    pub optimiser: OptimiserRecipe,
    /// The votes it learns from; without them `mistakes`.
    #[serde(default)]
    pub votes: Option<VotesRecipe>,
    /// Mistakes that it learns to tell from the truth, before there are votes.
    #[serde(default)]
    pub mistakes: Option<MistakesRecipe>,
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

/// Tales of the picture world, told truly and told with mistakes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MistakesRecipe {
    /// Seeds of tales go up from here; those of the held-out ones too, which are others by their split.
    pub first_seed: u64,
    /// Pixels a side of the drawn frames.
    pub side: u32,
    pub steps: usize,
    /// Tales a step; each is told twice.
    pub tales: usize,
    /// Most mistakes in one telling.
    pub most: usize,
    /// Weight of the ranking at the end of every line: of two tellings so far, the one with fewer mistakes is
    /// the better. What a line gained is then known too, which `credit = "line"` of a policy lives on.
    #[serde(default)]
    pub so_far: f64,
    /// Share of the tales whose two tellings are the same words but for the mistakes; there `so_far` ranks both at the wrong words
    /// themselves too. Nothing but the mistake tells such a pair apart, so that far fewer of them teach it.
    #[serde(default)]
    pub alike: f64,
    /// Held-out tales that it is judged by.
    #[serde(default = "d_held_out")]
    pub held_out: usize,
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

fn d_held_out() -> usize {
    200
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
        match (&recipe.votes, &recipe.mistakes) {
            (Some(votes), None) => votes.check()?,
            (None, Some(MistakesRecipe { tales: 1.., most: 1.., held_out: 2.., .. })) => {}
            (None, Some(_)) => {
                let what = "mistakes.tales and mistakes.most count from 1, and mistakes.held_out from 2";
                return Err(TrainError::Recipe(what.to_owned()));
            }
            _ => {
                let what = "a reward model learns from [votes] or from [mistakes]: the recipe must have one of them";
                return Err(TrainError::Recipe(what.to_owned()));
            }
        }
        Ok(recipe)
    }

    /// Puts a snapshot in place of the recipe's.
    ///
    /// # Errors
    /// A snapshot for a recipe that learns from no votes.
    pub fn learn_from(&mut self, snapshot: Option<PathBuf>) -> Result<()> {
        match (snapshot, &mut self.votes) {
            (None, _) => Ok(()),
            (Some(snapshot), Some(votes)) => {
                votes.snapshot = snapshot;
                Ok(())
            }
            (Some(_), None) => {
                Err(TrainError::Recipe("this recipe learns from [mistakes], not from a snapshot of votes".to_owned()))
            }
        }
    }

    /// The kinds of words whose meanings count; `None` where none do.
    ///
    /// # Errors
    /// A file that cannot be read, or in which something else stands.
    pub fn kinds(&self) -> Result<Option<Kinds>> {
        match self.meanings.as_deref() {
            None => Ok(None),
            Some(path) if path == Path::new(WORLD) => {
                let owned = |meaning: Vec<&str>| meaning.into_iter().map(str::to_owned).collect();
                let kind = |(name, meanings): (&str, Vec<Vec<&str>>)| {
                    (name.to_owned(), meanings.into_iter().map(owned).collect())
                };
                Ok(Some(meanings().into_iter().map(kind).collect()))
            }
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|source| TrainError::File { path: path.to_owned(), source })?;
                let kinds =
                    toml::from_str(&text).map_err(|e| TrainError::Recipe(format!("{}: {e}", path.display())))?;
                Ok(Some(kinds))
            }
        }
    }

    /// Learning rate at a step of so many: linear warm-up, then cosine.
    pub fn rate(&self, step: usize, steps: usize) -> f64 {
        super::recipe::rate(self.learning_rate, (self.warm_up, steps, self.last_rate), step)
    }
}
