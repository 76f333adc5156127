//! The vision tower of Idefics3 and SmolVLM: a SigLIP encoder (Zhai et al., 2023) without a pooling head.

use candle_core::Tensor;
use serde::Deserialize;

use super::bounds;
use super::error::{ModelError, Result};
use super::linear::{Linear, packed};
use super::ops::{self, AttentionSpec, EncoderSpec, Precision};
use super::params::Params;

/// The fields of a published vision config that change the result, with the defaults of the reference's own class.
#[derive(Clone, Debug, Deserialize)]
pub struct VisionConfig {
    #[serde(default = "d_hidden", deserialize_with = "bounds::size")]
    pub hidden_size: usize,
    #[serde(default = "d_intermediate", deserialize_with = "bounds::size")]
    pub intermediate_size: usize,
    #[serde(default = "d_layers", deserialize_with = "bounds::layers")]
    pub num_hidden_layers: usize,
    #[serde(default = "d_heads", deserialize_with = "bounds::size")]
    pub num_attention_heads: usize,
    #[serde(default = "d_channels", deserialize_with = "bounds::size")]
    pub num_channels: usize,
    #[serde(default = "d_image", deserialize_with = "bounds::size")]
    pub image_size: usize,
    #[serde(default = "d_patch", deserialize_with = "bounds::size")]
    pub patch_size: usize,
    #[serde(default = "d_act")]
    pub hidden_act: String,
    #[serde(default = "d_eps")]
    pub layer_norm_eps: f64,
}

fn d_hidden() -> usize {
    1152
}
fn d_intermediate() -> usize {
    3072
}
fn d_layers() -> usize {
    12
}
fn d_heads() -> usize {
    16
}
fn d_channels() -> usize {
    3
}
fn d_image() -> usize {
    224
}
fn d_patch() -> usize {
    32
}
fn d_act() -> String {
    "gelu_pytorch_tanh".to_owned()
}
fn d_eps() -> f64 {
    1e-6
}

impl VisionConfig {
    /// Patches along one side of a full image.
    pub fn side(&self) -> usize {
        self.image_size / self.patch_size
    }
}

struct Layer {
    norm1: (Tensor, Tensor),
    norm2: (Tensor, Tensor),
    q: Linear,
    k: Linear,
    v: Linear,
    out: Linear,
    fc1: Linear,
    fc2: Linear,
}

impl Layer {
    /// What the fused operation takes, where it can serve.
    fn packed(&self) -> Result<Option<Tensor>> {
        let Layer { norm1, norm2, q, k, v, out, fc1, fc2 } = self;
        let linears = [q, k, v, out, fc1, fc2];
        let [qb, kb, vb, ob, f1b, f2b] = linears.map(|linear| linear.bias.as_ref());
        let (Some(qb), Some(kb), Some(vb), Some(ob), Some(f1b), Some(f2b)) = (qb, kb, vb, ob, f1b, f2b) else {
            return Ok(None);
        };
        let attention = [&norm1.0, &norm1.1, &q.weight, qb, &k.weight, kb, &v.weight, vb, &out.weight, ob];
        let mlp = [&norm2.0, &norm2.1, &fc1.weight, f1b, &fc2.weight, f2b];
        Ok(packed(&linears, &[&attention[..], &mlp].concat())?)
    }
}

/// The encoder.
pub struct VisionTower {
    pub config: VisionConfig,
    /// (hidden, channels * patch * patch): the patch convolution as a matrix, as its stride equals its size.
    patch: Tensor,
    patch_bias: Tensor,
    precision: Precision,
    /// (side * side, hidden)
    positions: Tensor,
    layers: Vec<Layer>,
    last_norm: (Tensor, Tensor),
}

