//! Resizing as Pillow does it, bit for bit, because models were trained on its pixels.
//!
//! Two passes, across and then down, with 8-bit pixels between them; each pass is a weighted sum in fixed point,
//! rounded to nearest and clipped. Only the rows that the second pass will read are made by the first.
//! It leaves out alpha, crop boxes and reducing gaps: the image processors of our families use none.

use rayon::prelude::*;

use super::filter::{PRECISION_BITS, Taps, taps};
use super::{Filter, Rgb};

/// Rows that go across together: their pixels are laid side by side, so that one weight serves all of them.
const ROWS: usize = 8;
/// Bytes that are summed at once.
const LANES: usize = ROWS * 3;
/// Below this many multiplications the threads cost more than they bring.
const WORTH_THREADS: usize = 1 << 20;

/// `src` resized to `width` x `height`, equal to `PIL.Image.resize((width, height), filter)` on an RGB image.
/// A target or source without pixels gives black.
pub fn resize_exact(src: &Rgb, width: u32, height: u32, filter: Filter) -> Rgb {
    let target = |data| Rgb { width, height, data };
    if width == 0 || height == 0 || src.width == 0 || src.height == 0 {
        return target(vec![0; width as usize * height as usize * 3]);
    }
    if src.height == height {
        return if src.width == width { src.clone() } else { target(across(&src.data, src.width, width, filter)) };
    }
    let down_taps = taps(src.height, height, filter);
    if src.width == width {
        return target(down(&src.data, width, 0, &down_taps));
    }
    let (first, last) = rows_read(&down_taps);
    let stride = src.width as usize * 3;
    let middle = across(&src.data[first * stride..last * stride], src.width, width, filter);
    target(down(&middle, width, first, &down_taps))
}

/// The source rows that the second pass reads: from the first, up to but without the last.
fn rows_read(taps: &[Taps]) -> (usize, usize) {
    let first = taps.first().map_or(0, |tap| tap.start);
    let last = taps.last().map_or(0, |tap| tap.start + tap.weights.len());
    (first, last)
}

/// First pass: every row of `src` from `from` to `to` pixels.
fn across(src: &[u8], from: u32, to: u32, filter: Filter) -> Vec<u8> {
    let taps = taps(from, to, filter);
    let (from, to) = (from as usize * 3, to as usize * 3);
    let rows = src.len() / from;
    let mut out = vec![0; rows * to];
    let band = |(out, src): (&mut [u8], &[u8])| {
        // (from, ROWS, 3): pixel x of all rows, then pixel x + 1 of all rows.
        let mut woven = vec![0; from * ROWS];
        for (row, line) in src.chunks_exact(from).enumerate() {
            for (pixel, place) in line.chunks_exact(3).zip(woven.chunks_exact_mut(LANES)) {
                place[row * 3..row * 3 + 3].copy_from_slice(pixel);
            }
        }
        for (x, tap) in taps.iter().enumerate() {
            let sums = weigh(&woven[tap.start * LANES..], LANES, &tap.weights);
            for (line, pixel) in out.chunks_exact_mut(to).zip(sums.chunks_exact(3)) {
                line[x * 3..x * 3 + 3].copy_from_slice(pixel);
            }
        }
    };
    let work = rows * taps.iter().map(|tap| tap.weights.len()).sum::<usize>() * 3;
    if work < WORTH_THREADS {
        out.chunks_mut(to * ROWS).zip(src.chunks(from * ROWS)).for_each(band);
    } else {
        out.par_chunks_mut(to * ROWS).zip(src.par_chunks(from * ROWS)).for_each(band);
    }
    out
}

