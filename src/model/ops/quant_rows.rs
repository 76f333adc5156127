//! Weights of eight or four bits: groups of 32 along a row share a scale (as in Q8_0 and Q4_0 of GGUF, whose blocks are only
//! laid out anew). A row holds its values first and its scales, f16, behind them, so that both are read in whole vectors.
//!
//! A quantised weight is a tensor of bytes, (n, groups, bytes of a group): the last side tells the format, and everything that
//! takes a weight takes it. It never trains. Not here: how it is made
//! (`quant`) and products with it (`quant_dot`).

use std::ops::Range;

use candle_core::{DType, Result, bail};
use multiversion::multiversion;

/// Values that share a scale.
pub const GROUP: usize = 32;

/// Bytes that lie between what is read and what is asked for.
const AHEAD: usize = 2048;

/// How many bits a value has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quant {
    Q8,
    Q4,
}

impl Quant {
    /// Bytes of a group with its scale.
    pub fn group_bytes(self) -> usize {
        match self {
            Self::Q8 => GROUP + 2,
            Self::Q4 => GROUP / 2 + 2,
        }
    }

    /// Bytes of the values of a row of `k`.
    pub fn value_bytes(self, k: usize) -> usize {
        match self {
            Self::Q8 => k,
            Self::Q4 => k / 2,
        }
    }

    /// Whether rows of `k` values can be kept so.
    pub fn fits(k: usize) -> bool {
        k > 0 && k.is_multiple_of(GROUP)
    }

    /// What a tensor of bytes with these sides is; `None` if it is no quantised weight.
    pub fn of(dims: &[usize]) -> Option<Self> {
        [Self::Q8, Self::Q4].into_iter().find(|quant| matches!(dims, [_, _, bytes] if *bytes == quant.group_bytes()))
    }
}

/// Outputs and inputs of a weight, whether quantised, (n, groups, bytes), or plain, (n, k).
pub fn weight_sides(dims: &[usize], dtype: DType) -> Result<(usize, usize)> {
    match (dims, dtype) {
        ([n, groups, _], DType::U8) if Quant::of(dims).is_some() => Ok((*n, groups * GROUP)),
        ([n, k], _) => Ok((*n, *k)),
        _ => bail!("a tensor of sides {dims:?} is no weight of a linear layer"),
    }
}

/// Rows of a quantised weight.
#[derive(Clone, Copy)]
pub struct QuantRows<'a> {
    pub bytes: &'a [u8],
    pub quant: Quant,
    pub k: usize,
}

impl<'a> QuantRows<'a> {
    fn row_bytes(&self) -> usize {
        self.k / GROUP * self.quant.group_bytes()
    }

    /// Values and scales of a row.
    pub fn row(&self, at: usize) -> (&'a [u8], &'a [u8]) {
        let bytes = self.row_bytes();
        self.bytes[at * bytes..(at + 1) * bytes].split_at(self.quant.value_bytes(self.k))
    }

    /// Asks for what is read after the two rows from `at` on: rows are too short, and their scales too far from their values, for
    /// the processor to see by itself where this goes.
    pub fn ask_ahead(&self, at: usize) {
        let two = 2 * self.row_bytes();
        let start = (at / 2 + 1) * two + AHEAD;
        if let Some(bytes) = self.bytes.get(start..(start + two).min(self.bytes.len())) {
            fetch(bytes);
        }
    }

    /// Whole rows as f32: exactly what products take them for.
    pub fn widen(&self, rows: Range<usize>, out: &mut [f32]) {
        for (at, out) in rows.zip(out.chunks_exact_mut(self.k)) {
            let (values, scales) = self.row(at);
            match self.quant {
                Quant::Q8 => widen_q8(values, scales, out),
                Quant::Q4 => widen_q4(values, scales, out),
            }
        }
    }
}

/// Asks for the cache lines of these bytes.
#[cfg(target_arch = "x86_64")]
#[allow(unsafe_code)]
fn fetch(bytes: &[u8]) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    for line in bytes.chunks(64) {
        // SAFETY: a hint: it reads nothing that the program sees, faults nowhere, and every x86-64 has it.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(line.as_ptr().cast()) };
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn fetch(_: &[u8]) {}

/// A scale, f16 as bytes, as f32. The exponent is moved by a product, which is right for the smallest ones too; a scale is never
/// infinite or no number: `quantise` and the reader of GGUF refuse those.
#[inline(always)]
pub fn wide_scale(half: [u8; 2]) -> f32 {
    const MOVE: f32 = f32::from_bits((127 + 112) << 23);
    let bits = u32::from(u16::from_le_bytes(half));
    f32::from_bits((bits & 0x8000) << 16 | (bits & 0x7fff) << 13) * MOVE
}

#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2+fma", "aarch64+neon"))]
fn widen_q8(values: &[u8], scales: &[u8], out: &mut [f32]) {
    let groups = values.as_chunks::<GROUP>().0.iter().zip(out.as_chunks_mut::<GROUP>().0);
    for ((values, out), scale) in groups.zip(scales.as_chunks::<2>().0) {
        let scale = wide_scale(*scale);
        for i in 0..GROUP {
            out[i] = f32::from(values[i] as i8) * scale;
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2+fma", "aarch64+neon"))]
fn widen_q4(values: &[u8], scales: &[u8], out: &mut [f32]) {
    let groups = values.as_chunks::<{ GROUP / 2 }>().0.iter().zip(out.as_chunks_mut::<GROUP>().0);
    for ((values, out), scale) in groups.zip(scales.as_chunks::<2>().0) {
        let scale = wide_scale(*scale);
        for i in 0..GROUP / 2 {
            out[i] = f32::from((values[i] & 15) as i8 - 8) * scale;
            out[i + GROUP / 2] = f32::from((values[i] >> 4) as i8 - 8) * scale;
        }
    }
}
