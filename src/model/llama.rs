//! The text model: a Llama decoder (Touvron et al., 2023) over embeddings that may come from words or pictures.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{DType, Tensor};
use serde::Deserialize;

use super::cache::KvCache;
use super::error::{ModelError, Result};
use super::linear::{Linear, packed};
use super::ops::{self, AttentionProbe, AttentionSpec, DecodeWeights, DecoderSpec, Precision, RopeTable};
use super::params::Params;

/// The fields of a published config that change the result, with the defaults of the reference's own class.
#[derive(Clone, Debug, Deserialize)]
pub struct LlamaConfig {
    #[serde(default = "d_vocab")]
    pub vocab_size: usize,
    #[serde(default = "d_hidden")]
    pub hidden_size: usize,
    #[serde(default = "d_intermediate")]
    pub intermediate_size: usize,
    #[serde(default = "d_layers")]
    pub num_hidden_layers: usize,
    #[serde(default = "d_layers")]
    pub num_attention_heads: usize,
    pub num_key_value_heads: Option<usize>,
    pub head_dim: Option<usize>,
    #[serde(default = "d_eps")]
    pub rms_norm_eps: f64,
    #[serde(default = "d_theta")]
    pub rope_theta: f64,
    pub rope_scaling: Option<serde_json::Value>,
    pub rope_parameters: Option<serde_json::Value>,
    #[serde(default = "d_positions")]
    pub max_position_embeddings: usize,
    #[serde(default)]
    pub attention_bias: bool,
    #[serde(default)]
    pub mlp_bias: bool,
    #[serde(default = "d_act")]
    pub hidden_act: String,
}

fn d_vocab() -> usize {
    32_000
}
fn d_hidden() -> usize {
    4096
}
fn d_intermediate() -> usize {
    11_008
}
fn d_layers() -> usize {
    32
}
fn d_eps() -> f64 {
    1e-6
}
fn d_theta() -> f64 {
    10_000.0
}
fn d_positions() -> usize {
    2048
}
fn d_act() -> String {
    "silu".to_owned()
}

impl LlamaConfig {
    pub fn kv_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    pub fn head_dim(&self) -> usize {
        self.head_dim.unwrap_or(self.hidden_size / self.num_attention_heads)
    }

    /// The base of the rotary positions; newer configs nest it. Scaled positions are refused rather than ignored.
    fn theta(&self) -> Result<f64> {
        let nested = self.rope_parameters.as_ref().or(self.rope_scaling.as_ref());
        let Some(nested) = nested.filter(|v| !v.is_null()) else { return Ok(self.rope_theta) };
        let kind = nested.get("rope_type").or_else(|| nested.get("type")).and_then(|v| v.as_str()).unwrap_or("default");
        if kind != "default" {
            return Err(ModelError::Unsupported(format!("rotary scaling '{kind}' is not supported")));
        }
        Ok(nested.get("rope_theta").and_then(|v| v.as_f64()).unwrap_or(self.rope_theta))
    }
}

/// Positions and padding of the tokens of one call.
#[derive(Clone)]
pub struct Rows {
    /// batch * seq positions, or seq shared by all rows.
    pub positions: Arc<Vec<u32>>,
    /// (batch, keys): true where a key is padding.
    pub padding: Option<Arc<Vec<bool>>>,
}

impl Rows {
    /// `new` tokens after `past`, the same for every row, nothing padded.
    pub fn after(past: usize, new: usize) -> Self {
        Self { positions: Arc::new((past as u32..(past + new) as u32).collect()), padding: None }
    }

    /// Rows padded on the right or left: `real[i]` says whether token i of (batch, seq) is one.
    pub fn padded(real: &[bool], seq: usize) -> Self {
        let mut positions = Vec::with_capacity(real.len());
        for row in real.chunks_exact(seq) {
            let mut next = 0u32;
            for real in row {
                positions.push(next);
                next += u32::from(*real);
            }
        }
        let padding = real.iter().map(|real| !real).collect();
        Self { positions: Arc::new(positions), padding: Some(Arc::new(padding)) }
    }
}

#[derive(Clone)]
pub(super) struct Layer {
    q: Linear,
    k: Linear,
    v: Linear,
    o: Linear,
    gate: Linear,
    up: Linear,
    down: Linear,
    before_attention: Tensor,
    before_mlp: Tensor,
}

impl Layer {
    /// What the fused operation takes, where it can serve.
    fn packed(&self) -> Result<Option<Tensor>> {
        let Layer { q, k, v, o, gate, up, down, before_attention, before_mlp } = self;
        let linears = [q, k, v, o, gate, up, down];
        if linears.iter().any(|linear| linear.bias.is_some()) {
            return Ok(None);
        }
        let attention = [before_attention, &q.weight, &k.weight, &v.weight, &o.weight];
        let mlp = [before_mlp, &gate.weight, &up.weight, &down.weight];
        Ok(packed(&linears, &[&attention[..], &mlp].concat())?)
    }
}

