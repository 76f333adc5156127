//! Resizing as Pillow does it, bit for bit, because models were trained on its pixels.
//!
//! Two passes, across and down, with 8-bit pixels between them; each pass is a weighted sum in fixed point, rounded to
//! nearest and clipped. Across goes first, unless the height shrinks by more than twice what the width does: so Pillow
//! from 13.0 on, which the reference numbers come from; earlier ones always went across first.
//! It leaves out alpha, crop boxes and reducing gaps: the image processors of our families use none.

use multiversion::multiversion;
use rayon::prelude::*;

use super::filter::{Filter, PRECISION_BITS, Taps, taps};
use super::rgb::Rgb;

/// Rows that go across together: their pixels are laid side by side, so that one weight serves all of them.
const ROWS: usize = 8;
/// Bytes that are summed at once when going across.
const WOVEN: usize = ROWS * 3;
/// Bytes that are summed at once when going down.
const WIDE: usize = 32;
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
    let less_height = i64::from(src.height) - i64::from(height);
    let less_width = i64::from(src.width) - i64::from(width);
    if less_height > 0 && less_height > less_width * 2 {
        let middle = down(&src.data, src.width, 0, &down_taps);
        return target(across(&middle, src.width, width, filter));
    }
    let (first, last) = rows_read(&down_taps);
    let stride = src.width as usize * 3;
    let middle = across(&src.data[first * stride..last * stride], src.width, width, filter);
    target(down(&middle, width, first, &down_taps))
}

/// The source rows that the pass down reads: from the first, up to but without the last.
fn rows_read(taps: &[Taps]) -> (usize, usize) {
    let first = taps.first().map_or(0, |tap| tap.start);
    let last = taps.last().map_or(0, |tap| tap.start + tap.weights.len());
    (first, last)
}

/// Every row of `src` from `from` to `to` pixels.
fn across(src: &[u8], from: u32, to: u32, filter: Filter) -> Vec<u8> {
    let taps = taps(from, to, filter);
    let (from, to) = (from as usize * 3, to as usize * 3);
    let rows = src.len() / from;
    let mut out = vec![0; rows * to];
    let work = rows * taps.iter().map(|tap| tap.weights.len()).sum::<usize>() * 3;
    if work < WORTH_THREADS {
        let mut woven = vec![0; from * ROWS];
        for (out, src) in out.chunks_mut(to * ROWS).zip(src.chunks(from * ROWS)) {
            across_band(src, from, &mut woven, &taps, to, out);
        }
    } else {
        out.par_chunks_mut(to * ROWS)
            .zip(src.par_chunks(from * ROWS))
            .for_each_init(|| vec![0; from * ROWS], |woven, (out, src)| across_band(src, from, woven, &taps, to, out));
    }
    out
}

/// Up to `ROWS` rows of `from` bytes to as many of `to` bytes. `woven` is room for (pixel, row, channel): pixel x of all
/// rows, then pixel x + 1 of all rows.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn across_band(src: &[u8], from: usize, woven: &mut [u8], taps: &[Taps], to: usize, out: &mut [u8]) {
    for (row, line) in src.chunks_exact(from).enumerate() {
        for (pixel, place) in line.chunks_exact(3).zip(woven.chunks_exact_mut(WOVEN)) {
            place[row * 3..row * 3 + 3].copy_from_slice(pixel);
        }
    }
    for (x, tap) in taps.iter().enumerate() {
        let sums = weigh::<WOVEN>(&woven[tap.start * WOVEN..], WOVEN, &tap.weights);
        for (line, pixel) in out.chunks_exact_mut(to).zip(sums.chunks_exact(3)) {
            line[x * 3..x * 3 + 3].copy_from_slice(pixel);
        }
    }
}

/// Columns of `src`, whose row 0 is row `first` of the image that `taps` were made for.
fn down(src: &[u8], width: u32, first: usize, taps: &[Taps]) -> Vec<u8> {
    let stride = width as usize * 3;
    let mut out = vec![0; taps.len() * stride];
    let line = |(out, tap): (&mut [u8], &Taps)| down_line(&src[(tap.start - first) * stride..], &tap.weights, out);
    let work = stride * taps.iter().map(|tap| tap.weights.len()).sum::<usize>();
    if work < WORTH_THREADS {
        out.chunks_mut(stride).zip(taps).for_each(line);
    } else {
        out.par_chunks_mut(stride).zip(taps).for_each(line);
    }
    out
}

