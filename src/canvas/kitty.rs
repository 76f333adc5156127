//! Kitty's graphics protocol: sent once with an id of our own, shown through placeholder characters, deleted by that id.
//!
//! Deleting everything at once does not reach pictures with placeholders (measured in kitty 0.41), so ids are kept.

use ratatui::layout::Size;
use ratatui_image::protocol::Protocol as Encoded;
use ratatui_image::protocol::kitty::Kitty;

use super::fit::Fit;
use super::probe::through_tmux;
use super::shown::{CannotShow, Drawing, Shown, image};
use crate::pixels::Rgb;

/// Encodes the picture; deflated where the terminal takes that: drawn pictures shrink to a tenth.
pub(super) fn encode(pixels: Rgb, fit: Fit, id: u32, tmux: bool, deflate: bool) -> Result<Shown, CannotShow> {
    let raw = pixels.data.len() / 3 * 4;
    let size = Size::new(fit.columns, fit.rows);
    let kitty = Kitty::new(image(pixels)?, size, id, tmux, deflate)?;
    Ok(Shown {
        drawing: Drawing::Bytes(Encoded::Kitty(kitty)),
        columns: fit.columns,
        rows: fit.rows,
        id: Some(id),
        weight: if deflate { raw / 2 } else { raw * 4 / 3 },
    })
}

/// The bytes that make the terminal forget a picture and free its memory.
pub(super) fn forget(id: u32, tmux: bool) -> String {
    let delete = format!("\x1b_Ga=d,d=I,i={id},q=2\x1b\\");
    if tmux { through_tmux(&delete) } else { delete }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_forgotten_by_its_own_id() {
        assert_eq!(forget(7, false), "\x1b_Ga=d,d=I,i=7,q=2\x1b\\");
        assert!(forget(7, true).starts_with("\x1bPtmux;\x1b\x1b_Ga=d"));
    }
}
