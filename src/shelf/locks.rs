//! What must not change while a transaction decides whose turn it is. In SQLite whoever writes has the whole database to
//! themselves and none of this is needed. In PostgreSQL many write at once, from several servers, so that rows are locked, and
//! always in this order: the rater, who may have come in twice; the pair, whose places are counted; the server's chain.

use super::choosing::{Choosing, PairRow};
use super::clock;
use super::dialect::Dialect;
use super::shelf_error::ShelfError;
use super::sql::{self, Writing};
use super::storage::Shelf;

impl Shelf {
    /// A transaction that is going to write what a rater says; nobody else writes anything of theirs meanwhile.
    pub(super) async fn begin_for(&self, rater: &str) -> Result<Writing, ShelfError> {
        let writing = self.begin().await?;
        self.alone_with(writing, rater).await
    }

    /// The same for whose turn it is, and what was said so far: neither is acknowledged.
    pub(super) async fn begin_leasing_for(&self, rater: &str) -> Result<Writing, ShelfError> {
        let writing = self.begin_leasing().await?;
        self.alone_with(writing, rater).await
    }

    async fn alone_with(&self, mut writing: Writing, rater: &str) -> Result<Writing, ShelfError> {
        if self.dialect() == Dialect::Postgres {
            // Leases that several servers give must run by one clock: the database's, read once the row is ours.
            let query = "WITH rater AS (SELECT id FROM raters WHERE id = $1 FOR UPDATE) \
                         SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) FROM rater";
            let now: Option<i64> = sql::query_scalar(query)
                .bind(rater)
                .fetch_optional(&mut *writing)
                .await
                .map_err(|error| self.cause(error))?;
            writing.now = now.unwrap_or_else(clock::now);
        }
        Ok(writing)
    }

    /// Keeps others from changing who has a place at a pair.
    pub(super) async fn lock_pair(&self, writing: &mut Writing, pair: &str) -> Result<(), ShelfError> {
        self.lock(writing, "SELECT id FROM pairs WHERE id = $1 FOR UPDATE", pair).await.map(|_| ())
    }

    /// The same for a turn's pair.
    pub(super) async fn lock_pair_of(&self, writing: &mut Writing, turn: &str) -> Result<(), ShelfError> {
        let query = "SELECT p.id FROM turns t JOIN pairs p ON p.id = t.pair_id WHERE t.id = $1 FOR UPDATE OF p";
        self.lock(writing, query, turn).await.map(|_| ())
    }

    /// The same without waiting: false where somebody else has it now.
    pub(super) async fn try_lock_pair(&self, writing: &mut Writing, pair: &str) -> Result<bool, ShelfError> {
        self.lock(writing, "SELECT id FROM pairs WHERE id = $1 FOR UPDATE SKIP LOCKED", pair).await
    }

    /// Keeps others from adding to this server's chain of votes.
    pub(super) async fn lock_chain(&self, writing: &mut Writing) -> Result<(), ShelfError> {
        self.lock(writing, "SELECT id FROM servers WHERE id = $1 FOR UPDATE", self.server()).await.map(|_| ())
    }

    /// Keeps others from giving a name to a model.
    pub(super) async fn lock_names(&self, writing: &mut Writing) -> Result<(), ShelfError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let locking = sql::query("LOCK TABLE checkpoints IN SHARE ROW EXCLUSIVE MODE").execute(&mut **writing).await;
        locking.map(|_| ()).map_err(|error| self.cause(error))
    }

    /// Whether it is locked now.
    async fn lock(&self, writing: &mut Writing, query: &str, id: &str) -> Result<bool, ShelfError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(true);
        }
        let locked: Result<Option<String>, _> = sql::query_scalar(query).bind(id).fetch_optional(&mut **writing).await;
        Ok(locked.map_err(|error| self.cause(error))?.is_some())
    }

    /// The first pair that a query over pairs `p` finds with a place free for the rater. Who is not `patient` is told that there is
    /// none where others are choosing those that are.
    ///
    /// What a query counts is as old as its beginning, and the lock of what it finds may be younger: then others may have
    /// taken the last place in between. So what was locked is counted again. A pair found full that way is full for the
    /// next query as well, so each is found once at most.
    pub(super) async fn first_free(
        &self,
        writing: &mut Writing,
        query: &str,
        choosing: &Choosing<'_>,
    ) -> Result<Option<PairRow>, ShelfError> {
        let ways = self.dialect().choosing();
        for way in if choosing.patient { ways } else { &ways[..1] } {
            let query = format!("{query}{way}");
            while let Some(pair) = self.first_of(writing, &query, choosing).await? {
                let alone = self.dialect() == Dialect::Sqlite;
                if alone || self.taken(writing, &pair.id, "").await? < i64::from(choosing.campaign.plan.overlap) {
                    return Ok(Some(pair));
                }
            }
        }
        Ok(None)
    }
}
