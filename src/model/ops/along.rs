//! The two loops of attention over a cache, for one query: its products with every key, and the sum of values that they weigh.
//! Each is one call a head, so that what is summed stays in registers.

use multiversion::multiversion;

use super::kernels::{axpy, folded};

const LANES: usize = 16;
/// Numbers of a value that are summed at a time.
const WIDE: usize = 64;

/// `out[j]` = `query` times row j of `keys`; rows are `stride` apart.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn products(query: &[f32], keys: &[f32], stride: usize, out: &mut [f32]) {
    let (query_blocks, query_rest) = query.as_chunks::<LANES>();
    for (j, out) in out.iter_mut().enumerate() {
        let key = &keys[j * stride..j * stride + query.len()];
        let (blocks, rest) = key.as_chunks::<LANES>();
        let mut sums = [0f32; LANES];
        for (q, k) in query_blocks.iter().zip(blocks) {
            for lane in 0..LANES {
                sums[lane] = q[lane].mul_add(k[lane], sums[lane]);
            }
        }
        let left: f32 = query_rest.iter().zip(rest).map(|(q, k)| q * k).sum();
        *out = folded(sums) + left;
    }
}

/// `out += weights[j]` times row j of `values`; rows are `stride` apart.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn weighed_sum(weights: &[f32], values: &[f32], stride: usize, out: &mut [f32]) {
    let whole = out.len() / WIDE * WIDE;
    let (blocks, rest) = out.as_chunks_mut::<WIDE>();
    for (at, block) in blocks.iter_mut().enumerate() {
        let mut sums = *block;
        for (j, weight) in weights.iter().enumerate() {
            let from = j * stride + at * WIDE;
            let Some(value) = values[from..].first_chunk::<WIDE>() else { break };
            for lane in 0..WIDE {
                sums[lane] = weight.mul_add(value[lane], sums[lane]);
            }
        }
        *block = sums;
    }
    if !rest.is_empty() {
        for (j, weight) in weights.iter().enumerate() {
            axpy(rest, *weight, &values[j * stride + whole..j * stride + whole + rest.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_agree_with_plain_sums_at_odd_sizes() {
        let numbers = |count: usize, pace: f32| (0..count).map(|i| (i as f32 * pace).sin()).collect::<Vec<f32>>();
        for (d, stride, rows) in [(64, 192, 7), (32, 32, 5), (130, 140, 3), (7, 9, 4), (16, 48, 1)] {
            let (query, table) = (numbers(d, 0.7), numbers(stride * rows, 0.13));
            let mut scores = vec![0f32; rows];
            products(&query, &table, stride, &mut scores);
            let mut sum = numbers(d, 0.3);
            let before = sum.clone();
            weighed_sum(&scores, &table, stride, &mut sum);
            for (j, score) in scores.iter().enumerate() {
                let exact: f64 = (0..d).map(|i| f64::from(query[i]) * f64::from(table[j * stride + i])).sum();
                assert!((f64::from(*score) - exact).abs() < 1e-4, "{d} {j}");
            }
            for i in 0..d {
                let added: f64 = (0..rows).map(|j| f64::from(scores[j]) * f64::from(table[j * stride + i])).sum();
                assert!((f64::from(sum[i]) - f64::from(before[i]) - added).abs() < 1e-3, "{d} {i}");
            }
        }
    }
}
