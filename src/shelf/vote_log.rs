//! The log of votes: events that are only added, each holding the hash of the one before, so that a change anywhere shows.

use sqlx::FromRow;
use sqlx::Transaction;

use super::clock;
use super::dialect::Db;
use super::shelf_error::ShelfError;
use super::storage::Shelf;

/// One event, as it is written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent<'a> {
    /// Made by the rater's side.
    pub id: &'a str,
    pub turn: &'a str,
    pub rater: &'a str,
    pub kind: &'static str,
    /// JSON.
    pub content: String,
}

#[derive(FromRow)]
struct EventRow {
    seq: i64,
    id: String,
    turn_id: String,
    rater_id: String,
    kind: String,
    content: String,
    at: i64,
    previous: String,
    hash: String,
}

/// What reading the whole log found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub events: u64,
    /// Hash of the last event: written down elsewhere, it shows later that nothing before it was changed.
    pub head: String,
    /// The first event that is not what it was.
    pub broken: Option<String>,
}

/// The hash that stands before the first event.
const BEGINNING: &str = "";

/// Hash of an event: over every field, each with its length before it, so that no two events look alike.
fn hash(row: &EventRow) -> String {
    let mut hasher = blake3::Hasher::new();
    let (seq, at) = (row.seq.to_string(), row.at.to_string());
    for field in [&row.previous, &seq, &row.id, &row.turn_id, &row.rater_id, &row.kind, &row.content, &at] {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

impl Shelf {
    /// Whether an event is in the log.
    pub(super) async fn has_event(&self, writing: &mut Transaction<'static, Db>, id: &str) -> Result<bool, ShelfError> {
        let found: Option<i64> = sqlx::query_scalar("SELECT seq FROM vote_events WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        Ok(found.is_some())
    }

    /// Adds an event at the end of the chain, within a transaction that writes.
    pub(super) async fn add_event(
        &self,
        writing: &mut Transaction<'static, Db>,
        event: NewEvent<'_>,
    ) -> Result<(), ShelfError> {
        let last: Option<(i64, String)> = sqlx::query_as("SELECT seq, hash FROM vote_events ORDER BY seq DESC LIMIT 1")
            .fetch_optional(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        let (seq, previous) = last.map_or((1, BEGINNING.to_owned()), |(seq, hash)| (seq + 1, hash));
        let mut row = EventRow {
            seq,
            id: event.id.to_owned(),
            turn_id: event.turn.to_owned(),
            rater_id: event.rater.to_owned(),
            kind: event.kind.to_owned(),
            content: event.content,
            at: clock::now(),
            previous,
            hash: String::new(),
        };
        row.hash = hash(&row);
        let query = "INSERT INTO vote_events (seq, id, turn_id, rater_id, kind, content, at, previous, hash) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        sqlx::query(query)
            .bind(row.seq)
            .bind(row.id)
            .bind(row.turn_id)
            .bind(row.rater_id)
            .bind(row.kind)
            .bind(row.content)
            .bind(row.at)
            .bind(row.previous)
            .bind(row.hash)
            .execute(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        Ok(())
    }

    /// Reads the whole log and holds every event against its hash and the one before.
    pub async fn verify_votes(&self) -> Result<Verified, ShelfError> {
        let query =
            "SELECT seq, id, turn_id, rater_id, kind, content, at, previous, hash FROM vote_events ORDER BY seq";
        let rows: Vec<EventRow> =
            sqlx::query_as(query).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        let mut verified = Verified { events: rows.len() as u64, head: BEGINNING.to_owned(), broken: None };
        for (place, row) in rows.into_iter().enumerate() {
            let wrong = if row.seq != place as i64 + 1 {
                Some(format!("event {} is missing", place + 1))
            } else if row.previous != verified.head {
                Some(format!("event {} does not follow the one before it", row.seq))
            } else if row.hash != hash(&row) {
                Some(format!("event {} was changed", row.seq))
            } else {
                None
            };
            if wrong.is_some() {
                return Ok(Verified { broken: wrong, ..verified });
            }
            verified.head = row.hash;
        }
        Ok(verified)
    }
}
