//! What a rater does, as others call it. Each is one transaction. PostgreSQL may break one off in favour of another that
//! waits for it in turn; nothing of it is kept then, and it is done again.
//!
//! It leaves out what these transactions do (`turns`).

use std::time::Duration;

use super::dialect::Trouble;
use super::shelf_error::ShelfError;
use super::storage::Shelf;
use super::turns::{Kept, Next};
use super::voting::{Given, Voted};
use crate::story::{Campaign, Plan, Preference, SkipReason};

/// How often a transaction is tried.
const TRIES: u32 = 8;

impl Shelf {
    /// The turn that the rater is at, or the next one, with how far they are. An open turn is taken up again as
    /// it was, on the same side, with what was said so far.
    pub async fn next_turn(&self, campaign: &Campaign, rater: &str) -> Result<Next, ShelfError> {
        let (shelf, campaign, rater) = (self.clone(), campaign.clone(), rater.to_owned());
        self.apart(async move { again(|| shelf.give_turn(&campaign, &rater)).await }).await
    }

    /// Keeps a vote. When this returns `Now`, it is on the disk; the same event again changes nothing.
    pub async fn keep_vote(
        &self,
        plan: &Plan,
        event: &str,
        turn: &str,
        rater: &str,
        preference: &Preference,
    ) -> Result<Kept, ShelfError> {
        let given = Given { event, turn, rater, preference };
        Ok(self.take_apart(plan.clone(), None, given).await?.kept)
    }

    /// The same, and in the same transaction the rater's next turn, where it can be given at once: the campaign is open, and still as
    /// `campaign` says.
    pub async fn keep_vote_and_go_on(&self, campaign: &Campaign, given: Given<'_>) -> Result<Voted, ShelfError> {
        self.take_apart(campaign.plan.clone(), Some(campaign.clone()), given).await
    }

    async fn take_apart(&self, plan: Plan, going_on: Option<Campaign>, given: Given<'_>) -> Result<Voted, ShelfError> {
        let (shelf, preference) = (self.clone(), given.preference.clone());
        let [event, turn, rater] = [given.event, given.turn, given.rater].map(str::to_owned);
        self.apart(async move {
            let given = Given { event: &event, turn: &turn, rater: &rater, preference: &preference };
            again(|| shelf.take_vote(&plan, going_on.as_ref(), given)).await
        })
        .await
    }

    /// Passes a turn over; the place is free for others.
    pub async fn skip_turn(&self, event: &str, turn: &str, rater: &str, reason: SkipReason) -> Result<(), ShelfError> {
        again(|| self.pass_turn(event, turn, rater, reason)).await
    }

    /// Takes back the rater's last vote in a campaign: its turn is open again with what was said. False if there is none.
    pub async fn undo_vote(&self, campaign: &Campaign, event: &str, rater: &str) -> Result<bool, ShelfError> {
        again(|| self.take_back(campaign, event, rater)).await
    }

    /// Holds an open turn for longer, unless the lease has run out and others have taken its place.
    pub async fn hold_turn(&self, plan: &Plan, turn: &str, rater: &str) -> Result<(), ShelfError> {
        let (shelf, plan) = (self.clone(), plan.clone());
        let [turn, rater] = [turn, rater].map(str::to_owned);
        self.apart(async move { again(|| shelf.hold(&plan, &turn, &rater)).await }).await
    }

    /// Keeps what was said so far at an open turn, and holds its place, unless the lease has run out and others have taken it.
    pub async fn keep_draft(&self, plan: &Plan, turn: &str, rater: &str, draft: &Preference) -> Result<(), ShelfError> {
        let (shelf, plan, draft) = (self.clone(), plan.clone(), draft.clone());
        let [turn, rater] = [turn, rater].map(str::to_owned);
        self.apart(async move { again(|| shelf.take_draft(&plan, &turn, &rater, &draft)).await }).await
    }
}

/// Does a transaction, and again where it was broken off; each time after a longer pause, and not all at the same moment.
async fn again<T, F>(work: impl Fn() -> F) -> Result<T, ShelfError>
where
    F: Future<Output = Result<T, ShelfError>>,
{
    for tried in 1..TRIES {
        match work().await {
            Err(ShelfError::Database { trouble: Trouble::BrokenOff, .. }) => {
                let pause = rand::random_range(1..=20) * u64::from(tried);
                tokio::time::sleep(Duration::from_millis(pause)).await;
            }
            done => return done,
        }
    }
    work().await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn what_is_broken_off_is_done_again_and_nothing_else() {
        let tried = AtomicU32::new(0);
        let fail = |trouble| ShelfError::Database { database: "here".into(), trouble, detail: "why".into() };
        let done = again(|| async {
            match tried.fetch_add(1, Ordering::Relaxed) {
                0 | 1 => Err(fail(Trouble::BrokenOff)),
                _ => Ok(()),
            }
        });
        done.await.unwrap();
        assert_eq!(tried.swap(0, Ordering::Relaxed), 3);
        for (trouble, times) in [(Trouble::BrokenOff, TRIES), (Trouble::Full, 1)] {
            let refused = again(|| async {
                tried.fetch_add(1, Ordering::Relaxed);
                Err::<(), _>(fail(trouble))
            });
            assert!(refused.await.is_err());
            assert_eq!(tried.swap(0, Ordering::Relaxed), times);
        }
    }
}
