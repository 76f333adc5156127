//! Qwen3-VL (Bai et al., 2025): a tower with learnt positions stretched over each picture, what three of its blocks see handed
//! to the first layers of the text (DeepStack; Meng et al., 2024), Qwen3.

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

pub static QWEN3_VL: Family = Family { name: "qwen3_vl", types: &["qwen3_vl"], read, load };

/// Defaults of the reference's class.
const TEXT: &str = r#"{"vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 22016, "num_hidden_layers": 32,
    "num_attention_heads": 32, "num_key_value_heads": 32, "head_dim": 128, "max_position_embeddings": 128000,
    "rms_norm_eps": 1e-6, "rope_theta": 5000000.0, "rope_scaling": {"mrope_section": [24, 20, 20]}}"#;

/// The fields of a published vision config that change the result, with the defaults of the reference's own class.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
struct Tower {
    depth: usize,
    hidden_size: usize,
    hidden_act: String,
    intermediate_size: usize,
    num_heads: usize,
    in_channels: usize,
    patch_size: usize,
    spatial_merge_size: usize,
    temporal_patch_size: usize,
    num_position_embeddings: usize,
    deepstack_visual_indexes: Vec<usize>,
}

impl Default for Tower {
    fn default() -> Self {
        Self {
            depth: 27,
            hidden_size: 1152,
            hidden_act: "gelu_pytorch_tanh".to_owned(),
            intermediate_size: 4304,
            num_heads: 16,
            in_channels: 3,
            patch_size: 16,
            spatial_merge_size: 2,
            temporal_patch_size: 2,
            num_position_embeddings: 2304,
            deepstack_visual_indexes: vec![8, 16, 24],
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
}

fn read(json: Value, _: &Path) -> std::result::Result<Option<Config>, String> {
    let tower = Tower::of(&json)?;
    if let Some(flaw) = tower.cut().flaw(tower.hidden_size, tower.num_heads) {
        return Err(flaw);
    }
    let side = tower.num_position_embeddings.isqrt();
    if side == 0 || side * side != tower.num_position_embeddings {
        return Err(format!("has {} positions, which make no square", tower.num_position_embeddings));
    }
    let own = with_defaults(json.get("text_config").unwrap_or(&Value::Object(Default::default())), TEXT)?;
    let (mut text_config, positions) = text(&own, true)?;
    text_config.head_norms = true;
    let text = (text_config, positions);
    Ok(Some(config(QWEN3_VL.name, json, tower.cut(), tower.hidden_size, text)))
}

fn load(params: &Params, config: &Config) -> Result<VisionLanguage> {
    let tower = Tower::of(&config.json).map_err(ModelError::Unsupported)?;
    let text = Llama::load(params, "model.language_model", &config.text_config)?;
    let eyes = Qwen3::load(params, "model.visual", tower, config.text_config.hidden_size)?;
    VisionLanguage::new(config, Box::new(eyes), text, params, "lm_head")
}

struct Qwen3 {
    tower: Tower,
    precision: Precision,
    /// (hidden, channels * time * patch²), (hidden)
    patch: (Tensor, Tensor),
    /// (side², hidden)
    positions: Tensor,
    blocks: Vec<Block>,
    merger: Merger,
    deeper: Vec<Merger>,
}

/// Four patches become one row.
struct Merger {
    norm: Norm,
    /// Whether the norm stands behind the merging.
    late: bool,
    mlp: Mlp,
}

const EPS: f64 = 1e-6;

impl Merger {
    fn load(params: &Params, at: &str, tower: &Tower, out: usize, late: bool) -> Result<Self> {
        let wide = tower.hidden_size * tower.spatial_merge_size.pow(2);
        let over = [if late { wide } else { tower.hidden_size }];
        let norm = |part: &str| params.exact(&format!("{at}.norm.{part}"), &over);
        Ok(Self {
            norm: Norm::Layer(norm("weight")?, norm("bias")?),
            late,
            mlp: Mlp::Plain {
                up: params.linear(&format!("{at}.linear_fc1"), wide, wide, true)?,
                bend: Activation::Gelu,
                down: params.linear(&format!("{at}.linear_fc2"), out, wide, true)?,
            },
        })
    }

    fn forward(&self, x: &Tensor, cut: Cut) -> Result<Tensor> {
        let x = match self.late {
            true => self.norm.forward(&cut.blocks(x)?, EPS)?,
            false => cut.blocks(&self.norm.forward(x, EPS)?)?,
        };
        Ok(self.mlp.forward(&x)?)
    }
}

impl Qwen3 {
    fn load(params: &Params, prefix: &str, tower: Tower, out: usize) -> Result<Self> {
        let bend = Activation::named(&tower.hidden_act).ok_or_else(|| {
            ModelError::Unsupported(format!("vision activation '{}' is not supported", tower.hidden_act))
        })?;
        let (d, p) = (tower.hidden_size, tower.patch_size);
        let norm = |name: String| -> Result<Norm> {
            Ok(Norm::Layer(
                params.exact(&format!("{name}.weight"), &[d])?,
                params.exact(&format!("{name}.bias"), &[d])?,
            ))
        };
        let block = |i: usize| -> Result<Block> {
            let at = format!("{prefix}.blocks.{i}");
            let linear = |name: &str, n: usize, k: usize| params.linear(&format!("{at}.{name}"), n, k, true);
            Ok(Block {
                before_attention: norm(format!("{at}.norm1"))?,
                projections: Projections::Together(linear("attn.qkv", 3 * d, d)?),
                out: linear("attn.proj", d, d)?,
                before_mlp: norm(format!("{at}.norm2"))?,
                mlp: Mlp::Plain {
                    up: linear("mlp.linear_fc1", tower.intermediate_size, d)?,
                    bend,
                    down: linear("mlp.linear_fc2", d, tower.intermediate_size)?,
                },
            })
        };
        let shape = [d, tower.in_channels, tower.temporal_patch_size, p, p];
        let patch = params.matrix(&format!("{prefix}.patch_embed.proj.weight"), &shape)?;
        let merger = |at: String, late: bool| Merger::load(params, &at, &tower, out, late);
        let deeper = (0..tower.deepstack_visual_indexes.len())
            .map(|i| merger(format!("{prefix}.deepstack_merger_list.{i}"), true))
            .collect::<Result<_>>()?;
        Ok(Self {
            patch: (
                patch.reshape((d, shape[1..].iter().product::<usize>()))?,
                params.exact(&format!("{prefix}.patch_embed.proj.bias"), &[d])?,
            ),
            precision: params.precision(),
            positions: params.exact(&format!("{prefix}.pos_embed.weight"), &[tower.num_position_embeddings, d])?,
            blocks: (0..tower.depth).map(block).collect::<Result<_>>()?,
            merger: merger(format!("{prefix}.merger"), false)?,
            deeper,
            tower,
        })
    }

    /// Positions of all patches, (patches, hidden): the learnt square stretched over each picture, between its four nearest.
    fn stretched(&self, grids: &[Grid]) -> Result<Tensor> {
        let side = self.tower.num_position_embeddings.isqrt();
        let mut corners: [(Vec<u32>, Vec<f32>); 4] = Default::default();
        for grid in grids {
            let (rows, columns) = (spread(side, grid.high), spread(side, grid.wide));
            for (row, column) in self.tower.cut().places(*grid) {
                let ((top, down), (left, right)) = (rows[row], columns[column]);
                let (bottom, far) = ((top + 1).min(side - 1), (left + 1).min(side - 1));
                let all = [
                    (top, left, (1.0 - down) * (1.0 - right)),
                    (top, far, (1.0 - down) * right),
                    (bottom, left, down * (1.0 - right)),
                    (bottom, far, down * right),
                ];
                for ((places, weights), (row, column, weight)) in corners.iter_mut().zip(all) {
                    places.push((row * side + column) as u32);
                    weights.push(weight);
                }
            }
        }
        let mut sum: Option<Tensor> = None;
        for (places, weights) in corners {
            let device = self.positions.device();
            let weights = Tensor::new(weights.as_slice(), device)?.unsqueeze(1)?;
            let part =
                self.positions.index_select(&Tensor::new(places.as_slice(), device)?, 0)?.broadcast_mul(&weights)?;
            sum = Some(match sum {
                Some(sum) => (sum + part)?,
                None => part,
            });
        }
        sum.ok_or_else(|| ModelError::Unsupported("there are no pictures to look at".to_owned()))
    }
}

/// So many places spread evenly over `0..side`, in f32 from both ends as the reference spreads them: the learnt place before
/// each, and how far it lies behind it.
fn spread(side: usize, places: usize) -> Vec<(usize, f32)> {
    let last = (side - 1) as f32;
    let step = if places > 1 { last / (places - 1) as f32 } else { 0.0 };
    let at = |i: usize| if i < places / 2 { step * i as f32 } else { last - step * (places - 1 - i) as f32 };
    let one = |i: usize| {
        let place = if places == 1 { 0.0 } else { at(i) };
        (place as usize, place - place.floor())
    };
    (0..places).map(one).collect()
}

impl Vision for Qwen3 {
    fn patches(&self, pixels: &Pixels) -> Result<Look> {
        let tower = &self.tower;
        let (rows, grids) = tower.cut().rows(pixels)?;
        let table = tower.cut().table(&grids, tower.hidden_size / tower.num_heads);
        let pass = Pass { heads: tower.num_heads, eps: EPS, rope: Some(table) };
        let spans: Vec<usize> = grids.iter().map(|grid| grid.rows()).collect();
        let mut x = ops::linear(&rows, &self.patch.0, Some(&self.patch.1), self.precision)?;
        x = (x + self.stretched(&grids)?)?;
        let mut deeper = Vec::new();
        for (i, block) in self.blocks.iter().enumerate() {
            x = block.forward(&x, &pass, &spans)?;
            if tower.deepstack_visual_indexes.contains(&i) {
                deeper.push(x.clone());
            }
        }
        let levels = std::iter::once(x).chain(deeper).collect();
        Ok(Look { levels, grids })
    }

    fn connect(&self, patches: &Look) -> Result<Look> {
        let cut = self.tower.cut();
        let mergers = std::iter::once(&self.merger).chain(&self.deeper);
        let levels = patches.levels.iter().zip(mergers).map(|(x, merger)| merger.forward(x, cut));
        Ok(Look { levels: levels.collect::<Result<_>>()?, grids: cut.merged(&patches.grids) })
    }
}
