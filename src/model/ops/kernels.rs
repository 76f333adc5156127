//! The inner loops: matrix product over strided views, dot products, exponentials. Vector width is chosen at run time;
//! `mul_add` is one instruction on every width that is chosen, and slow only where there is none of them.
//!
//! The one place of the engine with `unsafe`: the call into `gemm`, behind a wrapper that checks every bound.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::utils::barrier_pool;
use gemm::Parallelism;
use multiversion::multiversion;

/// A matrix inside a slice; strides count elements.
#[derive(Clone, Copy)]
pub struct Mat<'a> {
    pub data: &'a [f32],
    pub rows: usize,
    pub cols: usize,
    pub row_stride: usize,
    pub col_stride: usize,
}

impl<'a> Mat<'a> {
    /// A matrix whose rows lie one after the other.
    pub fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        Self { data, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// A matrix whose rows are `row_stride` apart.
    pub fn strided(data: &'a [f32], rows: usize, cols: usize, row_stride: usize) -> Self {
        Self { data, rows, cols, row_stride, col_stride: 1 }
    }

    /// The transpose, without moving anything.
    pub fn t(self) -> Self {
        Self { rows: self.cols, cols: self.rows, row_stride: self.col_stride, col_stride: self.row_stride, ..self }
    }

    fn last(&self) -> usize {
        if self.rows == 0 || self.cols == 0 {
            return 0;
        }
        (self.rows - 1) * self.row_stride + (self.cols - 1) * self.col_stride + 1
    }
}

/// How many threads a product may use.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    One,
    All,
}

/// `out = lhs rhs`, or `out += lhs rhs` with `add`; rows of `out` are `out_stride` apart.
#[allow(unsafe_code)]
pub fn matmul(out: &mut [f32], out_stride: usize, lhs: Mat<'_>, rhs: Mat<'_>, scale: f32, add: bool, threads: Threads) {
    assert_eq!(lhs.cols, rhs.rows, "inner sizes of a product differ");
    let (m, n, k) = (lhs.rows, rhs.cols, lhs.cols);
    if m == 0 || n == 0 {
        return;
    }
    assert!(lhs.last() <= lhs.data.len() && rhs.last() <= rhs.data.len(), "a factor reaches beyond its slice");
    assert!(out_stride >= n && (m - 1) * out_stride + n <= out.len(), "a product reaches beyond its slice");
    let parallelism = match threads {
        Threads::One => Parallelism::None,
        Threads::All => Parallelism::Rayon(0),
    };
    // SAFETY: the asserts above bound every element that the strides can reach, `out` is borrowed uniquely, and f32 has
    // no invalid values.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            out_stride as isize,
            add,
            lhs.data.as_ptr(),
            lhs.col_stride as isize,
            lhs.row_stride as isize,
            rhs.data.as_ptr(),
            rhs.col_stride as isize,
            rhs.row_stride as isize,
            1.0,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// Runs `f(i, chunk)` over the chunks of `out`, on all cores if `work` (multiply-adds, about) is worth waking them.
///
/// The spinning pool answers within a microsecond, which a few hundred small products a token need.
pub fn parallel_chunks(out: &mut [f32], chunk: usize, work: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    const WORTH_THREADS: usize = 1 << 18;
    if work < WORTH_THREADS || out.len() <= chunk {
        out.chunks_mut(chunk).enumerate().for_each(|(i, out)| f(i, out));
        return;
    }
    let chunks: Vec<_> = out.chunks_mut(chunk).map(Mutex::new).collect();
    let next = AtomicUsize::new(0);
    // Each chunk is taken once, from a shared counter: a thread that the machine takes away does not hold the others up.
    barrier_pool().execute(|_| {
        loop {
            let i = next.fetch_add(1, Ordering::Relaxed);
            let Some(out) = chunks.get(i) else { break };
            if let Ok(mut out) = out.lock() {
                f(i, &mut out);
            }
        }
    });
}

const LANES: usize = 16;

/// Sixteen sums as one, by halves: the additions of each half do not wait for one another.
#[inline(always)]
pub(super) fn folded(sums: [f32; LANES]) -> f32 {
    let mut sums = sums;
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

/// Four times sixteen sums as one, always in the same order.
#[inline(always)]
fn gathered(sums: &[[f32; LANES]; 4]) -> f32 {
    let mut all = [0f32; LANES];
    for lane in 0..LANES {
        all[lane] = (sums[0][lane] + sums[1][lane]) + (sums[2][lane] + sums[3][lane]);
    }
    folded(all)
}

/// Dot product with four times sixteen independent sums, so that the loop is bound by loads and not by the additions.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [[0f32; LANES]; 4];
    let (a_blocks, a_rest) = a.as_chunks::<{ LANES * 4 }>();
    let (b_blocks, b_rest) = b.as_chunks::<{ LANES * 4 }>();
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for (part, sums) in sums.iter_mut().enumerate() {
            for (lane, sum) in sums.iter_mut().enumerate() {
                let at = part * LANES + lane;
                *sum = x[at].mul_add(y[at], *sum);
            }
        }
    }
    let (a_blocks, a_rest) = a_rest.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b_rest.as_chunks::<LANES>();
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..LANES {
            sums[0][lane] = x[lane].mul_add(y[lane], sums[0][lane]);
        }
    }
    let total: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    total + gathered(&sums)
}

