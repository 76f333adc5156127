//! A list of rows with one chosen, scrolled so that it can be seen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use crate::app::action::Action;

/// Which row is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen(pub usize);

/// Rows that a page key goes.
const PAGE: usize = 8;

impl Chosen {
    /// Moves among `count` rows; false if the action is none that moves.
    pub fn act(&mut self, action: Action, count: usize) -> bool {
        let last = count.saturating_sub(1);
        self.0 = match action {
            Action::Up => self.0.saturating_sub(1),
            Action::Down => self.0 + 1,
            Action::PageUp => self.0.saturating_sub(PAGE),
            Action::PageDown => self.0 + PAGE,
            Action::First => 0,
            Action::Last => last,
            _ => return false,
        }
        .min(last);
        true
    }
}

/// Draws items of `height` rows each, the chosen one always among them; `item` gives the rows of one.
pub fn view_list(
    area: Rect,
    count: usize,
    height: u16,
    chosen: Chosen,
    buffer: &mut Buffer,
    item: impl Fn(usize) -> Vec<Line<'static>>,
) {
    let shown = usize::from(area.height / height.max(1)).max(1);
    let top = chosen.0.saturating_sub(shown / 2).min(count.saturating_sub(shown));
    for (n, place) in (top..count.min(top + shown)).enumerate() {
        let y = area.y + n as u16 * height;
        for (y, line) in (y..area.bottom().min(y + height)).zip(item(place)) {
            buffer.set_line(area.x, y, &line, area.width);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_row_is_always_seen() {
        let area = Rect::new(0, 0, 4, 3);
        for chosen in 0..9 {
            let mut buffer = Buffer::empty(area);
            view_list(area, 9, 1, Chosen(chosen), &mut buffer, |n| vec![Line::from(n.to_string())]);
            let seen = (0..3).any(|y| buffer[(0, y)].symbol() == chosen.to_string());
            assert!(seen, "{chosen}");
        }
    }

    #[test]
    fn moving_stays_among_the_rows() {
        let mut chosen = Chosen(0);
        for (action, place) in [(Action::Up, 0), (Action::Last, 4), (Action::Down, 4), (Action::PageUp, 0)] {
            assert!(chosen.act(action, 5));
            assert_eq!(chosen.0, place);
        }
        assert!(!chosen.act(Action::Tell, 5));
        assert!(chosen.act(Action::Down, 0) && chosen.0 == 0);
    }
}
