//! Bytes from a visitor's terminal as keys and pasted text. Answers to questions that come late are no keys and are dropped.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use termina::Parser;
use termina::event::{Event as Parsed, KeyCode as Code, KeyEventKind, Modifiers};

/// Reads a stream of bytes, in pieces of any size.
#[derive(Default)]
pub struct Keystrokes {
    parser: Parser,
    /// Bytes since the last event: of a paste, or of an answer, that has not ended.
    unread: usize,
}

/// Bytes that may come without completing anything.
const MOST_UNREAD: usize = 64 * 1024;
/// Most characters of a paste that are taken: a path, a reason.
const LONGEST_PASTE: usize = 4096;

impl Keystrokes {
    /// What these bytes complete. A packet holds whole sequences, so a lone Esc at its end is the key itself.
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.parser.parse(bytes, false);
        let parsed: Vec<Parsed> = std::iter::from_fn(|| self.parser.pop()).collect();
        self.unread = if parsed.is_empty() { self.unread + bytes.len() } else { 0 };
        if self.unread > MOST_UNREAD {
            // The parser keeps what has begun until it ends, which somebody may never let it.
            *self = Keystrokes::default();
        }
        parsed.into_iter().filter_map(event).collect()
    }
}

fn event(parsed: Parsed) -> Option<Event> {
    match parsed {
        Parsed::Key(key) if key.kind != KeyEventKind::Release => {
            let mut modifiers = KeyModifiers::NONE;
            for (has, is) in [
                (Modifiers::CONTROL, KeyModifiers::CONTROL),
                (Modifiers::ALT, KeyModifiers::ALT),
                (Modifiers::SHIFT, KeyModifiers::SHIFT),
            ] {
                if key.modifiers.contains(has) {
                    modifiers |= is;
                }
            }
            Some(Event::Key(KeyEvent::new(code(key.code)?, modifiers)))
        }
        Parsed::Paste(text) => Some(Event::Paste(text.chars().take(LONGEST_PASTE).collect())),
        _ => None,
    }
}

fn code(code: Code) -> Option<KeyCode> {
    Some(match code {
        Code::Char(c) => KeyCode::Char(c),
        Code::Enter => KeyCode::Enter,
        Code::Backspace => KeyCode::Backspace,
        Code::Tab => KeyCode::Tab,
        Code::BackTab => KeyCode::BackTab,
        Code::Escape => KeyCode::Esc,
        Code::Left => KeyCode::Left,
        Code::Right => KeyCode::Right,
        Code::Up => KeyCode::Up,
        Code::Down => KeyCode::Down,
        Code::Home => KeyCode::Home,
        Code::End => KeyCode::End,
        Code::PageUp => KeyCode::PageUp,
        Code::PageDown => KeyCode::PageDown,
        Code::Delete => KeyCode::Delete,
        Code::Insert => KeyCode::Insert,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Event> {
        Keystrokes::default().read(bytes)
    }

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn keys_are_read_and_answers_are_not_keys() {
        let none = KeyModifiers::NONE;
        assert_eq!(read(b"a3"), [key(KeyCode::Char('a'), none), key(KeyCode::Char('3'), none)]);
        assert_eq!(read(b"\r"), [key(KeyCode::Enter, none)]);
        assert_eq!(read(b"\x1b[A\x1b[5~"), [key(KeyCode::Up, none), key(KeyCode::PageUp, none)]);
        assert_eq!(read(b"\x1b"), [key(KeyCode::Esc, none)]);
        assert_eq!(read(b"\x03"), [key(KeyCode::Char('c'), KeyModifiers::CONTROL)]);
        assert_eq!(read("é".as_bytes()), [key(KeyCode::Char('é'), none)]);
        assert_eq!(read(b"\x1b[?62;4c\x1b[0n\x1bP>|kitty(0.41)\x1b\\"), []);
        assert_eq!(read(b"\x1b[200~why\x1b[201~"), [Event::Paste("why".into())]);
    }

    #[test]
    fn no_bytes_are_too_strange() {
        let mut keys = Keystrokes::default();
        for seed in 0..200u32 {
            let bytes: Vec<u8> =
                (0..64).map(|n| (seed.wrapping_mul(2_654_435_761).rotate_left(n) >> 7) as u8).collect();
            keys.read(&bytes);
        }
        keys.read(&[0x1b; 4096]);
        // A paste that never ends is given up, and what follows is read again.
        keys.read(b"\x1b[200~");
        (0..40).for_each(|_| drop(keys.read(&[b'a'; 4096])));
        assert!(keys.unread <= MOST_UNREAD && !keys.read(b"a").is_empty());
    }
}