/// What all layers of one call share.
#[derive(Clone)]
struct Passage {
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    eps: f64,
    rope: RopeTable,
    positions: Arc<Vec<u32>>,
    attention: AttentionSpec,
}

impl Layer {
    /// `x` (batch, seq, hidden) after this layer, whose number in the cache is `at`.
    fn forward(&self, x: &Tensor, all: &Passage, cache: Option<(&mut KvCache, usize)>) -> candle_core::Result<Tensor> {
        let (b, s, _) = x.dims3()?;
        let Passage { heads, kv_heads, head_dim: d, eps, rope, positions, attention } = all;
        let h = ops::rms_norm(x, &self.before_attention, *eps)?;
        let q = self.q.forward(&h)?.reshape((b, s, *heads, *d))?;
        let k = self.k.forward(&h)?.reshape((b, s, *kv_heads, *d))?;
        let v = self.v.forward(&h)?.reshape((b, s, *kv_heads, *d))?;
        let q = ops::rope(&q, rope, positions)?;
        let k = ops::rope(&k, rope, positions)?;
        let (k, v) = match cache {
            Some((cache, at)) => cache.write(at, &k, &v)?,
            None => (k, v),
        };
        let attended = ops::attention(&q, &k, &v, attention.clone())?;
        let x = (x + self.o.forward(&attended)?)?;
        let h = ops::rms_norm(&x, &self.before_mlp, *eps)?;
        let h = ops::swiglu(&self.gate.forward(&h)?, &self.up.forward(&h)?)?;
        x + self.down.forward(&h)?
    }

    /// Whether the layer is nothing but its weights.
    pub(super) fn is_plain(&self) -> bool {
        let Layer { q, k, v, o, gate, up, down, .. } = self;
        [q, k, v, o, gate, up, down].into_iter().all(|linear| linear.bias.is_none() && linear.lora.is_none())
    }

    pub(super) fn weights(&self) -> DecodeWeights<'_> {
        DecodeWeights {
            before_attention: &self.before_attention,
            q: &self.q.weight,
            k: &self.k.weight,
            v: &self.v.weight,
            o: &self.o.weight,
            before_mlp: &self.before_mlp,
            gate: &self.gate.weight,
            up: &self.up.weight,
            down: &self.down.weight,
        }
    }

    fn linears(&mut self) -> [&mut Linear; 7] {
        let Layer { q, k, v, o, gate, up, down, .. } = self;
        [q, k, v, o, gate, up, down]
    }

    /// The same, keeping only `x`; `None` if no part of the layer has an adapter.
    fn checkpointed(&self, x: &Tensor, all: &Passage) -> Result<Option<Tensor>> {
        let Layer { q, k, v, o, gate, up, down, .. } = self;
        let pairs = [q, k, v, o, gate, up, down].into_iter().filter_map(|linear| linear.lora.as_ref());
        let params: Vec<&Tensor> = pairs.flat_map(|lora| [&lora.a, &lora.b]).collect();
        if params.is_empty() {
            return Ok(None);
        }
        let (layer, all) = (self.clone(), all.clone());
        let part: ops::Part = Box::new(move |x, params| {
            let mut layer = layer.clone();
            let adapted = layer.linears().into_iter().filter_map(|linear| linear.lora.as_mut());
            for (lora, pair) in adapted.zip(params.chunks_exact(2)) {
                (lora.a, lora.b) = (pair[0].clone(), pair[1].clone());
            }
            layer.forward(x, &all, None)
        });
        Ok(Some(ops::checkpoint(x, &params, part)?))
    }
}

/// The decoder without its head.
pub struct Llama {
    pub config: LlamaConfig,
    /// (vocabulary, hidden)
    pub embeddings: Tensor,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Tensor,
    pub(super) rope: RopeTable,
    precision: Precision,
    checkpointing: bool,
}

impl Llama {
    /// Loads the decoder whose parameters begin with `prefix`.
    pub fn load(params: &Params, prefix: &str, config: &LlamaConfig) -> Result<Self> {
        if config.hidden_act != "silu" {
            return Err(ModelError::Unsupported(format!("text activation '{}' is not supported", config.hidden_act)));
        }
        let (d, heads) = (config.hidden_size, config.num_attention_heads);
        let (wide, kv_wide) = (heads * config.head_dim(), config.kv_heads() * config.head_dim());
        let layer = |i: usize| -> Result<Layer> {
            let at = format!("{prefix}.layers.{i}");
            let attention = |name: &str, n: usize, k: usize| {
                params.linear(&format!("{at}.self_attn.{name}"), n, k, config.attention_bias)
            };
            let mlp =
                |name: &str, n: usize, k: usize| params.linear(&format!("{at}.mlp.{name}"), n, k, config.mlp_bias);
            Ok(Layer {
                q: attention("q_proj", wide, d)?,
                k: attention("k_proj", kv_wide, d)?,
                v: attention("v_proj", kv_wide, d)?,
                o: attention("o_proj", d, wide)?,
                gate: mlp("gate_proj", config.intermediate_size, d)?,
                up: mlp("up_proj", config.intermediate_size, d)?,
                down: mlp("down_proj", d, config.intermediate_size)?,
                before_attention: params.exact(&format!("{at}.input_layernorm.weight"), &[d])?,
                before_mlp: params.exact(&format!("{at}.post_attention_layernorm.weight"), &[d])?,
            })
        };
        Ok(Self {
            embeddings: params.matrix(&format!("{prefix}.embed_tokens.weight"), &[config.vocab_size, d])?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            norm: params.exact(&format!("{prefix}.norm.weight"), &[d])?,
            precision: params.precision(),
            checkpointing: params.checkpointing(),
            rope: RopeTable::new(config.max_position_embeddings, config.head_dim(), config.theta()?),
            config: config.clone(),
        })
    }

