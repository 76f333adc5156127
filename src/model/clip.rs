//! The vision tower of CLIP (Radford et al., 2021) up to a layer of choice: patches and a class token, learnt positions, a norm
//! before the first block and none behind the last.

use candle_core::Tensor;
use serde::Deserialize;

use super::encoder::{Activation, Block, Mlp, Norm, Pass, Projections, patches};
use super::error::{ModelError, Result};
use super::ops::{self, Precision};
use super::params::Params;

/// The fields of a published vision config that change the result, with the defaults of the reference's own class.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct ClipConfig {
    pub hidden_size: usize,
    pub intermediate_size: usize,
    pub num_hidden_layers: usize,
    pub num_attention_heads: usize,
    pub num_channels: usize,
    pub image_size: usize,
    pub patch_size: usize,
    pub hidden_act: String,
    pub layer_norm_eps: f64,
}

impl Default for ClipConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            num_channels: 3,
            image_size: 224,
            patch_size: 32,
            hidden_act: "quick_gelu".to_owned(),
            layer_norm_eps: 1e-5,
        }
    }
}

impl ClipConfig {
    /// Patches along one side.
    pub fn side(&self) -> usize {
        self.image_size / self.patch_size.max(1)
    }

    /// Blocks to go through for the states that `layer` counts: 0 is what enters the first, negative ones count from the end.
    pub fn blocks(&self, layer: i64) -> Option<usize> {
        let states = self.num_hidden_layers as i64 + 1;
        usize::try_from(if layer < 0 { states + layer } else { layer }).ok().filter(|at| (*at as i64) < states)
    }

    /// What is wrong with it, in words.
    pub fn flaw(&self) -> Option<String> {
        let heads = self.num_attention_heads;
        if self.patch_size == 0 || self.side() == 0 {
            return Some(format!("pictures of {} cannot be cut into patches of {}", self.image_size, self.patch_size));
        }
        (heads == 0 || !self.hidden_size.is_multiple_of(heads))
            .then(|| format!("a tower of width {} cannot have {heads} heads", self.hidden_size))
    }
}

/// The tower.
pub struct ClipTower {
    pub config: ClipConfig,
    precision: Precision,
    /// (hidden, channels * patch²)
    patch: Tensor,
    /// (hidden)
    class: Tensor,
    /// (1 + side², hidden)
    positions: Tensor,
    before: Norm,
    blocks: Vec<Block>,
}

impl ClipTower {
    /// Loads the tower whose parameters begin with `prefix`, as far as `blocks` blocks.
    pub fn load(params: &Params, prefix: &str, config: &ClipConfig, blocks: usize) -> Result<Self> {
        let bend = Activation::named(&config.hidden_act).ok_or_else(|| {
            ModelError::Unsupported(format!("vision activation '{}' is not supported", config.hidden_act))
        })?;
        let (d, p) = (config.hidden_size, config.patch_size);
        let norm = |name: String| -> Result<Norm> {
            Ok(Norm::Layer(
                params.exact(&format!("{name}.weight"), &[d])?,
                params.exact(&format!("{name}.bias"), &[d])?,
            ))
        };
        let block = |i: usize| -> Result<Block> {
            let at = format!("{prefix}.encoder.layers.{i}");
            let linear = |name: &str, n: usize, k: usize| params.linear(&format!("{at}.{name}"), n, k, true);
            let attention = |name: &str| linear(&format!("self_attn.{name}_proj"), d, d);
            Ok(Block {
                before_attention: norm(format!("{at}.layer_norm1"))?,
                projections: Projections::Apart([attention("q")?, attention("k")?, attention("v")?]),
                out: attention("out")?,
                before_mlp: norm(format!("{at}.layer_norm2"))?,
                mlp: Mlp::Plain {
                    up: linear("mlp.fc1", config.intermediate_size, d)?,
                    bend,
                    down: linear("mlp.fc2", d, config.intermediate_size)?,
                },
            })
        };
        let embeddings = format!("{prefix}.embeddings");
        let patch = params.matrix(&format!("{embeddings}.patch_embedding.weight"), &[d, config.num_channels, p, p])?;
        let places = 1 + config.side() * config.side();
        Ok(Self {
            patch: patch.reshape((d, config.num_channels * p * p))?,
            precision: params.precision(),
            class: params.exact(&format!("{embeddings}.class_embedding"), &[d])?,
            positions: params.exact(&format!("{embeddings}.position_embedding.weight"), &[places, d])?,
            before: norm(format!("{prefix}.pre_layrnorm"))?,
            blocks: (0..blocks).map(block).collect::<Result<_>>()?,
            config: config.clone(),
        })
    }

    /// Pixels (images, channels, side, side), normalised -> (images, 1 + side² patches, hidden).
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        let config = &self.config;
        let (n, _, h, w) = pixels.dims4()?;
        if h != config.image_size || w != config.image_size {
            let size = config.image_size;
            return Err(ModelError::Unsupported(format!("an image of {w} x {h} reached a tower for {size} x {size}")));
        }
        let d = config.hidden_size;
        let seen = ops::linear(&patches(pixels, config.patch_size)?, &self.patch, None, self.precision)?;
        let class = self.class.reshape((1, 1, d))?.broadcast_as((n, 1, d))?;
        let x = Tensor::cat(&[&class, &seen], 1)?.broadcast_add(&self.positions)?;
        let places = x.dim(1)?;
        let pass = Pass { heads: config.num_attention_heads, eps: config.layer_norm_eps, rope: None };
        let mut x = self.before.forward(&x.reshape((n * places, d))?, pass.eps)?;
        let spans = vec![places; n];
        for block in &self.blocks {
            x = block.forward(&x, &pass, &spans)?;
        }
        Ok(x.reshape((n, places, d))?)
    }
}