/// Dot products of two vectors with two others, (a₀b₀, a₀b₁, a₁b₀, a₁b₁), each to the last bit what [`dot`] gives: what is
/// loaded once is used twice.
#[allow(clippy::needless_range_loop, reason = "plain indices are what the compiler turns into vectors")]
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn dots(a: [&[f32]; 2], b: [&[f32]; 2]) -> [f32; 4] {
    let mut sums = [[[0f32; LANES]; 4]; 4];
    let (a0, a0_rest) = a[0].as_chunks::<{ LANES * 4 }>();
    let (a1, a1_rest) = a[1].as_chunks::<{ LANES * 4 }>();
    let (b0, b0_rest) = b[0].as_chunks::<{ LANES * 4 }>();
    let (b1, b1_rest) = b[1].as_chunks::<{ LANES * 4 }>();
    for (((a0, a1), b0), b1) in a0.iter().zip(a1).zip(b0).zip(b1) {
        for part in 0..4 {
            for lane in 0..LANES {
                let at = part * LANES + lane;
                sums[0][part][lane] = a0[at].mul_add(b0[at], sums[0][part][lane]);
                sums[1][part][lane] = a0[at].mul_add(b1[at], sums[1][part][lane]);
                sums[2][part][lane] = a1[at].mul_add(b0[at], sums[2][part][lane]);
                sums[3][part][lane] = a1[at].mul_add(b1[at], sums[3][part][lane]);
            }
        }
    }
    let rests = [(a0_rest, b0_rest), (a0_rest, b1_rest), (a1_rest, b0_rest), (a1_rest, b1_rest)];
    let mut out = [0f32; 4];
    for ((out, sums), (a, b)) in out.iter_mut().zip(&mut sums).zip(rests) {
        let ((a_blocks, a_rest), (b_blocks, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
        for (x, y) in a_blocks.iter().zip(b_blocks) {
            for lane in 0..LANES {
                sums[0][lane] = x[lane].mul_add(y[lane], sums[0][lane]);
            }
        }
        let total: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
        *out = total + gathered(sums);
    }
    out
}

/// `out += scale * x`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn axpy(out: &mut [f32], scale: f32, x: &[f32]) {
    for (o, x) in out.iter_mut().zip(x) {
        *o = scale.mul_add(*x, *o);
    }
}

/// e^x to about two units in the last place: Cody-Waite reduction and a degree-6 polynomial (Cephes' coefficients), in a
/// form that vectorises. Below -87.3 the result is 0, above 88.3 it saturates.
#[inline(always)]
fn exp_one(x: f32) -> f32 {
    const LOG2E: f32 = std::f32::consts::LOG2_E;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let clamped = x.clamp(-87.3, 88.3);
    // Adding 1.5 * 2^23 rounds to the nearest integer without a call, and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let shifted = clamped.mul_add(LOG2E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(-LN2_LOW, n.mul_add(-LN2_HIGH, clamped));
    let mut p = 1.987_569_1e-4_f32;
    p = p.mul_add(r, 1.398_199_9e-3);
    p = p.mul_add(r, 8.333_452e-3);
    p = p.mul_add(r, 4.166_579_6e-2);
    p = p.mul_add(r, 1.666_666_6e-1);
    p = p.mul_add(r, 0.5);
    let e = (p * r).mul_add(r, r) + 1.0;
    // Whatever stands above the low bits is shifted out.
    let power = f32::from_bits(shifted.to_bits().wrapping_add(127) << 23);
    if x < -87.3 { 0.0 } else { e * power }
}

/// 1 / (1 + e^-x).
#[inline(always)]
fn sigmoid_one(x: f32) -> f32 {
    1.0 / (1.0 + exp_one(-x))
}

/// tanh by the exponential; exact at the ends because the exponential saturates.
#[inline(always)]
fn tanh_one(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp_one(2.0 * x))
}

