//! From a picture to the tiles a tower sees, as the published Pillow-based processors cut them, and from tiles to pixels.
//!
//! Sizes follow the reference's own integer arithmetic; resizing is [`resize_exact`], so the bytes are equal.

use std::borrow::Cow;

use candle_core::{Device, Tensor};
use serde::Deserialize;

use super::picture_sizes::{longest_side, own_ratio, shortest_side, whole_tiles};
use crate::model::config::{Config, Pictures};
use crate::model::look::Pixels;
use crate::pixels::{Filter, Rgb, resize_exact};

/// A size as configs write it: one number, or sides by name.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(untagged)]
enum Size {
    One(u32),
    Sides { longest_edge: Option<u64>, shortest_edge: Option<u64>, height: Option<u32> },
}

impl Size {
    fn longest(self) -> Option<u64> {
        match self {
            Self::One(side) => Some(u64::from(side)),
            Self::Sides { longest_edge, .. } => longest_edge,
        }
    }

    fn shortest(self) -> Option<u64> {
        match self {
            Self::One(side) => Some(u64::from(side)),
            Self::Sides { shortest_edge, height, .. } => shortest_edge.or(height.map(u64::from)),
        }
    }
}

/// `preprocessor_config.json`, whatever the family: what it does not say is the family's own default.
#[derive(Clone, Debug, Default, Deserialize)]
struct Said {
    do_resize: Option<bool>,
    do_image_splitting: Option<bool>,
    do_center_crop: Option<bool>,
    do_rescale: Option<bool>,
    do_normalize: Option<bool>,
    size: Option<Size>,
    max_image_size: Option<Size>,
    crop_size: Option<Size>,
    min_pixels: Option<u64>,
    max_pixels: Option<u64>,
    image_mean: Option<[f32; 3]>,
    image_std: Option<[f32; 3]>,
    rescale_factor: Option<f64>,
    /// Pillow's number of the filter: 1 Lanczos, 2 bilinear, 3 bicubic.
    resample: Option<u32>,
}

/// Mean and spread of the pictures that CLIP was trained on.
const CLIP: ([f32; 3], [f32; 3]) =
    ([0.481_454_66, 0.457_827_5, 0.408_210_73], [0.268_629_54, 0.261_302_6, 0.275_777_1]);

/// Makes pictures ready for one checkpoint.
#[derive(Clone, Debug)]
pub struct ImageProcessor {
    pictures: Pictures,
    said: Said,
    mean: [f32; 3],
    std: [f32; 3],
    /// Pixels a side that the tower takes, where it takes one size.
    side: u32,
}

/// What a picture became: tiles row by row and the whole picture last, or one tile and no rows.
pub struct Tiles {
    pub tiles: Vec<Rgb>,
    pub rows: usize,
    pub cols: usize,
}

impl ImageProcessor {
    /// By a `preprocessor_config.json`, or without one.
    ///
    /// # Errors
    /// JSON that cannot be understood.
    pub fn parse(json: Option<&[u8]>, config: &Config) -> serde_json::Result<Self> {
        let said: Said = json.map_or_else(|| Ok(Said::default()), serde_json::from_slice)?;
        let pictures = config.manner.pictures;
        let usual = if pictures == Pictures::Tiles { ([0.5; 3], [0.5; 3]) } else { CLIP };
        let (mean, std) = (said.image_mean.unwrap_or(usual.0), said.image_std.unwrap_or(usual.1));
        Ok(Self { pictures, said, mean, std, side: config.vision_config.image_size as u32 })
    }

    /// Cut pictures into tiles by default?
    pub fn splits(&self) -> bool {
        self.pictures == Pictures::Tiles && self.said.do_image_splitting.unwrap_or(true)
    }

    /// Pixels along a tile, and along the longer side of a picture before it is cut.
    fn tile(&self) -> (u32, u32) {
        let side = |size: Option<Size>, usual: u32| size.and_then(Size::longest).map_or(usual, |side| side as u32);
        (side(self.said.max_image_size, 364).max(1), side(self.said.size, 4 * 364))
    }

    /// Tiles along the longer side of a picture that is cut, at most.
    pub fn tiles_along(&self) -> usize {
        let (tile, longest) = self.tile();
        longest.div_ceil(tile) as usize
    }

    /// Pixels of a picture in its own ratio: at least, at most.
    fn bounds(&self) -> (u64, u64) {
        let Said { size, min_pixels, max_pixels, .. } = &self.said;
        let least = min_pixels.or(size.and_then(Size::shortest)).unwrap_or(56 * 56);
        (least, max_pixels.or(size.and_then(Size::longest)).unwrap_or(28 * 28 * 1280))
    }

