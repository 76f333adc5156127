//! A story's entropy as a ribbon: how unsure the model was along the whole of it, high and coloured where it was most.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::look::Look;

const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// What fills the ribbon to its top, in bits.
const FULL: f32 = 4.0;

/// The ribbon.
pub struct Ribbon<'a> {
    /// Bits, a value a token.
    pub entropies: &'a [f32],
    /// The token that is marked.
    pub at: usize,
}

impl Ribbon<'_> {
    /// Draws it as high as the area but for one row, in which the token is marked. Where a cell has room for several tokens it
    /// shows the most unsure of them.
    pub fn view(&self, area: Rect, look: &Look, buffer: &mut Buffer) {
        let (count, width) = (self.entropies.len(), usize::from(area.width));
        let high = area.height.saturating_sub(1);
        if count == 0 || width == 0 || high == 0 {
            return;
        }
        let cells = width.min(count * (width / count).clamp(1, 2));
        for cell in 0..cells {
            let (from, to) = (cell * count / cells, ((cell + 1) * count / cells).max(cell * count / cells + 1));
            let bits = self.entropies[from..to.min(count)].iter().copied().fold(0.0, f32::max);
            let eighths = ((bits / FULL).clamp(0.0, 1.0) * f32::from(high) * 8.0).round().max(1.0) as usize;
            for row in 0..high {
                let here = eighths.saturating_sub(usize::from(row) * 8).min(8);
                if here > 0 {
                    let y = area.y + high - 1 - row;
                    buffer.set_string(area.x + cell as u16, y, HEIGHTS[here - 1].to_string(), look.level(bits));
                }
            }
        }
        let mark = self.at * cells / count;
        buffer.set_string(area.x + mark as u16, area.y + high, "▲", look.chosen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_unsure_token_of_a_cell_counts() {
        let area = Rect::new(0, 0, 4, 2);
        let mut buffer = Buffer::empty(area);
        let entropies = [0.0, 4.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0];
        Ribbon { entropies: &entropies, at: 5 }.view(area, &Look::default(), &mut buffer);
        let row = |y: u16| (0..4).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        assert_eq!((row(0).as_str(), row(1).as_str()), ("█▁▄▁", "  ▲ "));
    }
}
