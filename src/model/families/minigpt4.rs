//! MiniGPT-4 over Vicuna v0 (Zhu et al., 2023), four files and folders: a tower of EVA-CLIP, the Q-Former of BLIP-2, one
//! projection, Llama. Of the sizes that its code has as numbers, `shapes.json` beside the files may say others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::Tensor;
use serde::Deserialize;
use serde_json::{Value, json};

use super::q_former::{QFormer, QFormerSizes};
use crate::model::config::{Config, Eyes, Manner, Pictures, Positions, Prompt, Slots, Words};
use crate::model::encoder::{Activation, Block, Mlp, Norm, Pass, Projections, patches};
use crate::model::error::Result;
use crate::model::linear::Linear;
use crate::model::llama::{Llama, LlamaConfig};
use crate::model::look::{Grid, Look, Pixels};
use crate::model::ops::{self, Precision};
use crate::model::params::Params;
use crate::model::vision_language::{Family, Vision, VisionLanguage};

pub static MINIGPT4: Family = Family { name: "minigpt4", types: &["minigpt4"], read, load };

/// The numbers of the published code.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
struct Shapes {
    image_size: usize,
    patch_size: usize,
    vit_width: usize,
    vit_blocks_used: usize,
    vit_heads: usize,
    vit_mlp_ratio: f64,
    vit_layer_norm_eps: f64,
    ln_vision_eps: f64,
    num_query_token: usize,
    qformer_hidden_size: usize,
    qformer_heads: usize,
    qformer_layers: usize,
    qformer_intermediate_size: usize,
    qformer_layer_norm_eps: f64,
    cross_attention_freq: usize,
}

impl Default for Shapes {
    fn default() -> Self {
        Self {
            image_size: 224,
            patch_size: 14,
            vit_width: 1408,
            vit_blocks_used: 39,
            vit_heads: 16,
            vit_mlp_ratio: 4.3637,
            vit_layer_norm_eps: 1e-6,
            ln_vision_eps: 1e-5,
            num_query_token: 32,
            qformer_hidden_size: 768,
            qformer_heads: 12,
            qformer_layers: 12,
            qformer_intermediate_size: 3072,
            qformer_layer_norm_eps: 1e-12,
            cross_attention_freq: 2,
        }
    }
}

/// The parts of a folder as the published names have them; `None` where it is no MiniGPT-4.
pub fn parts(folder: &Path) -> Option<Value> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    let file = |with: &str| names.iter().find(|name| name.contains(with) && name.ends_with(".pth")).cloned();
    let (tower, former, own) = (file("eva_vit")?, file("blip2_pretrained")?, file("minigpt4")?);
    let words = names.iter().find(|name| folder.join(name).join("config.json").exists())?;
    let shapes: Value = std::fs::read(folder.join("shapes.json"))
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_else(|| json!({}));
    Some(
        json!({"model_type": "minigpt4", "tower": tower, "q_former": former, "own": own, "words": words, "shapes": shapes}),
    )
}