    /// An empty cache for `rows` rows of at most `capacity` tokens.
    pub fn cache(&self, rows: usize, capacity: usize) -> Result<KvCache> {
        let config = &self.config;
        let device = self.norm.device();
        Ok(KvCache::new(config.num_hidden_layers, rows, capacity, config.kv_heads(), config.head_dim(), device)?)
    }

    /// Rows of the embedding table: ids -> (ids, hidden) f32.
    pub fn embed(&self, ids: &[u32]) -> Result<Tensor> {
        let ids = Tensor::new(ids, self.norm.device())?;
        Ok(self.embeddings.index_select(&ids, 0)?.to_dtype(DType::F32)?)
    }

    /// `x` (batch, seq, hidden) -> the same after all layers and the last norm. With a cache, `x` follows what it holds.
    pub fn forward(
        &self,
        x: &Tensor,
        rows: &Rows,
        mut cache: Option<&mut KvCache>,
        probe: Option<&AttentionProbe>,
    ) -> Result<Tensor> {
        let x = self.through(x, rows, 0..self.layers.len(), cache.as_deref_mut(), probe)?;
        if let Some(cache) = cache {
            cache.advance(x.dim(1)?);
        }
        Ok(ops::rms_norm(&x, &self.norm, self.config.rms_norm_eps)?)
    }

    /// `x` (batch, seq, hidden) -> the same after so many layers, rising numbers, before any norm; and at the end, as `forward`
    /// gives it.
    pub fn forward_noting(&self, x: &Tensor, rows: &Rows, after: &[usize]) -> Result<(Vec<Tensor>, Tensor)> {
        let (mut x, mut from) = (x.clone(), 0);
        let mut noted = Vec::with_capacity(after.len());
        for to in after.iter().map(|to| (*to).min(self.layers.len())) {
            x = self.through(&x, rows, from..to, None, None)?;
            noted.push(x.clone());
            from = to;
        }
        let last = self.through(&x, rows, from..self.layers.len(), None, None)?;
        Ok((noted, ops::rms_norm(&last, &self.norm, self.config.rms_norm_eps)?))
    }

    /// `x` (batch, seq, hidden) after some of the layers, in order. What a cache holds stays the caller's to advance.
    fn through(
        &self,
        x: &Tensor,
        rows: &Rows,
        layers: Range<usize>,
        mut cache: Option<&mut KvCache>,
        probe: Option<&AttentionProbe>,
    ) -> Result<Tensor> {
        let config = &self.config;
        let s = x.dim(1)?;
        let (heads, kv_heads, d) = (config.num_attention_heads, config.kv_heads(), config.head_dim());
        let all = Passage {
            heads,
            kv_heads,
            head_dim: d,
            eps: config.rms_norm_eps,
            rope: self.rope.clone(),
            positions: rows.positions.clone(),
            attention: AttentionSpec {
                scale: 1.0 / (d as f32).sqrt(),
                causal: true,
                keys: s + cache.as_ref().map_or(0, |cache| cache.len()),
                padding: rows.padding.clone(),
                probe: probe.cloned(),
            },
        };
        let fused = DecoderSpec {
            heads,
            kv_heads,
            head_dim: d,
            mlp: config.intermediate_size,
            eps: config.rms_norm_eps,
            precision: self.precision,
            rope: self.rope.clone(),
            positions: rows.positions.clone(),
            padding: rows.padding.clone(),
        };
        let training = cache.is_none() && probe.is_none();
        let mut x = x.clone();
        for (i, layer) in self.layers.iter().enumerate().take(layers.end).skip(layers.start) {
            if training && let Some(packed) = layer.packed()? {
                x = ops::decoder_layer(&x, &packed, fused.clone())?;
                continue;
            }
            if training
                && self.checkpointing
                && let Some(y) = layer.checkpointed(&x, &all)?
            {
                x = y;
                continue;
            }
            x = layer.forward(&x, &all, cache.as_deref_mut().map(|cache| (cache, i)))?;
        }
        Ok(x)
    }
}
