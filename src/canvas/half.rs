//! Half blocks: each cell is an upper and a lower pixel. Works wherever there are colours; the nearest ones are taken.

use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};
use ratatui::style::Color;
use ratatui_image::protocol::Protocol as Encoded;
use ratatui_image::protocol::halfblocks::Halfblocks;

use super::depth::Depth;
use super::fit::Fit;
use super::shown::{CannotShow, Shown, image};
use crate::pixels::{self, Rgb};

/// Encodes the picture, one pixel wide and two high a cell.
///
/// Its height is rounded to half cells: the half that is left over is not stretched over but stays empty.
pub(super) fn encode(picture: &Rgb, fit: Fit, cell_height: u16) -> Result<Shown, CannotShow> {
    let half = f64::from(cell_height.max(2)) / 2.0;
    let halves = (f64::from(fit.height) / half).round().clamp(1.0, f64::from(fit.rows) * 2.0) as u32;
    let mut pixels = pixels::resize_quick(picture, u32::from(fit.columns), halves);
    let half_row = halves % 2 == 1;
    if half_row {
        // The row is doubled, so that its cells come out in one colour; `settle` then empties their lower halves.
        let last = pixels.data.len().saturating_sub(pixels.width as usize * 3);
        pixels.data.extend_from_within(last..);
        pixels.height += 1;
    }
    let rows = u16::try_from(pixels.height / 2).map_err(|_| CannotShow::Pixels)?;
    let blocks = Halfblocks::new(image(pixels)?, Size::new(fit.columns, rows))?;
    let weight = usize::from(fit.columns) * usize::from(rows) * 16;
    Ok(Shown { encoded: Encoded::Halfblocks(blocks), columns: fit.columns, rows, id: None, weight, half_row })
}

/// After drawing: empties the lower half of a half row and takes the colours the terminal has.
pub(super) fn settle(area: Rect, half_row: bool, depth: Depth, buffer: &mut Buffer) {
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            let Some(cell) = buffer.cell_mut((x, y)) else { continue };
            if half_row && y + 1 == area.bottom() {
                let upper = cell.bg;
                cell.set_char('▀').set_fg(upper).set_bg(Color::Reset);
            }
            let (fore, back) = (depth.nearest(cell.fg), depth.nearest(cell.bg));
            cell.set_fg(fore).set_bg(back);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_half_is_left_empty() {
        let red = Rgb { width: 4, height: 4, data: [255, 0, 0].repeat(16) };
        let fit = Fit { columns: 2, rows: 2, width: 20, height: 30 };
        let shown = encode(&red, fit, 20).unwrap();
        assert_eq!((shown.columns, shown.rows, shown.half_row), (2, 2, true));
        let area = Rect::new(0, 0, 2, 2);
        let mut buffer = Buffer::empty(area);
        shown.draw(area, &mut buffer);
        settle(area, shown.half_row, Depth::Indexed, &mut buffer);
        assert_eq!((buffer[(0, 0)].symbol(), buffer[(0, 0)].bg), (" ", Color::Indexed(196)));
        let last = &buffer[(1, 1)];
        assert_eq!((last.symbol(), last.fg, last.bg), ("▀", Color::Indexed(196), Color::Reset));
    }
}
