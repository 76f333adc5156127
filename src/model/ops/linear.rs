//! y = x Wᵀ + b with a backward that computes only what is asked for.
//!
//! A frozen weight gets no gradient (candle's matmul computes and keeps one), inputs that need none get none, and few rows
//! (decoding) take a path that reads each weight once, straight from memory, in the type it is stored in.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp2, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

use super::bf16_product::{Precision, multiply};
use super::few_rows::{FEW_ROWS, few_rows};
use super::kernels::{Mat, Threads, axpy};
use super::quant::plain;
use super::quant_rows::weight_sides;
use super::rows::added_in_order;
use super::slices::{WeightSlice, f32s, with_f32s, with_weight};

/// Weight rows converted to f32 at a time when a half-precision or quantised weight meets many rows.
const CONVERTED_ROWS: usize = 256;

/// `x` (..., k) f32, `weight` (n, k) f32, bf16, f16 or quantised, `bias` (n) f32 -> (..., n) f32. `precision` holds for products of
/// many rows, forward and backward.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>, precision: Precision) -> Result<Tensor> {
    if !x.device().is_cpu() {
        return slow(x, weight, bias);
    }
    let x = x.contiguous()?;
    let op = Linear { precision };
    match bias {
        None => x.apply_op2(weight, op),
        Some(bias) => x.apply_op3(weight, bias, op),
    }
}

/// The same by candle's own operations.
pub fn slow(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (rows, k) = flat(x.dims());
    let n = weight.dim(0)?;
    let y = x.reshape((rows, k))?.matmul(&plain(weight)?.t()?)?;
    let mut shape = x.dims().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = n;
    }
    let y = y.reshape(shape)?;
    match bias {
        None => Ok(y),
        Some(bias) => y.broadcast_add(&bias.to_dtype(x.dtype())?),
    }
}

struct Linear {
    precision: Precision,
}

/// (rows, last dimension) of a shape.
fn flat(dims: &[usize]) -> (usize, usize) {
    let k = dims.last().copied().unwrap_or(1);
    (dims.iter().product::<usize>() / k.max(1), k)
}

fn forward(
    x: &[f32],
    (rows, k): (usize, usize),
    weight: WeightSlice<'_>,
    n: usize,
    bias: Option<&[f32]>,
    precision: Precision,
) -> Vec<f32> {
    if rows <= FEW_ROWS {
        return few_rows(x, (rows, k), weight, n, bias, Threads::All);
    }
    let mut out = Vec::with_capacity(rows * n);
    match bias {
        Some(bias) => (0..rows).for_each(|_| out.extend_from_slice(bias)),
        None => out.resize(rows * n, 0.0),
    }
    let add = bias.is_some();
    let x = Mat::new(x, rows, k);
    match weight {
        WeightSlice::F32(w) => multiply(precision, &mut out, n, x, Mat::new(w, n, k).t(), add, Threads::All),
        half => {
            let mut scratch = Vec::new();
            for first in (0..n).step_by(CONVERTED_ROWS) {
                let last = (first + CONVERTED_ROWS).min(n);
                let w = Mat::new(half.rows(first..last, k, &mut scratch), last - first, k);
                multiply(precision, &mut out[first..], n, x, w.t(), add, Threads::All);
            }
        }
    }
    out
}

fn run(
    s1: &CpuStorage,
    l1: &Layout,
    s2: &CpuStorage,
    l2: &Layout,
    bias: Option<&[f32]>,
    precision: Precision,
) -> Result<(CpuStorage, Shape)> {
    let (rows, k) = flat(l1.dims());
    let (n, weight_k) = weight_sides(l2.dims(), s2.dtype())?;
    if k != weight_k {
        candle_core::bail!("linear: input {:?} does not fit weight {:?}", l1.shape(), l2.shape());
    }
    let out = forward(f32s(s1, l1)?, (rows, k), WeightSlice::new(s2, l2)?, n, bias, precision);
    let mut shape = l1.dims().to_vec();
    if let Some(last) = shape.last_mut() {
        *last = n;
    }
    Ok((CpuStorage::F32(out), Shape::from(shape)))
}

/// Gradients by input and weight; `None` for what does not ask.
fn backward(
    x: &Tensor,
    weight: &Tensor,
    grad: &Tensor,
    precision: Precision,
) -> Result<(Option<Tensor>, Option<Tensor>)> {
    let (rows, k) = flat(x.dims());
    let n = weight.dim(0)?;
    let device = x.device();
    with_f32s(grad, |g| {
        let g = Mat::new(g, rows, n);
        let by_x = if x.track_op() {
            let mut out = vec![0f32; rows * k];
            with_weight(weight, |w| {
                match w {
                    WeightSlice::F32(w) => multiply(precision, &mut out, k, g, Mat::new(w, n, k), false, Threads::All),
                    half => {
                        let mut scratch = Vec::new();
                        for first in (0..n).step_by(CONVERTED_ROWS) {
                            let last = (first + CONVERTED_ROWS).min(n);
                            let w = Mat::new(half.rows(first..last, k, &mut scratch), last - first, k);
                            let part = Mat { data: &g.data[first..], cols: last - first, ..g };
                            multiply(precision, &mut out, k, part, w, first > 0, Threads::All);
                        }
                    }
                }
                Ok(())
            })?;
            Some(Tensor::from_vec(out, x.shape(), device)?)
        } else {
            None
        };
        let by_weight = if weight.track_op() {
            let mut out = vec![0f32; n * k];
            with_f32s(x, |x| {
                multiply(precision, &mut out, k, g.t(), Mat::new(x, rows, k), false, Threads::All);
                Ok(())
            })?;
            Some(Tensor::from_vec(out, weight.shape(), device)?)
        } else {
            None
        };
        Ok((by_x, by_weight))
    })
}

/// Sum of the gradient over rows.
fn bias_gradient(bias: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
    if !bias.track_op() {
        return Ok(None);
    }
    let n = bias.elem_count();
    let sums = with_f32s(grad, |g| {
        let block = n * 64;
        let parts = g
            .par_chunks(block)
            .map(|rows| {
                let mut sum = vec![0f32; n];
                rows.chunks_exact(n).for_each(|row| axpy(&mut sum, 1.0, row));
                sum
            })
            .collect::<Vec<_>>();
        Ok(added_in_order(parts, n))
    })?;
    Ok(Some(Tensor::from_vec(sums, bias.shape(), bias.device())?))
}

impl CustomOp2 for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        run(s1, l1, s2, l2, None, self.precision)
    }

    fn bwd(&self, x: &Tensor, w: &Tensor, _: &Tensor, grad: &Tensor) -> Result<(Option<Tensor>, Option<Tensor>)> {
        backward(x, w, grad, self.precision)
    }
}

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear-with-bias"
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
        run(s1, l1, s2, l2, Some(f32s(s3, l3)?), self.precision)
    }

    fn bwd(
        &self,
        x: &Tensor,
        w: &Tensor,
        b: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (by_x, by_w) = backward(x, w, grad, self.precision)?;
        Ok((by_x, by_w, bias_gradient(b, grad)?))
    }
}
