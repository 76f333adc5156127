//! Qwen-VL and Qwen-VL-Chat (Bai et al., 2023): a tower with stretched positions, a resampler whose queries are 256 rows, Qwen.

use std::path::Path;
use std::sync::Arc;

use candle_core::Tensor;
use serde::Deserialize;
use serde_json::Value;

use crate::model::config::{Config, Eyes, Manner, Pictures, Positions, Prompt, Slots, Words};
use crate::model::encoder::{Activation, Block, Mlp, Norm, Pass, Projections, patches};
use crate::model::error::{ModelError, Result};
use crate::model::linear::Linear;
use crate::model::llama::{Llama, LlamaConfig, LlamaNames, Qkv};
use crate::model::look::{Grid, Look, Pixels};
use crate::model::ops::{self, AttentionSpec, Precision};
use crate::model::params::Params;
use crate::model::vision_language::{Family, Vision, VisionLanguage};

pub static QWEN_VL: Family = Family { name: "qwen-vl", types: &["qwen"], read, load };

/// Rows of a picture, and along a side of it: the code has no other number.
const QUERIES: usize = 256;
const SIDE: usize = 16;
const EPS: f64 = 1e-6;

const NAMES: LlamaNames = LlamaNames {
    embeddings: "wte",
    layers: "h",
    norm: "ln_f",
    before_attention: "ln_1",
    before_mlp: "ln_2",
    qkv: Qkv::Together("attn.c_attn"),
    o: "attn.c_proj",
    // The published code bends what comes out of the second.
    gate: "mlp.w2",
    up: "mlp.w1",
    down: "mlp.c_proj",
};

