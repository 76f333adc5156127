//! The resampling filters and the whole-number weights Pillow makes of them.
//!
//! Filters are the textbook ones: triangle; Keys' cubic with a = -1/2 (IEEE ASSP 29, 1981); Lanczos with three lobes.

use std::f64::consts::PI;

/// Bits behind the point of a weight: 32, less 8 for the pixel, less 2 for overshoot and sign.
pub(super) const PRECISION_BITS: u32 = 32 - 8 - 2;

/// How neighbouring pixels are weighed when resizing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Filter {
    Bilinear,
    Bicubic,
    Lanczos,
}

impl Filter {
    /// Reach to either side of the centre, in pixels of the smaller scale.
    fn support(self) -> f64 {
        match self {
            Filter::Bilinear => 1.0,
            Filter::Bicubic => 2.0,
            Filter::Lanczos => 3.0,
        }
    }

    /// Weight at distance `x` from the centre.
    fn weight(self, x: f64) -> f64 {
        let far = x.abs();
        match self {
            Filter::Bilinear if far < 1.0 => 1.0 - far,
            Filter::Bicubic if far < 1.0 => (1.5 * far - 2.5) * far * far + 1.0,
            Filter::Bicubic if far < 2.0 => (((far - 5.0) * far + 8.0) * far - 4.0) * -0.5,
            // Half open: the weight at exactly +3 is 0, at -3 the (tiny) value of the formula.
            Filter::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            _ => 0.0,
        }
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * PI;
    x.sin() / x
}

/// Which source pixels make one target pixel, and how much each counts.
pub(super) struct Taps {
    /// The first source pixel.
    pub start: usize,
    /// One weight a source pixel from `start`, scaled by 2^`PRECISION_BITS`; never empty.
    pub weights: Vec<i32>,
}

/// The taps of every target pixel of a line of `from` pixels resized to `to`; both at least 1.
pub(super) fn taps(from: u32, to: u32, filter: Filter) -> Vec<Taps> {
    let scale = f64::from(from) / f64::from(to);
    // Shrinking stretches the filter over all pixels that fall into one; enlarging does not narrow it.
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    let inverse = 1.0 / stretch;
    (0..to)
        .map(|place| {
            let centre = (f64::from(place) + 0.5) * scale;
            let start = ((centre - support + 0.5) as i64).max(0);
            let end = ((centre + support + 0.5) as i64).min(i64::from(from));
            let mut weights: Vec<f64> =
                (0..end - start).map(|i| filter.weight(((i + start) as f64 - centre + 0.5) * inverse)).collect();
            let sum: f64 = weights.iter().sum();
            if sum != 0.0 {
                weights.iter_mut().for_each(|weight| *weight /= sum);
            }
            Taps { start: start as usize, weights: weights.into_iter().map(fixed).collect() }
        })
        .collect()
}

/// Fixed point, rounded half away from zero.
fn fixed(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << PRECISION_BITS);
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_stay_inside_the_line() {
        for filter in [Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
            for (from, to) in [(1, 7), (7, 1), (512, 96), (31, 37), (1920, 512)] {
                let all = taps(from, to, filter);
                assert_eq!(all.len(), to as usize);
                for tap in all {
                    let sum: i64 = tap.weights.iter().map(|w| i64::from(*w)).sum();
                    assert!((sum - (1 << PRECISION_BITS)).unsigned_abs() as usize <= tap.weights.len());
                    assert!(tap.start + tap.weights.len() <= from as usize);
                }
            }
        }
    }
}
