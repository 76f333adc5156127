//! How often a visit draws: at most thirty times in any second. What comes by itself (tokens, pictures, the clock) leaves room
//! for keys, so that a key is drawn at once while a story streams.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Views in any second, and those of them that what comes by itself may take.
const MOST: usize = 30;
const MOST_BY_ITSELF: usize = 22;
/// Least time from a view to one that nobody asked for.
const FLOOR: Duration = Duration::from_millis(45);
const SECOND: Duration = Duration::from_secs(1);

/// The views of the last second.
#[derive(Debug, Default)]
pub struct Pace {
    drawn: VecDeque<Instant>,
}

impl Pace {
    /// A view was drawn.
    pub fn drew(&mut self, now: Instant) {
        self.drawn.push_back(now);
        if self.drawn.len() > MOST {
            self.drawn.pop_front();
        }
    }

    /// When the next view may be drawn; `asked`: somebody pressed a key and waits for it.
    pub fn next(&self, asked: bool) -> Option<Instant> {
        let most = if asked { MOST } else { MOST_BY_ITSELF };
        let full = self.drawn.len().checked_sub(most).map(|first| self.drawn[first] + SECOND);
        let floor = self.drawn.back().filter(|_| !asked).map(|last| *last + FLOOR);
        full.max(floor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws as a visit does where something new is there all the time and a key is pressed every `every` milliseconds:
    /// the most views in any second, and the longest that a key waited.
    fn sit(every: u64) -> (usize, Duration) {
        let began = Instant::now();
        let (mut pace, mut drawn) = (Pace::default(), Vec::new());
        let (mut waiting, mut longest) = (None, Duration::ZERO);
        for ms in 0..10_000 {
            let now = began + Duration::from_millis(ms);
            if every > 0 && ms % every == 0 {
                waiting.get_or_insert(now);
            }
            if pace.next(waiting.is_some()).is_none_or(|due| due <= now) {
                pace.drew(now);
                drawn.push(now);
                longest = waiting.take().map_or(longest, |since: Instant| longest.max(now - since));
            }
        }
        let within = |from: &Instant| drawn.iter().filter(|at| (*from..*from + SECOND).contains(*at)).count();
        (drawn.iter().map(within).max().unwrap_or(0), longest)
    }

    #[test]
    fn never_more_than_thirty_views_a_second_and_keys_at_a_persons_pace_never_wait() {
        for every in [0, 7, 33, 40, 61, 100, 250] {
            let (most, longest) = sit(every);
            assert!(most <= MOST, "{most} views a second, a key every {every} ms");
            if every >= 40 {
                assert_eq!(longest, Duration::ZERO, "a key every {every} ms");
            }
        }
    }
}
