//! A linear layer with an optional low-rank adapter beside it.

use candle_core::{Result, Tensor};

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
    /// (n, k)
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

    /// The weight with the adapter folded in, f32.
    pub fn merged(&self) -> Result<Tensor> {
        let weight = self.weight.to_dtype(candle_core::DType::F32)?;
        match &self.lora {
            None => Ok(weight),
            Some(lora) => weight + (lora.b.matmul(&lora.a)? * lora.scale)?,
        }
    }
}
