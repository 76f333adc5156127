//! Root-mean-square norm with a backward: y = x / sqrt(mean(x²) + eps) * w (Zhang & Sennrich, 2019).

use candle_core::{CpuStorage, CustomOp2, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::rows;
use super::slices::{f32s, with_f32s};

/// `x` (..., d) f32, `weight` (d) f32 -> (..., d).
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    if x.device().is_cpu() {
        x.contiguous()?.apply_op2(weight, RmsNorm { eps: eps as f32 })
    } else {
        slow(x, weight, eps)
    }
}

/// The same by candle's own operations.
pub fn slow(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    let mean = (x.sqr()?.sum_keepdim(D::Minus1)? / x.dim(D::Minus1)? as f64)?;
    x.broadcast_div(&(mean + eps)?.sqrt()?)?.broadcast_mul(weight)
}

struct RmsNorm {
    eps: f32,
}

impl CustomOp2 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let (x, w) = (f32s(s1, l1)?, f32s(s2, l2)?);
        let mut out = vec![0f32; x.len()];
        rows::rms_norm(x, w, self.eps, &mut out);
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, w: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let d = w.elem_count();
        let (by_x, by_w) = with_f32s(x, |xs| {
            with_f32s(w, |ws| {
                with_f32s(grad, |gs| {
                    let mut by_x = vec![0f32; xs.len()];
                    let block = d * 64;
                    let by_w: Vec<Vec<f32>> = by_x
                        .par_chunks_mut(block)
                        .zip(xs.par_chunks(block))
                        .zip(gs.par_chunks(block))
                        .map(|((out, xs), gs)| {
                            let mut by_w = vec![0f32; d];
                            rows::rms_norm_backward(xs, ws, gs, self.eps, out, &mut by_w);
                            by_w
                        })
                        .collect();
                    Ok((by_x, rows::added_in_order(by_w, d)))
                })
            })
        })?;
        let by_w = if w.track_op() { Some(Tensor::from_vec(by_w, w.shape(), w.device())?) } else { None };
        Ok((Some(Tensor::from_vec(by_x, x.shape(), x.device())?), by_w))
    }
}
