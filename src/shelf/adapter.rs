//! The adapters on the shelf: small sets of weights that stand on an added model.

use std::path::PathBuf;

use sqlx::FromRow;

use super::clock;
use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;

/// An adapter that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    pub name: String,
    /// Name of the model it stands on.
    pub base: String,
    pub source: String,
    pub folder: PathBuf,
    /// The folder is our copy: it goes when the adapter goes.
    pub owned: bool,
    /// blake3 of its weights, hex.
    pub hash: String,
    pub rank: u64,
    /// Size of its weights in bytes.
    pub bytes: u64,
}

#[derive(FromRow)]
struct AdapterRow {
    name: String,
    base: String,
    source: String,
    folder: String,
    owned: bool,
    hash: String,
    rank: i64,
    bytes: i64,
}

impl Shelf {
    /// Adds an adapter. Its name must be free among models and adapters, its base must be on the shelf.
    pub async fn put_adapter(&self, adapter: &Adapter) -> Result<(), ShelfError> {
        let mut writing = self.begin().await?;
        self.claim(&mut writing, &adapter.name).await?;
        let query = "INSERT INTO adapters (name, base, source, folder, owned, hash, rank, bytes, added_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        sql::query(query)
            .bind(&adapter.name)
            .bind(&adapter.base)
            .bind(&adapter.source)
            .bind(adapter.folder.to_string_lossy())
            .bind(adapter.owned)
            .bind(&adapter.hash)
            .bind(adapter.rank as i64)
            .bind(adapter.bytes as i64)
            .bind(clock::now())
            .execute(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// The added adapters, in the order in which they were added.
    pub async fn adapters(&self) -> Result<Vec<Adapter>, ShelfError> {
        let query = "SELECT name, base, source, folder, owned, hash, rank, bytes FROM adapters ORDER BY added_at, name";
        let rows: Vec<AdapterRow> =
            sql::query_as(query).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(rows.into_iter().map(Adapter::from).collect())
    }

    /// Forgets an adapter; true if it was there. Its files are the caller's to remove, its stories stay.
    pub async fn remove_adapter(&self, name: &str) -> Result<bool, ShelfError> {
        let done = sql::query("DELETE FROM adapters WHERE name = $1")
            .bind(name)
            .execute(&self.pool)
            .await
            .map_err(|error| self.cause(error))?;
        Ok(done.rows_affected() > 0)
    }
}

impl From<AdapterRow> for Adapter {
    fn from(row: AdapterRow) -> Adapter {
        Adapter {
            name: row.name,
            base: row.base,
            source: row.source,
            folder: row.folder.into(),
            owned: row.owned,
            hash: row.hash,
            rank: row.rank.unsigned_abs(),
            bytes: row.bytes.unsigned_abs(),
        }
    }
}