    /// How large a picture becomes that is not cut.
    pub fn size(&self, width: u32, height: u32) -> (u32, u32) {
        match self.pictures {
            Pictures::Tiles => (self.tile().0, self.tile().0),
            Pictures::Cropped | Pictures::Padded => (self.side, self.side),
            Pictures::Squashed(side) => (side, side),
            Pictures::Ratio(unit) => own_ratio(width, height, unit, self.bounds()),
        }
    }

    fn filter(&self) -> Filter {
        let usual = if self.pictures == Pictures::Tiles { 1 } else { 3 };
        match self.said.resample.unwrap_or(usual) {
            2 => Filter::Bilinear,
            3 => Filter::Bicubic,
            _ => Filter::Lanczos,
        }
    }

    /// The shorter side to the size that the config says, then the middle.
    fn cropped(&self, rgb: Cow<'_, Rgb>) -> Rgb {
        let shortest = self.said.size.and_then(Size::shortest).map_or(self.side, |side| side as u32);
        let (width, height) = (rgb.width, rgb.height);
        let rgb = match self.said.do_resize {
            Some(false) => rgb,
            _ => self.resized(rgb, shortest_side(width, height, shortest)),
        };
        if self.said.do_center_crop == Some(false) {
            return self.resized(rgb, (self.side, self.side)).into_owned();
        }
        let side = self.said.crop_size.and_then(Size::shortest).map_or(self.side, |side| side as u32);
        middle(&rgb, side)
    }

    fn resized<'a>(&self, rgb: Cow<'a, Rgb>, (width, height): (u32, u32)) -> Cow<'a, Rgb> {
        if (rgb.width, rgb.height) == (width, height) {
            return rgb;
        }
        Cow::Owned(resize_exact(&rgb, width, height, self.filter()))
    }

    /// Cuts a picture into tiles, or squashes it into one.
    pub fn tiles(&self, rgb: &Rgb, split: bool) -> Tiles {
        let mut image = Cow::Borrowed(rgb);
        if self.pictures != Pictures::Tiles {
            let one = match self.pictures {
                Pictures::Cropped => self.cropped(image),
                Pictures::Padded => self.cropped(Cow::Owned(padded(rgb, self.mean))),
                _ => self.resized(image, self.size(rgb.width, rgb.height)).into_owned(),
            };
            return Tiles { tiles: vec![one], rows: 0, cols: 0 };
        }
        let (tile, longest) = self.tile();
        if self.said.do_resize.unwrap_or(true) {
            image = self.resized(image, longest_side(rgb.width, rgb.height, longest));
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
        let rescale = self.said.rescale_factor.unwrap_or(1.0 / 255.0) as f32;
        let rescale = if self.said.do_rescale.unwrap_or(true) { rescale } else { 1.0 };
        let mut values = Vec::with_capacity(tiles.len() * 3 * width * height);
        for tile in tiles {
            for channel in 0..3 {
                let (mean, std) = match self.said.do_normalize.unwrap_or(true) {
                    true => (self.mean[channel], self.std[channel]),
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

/// The middle of a picture, square; black where there is less.
fn middle(image: &Rgb, side: u32) -> Rgb {
    let mut data = vec![0; side as usize * side as usize * 3];
    let first = |have: u32| (have.saturating_sub(side) / 2, side.saturating_sub(have).div_ceil(2));
    let ((from_x, to_x), (from_y, to_y)) = (first(image.width), first(image.height));
    let (wide, high) = (image.width.min(side) as usize, image.height.min(side) as usize);
    for row in 0..high {
        let from = ((from_y as usize + row) * image.width as usize + from_x as usize) * 3;
        let to = ((to_y as usize + row) * side as usize + to_x as usize) * 3;
        data[to..to + wide * 3].copy_from_slice(&image.data[from..from + wide * 3]);
    }
    Rgb { width: side, height: side, data }
}

/// A picture in the middle of a square of the mean colour.
fn padded(image: &Rgb, mean: [f32; 3]) -> Rgb {
    let side = image.width.max(image.height);
    let colour = mean.map(|share| (f64::from(share) * 255.0) as u8);
    let mut data = colour.repeat(side as usize * side as usize);
    let (left, top) = ((side - image.width) as usize / 2, (side - image.height) as usize / 2);
    let wide = image.width as usize * 3;
    for row in 0..image.height as usize {
        let to = ((top + row) * side as usize + left) * 3;
        data[to..to + wide].copy_from_slice(&image.data[row * wide..(row + 1) * wide]);
    }
    Rgb { width: side, height: side, data }
}

fn crop(image: &Rgb, x: u32, y: u32, side: u32) -> Rgb {
    let (x, y, side, stride) = (x as usize, y as usize, side as usize, image.width as usize * 3);
    let mut data = Vec::with_capacity(side * side * 3);
    for row in y..y + side {
        data.extend_from_slice(&image.data[row * stride + x * 3..row * stride + (x + side) * 3]);
    }
    Rgb { width: side as u32, height: side as u32, data }
}
