//! A block of a vision encoder as most towers have it: attention and an MLP, each behind a norm and added to what came in.
//! Pictures lie one behind the other; which rows see each other is said by spans.
//!
//! Left out: what turns pixels into rows and what stands after the last block, which are the towers' own.

use std::sync::Arc;

use candle_core::{DType, Result, Tensor};

use super::linear::Linear;
use super::ops::{self, AttentionSpec, RopeTable};

/// A norm before a part of a block.
pub enum Norm {
    /// Weight and bias.
    Layer(Tensor, Tensor),
    Rms(Tensor),
}

impl Norm {
    pub fn forward(&self, x: &Tensor, eps: f64) -> Result<Tensor> {
        match self {
            Self::Layer(weight, bias) => ops::layer_norm(x, weight, bias, eps),
            Self::Rms(weight) => ops::rms_norm(x, weight, eps),
        }
    }
}

/// What bends between two products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    Gelu,
    GeluTanh,
    /// x times the sigmoid of 1.702 x.
    QuickGelu,
    Silu,
}

impl Activation {
    /// By its name in published configs.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "gelu" => Self::Gelu,
            "gelu_pytorch_tanh" | "gelu_new" => Self::GeluTanh,
            "quick_gelu" => Self::QuickGelu,
            "silu" => Self::Silu,
            _ => return None,
        })
    }

    pub fn of(self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Gelu => x.gelu_erf(),
            Self::GeluTanh => ops::gelu_tanh(x),
            Self::QuickGelu => (x * 1.702)?.silu()? / 1.702,
            Self::Silu => x.silu(),
        }
    }
}

pub enum Mlp {
    Plain { up: Linear, bend: Activation, down: Linear },
    Gated { gate: Linear, up: Linear, down: Linear },
}

impl Mlp {
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Plain { up, bend, down } => down.forward(&bend.of(&up.forward(x)?)?),
            Self::Gated { gate, up, down } => down.forward(&ops::swiglu(&gate.forward(x)?, &up.forward(x)?)?),
        }
    }
}

/// Where queries, keys and values come from.
pub enum Projections {
    Apart([Linear; 3]),
    /// One matrix, all queries first, then all keys, then all values.
    Together(Linear),
    /// One matrix, head by head: its query, its key, its value.
    ByHead(Linear),
}

impl Projections {
    /// (rows, width) -> three of (rows, heads, head_dim).
    fn of(&self, x: &Tensor, heads: usize) -> Result<[Tensor; 3]> {
        let rows = x.dim(0)?;
        let split = |y: Tensor, shape: [usize; 4], along: usize| -> Result<[Tensor; 3]> {
            let y = y.reshape(&shape[..])?;
            let part = |at: usize| y.narrow(along, at, 1)?.squeeze(along)?.contiguous();
            Ok([part(0)?, part(1)?, part(2)?])
        };
        match self {
            Self::Apart(all) => {
                let one = |linear: &Linear| {
                    let y = linear.forward(x)?;
                    let d = y.dim(1)? / heads;
                    y.reshape((rows, heads, d))
                };
                let [q, k, v] = all;
                Ok([one(q)?, one(k)?, one(v)?])
            }
            Self::Together(all) => {
                let y = all.forward(x)?;
                let d = y.dim(1)? / 3 / heads;
                split(y, [rows, 3, heads, d], 1)
            }
            Self::ByHead(all) => {
                let y = all.forward(x)?;
                let d = y.dim(1)? / 3 / heads;
                split(y, [rows, heads, 3, d], 2)
            }
        }
    }
}

/// One block.
pub struct Block {
    pub before_attention: Norm,
    pub projections: Projections,
    pub out: Linear,
    pub before_mlp: Norm,
    pub mlp: Mlp,
}

/// What all blocks of one call share.
pub struct Pass {
    pub heads: usize,
    pub eps: f64,
    /// Angles of each row, where the tower turns by places.
    pub rope: Option<RopeTable>,
}

impl Block {
    /// `x` (rows, width), of which each span of rows sees itself.
    pub fn forward(&self, x: &Tensor, pass: &Pass, spans: &[usize]) -> Result<Tensor> {
        let [mut q, mut k, v] = self.projections.of(&self.before_attention.forward(x, pass.eps)?, pass.heads)?;
        if let Some(table) = &pass.rope {
            let places = Arc::new((0..x.dim(0)? as u32).collect());
            let turn = |t: &Tensor| ops::rope(&t.unsqueeze(0)?, table, &places)?.squeeze(0);
            (q, k) = (turn(&q)?, turn(&k)?);
        }
        let x = (x + self.out.forward(&within(&q, &k, &v, spans)?)?)?;
        &x + self.mlp.forward(&self.before_mlp.forward(&x, pass.eps)?)?
    }
}

/// Attention of (rows, heads, head_dim) within each span -> (rows, heads * head_dim). Spans of one length go together.
fn within(q: &Tensor, k: &Tensor, v: &Tensor, spans: &[usize]) -> Result<Tensor> {
    let (_, heads, d) = q.dims3()?;
    let (mut parts, mut start) = (Vec::new(), 0);
    for run in spans.chunk_by(|a, b| a == b) {
        let (count, len) = (run.len(), run[0]);
        let cut = |t: &Tensor| t.narrow(0, start, count * len)?.contiguous()?.reshape((count, len, heads, d));
        let spec = AttentionSpec { scale: 1.0 / (d as f32).sqrt(), keys: len, ..Default::default() };
        parts.push(ops::attention(&cut(q)?, &cut(k)?, &cut(v)?, spec)?.reshape((count * len, heads * d))?);
        start += count * len;
    }
    if parts.len() == 1 { Ok(parts.remove(0)) } else { Tensor::cat(&parts, 0) }
}

/// Pixels (pictures, channels, height, width) -> (pictures, rows of patches * columns, channels * side²): what a convolution
/// multiplies whose stride is its size. Pixels beyond the last whole patch are left out, as convolutions leave them out.
pub fn patches(pixels: &Tensor, side: usize) -> Result<Tensor> {
    let (n, c, h, w) = pixels.dims4()?;
    let (high, wide) = (h / side, w / side);
    let whole = pixels.narrow(2, 0, high * side)?.narrow(3, 0, wide * side)?.to_dtype(DType::F32)?;
    let cut = whole.reshape((n, c, high, side, wide, side))?.permute((0, 2, 4, 1, 3, 5))?;
    cut.contiguous()?.reshape((n, high * wide, c * side * side))
}
