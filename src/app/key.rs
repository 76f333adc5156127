//! A key press, with a name a person can read and write: "j", "enter", "ctrl-c". Mouse and releases are left out.

use std::fmt;
use std::str::FromStr;

use ratatui::crossterm::event::{KeyCode as Code, KeyEvent, KeyEventKind, KeyModifiers};

/// Which key, without modifiers. Shift is part of the character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyCode {
    Char(char),
    Enter,
    Esc,
    Tab,
    Backspace,
    Delete,
    Left,
    Right,
    Up,
    Down,
    Home,
    End,
    PageUp,
    PageDown,
}

/// A key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    pub code: KeyCode,
    pub ctrl: bool,
    pub alt: bool,
}

/// Names of keys that are no single character.
const NAMES: [(&str, KeyCode); 14] = [
    ("space", KeyCode::Char(' ')),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
];

impl Key {
    pub const fn plain(code: KeyCode) -> Key {
        Key { code, ctrl: false, alt: false }
    }

    /// The key of a terminal's event; `None` for releases and for keys storyloom has no word for.
    pub fn from_event(event: &KeyEvent) -> Option<Key> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let code = match event.code {
            Code::Char(c) => KeyCode::Char(c),
            Code::Enter => KeyCode::Enter,
            Code::Esc => KeyCode::Esc,
            Code::Tab => KeyCode::Tab,
            Code::Backspace => KeyCode::Backspace,
            Code::Delete => KeyCode::Delete,
            Code::Left => KeyCode::Left,
            Code::Right => KeyCode::Right,
            Code::Up => KeyCode::Up,
            Code::Down => KeyCode::Down,
            Code::Home => KeyCode::Home,
            Code::End => KeyCode::End,
            Code::PageUp => KeyCode::PageUp,
            Code::PageDown => KeyCode::PageDown,
            _ => return None,
        };
        let has = |modifier| event.modifiers.contains(modifier);
        Some(Key { code, ctrl: has(KeyModifiers::CONTROL), alt: has(KeyModifiers::ALT) })
    }

    /// The sign shown in hints: arrows as arrows, the rest by name.
    pub fn sign(self) -> String {
        match (self.code, self.ctrl || self.alt) {
            (KeyCode::Left, false) => "←".to_owned(),
            (KeyCode::Right, false) => "→".to_owned(),
            (KeyCode::Up, false) => "↑".to_owned(),
            (KeyCode::Down, false) => "↓".to_owned(),
            _ => self.to_string(),
        }
    }

    /// A row of presses as tests and help write them: `jj<enter>/fox<esc>`; `None` if a name in `<>` is unknown.
    pub fn row(text: &str) -> Option<Vec<Key>> {
        let mut keys = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|tail| tail.split_once('>'));
            match named {
                Some((name, tail)) => {
                    keys.push(name.parse().ok()?);
                    rest = tail;
                }
                None => {
                    keys.push(Key::plain(KeyCode::Char(first)));
                    rest = &rest[first.len_utf8()..];
                }
            }
        }
        Some(keys)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("ctrl-")?;
        }
        if self.alt {
            f.write_str("alt-")?;
        }
        match NAMES.iter().find(|(_, code)| *code == self.code) {
            Some((name, _)) => f.write_str(name),
            None => match self.code {
                KeyCode::Char(c) => write!(f, "{c}"),
                _ => Ok(()),
            },
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Key, String> {
        let (ctrl, rest) = text.strip_prefix("ctrl-").map_or((false, text), |rest| (true, rest));
        let (alt, rest) = rest.strip_prefix("alt-").map_or((false, rest), |rest| (true, rest));
        let mut chars = rest.chars();
        let code = match (NAMES.iter().find(|(name, _)| *name == rest), chars.next(), chars.next()) {
            (Some((_, code)), ..) => *code,
            (None, Some(c), None) => KeyCode::Char(c),
            _ => return Err(format!("there is no key '{text}'")),
        };
        Ok(Key { code, ctrl, alt })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["j", "G", "?", "space", "enter", "ctrl-c", "alt-left", "ctrl-alt-x", "-"] {
            assert_eq!(name.parse::<Key>().unwrap().to_string(), name);
        }
        assert!("hyper".parse::<Key>().is_err());
        assert!("".parse::<Key>().is_err());
    }

    #[test]
    fn a_row_mixes_characters_and_names() {
        let row = Key::row("j<enter>/é<ctrl-u>").unwrap();
        assert_eq!(row.iter().map(Key::to_string).collect::<Vec<_>>(), ["j", "enter", "/", "é", "ctrl-u"]);
        assert!(Key::row("<nothing>").is_none());
    }

    #[test]
    fn releases_are_no_presses() {
        let mut event = KeyEvent::new(Code::Char('q'), KeyModifiers::CONTROL);
        assert_eq!(Key::from_event(&event), Some("ctrl-q".parse().unwrap()));
        event.kind = KeyEventKind::Release;
        assert_eq!(Key::from_event(&event), None);
    }
}
