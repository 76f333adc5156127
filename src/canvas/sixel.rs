//! DEC sixels. The whole picture is one cell's text; the cells beneath are left alone while it lies there.

use ratatui::layout::Size;
use ratatui_image::protocol::Protocol as Encoded;
use ratatui_image::protocol::sixel::Sixel;

use super::fit::Fit;
use super::shown::{CannotShow, Drawing, Shown, image};
use crate::pixels::Rgb;

/// Encodes the picture with up to 256 colours, dithered. Never for tmux: sixels passed through it leave blank panels.
pub(super) fn encode(pixels: Rgb, fit: Fit) -> Result<Shown, CannotShow> {
    let sixel = Sixel::new(image(pixels)?, Size::new(fit.columns, fit.rows), false)?;
    let weight = sixel.data.len();
    Ok(Shown { drawing: Drawing::Bytes(Encoded::Sixel(sixel)), columns: fit.columns, rows: fit.rows, id: None, weight })
}
