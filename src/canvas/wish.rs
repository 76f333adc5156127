//! A picture the last view wanted and did not have. It carries all a worker needs, so that encoding happens elsewhere.

use super::depth::Depth;
use super::fit::{CellSize, fit};
use super::protocol::Protocol;
use super::shown::{CannotShow, Shown};
use super::veil::Veil;
use super::{half, iterm2, kitty, sixel};
use crate::pixels::{self, Rgb};

/// What to encode, for which terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Content hash of the picture.
    pub hash: String,
    /// The box it should fit, in cells.
    pub columns: u16,
    pub rows: u16,
    pub(super) veil: Option<Veil>,
    pub(super) protocol: Protocol,
    pub(super) depth: Depth,
    pub(super) cell: CellSize,
    pub(super) id: u32,
    pub(super) tmux: bool,
    pub(super) deflate: bool,
}

impl Wish {
    /// Resizes and encodes: a few milliseconds (sixel some tens), to be done on a worker's thread.
    ///
    /// # Errors
    /// Where the encoder refuses the pixels.
    pub fn fulfil(&self, picture: &Rgb) -> Result<Shown, CannotShow> {
        let fit = fit((picture.width, picture.height), self.columns, self.rows, self.cell).ok_or(CannotShow::Pixels)?;
        let veiled = self.veil.as_ref().map(|veil| veil.over(&pixels::resize_quick(picture, fit.width, fit.height)));
        let picture = veiled.as_ref().unwrap_or(picture);
        if matches!(self.protocol, Protocol::HalfBlocks | Protocol::Off) {
            return half::encode(picture, fit, self.cell.height, self.depth);
        }
        let pixels = pixels::resize_quick(picture, fit.width, fit.height);
        match self.protocol {
            Protocol::Sixel => sixel::encode(pixels, fit),
            Protocol::Iterm2 => iterm2::encode(pixels, fit, self.tmux),
            _ => kitty::encode(pixels, fit, self.id, self.tmux, self.deflate),
        }
    }
}
