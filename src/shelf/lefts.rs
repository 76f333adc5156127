//! How many pairs are left for a rater, as it was counted last. To count all that are open with every turn costs more than the vote
//! itself in a large campaign, and nobody looks at the hundreds: so it is counted now and then, and every time where few are left.
//!
//! It leaves out the counting (`tally`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Where so few pairs are left they are counted with every turn.
const FEW: u64 = 64;
/// Else after so many turns: others vote as well, and their votes take pairs away.
const TURNS: u32 = 16;

/// By campaign and rater: what was counted, less what was voted on since, and the turns since.
type Counted = HashMap<(String, String), (u64, u32)>;

/// What was counted last. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Lefts(Arc<Mutex<Counted>>);

impl Lefts {
    /// What is left after one more of the rater's votes, which took a pair away if it was a plain one; `None`: it is to be counted.
    pub fn after_vote(&self, campaign: &str, rater: &str, plain: bool) -> Option<u64> {
        let mut lefts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (left, turns) = lefts.get_mut(&(campaign.to_owned(), rater.to_owned()))?;
        (*left, *turns) = (left.saturating_sub(u64::from(plain)), *turns + 1);
        (*left > FEW && *turns < TURNS).then_some(*left)
    }

    pub fn counted(&self, campaign: &str, rater: &str, left: u64) {
        let mut lefts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lefts.insert((campaign.to_owned(), rater.to_owned()), (left, 0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_are_counted_now_and_then_and_few_every_time() {
        let lefts = Lefts::default();
        assert_eq!(lefts.after_vote("c", "r", true), None, "never counted");
        lefts.counted("c", "r", 1000);
        let guesses: Vec<Option<u64>> = (0..TURNS).map(|_| lefts.after_vote("c", "r", true)).collect();
        assert_eq!((guesses[0], guesses[14], guesses[15]), (Some(999), Some(985), None));
        lefts.counted("c", "r", FEW + 1);
        assert_eq!(lefts.after_vote("c", "r", false), Some(FEW + 1), "a repetition takes no pair away");
        assert_eq!(lefts.after_vote("c", "r", true), None);
        assert_eq!(lefts.after_vote("c", "another", true), None);
    }
}
