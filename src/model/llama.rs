//! The text model: a Llama decoder (Touvron et al., 2023) over embeddings that may come from words or pictures.

use std::ops::Range;
use std::sync::Arc;

use candle_core::Tensor;

use super::cache::KvCache;
use super::error::{ModelError, Result};
use super::linear::{Linear, packed};
pub use super::llama_config::{LlamaConfig, LlamaNames, Qkv};
use super::ops::{self, AttentionProbe, AttentionSpec, Branches, DecodeWeights, DecoderSpec, Precision, RopeTable};
use super::params::Params;

/// Positions and padding of the tokens of one call.
#[derive(Clone)]
pub struct Rows {
    /// batch * seq positions, or seq shared by all rows.
    pub positions: Arc<Vec<u32>>,
    /// (batch, keys): true where a key is padding.
    pub padding: Option<Arc<Vec<bool>>>,
    /// One for each row, where rows hold several stories behind one beginning.
    pub branches: Option<Arc<Vec<Branches>>>,
    /// A table for this call in place of the model's; positions count its rows.
    pub rope: Option<RopeTable>,
    /// What queries are multiplied by, (batch or 1, seq, 1, 1).
    pub stress: Option<Tensor>,
    /// What is added behind the first layers, one a layer, (batch, seq, hidden) each.
    pub deeper: Arc<Vec<Tensor>>,
}

impl Rows {
    /// `new` tokens after `past`, the same for every row, nothing padded.
    pub fn after(past: usize, new: usize) -> Self {
        Self::at((past as u32..(past + new) as u32).collect(), None)
    }

    fn at(positions: Vec<u32>, padding: Option<Vec<bool>>) -> Self {
        let (branches, rope, stress, deeper) = Default::default();
        Self { positions: Arc::new(positions), padding: padding.map(Arc::new), branches, rope, stress, deeper }
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
        Self::at(positions, Some(real.iter().map(|real| !real).collect()))
    }

