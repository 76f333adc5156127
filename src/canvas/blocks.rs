//! A picture as cells with two colours each. What they are made of is `half`'s; here they are drawn.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;

/// A cell of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub sign: &'static str,
    pub fore: Color,
    pub back: Color,
}

/// Draws what was encoded, `columns` wide, into an area.
pub(super) fn draw(blocks: &[Block], columns: u16, area: Rect, buffer: &mut Buffer) {
    for (y, row) in (area.top()..area.bottom()).zip(blocks.chunks(usize::from(columns.max(1)))) {
        for (x, block) in (area.left()..area.right()).zip(row) {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.set_symbol(block.sign).set_fg(block.fore).set_bg(block.back);
            }
        }
    }
}
