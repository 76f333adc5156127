//! Pictures made worse in nine of the fifteen ways of ImageNet-C (Hendrycks and Dietterich, 2019), at its five severities: noise
//! (Gaussian, shot, impulse), blur (defocus, motion), brightness, contrast, pixels and JPEG. Left out: frosted glass, zoom, snow,
//! frost, fog and elastic, which need textures of others or more than a few lines each to be the same thing.
//!
//! Severities are those published for pictures of 224 pixels; lengths grow with the picture. The same picture, kind and severity
//! give the same pixels.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::pixels::{Picture, Rgb, resize_quick};
use crate::writer::WriterError;

/// The published severities.
pub const SEVERITIES: u8 = 5;
/// Side of the pictures that lengths were published for.
const PUBLISHED: f64 = 224.0;

/// A way of making a picture worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Corruption {
    GaussianNoise,
    ShotNoise,
    ImpulseNoise,
    DefocusBlur,
    MotionBlur,
    Brightness,
    Contrast,
    Pixelate,
    Jpeg,
}

impl Corruption {
    pub const ALL: [Corruption; 9] = [
        Corruption::GaussianNoise,
        Corruption::ShotNoise,
        Corruption::ImpulseNoise,
        Corruption::DefocusBlur,
        Corruption::MotionBlur,
        Corruption::Brightness,
        Corruption::Contrast,
        Corruption::Pixelate,
        Corruption::Jpeg,
    ];

    /// The word in files.
    pub fn key(self) -> &'static str {
        match self {
            Corruption::GaussianNoise => "gaussian_noise",
            Corruption::ShotNoise => "shot_noise",
            Corruption::ImpulseNoise => "impulse_noise",
            Corruption::DefocusBlur => "defocus_blur",
            Corruption::MotionBlur => "motion_blur",
            Corruption::Brightness => "brightness",
            Corruption::Contrast => "contrast",
            Corruption::Pixelate => "pixelate",
            Corruption::Jpeg => "jpeg",
        }
    }

    /// What the five severities are made of.
    fn strengths(self) -> [f64; SEVERITIES as usize] {
        match self {
            Corruption::GaussianNoise => [0.08, 0.12, 0.18, 0.26, 0.38],
            Corruption::ShotNoise => [60.0, 25.0, 12.0, 5.0, 3.0],
            Corruption::ImpulseNoise => [0.03, 0.06, 0.09, 0.17, 0.27],
            Corruption::DefocusBlur => [3.0, 4.0, 6.0, 8.0, 10.0],
            Corruption::MotionBlur => [5.0, 7.5, 10.0, 12.5, 15.0],
            Corruption::Brightness => [0.1, 0.2, 0.3, 0.4, 0.5],
            Corruption::Contrast => [0.4, 0.3, 0.2, 0.1, 0.05],
            Corruption::Pixelate => [0.6, 0.5, 0.4, 0.3, 0.25],
            Corruption::Jpeg => [25.0, 18.0, 15.0, 10.0, 7.0],
        }
    }
}

