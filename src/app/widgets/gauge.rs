//! A small bar in one row, to an eighth of a cell.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/// Fills `share` (0 to 1) of the area's first row.
pub fn gauge(area: Rect, share: f32, style: Style, buffer: &mut Buffer) {
    let eighths = (f32::from(area.width) * 8.0 * share.clamp(0.0, 1.0)).round() as usize;
    let bar = format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8]);
    buffer.set_stringn(area.x, area.y, bar, usize::from(area.width), style);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_long_as_its_share() {
        let area = Rect::new(0, 0, 4, 1);
        for (share, bar) in [(0.0, "    "), (0.5, "██  "), (0.53, "██▏ "), (1.0, "████"), (7.0, "████")]
        {
            let mut buffer = Buffer::empty(area);
            gauge(area, share, Style::new(), &mut buffer);
            assert_eq!(buffer, Buffer::with_lines([bar]), "{share}");
        }
    }
}
