//! What was asked of the service and what became of it: a trainer that swallows errors hides them, these numbers do not.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

/// Counts since the start. Threads share it.
#[derive(Debug, Default)]
pub struct Counters {
    pub requests: AtomicU64,
    /// Stories that were given a worth.
    pub scored: AtomicU64,
    /// Requests that asked wrongly: a key, a sequence, a form.
    pub refused: AtomicU64,
    /// Requests that were turned away because too many waited.
    pub turned_away: AtomicU64,
    /// Requests that failed here.
    pub failed: AtomicU64,
    /// Milliseconds that the model worked.
    pub busy_ms: AtomicU64,
}

impl Counters {
    fn all(&self) -> [(&'static str, &'static str, u64); 6] {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        [
            ("requests", "Requests for scores", of(&self.requests)),
            ("scored", "Stories that were given a worth", of(&self.scored)),
            ("refused", "Requests that asked wrongly", of(&self.refused)),
            ("turned_away", "Requests turned away because too many waited", of(&self.turned_away)),
            ("failed", "Requests that failed here", of(&self.failed)),
            ("busy_milliseconds", "Time that the model worked", of(&self.busy_ms)),
        ]
    }

    pub fn json(&self) -> Value {
        self.all()
            .into_iter()
            .map(|(name, _, value)| (name.to_owned(), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    }

    /// In the text format that Prometheus reads.
    pub fn prometheus(&self) -> String {
        let one = |(name, help, value): (&str, &str, u64)| {
            let name = format!("storyloom_reward_{name}_total");
            format!("# HELP {name} {help}\n# TYPE {name} counter\n{name} {value}\n")
        };
        self.all().into_iter().map(one).collect()
    }
}

/// Counts one more.
pub fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}
