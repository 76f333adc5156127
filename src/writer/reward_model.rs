//! A reward model: a vision-language model with a head that gives a story its worth, one number a criterion, read at the
//! story's last token. In the layout that sequence classifiers are published in, or as an adapter that saves its `score` whole.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use serde::Deserialize;

use super::embedded::{EMBEDDED, WEIGHTS};
use super::error::{Result, WriterError};
use super::meanings::{Kinds, Meanings};
use super::order::Order;
use super::processor::Processor;
use super::retelling::retold_text;
use super::score_head::{SCORE, ScoreHead, WORDS, Words};
use super::tell::whole_message;
use crate::model::adapter::Adapter;
use crate::model::error::ModelError;
use crate::model::families;
use crate::model::look::{Look, Pixels};
use crate::model::params::Params;
use crate::model::told::{Page, Told};
use crate::model::vision_language::VisionLanguage;
use crate::model::weights::Weights;

/// Where an adapter says what it stands on.
const BASE: &str = "base_model_name_or_path";

/// What the config of a sequence classifier says beside the model's own.
#[derive(Debug, Deserialize)]
struct Labels {
    id2label: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    meanings: Option<Kinds>,
}

/// A reward model ready to score.
pub struct RewardModel {
    pub model: VisionLanguage,
    pub processor: Processor,
    pub head: ScoreHead,
    /// What each number is of; the first is the whole.
    pub criteria: Vec<String>,
    pad: u32,
}

impl RewardModel {
    /// Opens a folder in the sequence classifiers' layout; with `adapter`, a storyteller's folder and the adapter beside it. An
    /// adapter's folder alone names the storyteller itself.
    ///
    /// # Errors
    /// A folder that is no reward model, or an adapter whose storyteller is not there.
    pub fn open(folder: &Path, adapter: Option<&Path>) -> Result<Self> {
        let alone = (adapter.is_none() && folder.join("adapter_config.json").exists()).then(|| Adapter::open(folder));
        let named = match alone.transpose()? {
            Some(adapter) => Some(adapter.config.rest.get(BASE).and_then(|base| base.as_str()).map_or_else(
                || Err(WriterError::Layout(format!("{} does not say what it stands on", folder.display()))),
                |base| Ok(PathBuf::from(base)),
            )?),
            None => None,
        };
        let (base, adapter) = match &named {
            Some(base) => (base.as_path(), Some(folder)),
            None => (folder, adapter),
        };
        let around = adapter.unwrap_or(base);
        let in_program = base == Path::new(EMBEDDED);
        let processor = if in_program { Processor::embedded()? } else { Processor::open(base)? };
        let weights =
            if in_program { Weights::embedded(WEIGHTS)? } else { families::weights(base, &processor.config)? };
        let criteria = criteria_of(around).ok_or_else(|| {
            WriterError::Layout(format!("{} names no criteria (id2label): it is no reward model", around.display()))
        })?;
        let mut params = Params::new(weights, DType::F32, Device::Cpu);
        if let Some(adapter) = adapter {
            params = params.with_adapter(Adapter::open(adapter)?);
        }
        let model = families::load(&params, &processor.config)?;
        let hidden = processor.config.text_config.hidden_size;
        let score = params.exact(SCORE, &[criteria.len(), hidden])?;
        let labels: Labels = ModelError::parsing(&around.join("config.json"))?;
        let words = match labels.meanings {
            Some(kinds) => Some(Words {
                meanings: Meanings::new(&kinds, &processor.tokenizer, processor.config.text_config.vocab_size)?,
                weight: params.exact(WORDS, &[criteria.len(), Words::columns(kinds.len())])?,
            }),
            None => None,
        };
        let pad = processor.pad();
        Ok(Self { model, processor, head: ScoreHead { score, words }, criteria, pad })
    }

    /// What the model sees of a sequence's tiles.
    pub fn look(&self, pixels: &Pixels) -> Result<Look> {
        Ok(self.model.image_features(pixels)?.detach())
    }

