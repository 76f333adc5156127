//! How far a rater is in a campaign. Their own turns are counted from an index alone, with every turn; the pairs that are left for
//! them are counted anew now and then, and with every turn where few are left.

use sqlx::FromRow;

use super::shelf_error::ShelfError;
use super::sql::{self, Writing};
use super::storage::Shelf;
use crate::story::{Campaign, Plan};

/// A rater's turns in a campaign, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromRow)]
pub(super) struct Tally {
    /// Votes that stand; and those of them that count towards a quota, which practice does not.
    pub done: i64,
    pub counted: i64,
    /// Turns of which shares are taken: all but practice, and but those that were lost. Among them those with a known answer, and
    /// those that were repetitions.
    pub given: i64,
    pub gold: i64,
    pub repeats: i64,
    /// Practice pairs that they have not had.
    pub practice: i64,
}

/// The columns of a tally, as a query that stands in `FROM` under this name; `campaign` and `rater` are parameters.
pub(super) fn tally(name: &str, campaign: &str, rater: &str) -> String {
    let sum = |what: &str| format!("CAST(COALESCE(SUM(CASE WHEN {what} THEN g.n ELSE 0 END), 0) AS BIGINT)");
    format!(
        "(SELECT {} AS done, {} AS counted, {} AS given, {} AS gold, {} AS repeats, \
         (SELECT COUNT(*) FROM pairs q WHERE q.campaign_id = {campaign} AND q.kind = 'practice') - {} AS practice \
         FROM (SELECT state, kind, repeated, COUNT(*) AS n FROM turns WHERE campaign_id = {campaign} \
         AND rater_id = {rater} GROUP BY state, kind, repeated) g) {name}",
        sum("g.state = 'done'"),
        sum("g.state = 'done' AND g.kind <> 'practice'"),
        sum("g.state <> 'lost' AND g.kind <> 'practice'"),
        sum("g.state <> 'lost' AND g.kind = 'gold'"),
        sum("g.state <> 'lost' AND g.repeated"),
        sum("g.kind = 'practice'"),
    )
}

impl Tally {
    /// The rater has given as many votes as they may.
    pub fn is_full(&self, plan: &Plan) -> bool {
        plan.quota > 0 && self.counted >= i64::from(plan.quota)
    }

    /// Votes so far, and those that are to be had, where so many pairs are left.
    pub fn progress(&self, plan: &Plan, left: u64) -> (u64, u64) {
        let quota = u64::from(plan.quota).saturating_sub(self.counted.unsigned_abs());
        (self.done.unsigned_abs(), if plan.quota > 0 { left.min(quota) } else { left })
    }
}

impl Shelf {
    /// The rater's tally as it is now.
    pub(super) async fn tally(
        &self,
        writing: &mut Writing,
        campaign: &Campaign,
        rater: &str,
    ) -> Result<Tally, ShelfError> {
        let query = format!("SELECT y.* FROM {}", tally("y", "$1", "$2"));
        let query = sql::query_as(&query).bind(&campaign.id).bind(rater);
        query.fetch_one(&mut **writing).await.map_err(|error| self.cause(error))
    }

    /// The pairs that want votes and that the rater has not had.
    pub(super) async fn left(
        &self,
        writing: &mut Writing,
        campaign: &Campaign,
        rater: &str,
    ) -> Result<u64, ShelfError> {
        let query = "SELECT COUNT(*) FROM pairs p WHERE p.campaign_id = $1 AND p.kind = 'plain' AND p.votes < $3 \
                     AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.pair_id = p.id AND t.rater_id = $2 AND NOT t.repeated \
                     AND t.state <> 'open')";
        let query = sql::query_scalar(query).bind(&campaign.id).bind(rater).bind(i64::from(campaign.plan.overlap));
        let left: i64 = query.fetch_one(&mut **writing).await.map_err(|error| self.cause(error))?;
        self.lefts.counted(&campaign.id, rater, left.unsigned_abs());
        Ok(left.unsigned_abs())
    }

    /// The same for a vote that is about to be written at a turn, counted only if it has to be.
    pub(super) async fn left_after_vote(
        &self,
        writing: &mut Writing,
        campaign: &Campaign,
        rater: &str,
        plain: bool,
    ) -> Result<u64, ShelfError> {
        match self.lefts.after_vote(&campaign.id, rater, plain) {
            Some(left) => Ok(left),
            None => {
                // The turn is still open, so its pair is counted among them.
                let left = self.left(writing, campaign, rater).await?.saturating_sub(u64::from(plain));
                self.lefts.counted(&campaign.id, rater, left);
                Ok(left)
            }
        }
    }
}
