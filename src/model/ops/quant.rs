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

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;
    use crate::model::ops::few_rows::few_rows;
    use crate::model::ops::kernels::Threads;
    use crate::model::ops::{Precision, linear};

    fn numbers(count: usize, pace: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * pace).sin() * (1.0 + (i % 7) as f32)).collect()
    }

    fn both(n: usize, k: usize, quant: Quant) -> (Tensor, Tensor) {
        let weight = Tensor::from_vec(numbers(n * k, 0.113), (n, k), &Device::Cpu).unwrap();
        let small = quantise(&weight, quant).unwrap();
        (small.clone(), plain(&small).unwrap())
    }

    #[test]
    fn every_value_is_the_nearest_of_its_steps() {
        for quant in [Quant::Q8, Quant::Q4] {
            let (n, k) = (5, 96);
            let exact = numbers(n * k, 0.113);
            let (_, widened) = both(n, k, quant);
            let widened = widened.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            for (exact, widened) in exact.chunks_exact(GROUP).zip(widened.chunks_exact(GROUP)) {
                let most = exact.iter().fold(0f32, |most, x| most.max(x.abs()));
                // Half a step; with four bits the end of one side may be cut by up to one step and a tenth.
                let step = if quant == Quant::Q8 { most / 127.0 * 0.501 } else { most / 7.0 * 1.2 };
                assert!(exact.iter().zip(widened).all(|(x, y)| (x - y).abs() <= step), "{quant:?}");
            }
            let error: f32 = exact.iter().zip(&widened).map(|(x, y)| (x - y).powi(2)).sum();
            let share = (error / exact.iter().map(|x| x * x).sum::<f32>()).sqrt();
            assert!(share < if quant == Quant::Q8 { 0.01 } else { 0.12 }, "{quant:?}: {share}");
        }
        let zeros = Tensor::zeros((2, 32), DType::BF16, &Device::Cpu).unwrap();
        let zeros = plain(&quantise(&zeros, Quant::Q4).unwrap()).unwrap();
        assert!(zeros.flatten_all().unwrap().to_vec1::<f32>().unwrap().iter().all(|x| *x == 0.0));
        let odd = Tensor::zeros((2, 33), DType::F32, &Device::Cpu).unwrap();
        assert!(quantise(&odd, Quant::Q8).unwrap_err().to_string().contains("33"));
    }

    #[test]
    fn products_are_those_of_the_widened_weight_and_the_same_to_the_last_bit_for_each_row_alone() {
        for quant in [Quant::Q8, Quant::Q4] {
            for (rows, k, n) in [(1, 32, 5), (2, 96, 64), (3, 576, 7), (8, 160, 2), (40, 64, 33)] {
                let (small, widened) = both(n, k, quant);
                let data = numbers(rows * k, 0.37);
                let x = Tensor::from_vec(data.clone(), (rows, k), &Device::Cpu).unwrap();
                let bias = Tensor::from_vec(numbers(n, 0.9), n, &Device::Cpu).unwrap();
                let flat = |y: Tensor| y.flatten_all().unwrap().to_vec1::<f32>().unwrap();
                let out = flat(linear(&x, &small, Some(&bias), Precision::F32).unwrap());
                let exact = flat(linear(&x, &widened, Some(&bias), Precision::F32).unwrap());
                let most = exact.iter().fold(1f32, |most, x| most.max(x.abs()));
                assert!(out.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 2e-6 * most), "{quant:?} {rows}x{k}x{n}");
                if rows <= crate::model::ops::FEW_ROWS {
                    with_weight(&small, |weight| {
                        for row in 0..rows {
                            let alone = few_rows(&data[row * k..(row + 1) * k], (1, k), weight, n, None, Threads::One);
                            let all = few_rows(&data, (rows, k), weight, n, None, Threads::All);
                            assert_eq!(alone, all[row * n..(row + 1) * n], "{quant:?} row {row}");
                        }
                        Ok(())
                    })
                    .unwrap();
                }
            }
        }
    }

    #[test]
    fn the_gradient_goes_through_to_the_input_as_through_the_widened_weight() {
        for quant in [Quant::Q8, Quant::Q4] {
            let (small, widened) = both(48, 64, quant);
            let x = candle_core::Var::from_vec(numbers(20 * 64, 0.31), (20, 64), &Device::Cpu).unwrap();
            let [a, b] = [small, widened].map(|weight| {
                let y = linear(&x, &weight, None, Precision::F32).unwrap();
                let grads = y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
                grads.get(&x).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
            });
            let most = b.iter().fold(0f32, |most, x| most.max(x.abs()));
            assert!(most > 0.0 && a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5 * most), "{quant:?}");
        }
    }
}
