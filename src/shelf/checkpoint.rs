//! The checkpoints on the shelf: where each added model lies and what it is. The embedded one needs no row.

use std::path::PathBuf;

use sqlx::FromRow;

use super::clock;
use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;

/// A model that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub name: String,
    /// A folder as it was named, or a hub id with its revision.
    pub source: String,
    /// Where its files are.
    pub folder: PathBuf,
    /// The folder is our copy: it goes when the model goes.
    pub owned: bool,
    /// blake3 of the weights, hex.
    pub hash: String,
    /// When the weights were written last, in milliseconds since 1970: the hash holds as long as this does.
    pub stamp: i64,
    /// `model_type` of its config.
    pub family: String,
    pub dtype: String,
    pub parameters: u64,
    /// Size of the weights in bytes.
    pub bytes: u64,
    /// Knows the picture world only.
    pub world_only: bool,
}

#[derive(FromRow)]
struct CheckpointRow {
    name: String,
    source: String,
    folder: String,
    owned: bool,
    hash: String,
    stamp: i64,
    family: String,
    dtype: String,
    parameters: i64,
    bytes: i64,
    world_only: bool,
}

impl Shelf {
    /// Adds a model. Its name must be free among models and adapters.
    pub async fn put_checkpoint(&self, checkpoint: &Checkpoint) -> Result<(), ShelfError> {
        let mut writing = self.begin().await?;
        self.claim(&mut writing, &checkpoint.name).await?;
        let query = "INSERT INTO checkpoints (name, source, folder, owned, hash, stamp, family, dtype, parameters, \
                     bytes, world_only, added_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        sql::query(query)
            .bind(&checkpoint.name)
            .bind(&checkpoint.source)
            .bind(checkpoint.folder.to_string_lossy())
            .bind(checkpoint.owned)
            .bind(&checkpoint.hash)
            .bind(checkpoint.stamp)
            .bind(&checkpoint.family)
            .bind(&checkpoint.dtype)
            .bind(checkpoint.parameters as i64)
            .bind(checkpoint.bytes as i64)
            .bind(checkpoint.world_only)
            .bind(clock::now())
            .execute(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// Keeps what a model's files are now.
    pub async fn rehash_checkpoint(&self, name: &str, hash: &str, stamp: i64) -> Result<(), ShelfError> {
        let query = "UPDATE checkpoints SET hash = $2, stamp = $3 WHERE name = $1";
        let done = sql::query(query).bind(name).bind(hash).bind(stamp).execute(&self.pool).await;
        done.map(|_| ()).map_err(|error| self.cause(error))
    }

    /// The added models, in the order in which they were added.
    pub async fn checkpoints(&self) -> Result<Vec<Checkpoint>, ShelfError> {
        let query = "SELECT name, source, folder, owned, hash, stamp, family, dtype, parameters, bytes, \
                     world_only FROM checkpoints ORDER BY added_at, name";
        let rows: Vec<CheckpointRow> =
            sql::query_as(query).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(rows.into_iter().map(Checkpoint::from).collect())
    }

    /// Forgets a model; true if it was there. Its files are the caller's to remove, its stories stay.
    pub async fn remove_checkpoint(&self, name: &str) -> Result<bool, ShelfError> {
        let mut writing = self.begin().await?;
        let adapters: Vec<String> = sql::query_scalar("SELECT name FROM adapters WHERE base = $1 ORDER BY name")
            .bind(name)
            .fetch_all(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        if !adapters.is_empty() {
            return Err(ShelfError::InUse { name: name.to_owned(), adapters: adapters.join(", ") });
        }
        let done = sql::query("DELETE FROM checkpoints WHERE name = $1")
            .bind(name)
            .execute(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        writing.commit().await.map_err(|error| self.cause(error))?;
        Ok(done.rows_affected() > 0)
    }
}

impl From<CheckpointRow> for Checkpoint {
    fn from(row: CheckpointRow) -> Checkpoint {
        Checkpoint {
            name: row.name,
            source: row.source,
            folder: row.folder.into(),
            owned: row.owned,
            hash: row.hash,
            stamp: row.stamp,
            family: row.family,
            dtype: row.dtype,
            parameters: row.parameters.unsigned_abs(),
            bytes: row.bytes.unsigned_abs(),
            world_only: row.world_only,
        }
    }
}
