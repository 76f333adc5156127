//! A matrix times few vectors, which is what decoding is made of: bound by reading the weight, so each of its rows is read once
//! for all vectors, in the type it is stored in. Every output is one dot product, the same to the last bit however many
//! vectors there are: a story told beside others is the one that is told alone.

use candle_core::utils::barrier_pool;

use super::kernels::{Threads, dot, dots, parallel_chunks};
use super::slices::WeightSlice;

/// Up to this many rows a product is done so: no slower then than the blocked one at any of the shapes that were tried (256 x 256
/// to 2048 x 5632, on two cores with AVX-512), up to five times faster with four rows; with 32 it is the other way round.
pub const FEW_ROWS: usize = 16;

/// `x` (rows, k), `weight` (n, k), `bias` (n) -> (rows, n).
pub fn few_rows(
    x: &[f32],
    (rows, k): (usize, usize),
    weight: WeightSlice<'_>,
    n: usize,
    bias: Option<&[f32]>,
    threads: Threads,
) -> Vec<f32> {
    // The outputs of one weight row lie together, (n, rows), so that threads may take runs of weight rows.
    let mut by_output = vec![0f32; n * rows];
    let one_run = |first: usize, out: &mut [f32]| {
        let (mut one, mut two) = (Vec::new(), Vec::new());
        for (pair, out) in out.chunks_mut(2 * rows).enumerate() {
            let at = first + 2 * pair;
            let w0 = weight.f32s(at * k, (at + 1) * k, &mut one);
            let b0 = bias.map_or(0.0, |bias| bias[at]);
            if out.len() == rows {
                out.iter_mut().enumerate().for_each(|(row, out)| *out = dot(&x[row * k..(row + 1) * k], w0) + b0);
                continue;
            }
            let w1 = weight.f32s((at + 1) * k, (at + 2) * k, &mut two);
            let b1 = bias.map_or(0.0, |bias| bias[at + 1]);
            let (out0, out1) = out.split_at_mut(rows);
            for row in (0..rows - rows % 2).step_by(2) {
                let pair = [&x[row * k..(row + 1) * k], &x[(row + 1) * k..(row + 2) * k]];
                let [y00, y01, y10, y11] = dots(pair, [w0, w1]);
                (out0[row], out1[row], out0[row + 1], out1[row + 1]) = (y00 + b0, y01 + b1, y10 + b0, y11 + b1);
            }
            if rows % 2 == 1 {
                let last = &x[(rows - 1) * k..rows * k];
                (out0[rows - 1], out1[rows - 1]) = (dot(last, w0) + b0, dot(last, w1) + b1);
            }
        }
    };
    match threads {
        Threads::One => one_run(0, &mut by_output),
        Threads::All => {
            // Several runs a thread, so that the slower one gets less; a run holds whole pairs.
            let run = n.div_ceil((barrier_pool().n_workers() + 1) * 4).next_multiple_of(2);
            parallel_chunks(&mut by_output, run * rows, n * k * rows, |i, out| one_run(i * run, out));
        }
    }
    if rows == 1 {
        return by_output;
    }
    let mut out = vec![0f32; rows * n];
    for (i, outs) in by_output.chunks_exact(rows).enumerate() {
        for (row, value) in outs.iter().enumerate() {
            out[row * n + i] = *value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_comes_out_as_it_does_alone_to_the_last_bit() {
        let numbers = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin()).collect::<Vec<f32>>();
        // Sizes with rests of every kind: odd rows, odd outputs, a length that is no multiple of a vector.
        for (rows, k, n) in [(1, 70, 5), (3, 256, 64), (8, 33, 7), (5, 640, 2)] {
            let (x, w, b) = (numbers(rows * k, 0.37), numbers(n * k, 0.11), numbers(n, 0.5));
            let all = few_rows(&x, (rows, k), WeightSlice::F32(&w), n, Some(&b), Threads::All);
            for row in 0..rows {
                let alone = &x[row * k..(row + 1) * k];
                let alone = few_rows(alone, (1, k), WeightSlice::F32(&w), n, Some(&b), Threads::One);
                assert_eq!(all[row * n..(row + 1) * n], alone, "{rows} x {k} x {n}, row {row}");
                for (i, y) in alone.iter().enumerate() {
                    let exact: f64 = (0..k).map(|j| f64::from(x[row * k + j]) * f64::from(w[i * k + j])).sum();
                    assert!((f64::from(*y) - exact - f64::from(b[i])).abs() < 1e-4);
                }
            }
        }
    }
}
