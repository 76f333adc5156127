//! What a campaign should ask next: as votes come in, the order of its systems is fitted anew, and pairs of systems whose order is
//! least sure are marked for whoever is drawn a pair by that.

use std::sync::PoisonError;

use super::gallery::blocking;
use super::handle::Studio;
use super::results::doubts;
use crate::shelf::ShelfError;
use crate::story::{Campaign, Doubted, Rater};

/// The votes are counted again after so many, at least.
const FEW: usize = 8;
/// And after this part of those that there were the last time: counting all of them takes longer the more there are.
const PART: usize = 20;

impl Studio {
    /// A vote was kept. Counting goes on by itself: no rater waits for it.
    pub(super) fn count_again(&self, campaign: &Campaign, rater: &Rater) {
        if campaign.plan.uncertain == 0.0 || campaign.plan.uncertain_by != Doubted::Systems {
            return;
        }
        {
            let mut counting = self.inner.counting.lock().unwrap_or_else(PoisonError::into_inner);
            let left = counting.left.entry(campaign.id.clone()).or_insert(FEW);
            *left = left.saturating_sub(1);
            if *left > 0 || !counting.under_way.insert(campaign.id.clone()) {
                return;
            }
        }
        let (studio, campaign, simulated) = (self.clone(), campaign.clone(), rater.simulated);
        tokio::spawn(async move {
            let counted = studio.count(&campaign, simulated).await;
            let votes = counted.inspect_err(|error| tracing::warn!(%error, "votes are not counted again")).unwrap_or(0);
            let mut counting = studio.inner.counting.lock().unwrap_or_else(PoisonError::into_inner);
            counting.under_way.remove(&campaign.id);
            counting.left.insert(campaign.id, FEW.max(votes / PART));
        });
    }

    /// Marks the pairs by the votes of people, or those of programs; gives how many votes there are.
    async fn count(&self, campaign: &Campaign, simulated: bool) -> Result<usize, ShelfError> {
        let mut votes = self.inner.shelf.votes(&campaign.id).await?;
        votes.retain(|vote| vote.simulated == simulated);
        let count = votes.len();
        // A failure to fit marks nothing: the pairs stay as they were.
        if let Ok(doubts) = blocking(move || doubts(&votes)).await {
            self.inner.shelf.set_unsure(&campaign.id, &doubts).await?;
        }
        Ok(count)
    }
}
