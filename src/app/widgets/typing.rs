//! Our keys as a page of text takes them.

use ratatui::style::Style;
use ratatui_textarea::{Input, Key as Typed, TextArea, WrapMode};

use crate::app::key::{Key, KeyCode};
use crate::app::text;

/// A text to be changed, wrapped at words.
pub fn page(words: &str) -> TextArea<'static> {
    let mut area = TextArea::from(text::clean(words).split('\n'));
    area.set_wrap_mode(WrapMode::WordOrGlyph);
    area.set_cursor_line_style(Style::new());
    area
}

/// A key for a text area.
pub fn input(key: Key) -> Input {
    let typed = match key.code {
        KeyCode::Char(c) => Typed::Char(c),
        KeyCode::Enter => Typed::Enter,
        KeyCode::Esc => Typed::Esc,
        KeyCode::Tab => Typed::Tab,
        KeyCode::Backspace => Typed::Backspace,
        KeyCode::Delete => Typed::Delete,
        KeyCode::Left => Typed::Left,
        KeyCode::Right => Typed::Right,
        KeyCode::Up => Typed::Up,
        KeyCode::Down => Typed::Down,
        KeyCode::Home => Typed::Home,
        KeyCode::End => Typed::End,
        KeyCode::PageUp => Typed::PageUp,
        KeyCode::PageDown => Typed::PageDown,
    };
    Input { key: typed, ctrl: key.ctrl, alt: key.alt, shift: false }
}
