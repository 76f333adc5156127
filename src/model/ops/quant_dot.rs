//! Dot products of vectors with a row of quantised values, straight from the bytes: a weight is read once, never written out wide.
//!
//! Only weights are quantised; vectors stay f32, so a product is that of the widened weight but for the order of its sums. That
//! order is the same however many vectors there are.

use multiversion::multiversion;

use super::kernels::folded;
use super::quant_rows::{GROUP, Quant, wide_scale};

const LANES: usize = 16;
const HALF: usize = GROUP / 2;

/// Values and scales of a row.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    pub values: &'a [u8],
    /// f16.
    pub scales: &'a [u8],
}

/// A group's values, the first half and the second.
#[inline(always)]
fn q8(values: &[u8; GROUP]) -> [[f32; HALF]; 2] {
    let mut out = [[0f32; HALF]; 2];
    for i in 0..HALF {
        out[0][i] = f32::from(values[i] as i8);
    }
    for i in 0..HALF {
        out[1][i] = f32::from(values[i + HALF] as i8);
    }
    out
}

#[inline(always)]
fn q4(values: &[u8; HALF]) -> [[f32; HALF]; 2] {
    let mut out = [[0f32; HALF]; 2];
    for i in 0..HALF {
        out[0][i] = ((values[i] & 15) as i32 - 8) as f32;
    }
    for i in 0..HALF {
        out[1][i] = ((values[i] >> 4) as i32 - 8) as f32;
    }
    out
}

/// `X` vectors with `W` rows whose groups have `B` bytes -> sums by row, then by vector.
#[inline(always)]
fn sums<const X: usize, const W: usize, const B: usize>(
    x: [&[f32]; X],
    rows: [Row<'_>; W],
    wide: impl Fn(&[u8; B]) -> [[f32; HALF]; 2],
) -> [[f32; X]; W] {
    let groups = rows[0].scales.len() / 2;
    let x = x.map(|x| &x.as_chunks::<GROUP>().0[..groups]);
    let values = rows.map(|row| &row.values.as_chunks::<B>().0[..groups]);
    let scales = rows.map(|row| &row.scales.as_chunks::<2>().0[..groups]);
    let mut sums = [[[0f32; LANES]; X]; W];
    for at in 0..groups {
        for w in 0..W {
            let [low, high] = wide(&values[w][at]);
            let scale = wide_scale(scales[w][at]);
            for v in 0..X {
                let x = &x[v][at];
                let mut part = [0f32; LANES];
                for lane in 0..LANES {
                    part[lane] = low[lane] * x[lane];
                }
                for lane in 0..LANES {
                    part[lane] = high[lane].mul_add(x[lane + HALF], part[lane]);
                }
                for lane in 0..LANES {
                    sums[w][v][lane] = part[lane].mul_add(scale, sums[w][v][lane]);
                }
            }
        }
    }
    let mut out = [[0f32; X]; W];
    for w in 0..W {
        for v in 0..X {
            out[w][v] = folded(sums[w][v]);
        }
    }
    out
}

macro_rules! kernels {
    ($($name:ident: $x:literal vectors, $w:literal rows, $bytes:expr, $wide:ident;)*) => {$(
        #[multiversion(targets("x86_64+avx512f+avx512bw+avx512dq+avx512vl", "x86_64+avx2+fma", "aarch64+neon"))]
        fn $name(x: [&[f32]; $x], rows: [Row<'_>; $w]) -> [[f32; $x]; $w] {
            sums::<$x, $w, { $bytes }>(x, rows, $wide)
        }
    )*};
}

kernels! {
    q8_one_one: 1 vectors, 1 rows, GROUP, q8;
    q8_one_two: 1 vectors, 2 rows, GROUP, q8;
    q8_two_one: 2 vectors, 1 rows, GROUP, q8;
    q8_two_two: 2 vectors, 2 rows, GROUP, q8;
    q4_one_one: 1 vectors, 1 rows, HALF, q4;
    q4_one_two: 1 vectors, 2 rows, HALF, q4;
    q4_two_one: 2 vectors, 1 rows, HALF, q4;
    q4_two_two: 2 vectors, 2 rows, HALF, q4;
}

/// One or two rows of a weight times every vector of `x`; `out`: (rows of the weight, vectors).
pub fn rows_times(quant: Quant, x: &[f32], k: usize, rows: &[Row<'_>], out: &mut [f32]) {
    let vectors = x.len() / k;
    let at = |v: usize| &x[v * k..(v + 1) * k];
    for v in (0..vectors).step_by(2) {
        let two = v + 1 < vectors;
        match (rows, two) {
            ([a, b], true) => {
                let (x, rows) = ([at(v), at(v + 1)], [*a, *b]);
                let [first, second] = match quant {
                    Quant::Q8 => q8_two_two(x, rows),
                    Quant::Q4 => q4_two_two(x, rows),
                };
                out[v..v + 2].copy_from_slice(&first);
                out[vectors + v..vectors + v + 2].copy_from_slice(&second);
            }
            ([a, b], false) => {
                let [[first], [second]] = match quant {
                    Quant::Q8 => q8_one_two([at(v)], [*a, *b]),
                    Quant::Q4 => q4_one_two([at(v)], [*a, *b]),
                };
                (out[v], out[vectors + v]) = (first, second);
            }
            ([a], true) => {
                let [both] = match quant {
                    Quant::Q8 => q8_two_one([at(v), at(v + 1)], [*a]),
                    Quant::Q4 => q4_two_one([at(v), at(v + 1)], [*a]),
                };
                out[v..v + 2].copy_from_slice(&both);
            }
            ([a], false) => {
                let [[one]] = match quant {
                    Quant::Q8 => q8_one_one([at(v)], [*a]),
                    Quant::Q4 => q4_one_one([at(v)], [*a]),
                };
                out[v] = one;
            }
            _ => {}
        }
    }
}
