//! A linear layer with an optional low-rank adapter beside it.

use candle_core::{DType, Result, Tensor};

use super::ops::{self, Precision};

/// The low-rank pair: y += scale * B A x.
#[derive(Clone)]
pub struct Lora {
    /// (r, k)
    pub a: Tensor,
    /// (n, r)
    pub b: Tensor,
    pub scale: f64,
}

/// y = W x + b, plus the adapter's share.
#[derive(Clone)]
pub struct Linear {
    /// (n, k), or quantised: see `ops::quantise`.
    pub weight: Tensor,
    /// (n)
    pub bias: Option<Tensor>,
    pub lora: Option<Lora>,
    pub precision: Precision,
}

impl Linear {
    /// (..., k) -> (..., n)
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let y = ops::linear(x, &self.weight, self.bias.as_ref(), self.precision)?;
        match &self.lora {
            None => Ok(y),
            Some(lora) => {
                let low = ops::linear(x, &lora.a, None, self.precision)?;
                y + (ops::linear(&low, &lora.b, None, self.precision)? * lora.scale)?
            }
        }
    }

    /// The layer of some of its outputs, sharing its parameters: gradients of all parts add up in the whole.
    pub fn rows(&self, from: usize, count: usize) -> Result<Self> {
        let lora = match &self.lora {
            Some(lora) => Some(Lora { a: lora.a.clone(), b: lora.b.narrow(0, from, count)?, scale: lora.scale }),
            None => None,
        };
        let bias = self.bias.as_ref().map(|bias| bias.narrow(0, from, count)).transpose()?;
        Ok(Self { weight: self.weight.narrow(0, from, count)?, bias, lora, precision: self.precision })
    }

    /// The weight with the adapter folded in, f32.
    pub fn merged(&self) -> Result<Tensor> {
        let weight = ops::plain(&self.weight)?;
        match &self.lora {
            None => Ok(weight),
            Some(lora) => weight + (lora.b.matmul(&lora.a)? * lora.scale)?,
        }
    }
}

/// Parameters of a layer one after the other, for the fused operations: only where they train as they are, in f32 on the
/// CPU, without an adapter. `None` otherwise: the single operations serve.
pub fn packed(linears: &[&Linear], all: &[&Tensor]) -> Result<Option<Tensor>> {
    let plain = linears.iter().all(|linear| linear.lora.is_none());
    let here = all.iter().all(|t| t.device().is_cpu() && t.dtype() == DType::F32);
    if !plain || !here || !all.iter().any(|t| t.track_op()) {
        return Ok(None);
    }
    let flat = all.iter().map(|t| t.flatten_all()).collect::<Result<Vec<_>>>()?;
    Tensor::cat(&flat, 0).map(Some)
}
