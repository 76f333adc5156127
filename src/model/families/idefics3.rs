//! Idefics3, SmolVLM and SmolVLM2 (Laurençon et al., 2024; Marafioti et al., 2025): tower, pixel shuffle, connector, Llama.

use std::path::Path;
use std::sync::Arc;

use candle_core::Tensor;
use serde::Deserialize;

use crate::model::cache::KvCache;
use crate::model::error::{ModelError, Result};
use crate::model::linear::Linear;
use crate::model::llama::{Llama, LlamaConfig, Rows};
use crate::model::ops::{self, AttentionProbe};
use crate::model::params::Params;
use crate::model::siglip::{VisionConfig, VisionTower};

/// `config.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Idefics3Config {
    pub model_type: String,
    pub image_token_id: u32,
    #[serde(default = "d_scale")]
    pub scale_factor: usize,
    /// The top-level field decides, whatever the text config says.
    #[serde(default)]
    pub tie_word_embeddings: bool,
    pub text_config: LlamaConfig,
    pub vision_config: VisionConfig,
}

fn d_scale() -> usize {
    2
}

impl Idefics3Config {
    /// Reads and checks a `config.json`.
    pub fn open(path: &Path) -> Result<Self> {
        Self::parse(&ModelError::reading(path)?, path)
    }

    /// Parses and checks; `path` is for messages.
    pub fn parse(bytes: &[u8], path: &Path) -> Result<Self> {
        let json = |source| ModelError::Json { path: path.to_owned(), source };
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(json)?;
        let family = value.get("model_type").and_then(|v| v.as_str()).unwrap_or("nothing");
        if !["idefics3", "smolvlm"].contains(&family) {
            let what = format!("is of family '{family}'; this version reads idefics3 and smolvlm");
            return Err(ModelError::Layout { path: path.to_owned(), what });
        }
        let config: Self = serde_json::from_value(value).map_err(json)?;
        let (side, scale) = (config.vision_config.side(), config.scale_factor);
        if scale == 0 || side % scale != 0 {
            let what = format!("{side} patches a side cannot be shuffled by {scale}");
            return Err(ModelError::Layout { path: path.to_owned(), what });
        }
        Ok(config)
    }

    /// Rows of the language model that one image (or tile) takes.
    pub fn tokens_per_image(&self) -> usize {
        (self.vision_config.side() / self.scale_factor).pow(2)
    }
}

/// The whole model.
pub struct Idefics3 {
    pub config: Idefics3Config,
    vision: VisionTower,
    connector: Linear,
    pub text: Llama,
    /// (vocabulary, hidden); the embeddings where they are tied.
    head: Linear,
}

impl Idefics3 {
    /// Loads the model; names are those of the published files.
    pub fn load(params: &Params, config: &Idefics3Config) -> Result<Self> {
        let (d, vision) = (config.text_config.hidden_size, &config.vision_config);
        let text = Llama::load(params, "model.text_model", &config.text_config)?;
        let head = if config.tie_word_embeddings || !params.has("lm_head.weight") {
            Linear { weight: text.embeddings.clone(), bias: None, lora: None, precision: params.precision() }
        } else {
            params.linear("lm_head", config.text_config.vocab_size, d, false)?
        };
        let wide = vision.hidden_size * config.scale_factor.pow(2);
        Ok(Self {
            vision: VisionTower::load(params, "model.vision_model", vision)?,
            connector: params.linear("model.connector.modality_projection.proj", d, wide, false)?,
            text,
            head,
            config: config.clone(),
        })
    }

    /// Pixels (images, 3, side, side), normalised -> (images, tokens, hidden) rows for the language model.
    pub fn image_features(&self, pixels: &Tensor) -> Result<Tensor> {
        self.connect(&self.patch_features(pixels)?)
    }

    /// What the tower makes of pixels: (images, side² patches, vision hidden), before the connector.
    pub fn patch_features(&self, pixels: &Tensor) -> Result<Tensor> {
        self.vision.forward(pixels)
    }

