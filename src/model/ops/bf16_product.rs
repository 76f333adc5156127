//! Products of f32 matrices in bf16 with f32 sums, several times faster than f32 where the processor has a unit for it.
//!
//! Both factors are rounded to bf16 (nearest, ties to even) while they are laid out in tiles; sums are f32. That is what
//! mixed precision training rounds, and what a model stored in bf16 was made for. Which unit multiplies: see `tiles`.

use multiversion::multiversion;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::kernels::{Mat, Threads, matmul};
use super::tiles::{DEPTH, Loaded, SIDE, Unit, WORDS, block};

/// In what a product is computed; sums are f32 in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    #[default]
    F32,
    /// Factors rounded to bf16, where this processor multiplies that faster; f32 elsewhere.
    Bf16,
}

/// Laying out tiles costs about as much as 16 rows of f32 products do.
const WORTH_TILES: usize = 16;

fn unit_for(precision: Precision, least: usize) -> Option<Unit> {
    match precision {
        Precision::Bf16 if least >= WORTH_TILES => Unit::fastest(),
        _ => None,
    }
}

/// `out = lhs rhs`, or `out += lhs rhs` with `add`, in the precision asked for. One stride of each factor is 1; rows of
/// `out` are `out_stride` apart.
pub fn multiply(
    precision: Precision,
    out: &mut [f32],
    out_stride: usize,
    lhs: Mat<'_>,
    rhs: Mat<'_>,
    add: bool,
    threads: Threads,
) {
    match unit_for(precision, lhs.rows.min(rhs.cols)) {
        Some(unit) => Right::new(unit, rhs, threads).product(out, out_stride, lhs, add, threads),
        None => matmul(out, out_stride, lhs, rhs, 1.0, add, threads),
    }
}

/// A right factor that many left ones meet: laid out once.
pub struct Factor<'a> {
    plain: Mat<'a>,
    tiles: Option<Right>,
}

impl<'a> Factor<'a> {
    pub fn new(precision: Precision, rhs: Mat<'a>) -> Self {
        let tiles = unit_for(precision, rhs.cols).map(|unit| Right::new(unit, rhs, Threads::All));
        Self { plain: rhs, tiles }
    }

    /// `out = lhs self`, or `out += lhs self`, on this thread; rows of `out` lie one after the other.
    pub fn times(&self, out: &mut [f32], lhs: Mat<'_>, add: bool) {
        let stride = self.plain.cols;
        match &self.tiles {
            Some(tiles) => tiles.product(out, stride, lhs, add, Threads::One),
            None => matmul(out, stride, lhs, self.plain, 1.0, add, Threads::One),
        }
    }
}

/// Rows and columns of a block of the result.
const BLOCK: usize = 2 * SIDE;
/// Inner elements laid out at a time: a block of rows stays in the first-level cache's reach.
const INNER: usize = 2048;
/// Multiply-adds from which a second thread is worth waking.
const WORTH_THREADS: usize = 1 << 18;

/// The right factor of a product in tiles.
struct Right {
    unit: Unit,
    columns: usize,
    inner: usize,
    /// For each run of [`INNER`] elements: panels of 16 columns, one after the other.
    runs: Vec<Vec<u32>>,
}

impl Right {
    fn new(unit: Unit, rhs: Mat<'_>, threads: Threads) -> Self {
        let (columns, inner) = (rhs.cols, rhs.rows);
        let rhs = rhs.t(); // (columns, inner)
        let panels = columns.div_ceil(BLOCK) * 2;
        let lay_run = |first: usize| {
            let range = first..(first + INNER).min(inner);
            let words = range.len().div_ceil(DEPTH) * WORDS;
            let mut run = vec![0u32; panels * words];
            let lay = |(i, panel): (usize, &mut [u32])| lay_out(rhs, i * SIDE, range.clone(), Form::Right, panel);
            if threads == Threads::All && columns * range.len() > WORTH_THREADS / 8 {
                run.par_chunks_mut(words).enumerate().for_each(lay);
            } else {
                run.chunks_mut(words).enumerate().for_each(lay);
            }
            run
        };
        Self { unit, columns, inner, runs: (0..inner).step_by(INNER).map(lay_run).collect() }
    }

