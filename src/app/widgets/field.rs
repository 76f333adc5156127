//! A line being typed: letters, backspace, a word or all of it back, paste. The cursor stays at the end.

use unicode_segmentation::UnicodeSegmentation;

use crate::app::key::{Key, KeyCode};
use crate::app::text;

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The text may have changed.
    Changed,
    /// Enter: the text is meant.
    Meant,
    /// Esc, or backspace on nothing: the text is given up.
    GivenUp,
    /// Not for a line of text.
    Other,
}

/// The text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub text: String,
}

impl Field {
    pub fn with(text: &str) -> Field {
        Field { text: text::clean_line(text) }
    }

    pub fn press(&mut self, key: Key) -> Typed {
        match (key.code, key.ctrl, key.alt) {
            (KeyCode::Enter, ..) => return Typed::Meant,
            (KeyCode::Esc, ..) => return Typed::GivenUp,
            (KeyCode::Char('u'), true, _) => self.text.clear(),
            (KeyCode::Char('w'), true, _) | (KeyCode::Backspace, _, true) | (KeyCode::Backspace, true, _) => {
                let kept = self.text.trim_end().rfind([' ', '/']).map_or(0, |at| at + 1);
                let kept = if kept == self.text.len() { 0 } else { kept };
                self.text.truncate(kept);
            }
            (KeyCode::Backspace, ..) => {
                let Some((at, _)) = self.text.grapheme_indices(true).next_back() else { return Typed::GivenUp };
                self.text.truncate(at);
            }
            (KeyCode::Char(c), false, false) => self.text.push(c),
            _ => return Typed::Other,
        }
        Typed::Changed
    }

    pub fn paste(&mut self, pasted: &str) {
        self.text.push_str(text::clean_line(pasted).trim());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> (Field, Typed) {
        let mut field = Field::default();
        let mut last = Typed::Other;
        for key in Key::row(keys).unwrap() {
            last = field.press(key);
        }
        (field, last)
    }

    #[test]
    fn typing_and_taking_back() {
        assert_eq!(typed("fox<backspace>").0.text, "fo");
        assert_eq!(typed("a/b c<ctrl-w>").0.text, "a/b ");
        assert_eq!(typed("rain<ctrl-u>").0.text, "");
        assert_eq!(typed("<backspace>").1, Typed::GivenUp);
        assert_eq!(typed("x<enter>").1, Typed::Meant);
        assert_eq!(typed("x<ctrl-c>").1, Typed::Other);
    }

    #[test]
    fn backspace_takes_a_whole_cluster_and_paste_is_cleaned() {
        let mut field = Field::with("a👩‍👩‍👧");
        field.press(Key::plain(KeyCode::Backspace));
        assert_eq!(field.text, "a");
        field.paste(" b\x1b[31m\n");
        assert_eq!(field.text, "ab[31m");
    }
}
