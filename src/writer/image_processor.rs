//! From a picture to the tiles a tower sees, as the published Pillow-based processors cut them, and from tiles to pixels.
//!
//! Sizes follow the reference's own integer arithmetic; resizing is [`resize_exact`], so the bytes are equal.

use std::borrow::Cow;

use candle_core::{Device, Tensor};
use serde::Deserialize;

use crate::model::look::Pixels;
use crate::pixels::{Filter, Rgb, resize_exact};

/// Sides are never made longer than this.
const LONGEST: u32 = 4096;

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Edge {
    pub longest_edge: u32,
}

/// `preprocessor_config.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct ImageProcessor {
    #[serde(default = "yes")]
    pub do_resize: bool,
    #[serde(default = "yes")]
    pub do_image_splitting: bool,
    #[serde(default = "yes")]
    pub do_rescale: bool,
    #[serde(default = "yes")]
    pub do_normalize: bool,
    #[serde(default = "d_size")]
    pub size: Edge,
    #[serde(default = "d_tile")]
    pub max_image_size: Edge,
    #[serde(default = "half")]
    pub image_mean: [f32; 3],
    #[serde(default = "half")]
    pub image_std: [f32; 3],
    #[serde(default = "d_rescale")]
    pub rescale_factor: f64,
    /// Pillow's number of the filter: 1 Lanczos, 2 bilinear, 3 bicubic.
    #[serde(default = "d_resample")]
    pub resample: u32,
}

fn yes() -> bool {
    true
}
fn d_size() -> Edge {
    Edge { longest_edge: 4 * 364 }
}
fn d_tile() -> Edge {
    Edge { longest_edge: 364 }
}
fn half() -> [f32; 3] {
    [0.5; 3]
}
fn d_rescale() -> f64 {
    1.0 / 255.0
}
fn d_resample() -> u32 {
    1
}

/// What a picture became: tiles row by row and the whole picture last, or one tile and no rows.
pub struct Tiles {
    pub tiles: Vec<Rgb>,
    pub rows: usize,
    pub cols: usize,
}

impl ImageProcessor {
    fn filter(&self) -> Filter {
        match self.resample {
            2 => Filter::Bilinear,
            3 => Filter::Bicubic,
            _ => Filter::Lanczos,
        }
    }

    fn resized<'a>(&self, rgb: Cow<'a, Rgb>, (width, height): (u32, u32)) -> Cow<'a, Rgb> {
        if (rgb.width, rgb.height) == (width, height) {
            return rgb;
        }
        Cow::Owned(resize_exact(&rgb, width, height, self.filter()))
    }

    /// Cuts a picture into tiles, or squashes it into one.
    pub fn tiles(&self, rgb: &Rgb, split: bool) -> Tiles {
        let tile = self.max_image_size.longest_edge;
        let mut image = Cow::Borrowed(rgb);
        if self.do_resize {
            image = self.resized(image, longest_side(rgb.width, rgb.height, self.size.longest_edge));
        }
        if !split {
            let one = self.resized(image, (tile, tile)).into_owned();
            return Tiles { tiles: vec![one], rows: 0, cols: 0 };
        }
        let (width, height) = (image.width, image.height);
        let image = self.resized(image, whole_tiles(width, height, tile));
        let (cols, rows) = (image.width.div_ceil(tile), image.height.div_ceil(tile));
        if cols == 1 && rows == 1 {
            return Tiles { tiles: vec![image.into_owned()], rows: 0, cols: 0 };
        }
        let mut tiles = Vec::new();
        for row in 0..rows {
            for col in 0..cols {
                tiles.push(crop(&image, col * tile, row * tile, tile));
            }
        }
        tiles.push(self.resized(image, (tile, tile)).into_owned());
        Tiles { tiles, rows: rows as usize, cols: cols as usize }
    }

    /// Tiles as a tower takes them, normalised.
    pub fn pixels(&self, tiles: &[Rgb], device: &Device) -> candle_core::Result<Pixels> {
        let alike = |a: &Rgb, b: &Rgb| (a.width, a.height) == (b.width, b.height);
        let runs = tiles.chunk_by(alike).map(|run| self.run(run, device)).collect::<candle_core::Result<_>>()?;
        Ok(Pixels { runs })
    }

    /// Tiles of one size -> (tiles, 3, height, width).
    fn run(&self, tiles: &[Rgb], device: &Device) -> candle_core::Result<Tensor> {
        let (width, height) = tiles.first().map_or((0, 0), |t| (t.width as usize, t.height as usize));
        let rescale = if self.do_rescale { self.rescale_factor as f32 } else { 1.0 };
        let mut values = Vec::with_capacity(tiles.len() * 3 * width * height);
        for tile in tiles {
            for channel in 0..3 {
                let (mean, std) = match self.do_normalize {
                    true => (self.image_mean[channel], self.image_std[channel]),
                    false => (0.0, 1.0),
                };
                // 256 possible values a channel: look them up instead of dividing.
                let table: [f32; 256] = std::array::from_fn(|v| (v as f32 * rescale - mean) / std);
                values.extend(tile.data.iter().skip(channel).step_by(3).map(|v| table[usize::from(*v)]));
            }
        }
        Tensor::from_vec(values, (tiles.len(), 3, height, width), device)
    }
}

/// The longer side becomes `longest`, the other follows the ratio, cut to an integer and made even; never above [`LONGEST`].
fn longest_side(width: u32, height: u32, longest: u32) -> (u32, u32) {
    let ratio = f64::from(width) / f64::from(height);
    let even = |x: u32| x + x % 2;
    let (mut w, mut h) = if width >= height {
        (longest, even((f64::from(longest) / ratio) as u32))
    } else {
        (even((f64::from(longest) * ratio) as u32), longest)
    };
    (w, h) = (w.max(1), h.max(1));
    let ratio = f64::from(w) / f64::from(h);
    if w >= h && w > LONGEST {
        (w, h) = (LONGEST, (f64::from(LONGEST) / ratio) as u32);
    } else if h > w && h > LONGEST {
        (w, h) = ((f64::from(LONGEST) * ratio) as u32, LONGEST);
    }
    (w.max(1), h.max(1))
}

/// The longer side rounded up to whole tiles, the other following the ratio and rounded up too.
fn whole_tiles(width: u32, height: u32, tile: u32) -> (u32, u32) {
    let ratio = f64::from(width) / f64::from(height);
    let up = |x: u32| x.div_ceil(tile) * tile;
    if width >= height {
        let w = up(width);
        (w, up((f64::from(w) / ratio) as u32).max(tile))
    } else {
        let h = up(height);
        (up((f64::from(h) * ratio) as u32).max(tile), h)
    }
}

fn crop(image: &Rgb, x: u32, y: u32, side: u32) -> Rgb {
    let (x, y, side, stride) = (x as usize, y as usize, side as usize, image.width as usize * 3);
    let mut data = Vec::with_capacity(side * side * 3);
    for row in y..y + side {
        data.extend_from_slice(&image.data[row * stride + x * 3..row * stride + (x + side) * 3]);
    }
    Rgb { width: side as u32, height: side as u32, data }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_follow_the_reference_arithmetic() {
        assert_eq!(longest_side(640, 427, 100), (100, 66));
        assert_eq!(longest_side(427, 640, 100), (66, 100));
        assert_eq!(longest_side(1000, 1, 100), (100, 1));
        assert_eq!(whole_tiles(100, 66, 50), (100, 100));
        assert_eq!(whole_tiles(100, 1, 50), (100, 50));
    }
}
