//! What a writer told, and what became of it: its stories, and the campaigns that they stand in.

use std::collections::BTreeMap;

use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;

/// A campaign's name, how many stories of the writer stand in it, and the votes on pairs with them.
pub type Standing = (String, u64, u64);

impl Shelf {
    /// How many stories there are of a writer, named by hash and adapter, and the campaigns that they stand in, the newest first.
    pub async fn work_of(&self, hash: &str, adapter: Option<&str>) -> Result<(u64, Vec<Standing>), ShelfError> {
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        let theirs = |table: &str| format!("({table}.model_hash = $1 AND COALESCE({table}.adapter, '') = $2)");
        let adapter = adapter.unwrap_or_default();
        let query = format!("SELECT COUNT(*) FROM stories WHERE finish <> 'awaited' AND {}", theirs("stories"));
        let stories: i64 = sql::query_scalar(&query)
            .bind(hash)
            .bind(adapter)
            .fetch_one(&self.pool)
            .await
            .map_err(|error| self.cause(error))?;
        let query = format!(
            "SELECT name, told, votes FROM (SELECT campaigns.name AS name, campaigns.created_at AS begun, \
             (SELECT COUNT(*) FROM candidates JOIN stories ON stories.id = candidates.story_id \
             WHERE candidates.campaign_id = campaigns.id AND {}) AS told, \
             (SELECT CAST(COALESCE(SUM(pairs.votes), 0) AS BIGINT) FROM pairs JOIN stories a ON a.id = pairs.first_id \
             JOIN stories b ON b.id = pairs.second_id WHERE pairs.campaign_id = campaigns.id AND ({} OR {})) AS votes \
             FROM campaigns) AS work WHERE told > 0 ORDER BY begun DESC",
            theirs("stories"),
            theirs("a"),
            theirs("b"),
        );
        let rows: Vec<(String, i64, i64)> = sql::query_as(&query)
            .bind(hash)
            .bind(adapter)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.cause(error))?;
        Ok((count(stories), rows.into_iter().map(|(name, told, votes)| (name, count(told), count(votes))).collect()))
    }

    /// When a writer told last, in seconds since 1970; `None` where it told nothing.
    pub async fn told_last(&self, hash: &str, adapter: Option<&str>) -> Result<Option<i64>, ShelfError> {
        let query = "SELECT MAX(told_at) FROM stories WHERE finish <> 'awaited' AND model_hash = $1 AND COALESCE(adapter, '') = $2";
        sql::query_scalar(query)
            .bind(hash)
            .bind(adapter.unwrap_or_default())
            .fetch_one(&self.pool)
            .await
            .map_err(|error| self.cause(error))
    }

    /// When each campaign was begun, by its name, in seconds since 1970.
    pub async fn campaigns_begun(&self) -> Result<BTreeMap<String, i64>, ShelfError> {
        let query = "SELECT name, created_at FROM campaigns";
        let rows: Vec<(String, i64)> =
            sql::query_as(query).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(rows.into_iter().map(|(name, at)| (name, at / 1000)).collect())
    }
}
