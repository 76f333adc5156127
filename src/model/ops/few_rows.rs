//! A matrix times few vectors, which is what decoding is made of: bound by reading the weight, so each of its rows is read once
//! for all vectors, in the type it is stored in. Every output is one dot product, the same to the last bit however many
//! vectors there are: a story told beside others is the one that is told alone.

use candle_core::utils::barrier_pool;

use super::kernels::{Threads, dot, dots, parallel_chunks};
use super::quant_dot::{Row, rows_times};
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
    let [out] = each_of(x, (rows, k), [(weight, n)], threads);
    match bias {
        None => out,
        Some(bias) => out.iter().zip(bias.iter().cycle()).map(|(y, bias)| y + bias).collect(),
    }
}

/// Several weights with the same inputs, (n, k) each, as one product: the threads are woken once. -> (rows, n) of each.
pub fn each_of<const N: usize>(
    x: &[f32],
    (rows, k): (usize, usize),
    weights: [(WeightSlice<'_>, usize); N],
    threads: Threads,
) -> [Vec<f32>; N] {
    // The outputs of one weight row lie together, (n, rows), so that threads may take runs of weight rows.
    let outputs: usize = weights.iter().map(|(_, n)| n).sum();
    let mut by_output = vec![0f32; outputs * rows];
    let one_run = |first: usize, mut out: &mut [f32]| {
        let mut scratch = Default::default();
        let (mut first, mut start) = (first, 0);
        for (weight, n) in &weights {
            let here = (start + n).saturating_sub(first).min(out.len() / rows);
            if first >= start && here > 0 {
                let (part, rest) = out.split_at_mut(here * rows);
                run(x, (rows, k), *weight, first - start, part, &mut scratch);
                (out, first) = (rest, first + here);
            }
            start += n;
        }
    };
    match threads {
        Threads::One => one_run(0, &mut by_output),
        Threads::All => {
            // Several runs a thread, so that the slower one gets less; a run holds whole pairs.
            let run = outputs.div_ceil((barrier_pool().n_workers() + 1) * 4).next_multiple_of(2);
            parallel_chunks(&mut by_output, run * rows, outputs * k * rows, |i, out| one_run(i * run, out));
        }
    }
    let mut start = 0;
    weights.map(|(_, n)| {
        let part = &by_output[start * rows..(start + n) * rows];
        start += n;
        if rows == 1 {
            return part.to_vec();
        }
        let mut out = vec![0f32; rows * n];
        for (i, outs) in part.chunks_exact(rows).enumerate() {
            for (row, value) in outs.iter().enumerate() {
                out[row * n + i] = *value;
            }
        }
        out
    })
}

/// Numbers of two weight rows.
type Scratch = [Vec<f32>; 2];

/// The weight rows from `first` on, as many as `out` (weight rows, rows) has.
fn run(
    x: &[f32],
    (rows, k): (usize, usize),
    weight: WeightSlice<'_>,
    first: usize,
    out: &mut [f32],
    scratch: &mut Scratch,
) {
    let [one, two] = scratch;
    for (pair, out) in out.chunks_mut(2 * rows).enumerate() {
        let at = first + 2 * pair;
        if let WeightSlice::Quant(weight) = weight {
            weight.ask_ahead(at);
            let row = |at: usize| {
                let (values, scales) = weight.row(at);
                Row { values, scales }
            };
            if out.len() == rows {
                rows_times(weight.quant, x, k, &[row(at)], out);
            } else {
                rows_times(weight.quant, x, k, &[row(at), row(at + 1)], out);
            }
            continue;
        }
        let w0 = weight.f32s(at * k, (at + 1) * k, one);
        if out.len() == rows {
            out.iter_mut().enumerate().for_each(|(row, out)| *out = dot(&x[row * k..(row + 1) * k], w0));
            continue;
        }
        let w1 = weight.f32s((at + 1) * k, (at + 2) * k, two);
        let (out0, out1) = out.split_at_mut(rows);
        for row in (0..rows - rows % 2).step_by(2) {
            let pair = [&x[row * k..(row + 1) * k], &x[(row + 1) * k..(row + 2) * k]];
            let [y00, y01, y10, y11] = dots(pair, [w0, w1]);
            (out0[row], out1[row], out0[row + 1], out1[row + 1]) = (y00, y01, y10, y11);
        }
        if rows % 2 == 1 {
            let last = &x[(rows - 1) * k..rows * k];
            (out0[rows - 1], out1[rows - 1]) = (dot(last, w0), dot(last, w1));
        }
    }
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