    /// The worth of texts that were told for an order, one number a criterion each.
    ///
    /// # Errors
    /// A picture that cannot be read, or more than the model reads together: a reward model reads no chapters.
    pub fn worth(&self, order: &Order, texts: &[String]) -> Result<Vec<Vec<f64>>> {
        let mut tiles = Vec::new();
        for picture in order.pictures.iter() {
            let rgb = self.processor.rgb(picture)?;
            tiles.extend(self.processor.images.tiles(&rgb, false).tiles);
        }
        let looks = [self.look(&self.processor.images.pixels(&tiles, &Device::Cpu)?)?];
        let layouts = self.processor.layouts(&tiles);
        let (_, prompt) = self.processor.prompt(&[whole_message(order)?], &layouts)?;
        let limit = self.processor.config.text_config.max_position_embeddings;
        let mut told = Vec::with_capacity(texts.len());
        for text in texts {
            let one = Told::new(&prompt, &retold_text(&self.processor, text, order.pictures.len())?, 0);
            if one.ids.len() > limit {
                return Err(WriterError::TooLong { prompt: one.ids.len(), limit });
            }
            told.push(one);
        }
        self.scores(&told, &looks)
    }

    /// The worth of each story, one number a criterion. The same for a story alone as among others.
    pub fn scores(&self, told: &[Told], looks: &[Look]) -> Result<Vec<Vec<f64>>> {
        let page = Page::read(&self.model, told, looks, self.pad)?;
        wide(self.head.read(&self.model, &page)?.whole()?)
    }

    /// As [`Self::scores`], and beside them what each story was worth in whole at some places among its ids, as if it ended there.
    pub fn scores_along(
        &self,
        told: &[Told],
        looks: &[Look],
        places: &[Vec<usize>],
    ) -> Result<Vec<(Vec<f64>, Vec<f64>)>> {
        let page = Page::read(&self.model, told, looks, self.pad)?;
        let flat: Vec<(usize, usize)> =
            places.iter().enumerate().flat_map(|(story, places)| places.iter().map(move |at| (story, *at))).collect();
        let scored = self.head.read(&self.model, &page)?;
        let mut along = scored.so_far(&flat)?.to_vec1::<f32>()?.into_iter().map(f64::from);
        let whole = wide(scored.whole()?)?;
        Ok(whole
            .into_iter()
            .zip(places)
            .map(|(whole, places)| (whole, along.by_ref().take(places.len()).collect()))
            .collect())
    }

    /// What each of the stories' own tokens gained by its meaning; `None` of a model that hears no meanings.
    pub fn gained(&self, told: &[Told], looks: &[Look]) -> Result<Option<Vec<Vec<f64>>>> {
        let Some(words) = &self.head.words else { return Ok(None) };
        let page = Page::read(&self.model, told, looks, self.pad)?;
        let mut gained = words.gained(&self.model, &page)?.into_iter();
        Ok(Some(told.iter().map(|told| gained.by_ref().take(told.story.len()).collect()).collect()))
    }
}

/// What each number of the reward model in a folder is of, in order; `None` where it is none.
pub fn criteria_of(folder: &Path) -> Option<Vec<String>> {
    let labels: Labels = ModelError::parsing(&folder.join("config.json")).ok()?;
    // The order of a map's keys is that of words: "10" would come before "2".
    let mut criteria: Vec<(usize, String)> =
        labels.id2label.into_iter().map(|(id, label)| (id.parse().unwrap_or(usize::MAX), label)).collect();
    criteria.sort();
    Some(criteria.into_iter().map(|(_, label)| label).collect())
}

/// The kinds of meanings that the reward model in a folder hears; `None` where it hears none, or is none.
pub fn meanings_of(folder: &Path) -> Option<Kinds> {
    let labels: Labels = ModelError::parsing(&folder.join("config.json")).ok()?;
    labels.meanings
}

fn wide(numbers: Tensor) -> Result<Vec<Vec<f64>>> {
    let rows = numbers.to_vec2::<f32>()?;
    Ok(rows.into_iter().map(|row| row.into_iter().map(f64::from).collect()).collect())
}

/// Nats by which the best of `n` stories differs from one story, at most: log n - (n - 1) / n.
pub fn best_of_n_kl(n: usize) -> f64 {
    let n = n.max(1) as f64;
    n.ln() - (n - 1.0) / n
}

#[cfg(test)]
mod tests {
    use super::best_of_n_kl;

    #[test]
    fn the_bound_of_the_best_of_several_is_the_golden_number() {
        assert!((best_of_n_kl(16) - 1.835088722).abs() < 1e-8);
        assert_eq!(best_of_n_kl(1), 0.0);
    }
}
