//! Layer norm with a backward: y = (x - mean) / sqrt(var + eps) * w + b (Ba, Kiros & Hinton, 2016).

use candle_core::{CpuStorage, CustomOp3, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::rows;
use super::slices::{f32s, with_f32s};

/// `x` (..., d) f32, `weight` (d), `bias` (d) -> (..., d).
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    if x.device().is_cpu() {
        x.contiguous()?.apply_op3(weight, bias, LayerNorm { eps: eps as f32 })
    } else {
        slow(x, weight, bias, eps)
    }
}

/// The same by candle's own operations.
pub fn slow(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let d = x.dim(D::Minus1)? as f64;
    let x = x.broadcast_sub(&(x.sum_keepdim(D::Minus1)? / d)?)?;
    let variance = (x.sqr()?.sum_keepdim(D::Minus1)? / d)?;
    x.broadcast_div(&(variance + eps)?.sqrt()?)?.broadcast_mul(weight)?.broadcast_add(bias)
}

struct LayerNorm {
    eps: f32,
}

impl CustomOp3 for LayerNorm {
    fn name(&self) -> &'static str {
        "layer-norm"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (x, w, b) = (f32s(s1, l1)?, f32s(s2, l2)?, f32s(s3, l3)?);
        let mut out = vec![0f32; x.len()];
        let block = w.len() * 64;
        out.par_chunks_mut(block).zip(x.par_chunks(block)).for_each(|(out, x)| {
            rows::layer_norm(x, w, b, self.eps, out);
        });
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let d = w.elem_count();
        let (by_x, by_both) = with_f32s(x, |xs| {
            with_f32s(w, |ws| {
                with_f32s(grad, |gs| {
                    let mut by_x = vec![0f32; xs.len()];
                    let block = d * 64;
                    let by_both: Vec<Vec<f32>> = by_x
                        .par_chunks_mut(block)
                        .zip(xs.par_chunks(block))
                        .zip(gs.par_chunks(block))
                        .map(|((out, xs), gs)| {
                            let mut by_both = vec![0f32; 2 * d];
                            rows::layer_norm_backward(xs, ws, gs, self.eps, out, by_both.split_at_mut(d));
                            by_both
                        })
                        .collect();
                    Ok((by_x, rows::added_in_order(by_both, 2 * d)))
                })
            })
        })?;
        let (by_w, by_b) = by_both.split_at(d);
        let made = |t: &Tensor, g: &[f32]| -> Result<Option<Tensor>> {
            if t.track_op() { Ok(Some(Tensor::from_slice(g, t.shape(), t.device())?)) } else { Ok(None) }
        };
        Ok((Some(Tensor::from_vec(by_x, x.shape(), x.device())?), made(w, by_w)?, made(b, by_b)?))
    }
}