    /// The tower's (images, side², vision hidden) -> (images, tokens, hidden) rows for the language model.
    pub fn connect(&self, x: &Tensor) -> Result<Tensor> {
        let (n, _, d) = x.dims3()?;
        let (side, r) = (self.config.vision_config.side(), self.config.scale_factor);
        let small = side / r;
        // Each r x r block of patches becomes one row: first along the width, then along the height.
        let x = x.reshape((n, small, r, small, r * d))?.transpose(2, 3)?.contiguous()?;
        Ok(self.connector.forward(&x.reshape((n, small * small, r * r * d))?)?)
    }

    /// Ids of (batch, seq) -> (batch, seq, hidden), with rows of `features` (rows, hidden) in place of image tokens, in order.
    pub fn embed(&self, ids: &[u32], batch: usize, features: Option<&Tensor>) -> Result<Tensor> {
        let (d, seq) = (self.config.text_config.hidden_size, ids.len() / batch.max(1));
        let words = self.text.embed(ids)?;
        let slots = ids.iter().filter(|id| **id == self.config.image_token_id).count();
        let rows = match features {
            Some(features) => features.dim(0)?,
            None => 0,
        };
        if slots != rows {
            return Err(ModelError::Unsupported(format!(
                "{slots} image tokens in the prompt but {rows} rows of features"
            )));
        }
        let Some(features) = features else { return Ok(words.reshape((batch, seq, d))?) };
        // One gather over words and features keeps the gradient of both.
        let mut next = ids.len() as u32;
        let from: Vec<u32> = (0u32..)
            .zip(ids)
            .map(|(i, id)| {
                if *id == self.config.image_token_id {
                    next += 1;
                    next - 1
                } else {
                    i
                }
            })
            .collect();
        let from = Tensor::new(from.as_slice(), words.device())?;
        Ok(Tensor::cat(&[&words, features], 0)?.index_select(&from, 0)?.reshape((batch, seq, d))?)
    }

    /// Embeddings (batch, seq, hidden) -> hidden states after the last norm.
    pub fn hidden(
        &self,
        embeddings: &Tensor,
        rows: &Rows,
        cache: Option<&mut KvCache>,
        probe: Option<&AttentionProbe>,
    ) -> Result<Tensor> {
        self.text.forward(embeddings, rows, cache, probe)
    }

    /// The logits of what follows the next token of each row: `ids` come after what the cache holds.
    pub fn step(&self, ids: &[u32], cache: &mut KvCache, probe: Option<&AttentionProbe>) -> Result<Vec<Vec<f32>>> {
        let plain = self.head.bias.is_none() && self.head.lora.is_none();
        if plain && let Some(hidden) = self.text.decode(ids, cache, probe)? {
            let logits = ops::few_rows_of(&hidden, &self.head.weight, cache.threads())?;
            return Ok(logits.chunks(logits.len() / ids.len()).map(<[f32]>::to_vec).collect());
        }
        let x = self.text.embed(ids)?.reshape((ids.len(), 1, self.config.text_config.hidden_size))?;
        let hidden = self.hidden(&x, &Rows::after(cache.len(), 1), Some(cache), probe)?;
        Ok(self.logits(&hidden)?.squeeze(1)?.to_vec2::<f32>()?)
    }

    /// Hidden states (..., hidden) -> logits (..., vocabulary).
    pub fn logits(&self, hidden: &Tensor) -> Result<Tensor> {
        Ok(self.head.forward(hidden)?)
    }

    /// Hidden states (n, hidden) and labels -> (n) negative log-likelihoods in nats, 0 where the label is [`ops::IGNORE`].
    pub fn token_nll(&self, hidden: &Tensor, labels: &Arc<Vec<i64>>) -> Result<Tensor> {
        let head = if self.head.lora.is_some() { self.head.merged()? } else { self.head.weight.clone() };
        Ok(ops::token_nll(hidden, &head, labels, self.head.precision)?)
    }
}