/// Softmax of one row in place, after `scale`; returns log(sum(exp)) of the scaled row.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn softmax_row(row: &mut [f32], scale: f32) -> f32 {
    let mut tops = [f32::NEG_INFINITY; LANES];
    let (blocks, rest) = row.as_chunks::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            tops[lane] = if block[lane] > tops[lane] { block[lane] } else { tops[lane] };
        }
    }
    let top = tops.iter().chain(rest).fold(f32::NEG_INFINITY, |a, b| a.max(*b)) * scale;
    if top == f32::NEG_INFINITY {
        // A row with nothing to attend to (padding) becomes zero instead of NaN.
        row.fill(0.0);
        return top;
    }
    let mut sums = [0f32; LANES];
    let (blocks, rest) = row.as_chunks_mut::<LANES>();
    for block in blocks {
        for lane in 0..LANES {
            block[lane] = exp_one(block[lane] * scale - top);
            sums[lane] += block[lane];
        }
    }
    let mut sum = folded(sums);
    for x in rest {
        *x = exp_one(*x * scale - top);
        sum += *x;
    }
    let inverse = 1.0 / sum;
    for x in row.iter_mut() {
        *x *= inverse;
    }
    top + sum.ln()
}

/// `out = silu(gate) * up`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn swiglu(gate: &[f32], up: &[f32], out: &mut [f32]) {
    for ((o, g), u) in out.iter_mut().zip(gate).zip(up) {
        *o = g * sigmoid_one(*g) * u;
    }
}

/// Gradients of `silu(gate) * up` by both.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn swiglu_backward(gate: &[f32], up: &[f32], grad: &[f32], d_gate: &mut [f32], d_up: &mut [f32]) {
    let inputs = gate.iter().zip(up).zip(grad);
    for ((dg, du), ((g, u), d)) in d_gate.iter_mut().zip(d_up.iter_mut()).zip(inputs) {
        let s = sigmoid_one(*g);
        *du = d * g * s;
        *dg = d * u * s * (1.0 + g * (1.0 - s));
    }
}

const GELU_A: f32 = 0.797_884_6; // sqrt(2 / pi)
const GELU_B: f32 = 0.044_715;

/// The tanh form of GELU.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn gelu_tanh(x: &[f32], out: &mut [f32]) {
    for (o, x) in out.iter_mut().zip(x) {
        *o = 0.5 * x * (1.0 + tanh_one(GELU_A * (x + GELU_B * x * x * x)));
    }
}

/// Gradient of the tanh form of GELU.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn gelu_tanh_backward(x: &[f32], grad: &[f32], out: &mut [f32]) {
    for ((o, x), g) in out.iter_mut().zip(x).zip(grad) {
        let t = tanh_one(GELU_A * (x + GELU_B * x * x * x));
        let slope = (1.0 - t * t) * GELU_A * (1.0 + 3.0 * GELU_B * x * x);
        *o = g * (0.5 * (1.0 + t) + 0.5 * x * slope);
    }
}

/// `out = a - b` scaled: one pass of the softmax gradient, `p * (dp - dot) * scale`, in place of `dp`.
#[multiversion(targets("x86_64+avx512f", "x86_64+avx2+fma", "aarch64+neon"))]
pub fn softmax_backward_row(p: &[f32], dp: &mut [f32], scale: f32) {
    let mut sums = [0f32; LANES];
    let (p_blocks, p_rest) = p.as_chunks::<LANES>();
    let (d_blocks, d_rest) = dp.as_chunks::<LANES>();
    for (x, y) in p_blocks.iter().zip(d_blocks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = p_rest.iter().zip(d_rest).map(|(x, y)| x * y).sum();
    let total = sums.iter().sum::<f32>() + rest;
    for (d, p) in dp.iter_mut().zip(p) {
        *d = p * (*d - total) * scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_stays_within_three_units_in_the_last_place() {
        let mut worst = 0f64;
        for i in -8_700..8_800 {
            let x = i as f32 / 100.0;
            let exact = f64::from(x).exp();
            worst = worst.max((f64::from(exp_one(x)) - exact).abs() / exact);
        }
        assert!(worst < 3.0 * f64::from(f32::EPSILON), "relative error {worst:e}");
        assert_eq!(exp_one(-200.0), 0.0);
        assert!(exp_one(200.0).is_finite());
    }

    #[test]
    fn a_row_with_nothing_to_see_becomes_zero() {
        let mut row = vec![f32::NEG_INFINITY; 19];
        softmax_row(&mut row, 0.5);
        assert!(row.iter().all(|x| *x == 0.0));
    }

    #[test]
    fn dot_and_product_agree_with_the_plain_sum_on_odd_sizes() {
        let a: Vec<f32> = (0..131).map(|i| (i as f32 * 0.37).sin()).collect();
        let b: Vec<f32> = (0..131).map(|i| (i as f32 * 0.11).cos()).collect();
        let plain: f64 = a.iter().zip(&b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum();
        assert!((f64::from(dot(&a, &b)) - plain).abs() < 1e-4);
        let mut out = [0f32; 1];
        matmul(&mut out, 1, Mat::new(&a, 1, 131), Mat::new(&b, 1, 131).t(), 1.0, false, Threads::One);
        assert!((f64::from(out[0]) - plain).abs() < 1e-4);
    }
}
