//! One decoder layer for one new token a row, over a cache: what telling spends its time in. The same numbers as the single
//! operations give, without a tensor for each of them; it has no backward.

use candle_core::{Result, Tensor, bail};

use super::attention::{Attention, AttentionSpec, Sizes};
use super::few_rows::{each_of, few_rows};
use super::kernels::{Threads, swiglu};
use super::quant_rows::weight_sides;
use super::rope::{Rope, RopeTable};
use super::rows::rms_norm;
use super::slices::{slice_of, with_f32s, with_weight};

/// A layer's parameters; none has a bias or an adapter.
pub struct DecodeWeights<'a> {
    pub before_attention: &'a Tensor,
    pub q: &'a Tensor,
    pub k: &'a Tensor,
    pub v: &'a Tensor,
    pub o: &'a Tensor,
    pub before_mlp: &'a Tensor,
    pub gate: &'a Tensor,
    pub up: &'a Tensor,
    pub down: &'a Tensor,
}

/// What all layers of a step share.
#[derive(Clone)]
pub struct DecodeSpec {
    pub rows: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub head_dim: usize,
    pub eps: f32,
    pub rope: RopeTable,
    /// Of the new token, the same for every row.
    pub position: u32,
    pub attention: AttentionSpec,
    pub threads: Threads,
}

/// Moves `x` (rows, hidden) through one layer. `write` puts the new keys and values, (rows, 1, kv_heads, head_dim), into the
/// cache and gives the layer's whole tensors.
pub fn decode_layer(
    x: &mut [f32],
    weights: &DecodeWeights<'_>,
    spec: &DecodeSpec,
    write: impl FnOnce(&Tensor, &Tensor) -> Result<(Tensor, Tensor)>,
) -> Result<()> {
    let DecodeSpec { rows, heads, kv_heads, head_dim, eps, rope, position, attention, threads } = spec;
    let product = |x: &[f32], weight: &Tensor| few_rows_of(x, weight, *threads);
    let h = normed(x, weights.before_attention, *eps)?;
    let turn = Rope { table: rope.clone(), positions: std::sync::Arc::new(vec![*position]), sign: 1.0 };
    let [q, k, v] = few_rows_of_each(&h, [weights.q, weights.k, weights.v], *threads)?;
    let q = turn.turn(&q, *heads);
    let shape = (*rows, 1, *kv_heads, *head_dim);
    let k = Tensor::from_vec(turn.turn(&k, *kv_heads), shape, weights.k.device())?;
    let v = Tensor::from_vec(v, shape, weights.v.device())?;
    let (keys, values) = write(&k, &v)?;
    let sizes = Sizes::new(&[*rows, 1, *heads, *head_dim], keys.dims());
    let attended = with_f32s(&keys, |k| {
        with_f32s(&values, |v| Ok(Attention { spec: attention.clone() }.step(&q, k, v, sizes, *threads)))
    })?;
    add(x, &product(&attended, weights.o)?);
    let h = normed(x, weights.before_mlp, *eps)?;
    let [gate, up] = few_rows_of_each(&h, [weights.gate, weights.up], *threads)?;
    let mut wide = vec![0f32; gate.len()];
    swiglu(&gate, &up, &mut wide);
    add(x, &product(&wide, weights.down)?);
    Ok(())
}

/// Rows after a norm.
pub fn normed(x: &[f32], weight: &Tensor, eps: f32) -> Result<Vec<f32>> {
    let mut out = vec![0f32; x.len()];
    with_f32s(weight, |weight| {
        rms_norm(x, weight, eps, &mut out);
        Ok(())
    })?;
    Ok(out)
}

/// Hidden states (rows, k) -> (rows, n) by a weight without bias.
pub fn few_rows_of(x: &[f32], weight: &Tensor, threads: Threads) -> Result<Vec<f32>> {
    let (n, k) = weight_sides(weight.dims(), weight.dtype())?;
    with_weight(weight, |weight| Ok(few_rows(x, (x.len() / k, k), weight, n, None, threads)))
}

/// The same by several weights at once.
fn few_rows_of_each<const N: usize>(x: &[f32], weights: [&Tensor; N], threads: Threads) -> Result<[Vec<f32>; N]> {
    let sides = weights.map(|weight| weight_sides(weight.dims(), weight.dtype()));
    let mut parts = Vec::with_capacity(N);
    let tensors = weights.iter().map(|weight| weight.contiguous()).collect::<Result<Vec<_>>>()?;
    let held: Vec<_> = tensors.iter().map(|weight| weight.storage_and_layout()).collect();
    let mut k = 0;
    for ((storage, layout), sides) in held.iter().zip(sides) {
        let (n, inputs) = sides?;
        k = inputs;
        parts.push((slice_of(storage, layout)?, n));
    }
    match <[_; N]>::try_from(parts) {
        Ok(parts) => Ok(each_of(x, (x.len() / k.max(1), k), parts, threads)),
        Err(_) => bail!("a product of no weights"),
    }
}

fn add(x: &mut [f32], y: &[f32]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}
