//! What people wrote down about sequences.

use super::clock::now;
use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;
use crate::story::{Notes, SequenceId};

impl Shelf {
    /// The notes of a sequence; empty where nothing was written.
    pub async fn notes(&self, id: &SequenceId) -> Result<Notes, ShelfError> {
        let query = "SELECT content FROM notes WHERE sequence_id = $1";
        let content: Option<String> =
            sql::query_scalar(query).bind(&id.0).fetch_optional(&self.pool).await.map_err(|error| self.cause(error))?;
        let broken = |error| ShelfError::Row(format!("notes of {id}: {error}"));
        content.map_or_else(|| Ok(Notes::default()), |content| serde_json::from_str(&content).map_err(broken))
    }

    /// Keeps the notes of a sequence, which must be on the shelf. When this returns, they last.
    pub async fn put_notes(&self, id: &SequenceId, notes: &Notes) -> Result<(), ShelfError> {
        let content = serde_json::to_string(notes).map_err(|error| ShelfError::Row(error.to_string()))?;
        let query = "INSERT INTO notes (sequence_id, content, changed_at) VALUES ($1, $2, $3) \
                     ON CONFLICT (sequence_id) DO UPDATE SET content = excluded.content, changed_at = excluded.changed_at";
        let done = sql::query(query).bind(&id.0).bind(content).bind(now()).execute(&self.pool).await;
        done.map(|_| ()).map_err(|error| self.cause(error))
    }

    /// The sequences that have notes, those changed last at the end.
    pub async fn noted(&self) -> Result<Vec<SequenceId>, ShelfError> {
        let ids: Vec<String> = sql::query_scalar("SELECT sequence_id FROM notes ORDER BY changed_at, sequence_id")
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.cause(error))?;
        Ok(ids.into_iter().map(SequenceId).collect())
    }
}
