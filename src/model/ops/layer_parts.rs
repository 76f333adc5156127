//! What the two fused layers share: parameters of a layer as one slice, rows cut into groups for the threads, and products
//! with their gradients over plain slices.
//!
//! A fused layer is one node of candle's graph instead of fifteen. It keeps nothing but its input, and computes the rest
//! anew for the gradient (Chen et al., 2016), a group of rows at a time, while the group is in the cache.

use candle_core::{CpuStorage, Layout, Result, Tensor};
use rayon::prelude::*;

use super::bf16_product::{Factor, Precision, multiply};
use super::kernels::{Mat, Threads, axpy};
use super::slices::{f32s, with_f32s};

/// Most groups that a batch is cut into. Fixed, so that sums do not depend on the number of threads.
const GROUPS: usize = 8;

/// Tokens that go through a layer together within a group: what lies between its first norm and its last product then stays
/// in the second-level cache.
const TOGETHER: usize = 288;

/// Length of such a part of a group in numbers: whole rows of `seq` tokens.
fn part(seq: usize, row: usize) -> usize {
    (TOGETHER / seq.max(1)).max(1) * row
}

/// The parts of a layer's parameters, in order.
pub fn split<const N: usize>(mut packed: &[f32], sizes: [usize; N]) -> [&[f32]; N] {
    sizes.map(|size| {
        let (part, rest) = packed.split_at(size);
        packed = rest;
        part
    })
}

/// The same, to write.
pub fn split_mut<const N: usize>(mut packed: &mut [f32], sizes: [usize; N]) -> [&mut [f32]; N] {
    sizes.map(|size| {
        let (part, rest) = std::mem::take(&mut packed).split_at_mut(size);
        packed = rest;
        part
    })
}

/// Length of a group in numbers: whole rows of the batch, at most [`GROUPS`] groups.
fn group(batch: usize, row: usize) -> usize {
    batch.div_ceil(GROUPS).max(1) * row
}

/// `f(i, x, out)` for parts of the groups of `x`, (batch, seq, ...); `i` is the part's first row.
pub fn forward(
    storage: &CpuStorage,
    layout: &Layout,
    f: impl Fn(usize, &[f32], &mut [f32]) + Sync,
) -> Result<CpuStorage> {
    let x = f32s(storage, layout)?;
    let batch = layout.dims()[0];
    let row = x.len() / batch.max(1);
    let (size, part) = (group(batch, row), part(layout.dims()[1], row));
    let mut out = vec![0f32; x.len()];
    let pairs = out.par_chunks_mut(size).zip(x.par_chunks(size)).enumerate();
    pairs.for_each(|(i, (out, x))| {
        for (j, (out, x)) in out.chunks_mut(part).zip(x.chunks(part)).enumerate() {
            f((i * size + j * part) / row, x, out);
        }
    });
    Ok(CpuStorage::F32(out))
}

/// `f(i, x, grad, by_x, by_packed)` for parts of the groups, which adds to `by_packed`; that is empty where the parameters do not train. Returns the
/// gradients by input and parameters.
pub fn backward(
    x: &Tensor,
    packed: &Tensor,
    grad: &Tensor,
    f: impl Fn(usize, &[f32], &[f32], &mut [f32], &mut [f32]) + Sync,
) -> Result<(Option<Tensor>, Option<Tensor>)> {
    let batch = x.dim(0)?;
    let row = x.elem_count() / batch.max(1);
    let (size, part) = (group(batch, row), part(x.dim(1)?, row));
    let parameters = if packed.track_op() { packed.elem_count() } else { 0 };
    let mut by_x = vec![0f32; x.elem_count()];
    let sums: Vec<Vec<f32>> = with_f32s(x, |x| {
        with_f32s(grad, |grad| {
            let groups = by_x.par_chunks_mut(size).zip(x.par_chunks(size)).zip(grad.par_chunks(size)).enumerate();
            Ok(groups
                .map(|(i, ((by_x, x), grad))| {
                    let mut by_packed = vec![0f32; parameters];
                    let parts = by_x.chunks_mut(part).zip(x.chunks(part)).zip(grad.chunks(part)).enumerate();
                    for (j, ((by_x, x), grad)) in parts {
                        f((i * size + j * part) / row, x, grad, by_x, &mut by_packed);
                    }
                    by_packed
                })
                .collect())
        })
    })?;
    let mut sums = sums.into_iter();
    let mut total = sums.next().unwrap_or_default();
    sums.for_each(|sum| axpy(&mut total, 1.0, &sum));
    let by_x = Tensor::from_vec(by_x, x.shape(), x.device())?;
    let by_packed = if parameters > 0 { Some(Tensor::from_vec(total, packed.shape(), packed.device())?) } else { None };
    Ok((Some(by_x), by_packed))
}

/// A weight (n, k) laid out for x Wᵀ.
pub fn across(precision: Precision, weight: &[f32], k: usize) -> Factor<'_> {
    Factor::new(precision, Mat::new(weight, weight.len() / k, k).t())
}

/// A weight (n, k) laid out for g W, which is the gradient.
pub fn back(precision: Precision, weight: &[f32], k: usize) -> Factor<'_> {
    Factor::new(precision, Mat::new(weight, weight.len() / k, k))
}

/// x (rows, k) times a factor (k, n), plus a bias (n) -> (rows, n).
pub fn affine(factor: &Factor<'_>, x: &[f32], k: usize, bias: &[f32]) -> Vec<f32> {
    let rows = x.len() / k;
    let mut out = Vec::with_capacity(rows * bias.len());
    (0..rows).for_each(|_| out.extend_from_slice(bias));
    factor.times(&mut out, Mat::new(x, rows, k), true);
    out
}

/// x (rows, k) times a factor (k, n) -> (rows, n).
pub fn times(factor: &Factor<'_>, x: &[f32], k: usize, n: usize) -> Vec<f32> {
    let mut out = vec![0f32; x.len() / k * n];
    factor.times(&mut out, Mat::new(x, x.len() / k, k), false);
    out
}

/// Adds the gradient by a weight (n, k): gᵀ x. Nothing where `by_weight` is empty.
pub fn add_by_weight(precision: Precision, g: &[f32], x: &[f32], k: usize, by_weight: &mut [f32]) {
    if !by_weight.is_empty() {
        let (rows, n) = (x.len() / k, by_weight.len() / k);
        let (g, x) = (Mat::new(g, rows, n).t(), Mat::new(x, rows, k));
        multiply(precision, by_weight, k, g, x, true, Threads::One);
    }
}

/// Adds the gradient by a bias: the sum of `g` over rows.
pub fn add_by_bias(g: &[f32], by_bias: &mut [f32]) {
    if !by_bias.is_empty() {
        g.chunks_exact(by_bias.len()).for_each(|g| axpy(by_bias, 1.0, g));
    }
}