    /// Rows of at most `seq` tokens, each with stories behind one beginning, padded on the right.
    pub fn branching(branches: Vec<Branches>, seq: usize) -> Self {
        let positions = branches.iter().flat_map(|row| row.positions(seq)).collect();
        let padding = branches.iter().flat_map(|row| (0..seq).map(|at| at >= row.tokens())).collect();
        Self { branches: Some(Arc::new(branches)), ..Self::at(positions, Some(padding)) }
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
    /// Weights of the norms over each head of queries and of keys, (head_dim).
    head_norms: Option<[Tensor; 2]>,
}

impl Layer {
    /// What the fused operation takes, where it can serve.
    fn packed(&self) -> Result<Option<Tensor>> {
        let Layer { q, k, v, o, gate, up, down, before_attention, before_mlp, head_norms } = self;
        let linears = [q, k, v, o, gate, up, down];
        if head_norms.is_some() || linears.iter().any(|linear| linear.bias.is_some()) {
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
    stress: Option<Tensor>,
    attention: AttentionSpec,
}

impl Layer {
    /// `x` (batch, seq, hidden) after this layer, whose number in the cache is `at`.
    fn forward(&self, x: &Tensor, all: &Passage, cache: Option<(&mut KvCache, usize)>) -> candle_core::Result<Tensor> {
        let (b, s, _) = x.dims3()?;
        let Passage { heads, kv_heads, head_dim: d, eps, rope, positions, stress, attention } = all;
        let h = ops::rms_norm(x, &self.before_attention, *eps)?;
        let mut q = self.q.forward(&h)?.reshape((b, s, *heads, *d))?;
        let mut k = self.k.forward(&h)?.reshape((b, s, *kv_heads, *d))?;
        let v = self.v.forward(&h)?.reshape((b, s, *kv_heads, *d))?;
        if let Some([of_q, of_k]) = &self.head_norms {
            (q, k) = (ops::rms_norm(&q, of_q, *eps)?, ops::rms_norm(&k, of_k, *eps)?);
        }
        let mut q = ops::rope(&q, rope, positions)?;
        let k = ops::rope(&k, rope, positions)?;
        if let Some(stress) = stress {
            q = q.broadcast_mul(stress)?;
        }
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
        let plain = |linear: &Linear| linear.bias.is_none() && linear.lora.is_none();
        self.head_norms.is_none() && [q, k, v, o, gate, up, down].into_iter().all(plain)
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
        Self::load_named(params, prefix, config, &LlamaNames::LLAMA)
    }

    /// The same in a layout with names of its own.
    pub fn load_named(params: &Params, prefix: &str, config: &LlamaConfig, names: &LlamaNames) -> Result<Self> {
        if config.hidden_act != "silu" {
            return Err(ModelError::Unsupported(format!("text activation '{}' is not supported", config.hidden_act)));
        }
        config.holds_together()?;
        let (d, heads) = (config.hidden_size, config.num_attention_heads);
        let (wide, kv_wide) = (heads * config.head_dim(), config.kv_heads() * config.head_dim());
        let layer = |i: usize| -> Result<Layer> {
            let at = format!("{prefix}.{}.{i}", names.layers);
            let biased = config.attention_bias || config.qkv_bias;
            let linear =
                |name: &str, n: usize, k: usize, bias: bool| params.linear(&format!("{at}.{name}"), n, k, bias);
            let [q, k, v] = match &names.qkv {
                Qkv::Apart([q, k, v]) => {
                    [linear(q, wide, d, biased)?, linear(k, kv_wide, d, biased)?, linear(v, kv_wide, d, biased)?]
                }
                Qkv::Together(name) => {
                    let all = linear(name, wide + 2 * kv_wide, d, biased)?;
                    [all.rows(0, wide)?, all.rows(wide, kv_wide)?, all.rows(wide + kv_wide, kv_wide)?]
                }
            };
            let norm = |name: &str| params.exact(&format!("{at}.{name}.weight"), &[d]);
            let of_head = |name: &str| params.exact(&format!("{at}.self_attn.{name}.weight"), &[config.head_dim()]);
            Ok(Layer {
                q,
                k,
                v,
                o: linear(names.o, d, wide, config.attention_bias)?,
                gate: linear(names.gate, config.intermediate_size, d, config.mlp_bias)?,
                up: linear(names.up, config.intermediate_size, d, config.mlp_bias)?,
                down: linear(names.down, d, config.intermediate_size, config.mlp_bias)?,
                before_attention: norm(names.before_attention)?,
                before_mlp: norm(names.before_mlp)?,
                head_norms: if config.head_norms { Some([of_head("q_norm")?, of_head("k_norm")?]) } else { None },
            })
        };
        Ok(Self {
            embeddings: params.matrix(&format!("{prefix}.{}.weight", names.embeddings), &[config.vocab_size, d])?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            norm: params.exact(&format!("{prefix}.{}.weight", names.norm), &[d])?,
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
        Ok(ops::rows_of(&self.embeddings, &ids)?)
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
        let rope = rows.rope.clone().unwrap_or_else(|| self.rope.clone());
        let all = Passage {
            heads,
            kv_heads,
            head_dim: d,
            eps: config.rms_norm_eps,
            rope: rope.clone(),
            positions: rows.positions.clone(),
            stress: rows.stress.clone(),
            attention: AttentionSpec {
                scale: 1.0 / (d as f32).sqrt(),
                causal: true,
                keys: s + cache.as_ref().map_or(0, |cache| cache.len()),
                padding: rows.padding.clone(),
                branches: rows.branches.clone(),
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
            rope,
            positions: rows.positions.clone(),
            padding: rows.padding.clone(),
            branches: rows.branches.clone(),
        };
        let training = cache.is_none() && probe.is_none();
        let mut x = x.clone();
        for (i, layer) in self.layers.iter().enumerate().take(layers.end).skip(layers.start) {
            x = if training
                && rows.stress.is_none()
                && let Some(packed) = layer.packed()?
            {
                ops::decoder_layer(&x, &packed, fused.clone())?
            } else if training
                && self.checkpointing
                && let Some(y) = layer.checkpointed(&x, &all)?
            {
                y
            } else {
                layer.forward(&x, &all, cache.as_deref_mut().map(|cache| (cache, i)))?
            };
            if let Some(deeper) = rows.deeper.get(i) {
                x = (x + deeper)?;
            }
        }
        Ok(x)
    }
}