/// The text model's fields, under the names of this config.
#[derive(Debug, Deserialize)]
#[serde(default)]
struct Decoder {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    kv_channels: usize,
    layer_norm_epsilon: f64,
    rotary_emb_base: f64,
    rotary_pct: f64,
    max_position_embeddings: usize,
    seq_length: usize,
    use_dynamic_ntk: bool,
    use_logn_attn: bool,
    tie_word_embeddings: bool,
    no_bias: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            vocab_size: 151_936,
            hidden_size: 4096,
            intermediate_size: 22_016,
            num_hidden_layers: 32,
            num_attention_heads: 32,
            kv_channels: 128,
            layer_norm_epsilon: 1e-6,
            rotary_emb_base: 10_000.0,
            rotary_pct: 1.0,
            max_position_embeddings: 8192,
            seq_length: 2048,
            use_dynamic_ntk: true,
            use_logn_attn: true,
            tie_word_embeddings: false,
            no_bias: true,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
struct Tower {
    heads: usize,
    image_size: usize,
    image_start_id: u32,
    layers: usize,
    mlp_ratio: f64,
    output_dim: usize,
    patch_size: usize,
    width: usize,
}

fn read(json: Value, folder: &Path) -> std::result::Result<Option<Config>, String> {
    let Some(visual) = json.get("visual") else {
        return Err("is a Qwen that sees no pictures: it cannot tell about them".to_owned());
    };
    let tower: Tower = serde_json::from_value(visual.clone()).map_err(|e| format!("visual: {e}"))?;
    let own: Decoder = serde_json::from_value(json.clone()).map_err(|e| e.to_string())?;
    if tower.heads == 0 || !tower.width.is_multiple_of(tower.heads) || tower.patch_size == 0 {
        return Err(format!("a tower of width {} cannot have {} heads", tower.width, tower.heads));
    }
    if own.rotary_pct != 1.0 || !own.no_bias || tower.output_dim < 128 || tower.output_dim != own.hidden_size {
        return Err("has sizes that no published Qwen-VL has (rotary_pct, no_bias, output_dim)".to_owned());
    }
    let text_config = serde_json::json!({
        "vocab_size": own.vocab_size, "hidden_size": own.hidden_size, "intermediate_size": own.intermediate_size / 2,
        "num_hidden_layers": own.num_hidden_layers, "num_attention_heads": own.num_attention_heads,
        "head_dim": own.kv_channels, "rms_norm_eps": own.layer_norm_epsilon, "rope_theta": own.rotary_emb_base,
        "max_position_embeddings": own.max_position_embeddings,
    });
    let mut text_config: LlamaConfig = serde_json::from_value(text_config).map_err(|e| e.to_string())?;
    text_config.qkv_bias = true;
    let start = tower.image_start_id;
    Ok(Some(Config {
        family: QWEN_VL.name,
        model_type: "qwen-vl".to_owned(),
        slots: Slots::Between { start, end: start + 1 },
        text_config,
        vision_config: Eyes {
            hidden_size: tower.width,
            image_size: tower.image_size,
            side: tower.image_size / tower.patch_size,
        },
        tied: own.tie_word_embeddings,
        grid: Grid::square(SIDE),
        positions: Positions::Stretching {
            trained: own.seq_length.max(2),
            base_grows: own.use_dynamic_ntk,
            queries_grow: own.use_logn_attn,
        },
        manner: Manner {
            words: Words::Tiktoken(folder.join("qwen.tiktoken")),
            pictures: Pictures::Squashed(tower.image_size as u32),
            prompt: Prompt::QwenVl,
            place: "<img>",
            marked: false,
            lead: "",
            end: "<|im_end|>",
            drops_alpha: true,
            ..Manner::default()
        },
        weights: Vec::new(),
        json: Arc::new(json),
    }))
}

fn load(params: &Params, config: &Config) -> Result<VisionLanguage> {
    let tower: Tower = serde_json::from_value(config.json["visual"].clone())
        .map_err(|e| ModelError::Unsupported(format!("the config cannot be understood: {e}")))?;
    let text = Llama::load_named(params, "transformer", &config.text_config, &NAMES)?;
    let eyes = QwenVl::load(params, "transformer.visual", tower)?;
    VisionLanguage::new(config, Box::new(eyes), text, params, "lm_head")
}

/// The tower and its resampler.
struct QwenVl {
    tower: Tower,
    precision: Precision,
    /// (width, channels * patch²)
    patch: Tensor,
    /// (256, width)
    positions: Tensor,
    before: Norm,
    blocks: Vec<Block>,
    /// (256, out) each: what asks, and where each of them stands.
    query: Tensor,
    places: Tensor,
    narrow: Option<Linear>,
    query_norm: Norm,
    seen_norm: Norm,
    asking: [Linear; 3],
    out: Linear,
    after: Norm,
    /// (out, out), from the left
    project: Tensor,
}

impl QwenVl {
    fn load(params: &Params, prefix: &str, tower: Tower) -> Result<Self> {
        let (d, out, p) = (tower.width, tower.output_dim, tower.patch_size);
        let norm = |name: &str, d: usize| -> Result<Norm> {
            let part = |part: &str| params.exact(&format!("{prefix}.{name}.{part}"), &[d]);
            Ok(Norm::Layer(part("weight")?, part("bias")?))
        };
        let wide = (d as f64 * tower.mlp_ratio) as usize;
        let block = |i: usize| -> Result<Block> {
            let at = format!("transformer.resblocks.{i}");
            let linear = |name: &str, n: usize, k: usize| params.linear(&format!("{prefix}.{at}.{name}"), n, k, true);
            Ok(Block {
                before_attention: norm(&format!("{at}.ln_1"), d)?,
                projections: Projections::ByHead(linear("attn.in_proj", 3 * d, d)?),
                out: linear("attn.out_proj", d, d)?,
                before_mlp: norm(&format!("{at}.ln_2"), d)?,
                mlp: Mlp::Plain {
                    up: linear("mlp.c_fc", wide, d)?,
                    bend: Activation::Gelu,
                    down: linear("mlp.c_proj", d, wide)?,
                },
            })
        };
        let pool = format!("{prefix}.attn_pool");
        // Stored in one, without a module of its own: no adapter can stand beside it.
        let (weight, bias) = (
            params.matrix(&format!("{pool}.attn.in_proj_weight"), &[3 * out, out])?,
            params.exact(&format!("{pool}.attn.in_proj_bias"), &[3 * out])?,
        );
        let asking = Linear { weight, bias: Some(bias), lora: None, precision: params.precision() };
        let patch = params.matrix(&format!("{prefix}.conv1.weight"), &[d, 3, p, p])?.reshape((d, 3 * p * p))?;
        Ok(Self {
            patch,
            precision: params.precision(),
            positions: params.exact(&format!("{prefix}.positional_embedding"), &[QUERIES, d])?,
            before: norm("ln_pre", d)?,
            blocks: (0..tower.layers).map(block).collect::<Result<_>>()?,
            query: params.exact(&format!("{pool}.query"), &[QUERIES, out])?,
            // The published code never trains where the queries stand.
            places: params.exact(&format!("{pool}.pos_embed"), &[QUERIES, out])?.detach(),
            narrow: if d == out { None } else { Some(params.linear(&format!("{pool}.kv_proj"), out, d, false)?) },
            query_norm: norm("attn_pool.ln_q", out)?,
            seen_norm: norm("attn_pool.ln_kv", out)?,
            asking: [asking.rows(0, out)?, asking.rows(out, out)?, asking.rows(2 * out, out)?],
            out: params.linear(&format!("{pool}.attn.out_proj"), out, out, true)?,
            after: norm("ln_post", out)?,
            // It is used the other way round, so it is kept as it is.
            project: params.exact(&format!("{prefix}.proj"), &[out, out])?,
            tower,
        })
    }
}

/// A square of learnt places, (from², d), stretched to (to², d) as the reference's bicubic does it: no antialiasing, borders
/// repeated. Gradients go back through it.
fn stretched(places: &Tensor, to: usize) -> candle_core::Result<Tensor> {
    let (count, d) = places.dims2()?;
    let from = count.isqrt();
    if from == to {
        return Ok(places.clone());
    }
    let mut weights = vec![0f32; to * from];
    for (i, row) in weights.chunks_exact_mut(from).enumerate() {
        let at = (i as f64 + 0.5) * from as f64 / to as f64 - 0.5;
        let (first, behind) = (at.floor(), at - at.floor());
        for (tap, distance) in [(-1.0, 1.0 + behind), (0.0, behind), (1.0, 1.0 - behind), (2.0, 2.0 - behind)] {
            let place = (first + tap).clamp(0.0, from as f64 - 1.0) as usize;
            row[place] += cubic(distance) as f32;
        }
    }
    let weights = Tensor::from_vec(weights, (to, from), places.device())?;
    let down = weights.matmul(&places.reshape((from, from * d))?)?.reshape((to, from, d))?;
    weights.unsqueeze(0)?.broadcast_as((to, to, from))?.contiguous()?.matmul(&down)?.reshape((to * to, d))
}

/// Keys' cubic kernel with the reference's a of -3/4.
fn cubic(x: f64) -> f64 {
    const A: f64 = -0.75;
    if x <= 1.0 { ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0 } else { ((A * x - 5.0 * A) * x + 8.0 * A) * x - 4.0 * A }
}

impl Vision for QwenVl {
    fn patches(&self, pixels: &Pixels) -> Result<Look> {
        let (tower, pixels) = (&self.tower, pixels.of_one_size()?);
        let side = tower.image_size / tower.patch_size;
        let x = ops::linear(&patches(&pixels, tower.patch_size)?, &self.patch, None, self.precision)?;
        let x = x.broadcast_add(&stretched(&self.positions, side)?)?;
        let (n, rows, d) = x.dims3()?;
        let pass = Pass { heads: tower.heads, eps: EPS, rope: None };
        let mut x = self.before.forward(&x.reshape((n * rows, d))?, EPS)?;
        let spans = vec![rows; n];
        for block in &self.blocks {
            x = block.forward(&x, &pass, &spans)?;
        }
        Ok(Look { levels: Vec::from([x]), grids: vec![Grid::square(side); n] })
    }