    fn product(&self, out: &mut [f32], stride: usize, lhs: Mat<'_>, add: bool, threads: Threads) {
        assert_eq!(lhs.cols, self.inner, "inner sizes of a product differ");
        let (m, n) = (lhs.rows, self.columns);
        if m == 0 || n == 0 {
            return;
        }
        assert!(stride >= n && (m - 1) * stride + n <= out.len(), "a product reaches beyond its slice");
        let out = &mut out[..(m - 1) * stride + n];
        let parallel = threads == Threads::All && m * n * self.inner > WORTH_THREADS;
        // A few runs of rows for each thread, so that one that is held up gets fewer.
        let pieces = if parallel { rayon::current_num_threads() * 4 } else { 1 };
        let rows = m.div_ceil(BLOCK).div_ceil(pieces).max(1) * BLOCK;
        let piece = |(i, out): (usize, &mut [f32])| {
            let loaded = Loaded::new(self.unit);
            let mut left = Vec::new();
            for (run, tiles) in self.runs.iter().enumerate() {
                let range = run * INNER..((run + 1) * INNER).min(self.inner);
                left.resize(2 * range.len().div_ceil(DEPTH) * WORDS, 0);
                let last = ((i + 1) * rows).min(m);
                self.rows_times(&loaded, lhs, i * rows..last, tiles, range, &mut left, out, stride, add || run > 0);
            }
            if self.runs.is_empty() && !add {
                out.fill(0.0);
            }
        };
        if parallel {
            out.par_chunks_mut(rows * stride).enumerate().for_each(piece);
        } else {
            out.chunks_mut(rows * stride).enumerate().for_each(piece);
        }
    }

    /// The rows `rows` of the result over one run of inner elements; `out` begins at the first of them.
    #[expect(clippy::too_many_arguments, reason = "the inner step of a product, called once")]
    fn rows_times(
        &self,
        loaded: &Loaded,
        lhs: Mat<'_>,
        rows: std::ops::Range<usize>,
        tiles: &[u32],
        inner: std::ops::Range<usize>,
        left: &mut [u32],
        out: &mut [f32],
        stride: usize,
        add: bool,
    ) {
        let (words, n) = (left.len() / 2, self.columns);
        let mut edge = [0f32; BLOCK * BLOCK];
        for (at, first) in rows.clone().step_by(BLOCK).enumerate() {
            let (high, low) = left.split_at_mut(words);
            lay_out(lhs, first, inner.clone(), Form::Left, high);
            lay_out(lhs, first + SIDE, inner.clone(), Form::Left, low);
            let out = &mut out[at * BLOCK * stride..];
            let height = (rows.end - first).min(BLOCK);
            for column in (0..n).step_by(BLOCK) {
                let (b0, b1) = tiles[column / SIDE * words..][..2 * words].split_at(words);
                let width = (n - column).min(BLOCK);
                if height == BLOCK && width == BLOCK {
                    block(loaded.unit(), [&*high, &*low], [b0, b1], &mut out[column..], stride, add);
                    continue;
                }
                block(loaded.unit(), [&*high, &*low], [b0, b1], &mut edge, BLOCK, false);
                for (row, edge) in edge.chunks_exact(BLOCK).enumerate().take(height) {
                    let out = &mut out[row * stride + column..][..width];
                    if add {
                        out.iter_mut().zip(edge).for_each(|(out, x)| *out += x);
                    } else {
                        out.copy_from_slice(&edge[..width]);
                    }
                }
            }
        }
    }
}

/// How a tile is read: (row, pair) by the left factor, (pair, column) by the right one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Left,
    Right,
}

/// Lays out 16 rows of `from` (outer, inner), from `first` on, as a panel of tiles; what lies beyond is zero.
fn lay_out(from: Mat<'_>, first: usize, inner: std::ops::Range<usize>, form: Form, panel: &mut [u32]) {
    let along = from.col_stride == 1;
    assert!(along || from.row_stride == 1, "a factor must be contiguous one way");
    let rows = from.rows.saturating_sub(first).min(SIDE);
    if rows == 0 {
        panel.fill(0);
        return;
    }
    for (tile, at) in panel.as_chunks_mut::<WORDS>().0.iter_mut().zip(inner.clone().step_by(DEPTH)) {
        let depth = (inner.end - at).min(DEPTH);
        if rows < SIDE || depth < DEPTH {
            tile.fill(0);
        }
        let data = &from.data[first * from.row_stride + at * from.col_stride..];
        if along {
            along_rows(data, from.row_stride, rows, depth, tile);
        } else {
            across_rows(data, from.col_stride, rows, depth, tile);
        }
        // Along rows gives (row, pair), across rows (pair, row).
        if along != (form == Form::Left) {
            transpose(tile);
        }
    }
}

/// The bits of the nearest bf16, ties to even; a NaN stays one.
#[inline(always)]
fn round(x: f32) -> u32 {
    let bits = x.to_bits();
    let rounded = (bits.wrapping_add(0x7fff + ((bits >> 16) & 1))) >> 16;
    if x.is_nan() { 0x7fc0 } else { rounded }
}

/// tile (row, pair) from rows of contiguous inner elements.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn along_rows(data: &[f32], stride: usize, rows: usize, depth: usize, tile: &mut [u32; WORDS]) {
    for (row, words) in tile.as_chunks_mut::<SIDE>().0.iter_mut().enumerate().take(rows) {
        let from = &data[row * stride..row * stride + depth];
        if let Ok(from) = <&[f32; DEPTH]>::try_from(from) {
            for (word, pair) in words.iter_mut().zip(from.as_chunks::<2>().0) {
                *word = round(pair[0]) | round(pair[1]) << 16;
            }
        } else {
            for (word, pair) in words.iter_mut().zip(from.chunks(2)) {
                *word = round(pair[0]) | round(pair.get(1).copied().unwrap_or_default()) << 16;
            }
        }
    }
}