/// One target row from the source rows that `src` begins with, each as long as `out`.
#[multiversion(targets("x86_64+avx2", "aarch64+neon"))]
fn down_line(src: &[u8], weights: &[i32], out: &mut [u8]) {
    let stride = out.len();
    let (blocks, rest) = out.as_chunks_mut::<WIDE>();
    for (i, block) in blocks.iter_mut().enumerate() {
        *block = weigh::<WIDE>(&src[i * WIDE..], stride, weights);
    }
    let at = stride - rest.len();
    for (i, place) in rest.iter_mut().enumerate() {
        *place = weigh::<1>(&src[at + i..], stride, weights)[0];
    }
}

const HALF: i32 = 1 << (PRECISION_BITS - 1);

/// Sums over the taps of `N` neighbouring bytes: lane j is the sum of `src[t * stride + j] * weights[t]`.
#[inline(always)]
fn weigh<const N: usize>(src: &[u8], stride: usize, weights: &[i32]) -> [u8; N] {
    let mut sums = [HALF; N];
    for (lanes, weight) in src.chunks(stride).zip(weights) {
        let Some(lanes) = lanes.first_chunk::<N>() else { break };
        for (sum, value) in sums.iter_mut().zip(lanes) {
            *sum += i32::from(*value) * weight;
        }
    }
    sums.map(clip)
}

#[inline(always)]
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

    fn turned(src: &Rgb) -> Rgb {
        let (width, height) = (src.width as usize, src.height as usize);
        let at = |i: usize| ((i / 3 % height) * width + i / 3 / height) * 3 + i % 3;
        Rgb { width: src.height, height: src.width, data: (0..src.data.len()).map(|i| src.data[at(i)]).collect() }
    }

    /// The pass across by its definition, one value at a time.
    fn slow_across(src: &Rgb, width: u32, filter: Filter) -> Rgb {
        let taps = taps(src.width, width, filter);
        let one = |i: usize| {
            let (row, tap) = (i / 3 / width as usize, &taps[i / 3 % width as usize]);
            let value = |x: usize| i32::from(src.data[(row * src.width as usize + x) * 3 + i % 3]);
            let sum: i32 = tap.weights.iter().enumerate().map(|(t, w)| value(tap.start + t) * w).sum();
            clip(sum + HALF)
        };
        let data = (0..src.height as usize * width as usize * 3).map(one).collect();
        Rgb { width, height: src.height, data }
    }

    fn slow_down(src: &Rgb, height: u32, filter: Filter) -> Rgb {
        turned(&slow_across(&turned(src), height, filter))
    }

    fn slow(src: &Rgb, width: u32, height: u32, filter: Filter) -> Vec<u8> {
        slow_down(&slow_across(src, width, filter), height, filter).data
    }

    #[test]
    fn the_fast_passes_are_the_definition() {
        let src = noise(45, 41);
        for filter in [Filter::Bilinear, Filter::Bicubic, Filter::Lanczos] {
            for (width, height) in [(1, 1), (7, 90), (30, 13), (96, 96)] {
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
    fn a_height_that_shrinks_more_than_twice_as_much_goes_first() {
        let src = noise(40, 60);
        for (width, height, down_first) in [(30, 40, false), (30, 39, true), (44, 59, true), (44, 60, false)] {
            let got = resize_exact(&src, width, height, Filter::Lanczos).data;
            let across_first = slow(&src, width, height, Filter::Lanczos);
            let other = slow_across(&slow_down(&src, height, Filter::Lanczos), width, Filter::Lanczos).data;
            assert_eq!(got, if down_first { other } else { across_first }, "{width}x{height}");
        }
    }

    #[test]
    fn one_side_alone_is_one_pass() {
        let src = noise(30, 20);
        assert_eq!(resize_exact(&src, 12, 20, Filter::Bicubic), slow_across(&src, 12, Filter::Bicubic));
        assert_eq!(resize_exact(&src, 30, 11, Filter::Bicubic), slow_down(&src, 11, Filter::Bicubic));
    }
}
