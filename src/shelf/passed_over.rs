//! Pairs that raters passed over, and why; for counting. A pair that a rater came back to and voted on was passed over all the same.

use sqlx::FromRow;

use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;
use crate::story::SkipReason;

/// A pair was passed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassedOver {
    pub reason: SkipReason,
    pub simulated: bool,
}

#[derive(FromRow)]
struct Row {
    id: String,
    content: String,
    simulated: bool,
}

impl Shelf {
    /// Every time that a rater passed over a pair of this campaign, in the order of the log.
    pub async fn passed_over(&self, campaign: &str) -> Result<Vec<PassedOver>, ShelfError> {
        let query = "SELECT e.id, e.content, r.simulated FROM vote_events e JOIN turns t ON t.id = e.turn_id \
                     JOIN raters r ON r.id = e.rater_id WHERE e.kind = 'skip' AND t.campaign_id = $1 ORDER BY e.at, e.rater_seq";
        let rows: Vec<Row> =
            sql::query_as(query).bind(campaign).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        let read = |row: Row| {
            let reason = serde_json::from_str::<serde_json::Value>(&row.content)
                .and_then(|mut content| serde_json::from_value(content["reason"].take()))
                .map_err(|error| ShelfError::Row(format!("skip {}: {error}", row.id)))?;
            Ok(PassedOver { reason, simulated: row.simulated })
        };
        rows.into_iter().map(read).collect()
    }
}
