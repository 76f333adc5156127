//! The one engine behind all families: a tower and a connector that make rows of pictures, and a text model that reads them
//! among words. What differs between families is in `families/`.
//!
//! Left out: pictures and words themselves, which the room above turns into pixels and ids.

use std::path::Path;
use std::sync::Arc;

use candle_core::{Device, Tensor};
use serde_json::Value;

use super::cache::KvCache;
use super::config::Config;
use super::error::{ModelError, Result};
use super::linear::Linear;
use super::llama::{Llama, LlamaConfig, Rows};
use super::look::{Grid, Look, Pixels};
use super::ops::{self, AttentionProbe, RopeTable};
use super::params::Params;
use super::positions::{Positions, frequencies, grown_base, places, query_weight, table};

/// A published layout.
pub struct Family {
    pub name: &'static str,
    /// Values of `model_type` that it reads.
    pub types: &'static [&'static str],
    /// Reads a `config.json` of one of these types, in this folder; `None` where it is another family's after all.
    pub read: fn(Value, &Path) -> std::result::Result<Option<Config>, String>,
    pub load: fn(&Params, &Config) -> Result<VisionLanguage>,
}

/// What a family sees with.
pub trait Vision: Send + Sync {
    /// What the tower makes of pictures, before the connector.
    fn patches(&self, pixels: &Pixels) -> Result<Look>;
    /// The tower's rows -> rows for the text model.
    fn connect(&self, patches: &Look) -> Result<Look>;
}

/// Ids of one or several rows, as what enters the text model.
pub struct Embedded {
    /// (batch, seq, hidden)
    pub words: Tensor,
    /// What is added behind the first layers, one a layer, (batch, seq, hidden) each.
    pub deeper: Vec<Tensor>,
    /// Which ids stand for rows of pictures, and how these lie; empty where positions do not ask for it.
    pub slots: Vec<bool>,
    pub grids: Vec<Grid>,
}

/// The whole model.
pub struct VisionLanguage {
    pub config: Config,
    vision: Box<dyn Vision>,
    pub text: Llama,
    /// (vocabulary, hidden); the embeddings where they are tied.
    head: Linear,
}

impl VisionLanguage {
    /// Puts a model together. `head` is the name of the output matrix; where it is tied or missing, the embeddings serve.
    pub fn new(config: &Config, vision: Box<dyn Vision>, text: Llama, params: &Params, head: &str) -> Result<Self> {
        let (rows, d) = (config.text_config.vocab_size, config.text_config.hidden_size);
        let head = if config.tied || !params.has(&format!("{head}.weight")) {
            Linear { weight: text.embeddings.clone(), bias: None, lora: None, precision: params.precision() }
        } else {
            params.linear(head, rows, d, false)?
        };
        Ok(Self { config: config.clone(), vision, text, head })
    }

    /// Pictures as rows for the text model.
    pub fn image_features(&self, pixels: &Pixels) -> Result<Look> {
        self.connect(&self.patch_features(pixels)?)
    }

    /// What the tower makes of pictures, before the connector.
    pub fn patch_features(&self, pixels: &Pixels) -> Result<Look> {
        self.vision.patches(pixels)
    }

    /// The tower's rows -> rows for the text model.
    pub fn connect(&self, patches: &Look) -> Result<Look> {
        self.vision.connect(patches)
    }

