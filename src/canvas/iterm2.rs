//! iTerm2's inline images: a PNG as one cell's text, printed over the cells.

use ratatui::layout::Size;
use ratatui_image::protocol::Protocol as Encoded;
use ratatui_image::protocol::iterm2::Iterm2;

use super::fit::Fit;
use super::shown::{CannotShow, Drawing, Shown, image};
use crate::pixels::Rgb;

/// Encodes the picture as PNG in base64.
pub(super) fn encode(pixels: Rgb, fit: Fit, tmux: bool) -> Result<Shown, CannotShow> {
    let iterm2 = Iterm2::new(image(pixels)?, Size::new(fit.columns, fit.rows), tmux)?;
    let weight = iterm2.data.len();
    Ok(Shown {
        drawing: Drawing::Bytes(Encoded::ITerm2(iterm2)),
        columns: fit.columns,
        rows: fit.rows,
        id: None,
        weight,
    })
}
