//! Qwen2.5-VL (Bai et al., 2025): a tower that looks through windows, a merger of four patches, Qwen2.

use std::path::Path;

use candle_core::Tensor;
use serde::Deserialize;
use serde_json::Value;

use super::native_ratio::{Cut, config, text, with_defaults};
use crate::model::config::Config;
use crate::model::encoder::{Activation, Block, Mlp, Norm, Pass, Projections};
use crate::model::error::{ModelError, Result};
use crate::model::llama::Llama;
use crate::model::look::{Grid, Look, Pixels};
use crate::model::ops::{self, Precision};
use crate::model::params::Params;
use crate::model::vision_language::{Family, Vision, VisionLanguage};

pub static QWEN2_5_VL: Family = Family { name: "qwen2_5_vl", types: &["qwen2_5_vl"], read, load };

/// Defaults of the reference's classes.
const TEXT: &str = r#"{"vocab_size": 152064, "hidden_size": 8192, "intermediate_size": 29568, "num_hidden_layers": 80,
    "num_attention_heads": 64, "num_key_value_heads": 8, "max_position_embeddings": 32768, "rms_norm_eps": 1e-5,
    "rope_theta": 1000000.0}"#;

/// The fields of a published vision config that change the result, with the defaults of the reference's own class.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
struct Tower {
    depth: usize,
    hidden_size: usize,
    hidden_act: String,
    intermediate_size: usize,
    num_heads: usize,
    #[serde(alias = "in_chans")]
    in_channels: usize,
    patch_size: usize,
    spatial_merge_size: usize,
    temporal_patch_size: usize,
    window_size: usize,
    out_hidden_size: usize,
    fullatt_block_indexes: Vec<usize>,
}

impl Default for Tower {
    fn default() -> Self {
        Self {
            depth: 32,
            hidden_size: 3584,
            hidden_act: "silu".to_owned(),
            intermediate_size: 3420,
            num_heads: 16,
            in_channels: 3,
            patch_size: 14,
            spatial_merge_size: 2,
            temporal_patch_size: 2,
            window_size: 112,
            out_hidden_size: 3584,
            fullatt_block_indexes: vec![7, 15, 23, 31],
        }
    }
}

impl Tower {
    fn of(json: &Value) -> std::result::Result<Self, String> {
        let own = json.get("vision_config").cloned().unwrap_or_else(|| serde_json::json!({}));
        serde_json::from_value(own).map_err(|e| e.to_string())
    }

    fn cut(&self) -> Cut {
        Cut { patch: self.patch_size, merge: self.spatial_merge_size, time: self.temporal_patch_size }
    }

    /// Merged rows along a window.
    fn window(&self) -> usize {
        self.window_size / self.spatial_merge_size / self.patch_size
    }
}

fn read(json: Value, _: &Path) -> std::result::Result<Option<Config>, String> {
    let tower = Tower::of(&json)?;
    if let Some(flaw) = tower.cut().flaw(tower.hidden_size, tower.num_heads) {
        return Err(flaw);
    }
    if tower.window() == 0 {
        return Err(format!("looks through windows of {} pixels, less than a row", tower.window_size));
    }
    // Published flat; saved anew by the reference, the text model has a config of its own.
    let flat = with_defaults(json.get("text_config").unwrap_or(&json), TEXT)?;
    let (mut text_config, positions) = text(&flat, false)?;
    text_config.qkv_bias = true;
    let text = (text_config, positions);
    Ok(Some(config(QWEN2_5_VL.name, json, tower.cut(), tower.hidden_size, text)))
}

fn load(params: &Params, config: &Config) -> Result<VisionLanguage> {
    let tower = Tower::of(&config.json).map_err(ModelError::Unsupported)?;
    let new = params.has("model.visual.patch_embed.proj.weight") && !params.has("visual.patch_embed.proj.weight");
    let (eyes, words) = if new { ("model.visual", "model.language_model") } else { ("visual", "model") };
    let text = Llama::load(params, words, &config.text_config)?;
    let eyes = Qwen25::load(params, eyes, tower, config.text_config.hidden_size)?;
    VisionLanguage::new(config, Box::new(eyes), text, params, "lm_head")
}

struct Qwen25 {
    tower: Tower,
    precision: Precision,
    /// (hidden, channels * time * patch²)
    patch: Tensor,
    blocks: Vec<Block>,
    merger_norm: Norm,
    merger: Mlp,
}

const EPS: f64 = 1e-6;

