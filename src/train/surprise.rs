//! What a storyteller would hardly have said. How likely it finds every word that somebody else wrote is known without a rater or a
//! fact, and holds most of what it knows about pictures, names and feelings: a reward model that has learnt to hear this needs few
//! votes to say how much of it is a fault. Heads over words teach it, and are thrown away in the end.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor, Var};
use serde::{Deserialize, Serialize};

use super::error::Result;
use super::loss::{Graded, squares};
use crate::model::families;
use crate::model::look::Look;
use crate::model::ops::Precision;
use crate::model::params::Params;
use crate::model::told::{Page, Told};
use crate::model::vision_language::VisionLanguage;
use crate::model::weights::Weights;
use crate::writer::Processor;
use crate::writer::embedded::{EMBEDDED, WEIGHTS};

/// Name of the heads: one for the word itself, one for the story up to it.
pub const PROBES: &str = "surprise.weight";
/// Nats below which a word is no more surprising: it is wrong either way.
const LEAST: f64 = -8.0;
/// Nats that count as one, of a word and of a story so far.
const UNITS: [f64; 2] = [4.0, 20.0];

/// Whose surprise is learnt, and how much it counts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SurpriseRecipe {
    /// A model folder, or `embedded`: the storyteller that the reward model descends from, with the same tower and connector.
    pub storyteller: PathBuf,
    /// Weight of the heads' loss.
    pub weight: f64,
}

/// A storyteller that listens, and the heads that learn from it.
pub struct Surprise {
    storyteller: VisionLanguage,
    /// (2, hidden)
    pub probes: Var,
    pub weight: f64,
}

/// What the heads said, and how far that was from what the storyteller found.
pub struct Heard {
    /// (tokens, 2) of all stories, one after the other, flat.
    pub numbers: Tensor,
    pub graded: Graded<Vec<f64>>,
    /// Share of the variance that is explained, of words and of stories so far.
    pub explained: [f64; 2],
}

impl Surprise {
    /// For a reward model of this width.
    pub fn open(recipe: &SurpriseRecipe, hidden: usize, precision: Precision, seed: u64) -> Result<Self> {
        let folder = &recipe.storyteller;
        let (config, weights) = if folder == Path::new(EMBEDDED) {
            (Processor::embedded()?.config, Weights::embedded(WEIGHTS)?)
        } else {
            let config = Processor::open(folder)?.config;
            let weights = families::weights(folder, &config)?;
            (config, weights)
        };
        let params = Params::new(weights, DType::F32, Device::Cpu).with_precision(precision);
        let storyteller = families::load(&params, &config)?;
        let probes = Weights::fresh(seed).get(PROBES, &[2, hidden], &Device::Cpu)?.to_dtype(DType::F32)?;
        Ok(Self { storyteller, probes: Var::from_tensor(&probes)?, weight: recipe.weight })
    }

    /// Holds what the heads say of a page against what the storyteller finds of the same stories.
    pub fn heard(&self, page: &Page, told: &[Told], looks: &[Look], pad: u32) -> Result<Heard> {
        let read = Page::read(&self.storyteller, told, looks, pad)?;
        let likely = read.by_story(&read.log_probs(&self.storyteller, 1.0)?)?;
        let targets = targets(&likely);
        let places: Vec<(usize, usize)> =
            told.iter().enumerate().flat_map(|(row, told)| told.story.clone().map(move |at| (row, at))).collect();
        let numbers = page.states_at(&places)?.matmul(&self.probes.as_tensor().t()?)?.flatten_all()?;
        let said: Vec<f64> = numbers.to_vec1::<f32>()?.into_iter().map(f64::from).collect();
        let explained = [0, 1].map(|side| explained(&said, &targets, side));
        Ok(Heard { numbers, graded: squares(&said, &targets), explained })
    }
}

/// Of every word how likely it was, and how likely the story is up to it; in their units, least likely words cut.
fn targets(likely: &[Vec<f64>]) -> Vec<f64> {
    let mut all = Vec::new();
    for story in likely {
        let mut so_far = 0.0;
        for word in story {
            let word = word.max(LEAST);
            so_far += word;
            all.extend([word / UNITS[0], so_far / UNITS[1]]);
        }
    }
    all
}

/// Share of the variance of every second target that what was said explains; below nought where it is worse than their mean.
fn explained(said: &[f64], targets: &[f64], side: usize) -> f64 {
    let of = |all: &[f64]| all.iter().skip(side).step_by(2).copied().collect::<Vec<f64>>();
    let (said, targets) = (of(said), of(targets));
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    let spread = targets.iter().map(|target| (target - mean).powi(2)).sum::<f64>();
    let missed = said.iter().zip(&targets).map(|(said, target)| (said - target).powi(2)).sum::<f64>();
    1.0 - missed / spread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_by_itself_and_in_the_story_so_far() {
        let targets = targets(&[vec![-1.0, -2.0, -30.0], vec![-4.0]]);
        assert_eq!(targets, [-0.25, -0.05, -0.5, -0.15, -2.0, -0.55, -1.0, -0.2]);
        assert_eq!(explained(&targets, &targets, 0), 1.0);
        let mean = [-0.9375, 0.0, -0.9375, 0.0, -0.9375, 0.0, -0.9375, 0.0];
        assert!(explained(&mean, &targets, 0).abs() < 1e-12);
    }
}