/// The picture at a severity from 1 to 5; beyond these the nearest of them.
///
/// # Errors
/// A picture that cannot be read or encoded.
pub fn corrupt(picture: &Picture, corruption: Corruption, severity: u8) -> Result<Picture, WriterError> {
    let failed = |error: String| WriterError::Picture(error);
    let rgb = picture.rgb().map_err(|error| failed(error.to_string()))?;
    let strength = corruption.strengths()[usize::from(severity.clamp(1, SEVERITIES)) - 1];
    if corruption == Corruption::Jpeg {
        let mut bytes = Cursor::new(Vec::new());
        JpegEncoder::new_with_quality(&mut bytes, strength as u8)
            .write_image(&rgb.data, rgb.width, rgb.height, ExtendedColorType::Rgb8)
            .map_err(|error| failed(error.to_string()))?;
        return Picture::from_bytes("jpeg", bytes.into_inner()).map_err(|error| failed(error.to_string()));
    }
    let seed = blake3::hash(format!("{} {} {severity}", picture.hash(), corruption.key()).as_bytes());
    let mut chance = ChaCha8Rng::from_seed(*seed.as_bytes());
    let scale = f64::from(rgb.width.min(rgb.height)) / PUBLISHED;
    let worse = match corruption {
        Corruption::GaussianNoise => noisy(&rgb, |value| value + strength * normal(&mut chance)),
        Corruption::ShotNoise => noisy(&rgb, |value| poisson(value * strength, &mut chance) / strength),
        Corruption::ImpulseNoise => noisy(&rgb, |value| match chance.random::<f64>() {
            drawn if drawn >= strength => value,
            drawn if drawn < strength / 2.0 => 0.0,
            _ => 1.0,
        }),
        Corruption::DefocusBlur => blurred(&rgb, &disk(strength * scale)),
        Corruption::MotionBlur => {
            let angle = chance.random_range(-45.0..45.0f64).to_radians();
            blurred(&rgb, &streak(strength * scale, angle))
        }
        Corruption::Brightness => brighter(&rgb, strength),
        Corruption::Contrast => {
            let means = means(&rgb);
            let mut out = rgb.clone();
            for pixel in out.data.chunks_exact_mut(3) {
                for (part, mean) in pixel.iter_mut().zip(means) {
                    *part = byte((f64::from(*part) / 255.0 - mean) * strength + mean);
                }
            }
            out
        }
        _ => {
            let less = |side: u32| ((f64::from(side) * strength / scale.max(1.0)) as u32).max(1);
            enlarged(&resize_quick(&rgb, less(rgb.width), less(rgb.height)), rgb.width, rgb.height)
        }
    };
    Picture::from_rgb(&worse).map_err(|error| failed(error.to_string()))
}

fn byte(value: f64) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

fn noisy(rgb: &Rgb, mut change: impl FnMut(f64) -> f64) -> Rgb {
    let data = rgb.data.iter().map(|part| byte(change(f64::from(*part) / 255.0))).collect();
    Rgb { data, ..*rgb }
}

