//! Making weights of eight or four bits, and reading them back: see `quant_rows` for how they are laid out.

use candle_core::{DType, Result, Storage, Tensor, bail};
use half::f16;
use rayon::prelude::*;

use super::quant_rows::{GROUP, Quant, weight_sides};
use super::slices::{WeightSlice, with_weight};

/// A weight (n, k) f32, bf16 or f16 -> (n, groups, bytes) u8.
///
/// # Errors
/// Where a row is no whole number of groups.
pub fn quantise(weight: &Tensor, quant: Quant) -> Result<Tensor> {
    let (n, k) = weight.dims2()?;
    if !Quant::fits(k) {
        bail!("rows of {k} values are no whole groups of {GROUP}");
    }
    let groups = k / GROUP;
    let row_bytes = groups * quant.group_bytes();
    let mut bytes = vec![0u8; n * row_bytes];
    with_weight(weight, |weight| {
        bytes.par_chunks_mut(row_bytes).enumerate().for_each_init(Vec::new, |scratch, (at, row)| {
            let values = weight.f32s(at * k, (at + 1) * k, scratch);
            let (to, halves) = row.split_at_mut(quant.value_bytes(k));
            let each = values.as_chunks::<GROUP>().0.iter().zip(halves.as_chunks_mut::<2>().0);
            for ((group, half), to) in each.zip(to.chunks_exact_mut(quant.value_bytes(GROUP))) {
                let scale = match quant {
                    Quant::Q8 => eight_bits(group, to),
                    Quant::Q4 => four_bits(group, to),
                };
                *half = scale.to_le_bytes();
            }
        });
        Ok(())
    })?;
    Tensor::from_vec(bytes, (n, groups, quant.group_bytes()), weight.device())
}

/// The nearest scale that f16 has, finite.
fn half_scale(scale: f32) -> f16 {
    f16::from_f32(scale.clamp(f16::MIN.to_f32(), f16::MAX.to_f32()))
}

fn steps(x: f32, inverse: f32, least: f32, most: f32) -> f32 {
    (x * inverse).round_ties_even().clamp(least, most)
}

fn inverse(scale: f32) -> f32 {
    if scale == 0.0 { 0.0 } else { 1.0 / scale }
}

fn eight_bits(group: &[f32; GROUP], to: &mut [u8]) -> f16 {
    let most = group.iter().fold(0f32, |most, x| most.max(x.abs()));
    let half = half_scale(most / 127.0);
    let inverse = inverse(half.to_f32());
    for (to, x) in to.iter_mut().zip(group) {
        *to = steps(*x, inverse, -127.0, 127.0) as i8 as u8;
    }
    half
}

/// Sixteen steps are few: of nine scales around the one that reaches the value farthest from zero, the one with the least squared error.
fn four_bits(group: &[f32; GROUP], to: &mut [u8]) -> f16 {
    let far = group.iter().fold(0f32, |far, x| if x.abs() > far.abs() { *x } else { far });
    let mut best = (f32::INFINITY, f16::ZERO);
    for ninth in 0..9u8 {
        let half = half_scale(far / (-8.8 + 0.2 * f32::from(ninth)));
        let (scale, inverse) = (half.to_f32(), inverse(half.to_f32()));
        let error = group.iter().map(|x| (steps(*x, inverse, -8.0, 7.0).mul_add(-scale, *x)).powi(2)).sum::<f32>();
        if error < best.0 {
            best = (error, half);
        }
    }
    let inverse = inverse(best.1.to_f32());
    let nibble = |x: f32| (steps(x, inverse, -8.0, 7.0) + 8.0) as u8;
    for (i, to) in to.iter_mut().enumerate() {
        *to = nibble(group[i]) | nibble(group[i + GROUP / 2]) << 4;
    }
    best.1
}

/// A weight as f32, (n, k): what products take it for. Others than quantised ones are only converted.
pub fn plain(weight: &Tensor) -> Result<Tensor> {
    if Quant::of(weight.dims()).is_none() || weight.dtype() != DType::U8 {
        return weight.to_dtype(DType::F32);
    }
    let (n, k) = weight_sides(weight.dims(), weight.dtype())?;
    let mut scratch = Vec::new();
    let values = with_weight(weight, |weight| Ok(weight.f32s(0, n * k, &mut scratch).to_vec()))?;
    Tensor::from_vec(values, (n, k), weight.device())
}

/// The rows `ids` of a table (n, k), quantised or not -> (ids, k) f32.
pub fn rows_of(table: &Tensor, ids: &Tensor) -> Result<Tensor> {
    plain(&table.index_select(ids, 0)?)
}

/// The first of a tensor's numbers that is none, if it has one: infinite, or not a number.
pub fn not_finite(tensor: &Tensor) -> Result<Option<usize>> {
    let tensor = tensor.contiguous()?;
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else { return Ok(None) };
    if tensor.dtype() == DType::U8 {
        return Ok(None);
    }
    Ok(match WeightSlice::new(storage, layout)? {
        WeightSlice::F32(all) => all.par_chunks(1 << 16).enumerate().find_map_first(|(i, part)| {
            let bad = |x: &f32| x.to_bits() & 0x7f80_0000 == 0x7f80_0000;
            part.iter().any(bad).then(|| (i << 16) + part.iter().position(bad).unwrap_or(0))
        }),
        WeightSlice::Bf16(all) => halves(all, |x| x.to_bits() & 0x7f80 == 0x7f80),
        WeightSlice::F16(all) => halves(all, |x| x.to_bits() & 0x7c00 == 0x7c00),
        WeightSlice::Quant(_) => None,
    })
}

fn halves<T: Sync>(all: &[T], bad: impl Fn(&T) -> bool + Sync) -> Option<usize> {
    all.par_chunks(1 << 16).enumerate().find_map_first(|(i, part)| {
        let any = part.iter().fold(false, |any, x| any | bad(x));
        any.then(|| (i << 16) + part.iter().position(&bad).unwrap_or(0))
    })
}
