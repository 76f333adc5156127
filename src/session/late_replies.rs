//! Answers of a slow terminal that come after the probe has given up: they would otherwise be read as keys somebody pressed.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};

/// Longer than this nothing belongs to the same answer.
const PAUSE: Duration = Duration::from_millis(250);

/// Swallows answers that are strings (APC, DCS, OSC); the others the key parser drops by itself.
#[derive(Debug, Default)]
pub struct LateReplies {
    expected: bool,
    /// Inside an answer, since this instant.
    inside: Option<Instant>,
}

impl LateReplies {
    /// `expected`: the probe ended before the terminal had answered all of it.
    pub fn new(expected: bool) -> Self {
        LateReplies { expected, inside: None }
    }

    /// True if the event is a piece of an answer and nobody's key.
    pub fn swallow(&mut self, event: &Event, now: Instant) -> bool {
        let Event::Key(KeyEvent { code, modifiers, .. }) = event else { return false };
        if !self.expected {
            return false;
        }
        let alt = modifiers.contains(KeyModifiers::ALT);
        match self.inside {
            Some(since) if now.duration_since(since) > PAUSE => self.inside = None,
            Some(_) => {
                let bell = *code == KeyCode::Char('g') && modifiers.contains(KeyModifiers::CONTROL);
                let ended = bell || (alt && *code == KeyCode::Char('\\'));
                self.inside = (!ended).then_some(now);
                return true;
            }
            None => {}
        }
        if alt && matches!(code, KeyCode::Char('_' | 'P' | ']')) {
            self.inside = Some(now);
            return true;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(c: char, modifiers: KeyModifiers) -> Event {
        Event::Key(KeyEvent::new(KeyCode::Char(c), modifiers))
    }

    /// What the key parser makes of kitty's `ESC _ G i=31;OK ESC \`.
    fn answer() -> Vec<Event> {
        let mut events = vec![key('_', KeyModifiers::ALT)];
        events.extend("Gi=31;OK".chars().map(|c| key(c, KeyModifiers::NONE)));
        events.push(key('\\', KeyModifiers::ALT));
        events
    }

    #[test]
    fn a_late_answer_is_swallowed_whole_and_keys_are_not() {
        let now = Instant::now();
        let mut late = LateReplies::new(true);
        assert!(answer().iter().all(|event| late.swallow(event, now)));
        assert!(!late.swallow(&key('q', KeyModifiers::NONE), now));
    }

    #[test]
    fn nothing_is_swallowed_where_nothing_is_due_or_after_a_pause() {
        let now = Instant::now();
        assert!(answer().iter().all(|event| !LateReplies::new(false).swallow(event, now)));
        let mut late = LateReplies::new(true);
        assert!(late.swallow(&key('_', KeyModifiers::ALT), now));
        assert!(!late.swallow(&key('j', KeyModifiers::NONE), now + 2 * PAUSE));
    }
}