/// A draw from the normal distribution.
fn normal(chance: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (1.0 - chance.random::<f64>(), chance.random());
    (-2.0 * u.ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// A draw from Poisson's distribution; from the normal one where the mean is large.
fn poisson(mean: f64, chance: &mut ChaCha8Rng) -> f64 {
    if mean > 20.0 {
        return (mean + mean.sqrt() * normal(chance)).round().max(0.0);
    }
    let least = (-mean).exp();
    let (mut count, mut product) = (0.0, chance.random::<f64>());
    while product > least {
        count += 1.0;
        product *= chance.random::<f64>();
    }
    count
}

/// Places around a pixel that are averaged.
type Kernel = Vec<(i32, i32)>;

fn disk(radius: f64) -> Kernel {
    let reach = radius.ceil() as i32;
    let inside = |(x, y): &(i32, i32)| f64::from(x * x + y * y) <= radius * radius;
    (-reach..=reach).flat_map(|y| (-reach..=reach).map(move |x| (x, y))).filter(inside).collect()
}

fn streak(length: f64, angle: f64) -> Kernel {
    let steps = length.ceil().max(1.0) as i32;
    let at = |step: i32| {
        let far = f64::from(step) - f64::from(steps) / 2.0;
        ((far * angle.cos()).round() as i32, (far * angle.sin()).round() as i32)
    };
    (0..=steps).map(at).collect()
}

/// The mean over the kernel at every pixel; beyond the edge the edge goes on. Rows of a kernel are summed along the line, so that a
/// large disk costs no more than its height.
fn blurred(rgb: &Rgb, kernel: &Kernel) -> Rgb {
    let (width, height) = (rgb.width as i32, rgb.height as i32);
    // Runs of the kernel: row, first and last column.
    let mut runs: Vec<(i32, i32, i32)> = Vec::new();
    let mut places = kernel.clone();
    places.sort_unstable_by_key(|(x, y)| (*y, *x));
    for (x, y) in places {
        match runs.last_mut() {
            Some((row, _, last)) if *row == y && *last + 1 == x => *last = x,
            _ => runs.push((y, x, x)),
        }
    }
    // Sums along each row, one more than there are pixels.
    let sums: Vec<Vec<[u32; 3]>> = rgb
        .data
        .chunks_exact(rgb.width as usize * 3)
        .map(|row| {
            let mut sum = [0; 3];
            let mut all = vec![sum];
            for pixel in row.chunks_exact(3) {
                (0..3).for_each(|part| sum[part] += u32::from(pixel[part]));
                all.push(sum);
            }
            all
        })
        .collect();
    let row_sum = |y: i32, from: i32, to: i32, part: usize| {
        let row = &sums[y.clamp(0, height - 1) as usize];
        let at = |x: i32| row[x.clamp(0, width) as usize][part];
        let inner = at(to + 1) - at(from);
        let edge = |x: usize| row[x + 1][part] - row[x][part];
        let before = (-from).clamp(0, to - from + 1) as u32;
        let behind = (to - width + 1).clamp(0, to - from + 1) as u32;
        inner + before * edge(0) + behind * edge(width as usize - 1)
    };
    let mut out = rgb.clone();
    let of = kernel.len().max(1) as u32;
    for y in 0..height {
        for x in 0..width {
            for part in 0..3 {
                let sum: u32 = runs.iter().map(|(dy, from, to)| row_sum(y + dy, x + from, x + to, part)).sum();
                out.data[((y * width + x) * 3) as usize + part] = ((sum + of / 2) / of) as u8;
            }
        }
    }
    out
}

/// More of the value of HSV: all parts grow by the same factor, and what is black becomes grey.
fn brighter(rgb: &Rgb, by: f64) -> Rgb {
    let mut out = rgb.clone();
    for pixel in out.data.chunks_exact_mut(3) {
        let value = f64::from(pixel.iter().copied().max().unwrap_or(0)) / 255.0;
        let new = (value + by).min(1.0);
        for part in pixel {
            let own = f64::from(*part) / 255.0;
            *part = byte(if value > 0.0 { own * new / value } else { new });
        }
    }
    out
}

fn means(rgb: &Rgb) -> [f64; 3] {
    let count = (rgb.data.len() / 3).max(1) as f64;
    [0, 1, 2]
        .map(|part| rgb.data.iter().skip(part).step_by(3).map(|value| f64::from(*value) / 255.0).sum::<f64>() / count)
}

/// Every pixel as a box.
fn enlarged(small: &Rgb, width: u32, height: u32) -> Rgb {
    let mut data = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let at = (y * small.height / height) * small.width + x * small.width / width;
            data.extend_from_slice(&small.data[at as usize * 3..at as usize * 3 + 3]);
        }
    }
    Rgb { width, height, data }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::subject::Subject;

    fn apart(one: &Picture, other: &Picture) -> f64 {
        let (one, other) = (one.rgb().unwrap(), other.rgb().unwrap());
        assert_eq!((one.width, one.height), (other.width, other.height));
        let sum: f64 = one.data.iter().zip(&other.data).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
        sum / one.data.len() as f64
    }

    #[test]
    fn every_kind_grows_with_its_severity_and_is_the_same_each_time() {
        let picture = Subject::world(9001).unwrap().pictures[0].clone();
        for kind in Corruption::ALL {
            let all: Vec<Picture> =
                [1, 3, 5].into_iter().map(|severity| corrupt(&picture, kind, severity).unwrap()).collect();
            let far: Vec<f64> = all.iter().map(|worse| apart(&picture, worse)).collect();
            assert!(far[0] > 0.5 && far[0] < far[1] && far[1] < far[2], "{kind:?}: {far:?}");
            assert_eq!(corrupt(&picture, kind, 3).unwrap(), all[1], "{kind:?}");
        }
    }

    #[test]
    fn a_blur_keeps_what_is_even_and_a_mean_of_noise_is_the_value() {
        let even = Rgb { width: 20, height: 10, data: vec![77; 600] };
        assert_eq!(blurred(&even, &disk(4.5)), even);
        assert_eq!(blurred(&even, &streak(9.0, 0.5)), even);
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        for mean in [3.0, 40.0] {
            let sum: f64 = (0..4000).map(|_| poisson(mean, &mut chance)).sum();
            assert!((sum / 4000.0 - mean).abs() < mean / 20.0, "{mean}: {}", sum / 4000.0);
        }
    }
}