impl Qwen25 {
    fn load(params: &Params, prefix: &str, tower: Tower, out: usize) -> Result<Self> {
        let gated = match tower.hidden_act.as_str() {
            "silu" => true,
            other => return Err(ModelError::Unsupported(format!("vision activation '{other}' is not supported"))),
        };
        let (d, p) = (tower.hidden_size, tower.patch_size);
        let norm = |name: String| -> Result<Norm> { Ok(Norm::Rms(params.exact(&format!("{name}.weight"), &[d])?)) };
        let block = |i: usize| -> Result<Block> {
            let at = format!("{prefix}.blocks.{i}");
            let linear = |name: &str, n: usize, k: usize| params.linear(&format!("{at}.{name}"), n, k, gated);
            Ok(Block {
                before_attention: norm(format!("{at}.norm1"))?,
                projections: Projections::Together(linear("attn.qkv", 3 * d, d)?),
                out: linear("attn.proj", d, d)?,
                before_mlp: norm(format!("{at}.norm2"))?,
                mlp: Mlp::Gated {
                    gate: linear("mlp.gate_proj", tower.intermediate_size, d)?,
                    up: linear("mlp.up_proj", tower.intermediate_size, d)?,
                    down: linear("mlp.down_proj", d, tower.intermediate_size)?,
                },
            })
        };
        let shape = [d, tower.in_channels, tower.temporal_patch_size, p, p];
        let patch = params.matrix(&format!("{prefix}.patch_embed.proj.weight"), &shape)?;
        let wide = d * tower.spatial_merge_size.pow(2);
        Ok(Self {
            patch: patch.reshape((d, shape[1..].iter().product::<usize>()))?,
            precision: params.precision(),
            blocks: (0..tower.depth).map(block).collect::<Result<_>>()?,
            merger_norm: norm(format!("{prefix}.merger.ln_q"))?,
            merger: Mlp::Plain {
                up: params.linear(&format!("{prefix}.merger.mlp.0"), wide, wide, true)?,
                bend: Activation::Gelu,
                down: params.linear(&format!("{prefix}.merger.mlp.2"), out, wide, true)?,
            },
            tower,
        })
    }

    /// Patches window by window, the way back, and how many each window has; ragged where a picture ends.
    fn windows(&self, grids: &[Grid]) -> (Vec<u32>, Vec<u32>, Vec<usize>) {
        let (unit, side) = (self.tower.spatial_merge_size.pow(2), self.tower.window());
        let (mut order, mut spans, mut first) = (Vec::new(), Vec::new(), 0u32);
        for grid in self.tower.cut().merged(grids) {
            for top in (0..grid.high).step_by(side) {
                for left in (0..grid.wide).step_by(side) {
                    let (bottom, right) = ((top + side).min(grid.high), (left + side).min(grid.wide));
                    for row in top..bottom {
                        for column in left..right {
                            let at = first + ((row * grid.wide + column) * unit) as u32;
                            order.extend(at..at + unit as u32);
                        }
                    }
                    spans.push((bottom - top) * (right - left) * unit);
                }
            }
            first += (grid.rows() * unit) as u32;
        }
        let mut back = vec![0; order.len()];
        for (to, from) in (0u32..).zip(&order) {
            back[*from as usize] = to;
        }
        (order, back, spans)
    }
}

impl Vision for Qwen25 {
    fn patches(&self, pixels: &Pixels) -> Result<Look> {
        let tower = &self.tower;
        let (rows, grids) = tower.cut().rows(pixels)?;
        let (order, back, windows) = self.windows(&grids);
        let table = tower.cut().table(&grids, tower.hidden_size / tower.num_heads);
        let take = |order: &[u32]| Tensor::new(order, rows.device());
        let pass = Pass { heads: tower.num_heads, eps: EPS, rope: Some(table.picked(&order)) };
        let whole: Vec<usize> = grids.iter().map(|grid| grid.rows()).collect();
        let mut x = ops::linear(&rows.index_select(&take(&order)?, 0)?, &self.patch, None, self.precision)?;
        for (i, block) in self.blocks.iter().enumerate() {
            let spans = if tower.fullatt_block_indexes.contains(&i) { &whole } else { &windows };
            x = block.forward(&x, &pass, spans)?;
        }
        Ok(Look { levels: Vec::from([x.index_select(&take(&back)?, 0)?]), grids })
    }

    fn connect(&self, patches: &Look) -> Result<Look> {
        let cut = self.tower.cut();
        let x = cut.blocks(&self.merger_norm.forward(patches.level()?, EPS)?)?;
        Ok(Look { levels: Vec::from([self.merger.forward(&x)?]), grids: cut.merged(&patches.grids) })
    }
}
