//! The Q-Former of BLIP-2 (Li et al., 2023): a BERT whose learnt queries ask each other, and in every so many layers the tower.
//!
//! Left out: its text branch, which no storyteller uses.

use candle_core::Tensor;

use crate::model::encoder::Norm;
use crate::model::error::Result;
use crate::model::linear::Linear;
use crate::model::ops::{self, AttentionSpec};
use crate::model::params::Params;

#[derive(Clone, Copy, Debug)]
pub struct QFormerSizes {
    pub hidden: usize,
    /// Width of what the tower saw.
    pub seen: usize,
    pub heads: usize,
    pub layers: usize,
    pub mlp: usize,
    pub eps: f64,
    /// One layer in so many asks the tower.
    pub crossing: usize,
    pub queries: usize,
}

/// Attention with its output, added to what asked and then normed.
struct Asking {
    q: Linear,
    k: Linear,
    v: Linear,
    out: Linear,
    norm: Norm,
}

struct Layer {
    itself: Asking,
    tower: Option<Asking>,
    up: Linear,
    down: Linear,
    norm: Norm,
}

pub struct QFormer {
    sizes: QFormerSizes,
    /// (1, queries, hidden)
    queries: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
}

fn norm(params: &Params, at: &str, d: usize) -> Result<Norm> {
    let part = |part: &str| params.exact(&format!("{at}.LayerNorm.{part}"), &[d]);
    Ok(Norm::Layer(part("weight")?, part("bias")?))
}

impl Asking {
    fn load(params: &Params, at: &str, d: usize, seen: usize) -> Result<Self> {
        let linear = |name: &str, k: usize| params.linear(&format!("{at}.{name}"), d, k, true);
        Ok(Self {
            q: linear("self.query", d)?,
            k: linear("self.key", seen)?,
            v: linear("self.value", seen)?,
            out: linear("output.dense", d)?,
            norm: norm(params, &format!("{at}.output"), d)?,
        })
    }

    fn forward(&self, x: &Tensor, seen: &Tensor, heads: usize, eps: f64) -> Result<Tensor> {
        let ((n, rows, d), keys) = (x.dims3()?, seen.dim(1)?);
        let split = |t: Tensor, rows: usize| t.reshape((n, rows, heads, d / heads));
        let (q, k, v) = (self.q.forward(x)?, self.k.forward(seen)?, self.v.forward(seen)?);
        let spec = AttentionSpec { scale: 1.0 / ((d / heads) as f32).sqrt(), keys, ..Default::default() };
        let y = ops::attention(&split(q, rows)?, &split(k, keys)?, &split(v, keys)?, spec)?;
        Ok(self.norm.forward(&(self.out.forward(&y)? + x)?, eps)?)
    }
}

impl QFormer {
    pub fn load(params: &Params, queries: &str, prefix: &str, sizes: QFormerSizes) -> Result<Self> {
        let d = sizes.hidden;
        let layer = |i: usize| -> Result<Layer> {
            let at = format!("{prefix}.encoder.layer.{i}");
            let crosses = i.is_multiple_of(sizes.crossing);
            Ok(Layer {
                itself: Asking::load(params, &format!("{at}.attention"), d, d)?,
                tower: match crosses {
                    true => Some(Asking::load(params, &format!("{at}.crossattention"), d, sizes.seen)?),
                    false => None,
                },
                up: params.linear(&format!("{at}.intermediate_query.dense"), sizes.mlp, d, true)?,
                down: params.linear(&format!("{at}.output_query.dense"), d, sizes.mlp, true)?,
                norm: norm(params, &format!("{at}.output_query"), d)?,
            })
        };
        Ok(Self {
            queries: params.exact(queries, &[1, sizes.queries, d])?,
            norm: norm(params, &format!("{prefix}.embeddings"), d)?,
            layers: (0..sizes.layers).map(layer).collect::<Result<_>>()?,
            sizes,
        })
    }

    /// What the tower saw, (pictures, rows, width) -> (pictures, queries, hidden).
    pub fn forward(&self, seen: &Tensor) -> Result<Tensor> {
        let QFormerSizes { hidden, heads, eps, queries, .. } = self.sizes;
        let n = seen.dim(0)?;
        let x = self.norm.forward(&self.queries, eps)?;
        let mut x = x.broadcast_as((n, queries, hidden))?.contiguous()?;
        for layer in &self.layers {
            x = layer.itself.forward(&x, &x, heads, eps)?;
            if let Some(tower) = &layer.tower {
                x = tower.forward(&x, seen, heads, eps)?;
            }
            let y = layer.down.forward(&layer.up.forward(&x)?.gelu_erf()?)?;
            x = layer.norm.forward(&(y + &x)?, eps)?;
        }
        Ok(x)
    }
}