    /// Ids (batch * seq) as words, with the rows of `look` in place of pictures' ids, in order.
    pub fn embed(&self, ids: &[u32], batch: usize, look: Option<&Look>) -> Result<Embedded> {
        let (d, seq) = (self.config.text_config.hidden_size, ids.len() / batch.max(1));
        let slots = self.config.slots.of(ids);
        let taken = slots.iter().filter(|slot| **slot).count();
        let rows = look.map_or(0, Look::rows);
        if taken != rows {
            return Err(ModelError::Unsupported(format!(
                "{taken} image tokens in the prompt but {rows} rows of features"
            )));
        }
        // What stands for a picture need not be a word of the vocabulary.
        let known: Vec<u32> = ids.iter().zip(&slots).map(|(id, slot)| if *slot { 0 } else { *id }).collect();
        let words = self.text.embed(&known)?;
        let Some(look) = look else {
            let words = words.reshape((batch, seq, d))?;
            return Ok(Embedded { words, deeper: Vec::new(), slots, grids: Vec::new() });
        };
        // One gather over words and features keeps the gradient of both.
        let mut next = ids.len() as u32;
        let from: Vec<u32> = (0u32..)
            .zip(&slots)
            .map(|(i, slot)| {
                if *slot {
                    next += 1;
                    next - 1
                } else {
                    i
                }
            })
            .collect();
        let from = Tensor::new(from.as_slice(), words.device())?;
        let among = |words: &Tensor, rows: &Tensor| -> Result<Tensor> {
            Ok(Tensor::cat(&[words, rows], 0)?.index_select(&from, 0)?.reshape((batch, seq, d))?)
        };
        let nothing = words.zeros_like()?;
        let mut levels = look.levels.iter();
        let first = levels.next().ok_or_else(|| ModelError::Unsupported("nothing was looked at".to_owned()))?;
        let deeper = levels.map(|level| among(&nothing, level)).collect::<Result<_>>()?;
        Ok(Embedded { words: among(&words, first)?, deeper, slots, grids: look.grids.clone() })
    }

    /// What entered -> hidden states (batch, seq, hidden) after the last norm.
    pub fn hidden(
        &self,
        embedded: &Embedded,
        rows: &Rows,
        mut cache: Option<&mut KvCache>,
        probe: Option<&AttentionProbe>,
    ) -> Result<Tensor> {
        let (rows, next, kept) = self.placed(embedded, rows)?;
        let hidden = self.text.forward(&embedded.words, &rows, cache.as_deref_mut(), probe)?;
        if let (Some(cache), Some(next)) = (cache, next) {
            cache.place(next as usize, kept);
        }
        Ok(hidden)
    }

    /// As [`Self::hidden`], and states after so many layers on the way: [`Llama::forward_noting`].
    pub fn hidden_noting(&self, embedded: &Embedded, rows: &Rows, after: &[usize]) -> Result<(Vec<Tensor>, Tensor)> {
        self.text.forward_noting(&embedded.words, &self.placed(embedded, rows)?.0, after)
    }

    /// Positions of the rows as the family counts them, and what enters further up; the position that comes next, and the table
    /// to go on with, where these are not what the text model takes them to be. The same for what is told and what is learnt from.
    fn placed(&self, embedded: &Embedded, rows: &Rows) -> Result<(Rows, Option<u32>, Option<RopeTable>)> {
        let mut rows = rows.clone();
        rows.deeper = Arc::new(embedded.deeper.clone());
        let (text, seq) = (&self.config.text_config, embedded.words.dim(1)?);
        match self.config.positions {
            Positions::Line => Ok((rows, None, None)),
            Positions::Sections { sections, interleaved } => {
                let padding = rows.padding.as_ref().map(|padding| padding.as_slice());
                let first = rows.positions.first().copied().unwrap_or(0);
                let first = if padding.is_some() { 0 } else { first };
                let (places, ends) = places(&embedded.slots, &embedded.grids, padding, seq, first);
                let table = table(&places, text.head_dim() / 2, text.rope_theta, sections, interleaved);
                rows.rope = Some(table);
                rows.positions = Arc::new((0..places.len() as u32).collect());
                Ok((rows, ends.first().copied(), None))
            }
            Positions::Stretching { trained, base_grows, queries_grow } => {
                let stands = rows.positions.clone();
                let last = stands.iter().max().copied().unwrap_or(0);
                let tokens = last as usize + 1;
                if base_grows && tokens > trained {
                    let real = rows.padding.as_ref().map(|padding| padding.as_slice());
                    let most = text.max_position_embeddings.max(tokens);
                    (rows.rope, rows.positions) = match real {
                        // Each row by its own length.
                        Some(padding) => grown_table(&rows.positions, padding, seq, trained, text),
                        None => {
                            let theta = grown_base(text.rope_theta, text.head_dim(), trained, tokens);
                            (Some(RopeTable::new(most, text.head_dim(), theta)), rows.positions)
                        }
                    };
                }
                if queries_grow && tokens > trained {
                    rows.stress = Some(stress(&stands, seq, trained, embedded.words.device())?);
                }
                let kept = rows.rope.clone();
                Ok((rows, Some(last + 1), kept))
            }
        }
    }