/// Second pass: columns of `src`, whose row 0 is row `first` of the image that `taps` were made for.
fn down(src: &[u8], width: u32, first: usize, taps: &[Taps]) -> Vec<u8> {
    let stride = width as usize * 3;
    let mut out = vec![0; taps.len() * stride];
    let line = |(out, tap): (&mut [u8], &Taps)| {
        let rows = &src[(tap.start - first) * stride..];
        let mut lanes = out.chunks_exact_mut(LANES);
        let mut at = 0;
        for place in &mut lanes {
            place.copy_from_slice(&weigh(&rows[at..], stride, &tap.weights));
            at += LANES;
        }
        for place in lanes.into_remainder() {
            let sum =
                tap.weights.iter().enumerate().fold(HALF, |sum, (t, w)| sum + i32::from(rows[at + t * stride]) * w);
            *place = clip(sum);
            at += 1;
        }
    };
    let work = stride * taps.iter().map(|tap| tap.weights.len()).sum::<usize>();
    if work < WORTH_THREADS {
        out.chunks_mut(stride).zip(taps).for_each(line);
    } else {
        out.par_chunks_mut(stride).zip(taps).for_each(line);
    }
    out
}

const HALF: i32 = 1 << (PRECISION_BITS - 1);

/// Sums over the taps of `LANES` neighbouring bytes: lane j is the sum of `src[t * stride + j] * weights[t]`.
#[inline]
fn weigh(src: &[u8], stride: usize, weights: &[i32]) -> [u8; LANES] {
    let mut sums = [HALF; LANES];
    for (lanes, weight) in src.chunks(stride).zip(weights) {
        let Some(lanes) = lanes.first_chunk::<LANES>() else { break };
        for (sum, value) in sums.iter_mut().zip(lanes) {
            *sum += i32::from(*value) * weight;
        }
    }
    sums.map(clip)
}

#[inline]
fn clip(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(width: u32, height: u32) -> Rgb {
        let mut state = 1u32;
        let data = (0..width * height * 3).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        Rgb { width, height, data: data.collect() }
    }

    /// The definition, one pixel at a time.
    fn slow(src: &Rgb, width: u32, height: u32, filter: Filter) -> Vec<u8> {
        let pass = |get: &dyn Fn(usize, usize) -> i32, tap: &Taps, other: usize| {
            let sum = tap.weights.iter().enumerate().fold(HALF, |s, (t, w)| s + get(tap.start + t, other) * w);
            clip(sum)
        };
        let (w, h) = (width as usize, src.height as usize);
        let mut middle = vec![0; w * h * 3];
        for (x, tap) in taps(src.width, width, filter).iter().enumerate() {
            for y in 0..h {
                for c in 0..3 {
                    let get = |at: usize, y: usize| i32::from(src.data[(y * src.width as usize + at) * 3 + c]);
                    middle[(y * w + x) * 3 + c] = pass(&get, tap, y);
                }
            }
        }
        let mut out = vec![0; w * height as usize * 3];
        for (y, tap) in taps(src.height, height, filter).iter().enumerate() {
            for i in 0..w * 3 {
                out[y * w * 3 + i] = pass(&|at: usize, i: usize| i32::from(middle[at * w * 3 + i]), tap, i);
            }
        }
        out
    }

    #[test]
    fn the_fast_passes_are_the_definition() {
        let src = noise(45, 41);
        for filter in [Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
            for (width, height) in [(1, 1), (7, 90), (44, 13), (100, 3), (96, 96)] {
                assert_eq!(resize_exact(&src, width, height, filter).data, slow(&src, width, height, filter));
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let src = noise(640, 480);
        assert_eq!(resize_exact(&src, 333, 222, Filter::Lanczos).data, slow(&src, 333, 222, Filter::Lanczos));
    }

    #[test]
    fn a_flat_picture_stays_flat_and_the_same_size_is_a_copy() {
        let grey = Rgb { width: 90, height: 50, data: vec![77; 90 * 50 * 3] };
        assert!(resize_exact(&grey, 31, 77, Filter::Lanczos).data.iter().all(|v| *v == 77));
        let src = noise(9, 5);
        assert_eq!(resize_exact(&src, 9, 5, Filter::Bicubic), src);
        assert_eq!(resize_exact(&src, 0, 5, Filter::Bicubic).data, Vec::<u8>::new());
    }

    #[test]
    fn one_side_alone_is_one_pass() {
        let src = noise(30, 20);
        for (width, height) in [(30, 11), (12, 20)] {
            let got = resize_exact(&src, width, height, Filter::Bicubic);
            assert_eq!(got.data.len(), (width * height * 3) as usize);
        }
    }
}