fn read(mut json: Value, folder: &Path) -> std::result::Result<Option<Config>, String> {
    let shapes: Shapes = serde_json::from_value(json["shapes"].clone()).map_err(|e| format!("shapes: {e}"))?;
    let place = |key: &str| -> std::result::Result<PathBuf, String> {
        let name = json[key].as_str().ok_or_else(|| format!("does not say where its {key} is"))?;
        Ok(folder.join(Path::new(name).file_name().unwrap_or_default()))
    };
    // What a training has saved lies together, and says itself what its language model is.
    let whole = json.get("text_config").cloned();
    let words = if whole.is_some() { folder.to_owned() } else { place("words")? };
    let (weights, text) = match whole {
        Some(text) => (Vec::new(), text),
        None => {
            let weights = Vec::from([
                ("llama_model.".to_owned(), words.clone()),
                ("visual_encoder.".to_owned(), place("tower")?),
                (String::new(), place("own")?),
                (String::new(), place("q_former")?),
            ]);
            let bytes = std::fs::read(words.join("config.json")).map_err(|e| format!("{}: {e}", words.display()))?;
            (weights, serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", words.display()))?)
        }
    };
    let text_config: LlamaConfig =
        serde_json::from_value(text.clone()).map_err(|e| format!("{}: {e}", words.display()))?;
    if shapes.patch_size == 0 || [shapes.vit_heads, shapes.qformer_heads, shapes.cross_attention_freq].contains(&0) {
        return Err("has shapes that cut into nothing".to_owned());
    }
    json["text_config"] = text;
    Ok(Some(Config {
        family: MINIGPT4.name,
        model_type: "minigpt4".to_owned(),
        // No word of the vocabulary stands for a picture.
        slots: Slots::Token(text_config.vocab_size as u32),
        text_config,
        vision_config: Eyes {
            hidden_size: shapes.vit_width,
            image_size: shapes.image_size,
            side: shapes.image_size / shapes.patch_size,
        },
        tied: false,
        grid: Grid { high: 1, wide: shapes.num_query_token },
        positions: Positions::Line,
        manner: Manner {
            words: Words::SentencePiece(words.join("tokenizer.model")),
            pictures: Pictures::Squashed(shapes.image_size as u32),
            prompt: Prompt::MiniGpt4,
            place: "<ImageHere>",
            marked: false,
            lead: "",
            end: "###",
            drops_alpha: true,
            ..Manner::default()
        },
        weights,
        json: Arc::new(json),
    }))
}

fn load(params: &Params, config: &Config) -> Result<VisionLanguage> {
    let shapes: Shapes = serde_json::from_value(config.json["shapes"].clone()).unwrap_or_default();
    let text = Llama::load(params, "llama_model.model", &config.text_config)?;
    let eyes = MiniGpt4::load(params, shapes, config.text_config.hidden_size)?;
    VisionLanguage::new(config, Box::new(eyes), text, params, "llama_model.lm_head")
}

struct MiniGpt4 {
    shapes: Shapes,
    precision: Precision,
    /// (width, 3 * patch²), (width)
    patch: (Tensor, Tensor),
    /// (1, 1, width), (1, 1 + side², width)
    class: Tensor,
    positions: Tensor,
    blocks: Vec<Block>,
    after: Norm,
    former: QFormer,
    project: Linear,
}

impl MiniGpt4 {
    fn load(params: &Params, shapes: Shapes, out: usize) -> Result<Self> {
        let (d, p) = (shapes.vit_width, shapes.patch_size);
        let side = shapes.image_size / p;
        let norm = |name: &str| -> Result<Norm> {
            let part = |part: &str| params.exact(&format!("{name}.{part}"), &[d]);
            Ok(Norm::Layer(part("weight")?, part("bias")?))
        };
        let wide = (d as f64 * shapes.vit_mlp_ratio) as usize;
        let block = |i: usize| -> Result<Block> {
            let at = format!("visual_encoder.blocks.{i}");
            let linear = |name: &str, n: usize, k: usize| params.linear(&format!("{at}.{name}"), n, k, true);
            let mut all = params.linear(&format!("{at}.attn.qkv"), 3 * d, d, false)?;
            // Keys have no bias.
            let of = |part: &str| params.exact(&format!("{at}.attn.{part}_bias"), &[d]);
            let (q, v) = (of("q")?, of("v")?);
            all.bias = Some(Tensor::cat(&[&q, &q.zeros_like()?, &v], 0)?);
            Ok(Block {
                before_attention: norm(&format!("{at}.norm1"))?,
                projections: Projections::Together(all),
                out: linear("attn.proj", d, d)?,
                before_mlp: norm(&format!("{at}.norm2"))?,
                mlp: Mlp::Plain {
                    up: linear("mlp.fc1", wide, d)?,
                    bend: Activation::Gelu,
                    down: linear("mlp.fc2", d, wide)?,
                },
            })
        };
        let sizes = QFormerSizes {
            hidden: shapes.qformer_hidden_size,
            seen: d,
            heads: shapes.qformer_heads,
            layers: shapes.qformer_layers,
            mlp: shapes.qformer_intermediate_size,
            eps: shapes.qformer_layer_norm_eps,
            crossing: shapes.cross_attention_freq,
            queries: shapes.num_query_token,
        };
        let patch = params.matrix("visual_encoder.patch_embed.proj.weight", &[d, 3, p, p])?.reshape((d, 3 * p * p))?;
        Ok(Self {
            patch: (patch, params.exact("visual_encoder.patch_embed.proj.bias", &[d])?),
            precision: params.precision(),
            class: params.exact("visual_encoder.cls_token", &[1, 1, d])?,
            positions: params.exact("visual_encoder.pos_embed", &[1, 1 + side * side, d])?,
            blocks: (0..shapes.vit_blocks_used).map(block).collect::<Result<_>>()?,
            after: norm("ln_vision")?,
            former: QFormer::load(params, "query_tokens", "Qformer.bert", sizes)?,
            project: params.linear("llama_proj", out, shapes.qformer_hidden_size, true)?,
            shapes,
        })
    }
}

impl Vision for MiniGpt4 {
    fn patches(&self, pixels: &Pixels) -> Result<Look> {
        let (shapes, pixels) = (&self.shapes, pixels.of_one_size()?);
        let seen =
            ops::linear(&patches(&pixels, shapes.patch_size)?, &self.patch.0, Some(&self.patch.1), self.precision)?;
        let (n, _, d) = seen.dims3()?;
        let x = Tensor::cat(&[&self.class.broadcast_as((n, 1, d))?.contiguous()?, &seen], 1)?;
        let x = x.broadcast_add(&self.positions)?;
        let rows = x.dim(1)?;
        let pass = Pass { heads: shapes.vit_heads, eps: shapes.vit_layer_norm_eps, rope: None };
        let mut x = x.reshape((n * rows, d))?;
        let spans = vec![rows; n];
        for block in &self.blocks {
            x = block.forward(&x, &pass, &spans)?;
        }
        let x = self.after.forward(&x, shapes.ln_vision_eps)?;
        Ok(Look { levels: Vec::from([x]), grids: vec![Grid { high: 1, wide: rows }; n] })
    }

    fn connect(&self, patches: &Look) -> Result<Look> {
        let x = self.project.forward(&self.former.forward(&patches.by_picture()?)?)?; // (pictures, queries, hidden)
        Ok(Look::uniform(&x, Grid { high: 1, wide: x.dim(1)? })?)
    }
}
