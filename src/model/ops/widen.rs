//! Numbers of two bytes, as weights are stored, made f32.

use half::{bf16, f16};
use multiversion::multiversion;

/// Widens bf16: its bits are the upper half of an f32's.
#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2", "aarch64+neon"))]
pub fn bf16_to_f32(from: &[bf16], to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = f32::from_bits(u32::from(from.to_bits()) << 16);
    }
}

/// Widens f16, in a form that vectorises: exponent and fraction move into place, what is too small for an exponent of its own is
/// found by a difference, infinities keep theirs.
#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2", "aarch64+neon"))]
pub fn f16_to_f32(from: &[f16], to: &mut [f32]) {
    /// By how much the exponents' zeros lie apart, and the least exponent of an f16, as bits of an f32.
    const APART: u32 = (127 - 15) << 23;
    const LEAST: u32 = (127 - 14) << 23;
    for (to, from) in to.iter_mut().zip(from) {
        let bits = u32::from(from.to_bits());
        let (exponent, magnitude) = (bits & 0x7C00, (bits & 0x7FFF) << 13);
        let small = (f32::from_bits(magnitude + LEAST) - f32::from_bits(LEAST)).to_bits();
        let wide = magnitude + if exponent == 0x7C00 { 2 * APART } else { APART };
        *to = f32::from_bits(((bits & 0x8000) << 16) | if exponent == 0 { small } else { wide });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_f16_is_the_f32_that_it_names() {
        let all: Vec<f16> = (0..=u16::MAX).map(f16::from_bits).collect();
        let mut wide = vec![0f32; all.len()];
        f16_to_f32(&all, &mut wide);
        let same = |(from, to): (&f16, &f32)| from.to_f32().to_bits() == to.to_bits() || from.is_nan() && to.is_nan();
        assert!(all.iter().zip(&wide).all(same));
    }
}
