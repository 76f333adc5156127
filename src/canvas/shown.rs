//! A picture encoded for one terminal and one size, ready to be drawn cheaply again and again.

use image::{DynamicImage, RgbImage};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::Widget;
use ratatui_image::Image;
use ratatui_image::errors::Errors;
use ratatui_image::protocol::Protocol as Encoded;

use super::blocks::{self, Block};
use crate::pixels::Rgb;

/// Why a picture could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum CannotShow {
    #[error("the picture could not be encoded for this terminal: {0}")]
    Encoding(#[from] Errors),
    #[error("the picture's pixels do not match its size")]
    Pixels,
}

/// An encoded picture. It belongs to one session: kitty's pictures remember that they were sent.
pub struct Shown {
    pub(super) drawing: Drawing,
    pub columns: u16,
    pub rows: u16,
    /// Kitty's number of the picture, by which it is deleted.
    pub(super) id: Option<u32>,
    /// About as many bytes as it holds in memory.
    pub(super) weight: usize,
}

/// What is drawn.
pub(super) enum Drawing {
    /// Half blocks, row by row, in the colours that the terminal has.
    Blocks(Vec<Block>),
    /// The bytes of a graphics protocol.
    Bytes(Encoded),
}

impl Shown {
    /// Draws it with its upper left corner in `at`'s, where it must fit.
    pub(super) fn draw(&self, at: Rect, buffer: &mut Buffer) -> Rect {
        let area = Rect { width: self.columns.min(at.width), height: self.rows.min(at.height), ..at };
        match &self.drawing {
            Drawing::Blocks(blocks) => blocks::draw(blocks, self.columns, area, buffer),
            Drawing::Bytes(encoded) => Image::new(encoded).render(area, buffer),
        }
        area
    }
}

/// Our pixels as the encoders take them.
pub(super) fn image(rgb: Rgb) -> Result<DynamicImage, CannotShow> {
    RgbImage::from_raw(rgb.width, rgb.height, rgb.data).map(DynamicImage::ImageRgb8).ok_or(CannotShow::Pixels)
}