    fn connect(&self, seen: &Look) -> Result<Look> {
        let out = self.tower.output_dim;
        let heads = out / 128;
        let x = match &self.narrow {
            Some(narrow) => narrow.forward(seen.level()?)?,
            None => seen.level()?.clone(),
        };
        let (n, rows) = (seen.grids.len(), seen.grids.first().map_or(0, |grid| grid.rows()));
        let x = self.seen_norm.forward(&x, EPS)?.reshape((n, rows, out))?;
        let q = (self.query_norm.forward(&self.query, EPS)? + &self.places)?;
        let k = x.broadcast_add(&stretched(&self.places, rows.isqrt())?)?;
        let [of_q, of_k, of_v] = &self.asking;
        let d = out / heads;
        let q =
            of_q.forward(&q)?.reshape((1, QUERIES, heads, d))?.broadcast_as((n, QUERIES, heads, d))?.contiguous()?;
        let k = of_k.forward(&k)?.reshape((n, rows, heads, d))?;
        let v = of_v.forward(&x)?.reshape((n, rows, heads, d))?;
        let spec = AttentionSpec { scale: 1.0 / (d as f32).sqrt(), keys: rows, ..Default::default() };
        let x = self.out.forward(&ops::attention(&q, &k, &v, spec)?)?;
        let x = self.after.forward(&x, EPS)?.reshape((n * QUERIES, out))?;
        let x = ops::linear(&x, &self.project.t()?.contiguous()?, None, self.precision)?;
        Ok(Look { levels: Vec::from([x]), grids: vec![Grid::square(SIDE); n] })
    }
}