    /// Whether several stories may stand behind one beginning in a row: where positions are counted in a line, whatever their row holds.
    pub fn can_branch(&self) -> bool {
        self.config.positions == Positions::Line
    }

    /// Time, row and column of each id as the text model is told of them, and where the next stands.
    pub fn placed_at(&self, ids: &[u32], look: Option<&Look>) -> (Vec<[u32; 3]>, u32) {
        let grids = match self.config.positions {
            Positions::Sections { .. } => look.map_or(&[][..], |look| &look.grids),
            _ => &[],
        };
        let slots = if grids.is_empty() { vec![false; ids.len()] } else { self.config.slots.of(ids) };
        let (places, ends) = places(&slots, grids, None, ids.len(), 0);
        (places, ends.first().copied().unwrap_or(0))
    }

    /// The logits of what follows the next token of each row: `ids` come after what the cache holds.
    pub fn step(&self, ids: &[u32], cache: &mut KvCache, probe: Option<&AttentionProbe>) -> Result<Vec<Vec<f32>>> {
        let plain = self.head.bias.is_none() && self.head.lora.is_none();
        if plain && let Some(hidden) = self.text.decode(ids, cache, probe)? {
            let logits = ops::few_rows_of(&hidden, &self.head.weight, cache.threads())?;
            return Ok(logits.chunks(logits.len() / ids.len()).map(<[f32]>::to_vec).collect());
        }
        let x = self.text.embed(ids)?.reshape((ids.len(), 1, self.config.text_config.hidden_size))?;
        let mut rows = Rows::after(cache.position(), 1);
        rows.rope = cache.rope().cloned();
        if let Positions::Stretching { trained, queries_grow: true, .. } = self.config.positions {
            rows.stress = Some(stress(&rows.positions, 1, trained, x.device())?);
        }
        let hidden = self.text.forward(&x, &rows, Some(cache), probe)?;
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

/// What queries at these positions are multiplied by, (batch or 1, seq, 1, 1).
fn stress(positions: &[u32], seq: usize, trained: usize, device: &Device) -> Result<Tensor> {
    let weights: Vec<f32> = positions.iter().map(|at| query_weight(*at, trained)).collect();
    Ok(Tensor::from_vec(weights, (positions.len() / seq.max(1), seq, 1, 1), device)?)
}

/// A table for rows of different lengths, each with the base that its own length asks for; and which of its rows each token takes.
fn grown_table(
    positions: &[u32],
    padding: &[bool],
    seq: usize,
    trained: usize,
    text: &LlamaConfig,
) -> (Option<RopeTable>, Arc<Vec<u32>>) {
    let half = text.head_dim() / 2;
    let mut angles = Vec::with_capacity(positions.len() * half);
    for (positions, padding) in positions.chunks(seq.max(1)).zip(padding.chunks(seq.max(1))) {
        let tokens = padding.iter().filter(|padding| !**padding).count().max(1);
        let frequencies = frequencies(half, grown_base(text.rope_theta, text.head_dim(), trained, tokens));
        angles.extend(positions.iter().flat_map(|at| frequencies.iter().map(move |f| *at as f32 * f)));
    }
    let places = (0..positions.len() as u32).collect();
    (Some(RopeTable::of_angles(&angles, half)), Arc::new(places))
}