/// tile (pair, row) from inner elements whose rows are contiguous.
#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vl", "x86_64+avx2"))]
fn across_rows(data: &[f32], stride: usize, rows: usize, depth: usize, tile: &mut [u32; WORDS]) {
    for (pair, words) in tile.as_chunks_mut::<SIDE>().0.iter_mut().enumerate().take(depth.div_ceil(2)) {
        let low = &data[2 * pair * stride..][..rows];
        let high = if 2 * pair + 1 < depth { &data[(2 * pair + 1) * stride..][..rows] } else { &[] };
        match (<&[f32; SIDE]>::try_from(low), <&[f32; SIDE]>::try_from(high)) {
            (Ok(low), Ok(high)) => {
                for i in 0..SIDE {
                    words[i] = round(low[i]) | round(high[i]) << 16;
                }
            }
            _ => {
                for (i, word) in words.iter_mut().enumerate().take(rows) {
                    *word = round(low[i]) | round(high.get(i).copied().unwrap_or_default()) << 16;
                }
            }
        }
    }
}

#[multiversion(targets("x86_64+avx512f", "x86_64+avx2"))]
fn transpose(tile: &mut [u32; WORDS]) {
    let from = *tile;
    for i in 0..SIDE {
        for j in 0..SIDE {
            tile[j * SIDE + i] = from[i * SIDE + j];
        }
    }
}

#[cfg(test)]
mod tests {
    use half::bf16;

    use super::*;

    fn waves(count: usize, pace: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * pace).sin()).collect()
    }

    /// Sums in f64 of the factors rounded to bf16.
    fn exact(lhs: Mat<'_>, rhs: Mat<'_>) -> Vec<f64> {
        let at = |m: &Mat<'_>, i: usize, j: usize| {
            f64::from(bf16::from_f32(m.data[i * m.row_stride + j * m.col_stride]).to_f32())
        };
        let one = |i: usize, j: usize| (0..lhs.cols).map(|l| at(&lhs, i, l) * at(&rhs, l, j)).sum::<f64>();
        (0..lhs.rows).flat_map(|i| (0..rhs.cols).map(move |j| (i, j))).map(|(i, j)| one(i, j)).collect()
    }

    #[test]
    fn every_unit_agrees_with_the_sum_of_rounded_factors_in_every_layout() {
        for (m, n, k) in [(1, 1, 1), (33, 17, 31), (64, 96, 64), (40, 70, 2100), (95, 33, 129)] {
            let (a, b) = (waves(m * k, 0.37), waves(k * n, 0.11));
            let lefts = [Mat::new(&a, m, k), Mat::new(&a, k, m).t()];
            let rights = [Mat::new(&b, k, n), Mat::new(&b, n, k).t()];
            for (lhs, rhs) in lefts.into_iter().flat_map(|l| rights.map(|r| (l, r))) {
                let exact = exact(lhs, rhs);
                for unit in Unit::here() {
                    for (add, threads) in [(false, Threads::One), (true, Threads::All)] {
                        let mut out = vec![0.5f32; m * n];
                        Right::new(*unit, rhs, threads).product(&mut out, n, lhs, add, threads);
                        for (x, e) in out.iter().zip(&exact) {
                            let e = e + if add { 0.5 } else { 0.0 };
                            // Products of bf16 are exact in f32; what differs is the rounding of up to k additions.
                            let bound = 1e-7 * (k as f64).sqrt() * 8.0 + 1e-6;
                            assert!((f64::from(*x) - e).abs() < bound, "{unit:?} {m}x{n}x{k}: {x} for {e}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn rounding_is_to_the_nearest_and_keeps_what_is_no_number() {
        for x in waves(2000, 0.7).into_iter().chain([0.0, -0.0, f32::MAX, f32::MIN_POSITIVE, f32::INFINITY]) {
            assert_eq!(round(x), u32::from(bf16::from_f32(x).to_bits()), "{x}");
        }
        assert!(bf16::from_bits(round(f32::NAN) as u16).is_nan());
    }

    #[test]
    fn a_number_that_is_none_shows_in_the_result() {
        let mut a = waves(64 * 64, 0.3);
        a[70] = f32::NAN;
        let b = waves(64 * 64, 0.2);
        for unit in Unit::here() {
            let mut out = vec![0f32; 64 * 64];
            Right::new(*unit, Mat::new(&b, 64, 64), Threads::One).product(
                &mut out,
                64,
                Mat::new(&a, 64, 64),
                false,
                Threads::One,
            );
            assert!(out[64..128].iter().all(|x| x.is_nan()) && out[..64].iter().all(|x| x.is_finite()), "{unit:?}");
        }
    }
}