impl VisionTower {
    /// Loads the tower whose parameters begin with `prefix`.
    pub fn load(params: &Params, prefix: &str, config: &VisionConfig) -> Result<Self> {
        if config.hidden_act != "gelu_pytorch_tanh" {
            return Err(ModelError::Unsupported(format!("vision activation '{}' is not supported", config.hidden_act)));
        }
        if !config.hidden_size.is_multiple_of(config.num_attention_heads) || config.side() == 0 {
            let what = "the vision config: its heads do not divide its width, or its image is smaller than a patch";
            return Err(ModelError::Unsupported(what.to_owned()));
        }
        let (d, p) = (config.hidden_size, config.patch_size);
        let norm = |name: String| -> Result<(Tensor, Tensor)> {
            Ok((params.exact(&format!("{name}.weight"), &[d])?, params.exact(&format!("{name}.bias"), &[d])?))
        };
        let layer = |i: usize| -> Result<Layer> {
            let at = format!("{prefix}.encoder.layers.{i}");
            let linear = |name: &str, n: usize, k: usize| params.linear(&format!("{at}.{name}"), n, k, true);
            Ok(Layer {
                norm1: norm(format!("{at}.layer_norm1"))?,
                norm2: norm(format!("{at}.layer_norm2"))?,
                q: linear("self_attn.q_proj", d, d)?,
                k: linear("self_attn.k_proj", d, d)?,
                v: linear("self_attn.v_proj", d, d)?,
                out: linear("self_attn.out_proj", d, d)?,
                fc1: linear("mlp.fc1", config.intermediate_size, d)?,
                fc2: linear("mlp.fc2", d, config.intermediate_size)?,
            })
        };
        let embeddings = format!("{prefix}.embeddings");
        let patch_shape = [d, config.num_channels, p, p];
        let patch = params.matrix(&format!("{embeddings}.patch_embedding.weight"), &patch_shape)?;
        let positions = [config.side() * config.side(), d];
        Ok(Self {
            patch,
            precision: params.precision(),
            patch_bias: params.exact(&format!("{embeddings}.patch_embedding.bias"), &[d])?,
            positions: params.exact(&format!("{embeddings}.position_embedding.weight"), &positions)?,
            layers: (0..config.num_hidden_layers).map(layer).collect::<Result<_>>()?,
            last_norm: norm(format!("{prefix}.post_layernorm"))?,
            config: config.clone(),
        })
    }

    /// Pixels (images, channels, side, side), normalised -> patches (images, side², channels * patch²).
    ///
    /// Pixels beyond the last whole patch are left out, as the reference's convolution does.
    fn patches(&self, pixels: &Tensor) -> Result<Tensor> {
        let (n, c, h, w) = pixels.dims4()?;
        let (p, side) = (self.config.patch_size, self.config.side());
        if h != self.config.image_size || w != self.config.image_size {
            let size = self.config.image_size;
            return Err(ModelError::Unsupported(format!("an image of {w} x {h} reached a tower for {size} x {size}")));
        }
        let whole = pixels.narrow(2, 0, side * p)?.narrow(3, 0, side * p)?;
        let cut = whole.reshape((n, c, side, p, side, p))?.permute((0, 2, 4, 1, 3, 5))?;
        Ok(cut.contiguous()?.reshape((n, side * side, c * p * p))?)
    }

    /// Pixels (images, channels, side, side), normalised -> (images, side² patches, hidden).
    pub fn forward(&self, pixels: &Tensor) -> Result<Tensor> {
        let config = &self.config;
        let (d, heads) = (config.hidden_size, config.num_attention_heads);
        let patches = self.patches(pixels)?;
        let (n, s, k) = patches.dims3()?;
        let x = ops::linear(&patches, &self.patch.reshape((d, k))?, Some(&self.patch_bias), self.precision)?;
        let mut x = x.broadcast_add(&self.positions)?;
        let spec = AttentionSpec { scale: 1.0 / ((d / heads) as f32).sqrt(), keys: s, ..Default::default() };
        let fused =
            EncoderSpec { heads, mlp: config.intermediate_size, eps: config.layer_norm_eps, precision: self.precision };
        for layer in &self.layers {
            if let Some(packed) = layer.packed()? {
                x = ops::encoder_layer(&x, &packed, fused)?;
                continue;
            }
            let h = ops::layer_norm(&x, &layer.norm1.0, &layer.norm1.1, config.layer_norm_eps)?;
            let split = |linear: &Linear| linear.forward(&h)?.reshape((n, s, heads, d / heads));
            let attended = ops::attention(&split(&layer.q)?, &split(&layer.k)?, &split(&layer.v)?, spec.clone())?;
            x = (x + layer.out.forward(&attended)?)?;
            let h = ops::layer_norm(&x, &layer.norm2.0, &layer.norm2.1, config.layer_norm_eps)?;
            x = (x + layer.fc2.forward(&ops::gelu_tanh(&layer.fc1.forward(&h)?)?)?)?;
        }
        Ok(ops::layer_norm(&x, &self.last_norm.0, &self.last_norm.1, config.layer_norm_eps)?)
    }
}
