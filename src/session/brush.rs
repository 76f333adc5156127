//! From cells to bytes: draws a view into memory and gives what changed since the one before, as one synchronized update.

use ratatui::layout::Rect;
use ratatui::{Frame, Terminal, TerminalOptions, Viewport};

use super::pen::Pen;

/// The terminal shows nothing of a view until all of it is there (DEC mode 2026; others ignore it).
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
/// Erases from the upper left corner on. Erasing the whole screen at once would take kitty's pictures with it.
const WIPE: &[u8] = b"\x1b[m\x1b[H\x1b[J";

/// Draws views of one size.
pub struct Brush {
    terminal: Terminal<Pen>,
    /// The next view is drawn whole.
    whole: bool,
    size: (u16, u16),
}

impl Brush {
    pub fn new(columns: u16, rows: u16) -> Brush {
        let viewport = Viewport::Fixed(Rect::new(0, 0, columns, rows));
        // A fixed viewport never asks the process's own terminal for its size: over SSH that would be the wrong one.
        let terminal = match Terminal::with_options(Pen::default(), TerminalOptions { viewport }) {
            Ok(terminal) => terminal,
            Err(never) => match never {},
        };
        Brush { terminal, whole: true, size: (columns, rows) }
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Draws a view; `before` are bytes that belong to no cell. Gives what to send.
    pub fn draw(&mut self, before: &str, view: impl FnOnce(&mut Frame<'_>)) -> Vec<u8> {
        let mut bytes = BEGIN.to_vec();
        if std::mem::take(&mut self.whole) {
            bytes.extend_from_slice(WIPE);
        }
        bytes.extend_from_slice(before.as_bytes());
        let Ok(_) = self.terminal.draw(view);
        let mut bytes = self.terminal.backend_mut().take(bytes);
        bytes.extend_from_slice(END);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use ratatui::widgets::Paragraph;

    use super::*;

    fn draw(brush: &mut Brush, words: &'static str) -> String {
        let bytes = brush.draw("", |frame| frame.render_widget(Paragraph::new(words), frame.area()));
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_view_is_one_update_and_the_next_sends_only_what_changed() {
        let mut brush = Brush::new(40, 3);
        let first = draw(&mut brush, "once-upon-a-time");
        assert!(first.starts_with("\x1b[?2026h\x1b[m\x1b[H\x1b[J") && first.ends_with("\x1b[?2026l"));
        assert!(first.contains("once-upon-a-time"));
        let second = draw(&mut brush, "once-upon-a-tide");
        assert!(second.contains('d') && !second.contains("once"), "{second:?}");
    }
}
