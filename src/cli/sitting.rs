//! What programs that rate share: the campaign, what is true of its sequences, and how many votes may still be given.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::story::{Campaign, Notice};
use crate::studio::Studio;
use crate::world::Facts;

/// The facts of what can be rated, by the id of the sequence.
pub type Known = HashMap<String, Facts>;

/// What all of them share.
#[derive(Clone)]
pub struct Sitting {
    pub studio: Studio,
    pub campaign: Campaign,
    pub facts: Arc<Known>,
    pub pause: Duration,
    /// Votes that may still be given.
    pub left: Arc<AtomicU64>,
}

impl Sitting {
    /// Whether one more vote may be given; it is counted.
    pub fn one_more(&self) -> bool {
        self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }

    /// What is true of a sequence.
    pub fn facts_of(&self, sequence: &str) -> Result<&Facts, Notice> {
        let unknown = || {
            let what = "nothing is known of what a sequence of this campaign shows";
            Notice::yours(what, "programs rate the bundled tales, and those of a folder given with --world")
        };
        self.facts.get(sequence).ok_or_else(unknown)
    }
}
