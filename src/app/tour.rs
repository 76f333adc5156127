//! What a visitor who comes for the first time is told: four lines, five seconds each. It never comes back.

use std::time::Duration;

/// How long a line stays.
const EACH: Duration = Duration::from_secs(5);

const LINES: [&str; 4] = [
    "Welcome. Each tile is a tale in pictures: arrows or hjkl choose one, enter opens it",
    "In a tale, space has a model on this machine tell it; o in the gallery opens pictures of your own",
    "i looks inside a told story, v lets two settings tell at once, a writes notes to train on",
    ": finds any action by its name, ? lists all keys, M shows the models there are",
];

/// The tour of one visitor.
#[derive(Clone, Copy, Debug)]
pub struct Tour {
    began: Duration,
}

impl Tour {
    pub fn new(now: Duration) -> Tour {
        Tour { began: now }
    }

    /// What is said now; nothing once all is said.
    pub fn line(&self, now: Duration) -> Option<String> {
        let place = now.saturating_sub(self.began).as_millis() / EACH.as_millis();
        let words = LINES.get(usize::try_from(place).ok()?)?;
        Some(format!("{}/{} {words} · esc ends this", place + 1, LINES.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_takes_twenty_seconds() {
        let tour = Tour::new(Duration::from_secs(3));
        let begins = |seconds: u64| tour.line(Duration::from_secs(seconds)).map(|line| line[..3].to_owned());
        assert_eq!(begins(3).as_deref(), Some("1/4"));
        assert_eq!(begins(22).as_deref(), Some("4/4"));
        assert_eq!(begins(23), None);
    }
}
