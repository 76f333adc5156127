//! The log of votes: events that are only added, each holding the hash of the one before, so that a change anywhere shows.
//!
//! Each server has a chain of its own. What came after what is known within a chain by `seq`, and for what one rater did,
//! at whichever servers, by `rater_seq`: it depends on no clock.

use std::collections::{BTreeMap, HashMap};

use sqlx::FromRow;

use super::shelf_error::ShelfError;
use super::sql::{self, Query, Writing};
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

/// Where this server's chain ends, and a rater's events.
#[derive(FromRow)]
pub(super) struct ChainEnd {
    last_seq: i64,
    last_hash: String,
    last_rater_seq: i64,
}

impl ChainEnd {
    /// Its columns; `server` and `rater` are parameters.
    pub fn columns(server: &str, rater: &str) -> String {
        let last = |column: &str| {
            format!("(SELECT {column} FROM vote_events WHERE server = {server} ORDER BY seq DESC LIMIT 1)")
        };
        format!(
            "COALESCE({}, 0) AS last_seq, COALESCE({}, '') AS last_hash, COALESCE((SELECT rater_seq FROM vote_events \
             WHERE rater_id = {rater} ORDER BY rater_seq DESC LIMIT 1), 0) AS last_rater_seq",
            last("seq"),
            last("hash")
        )
    }
}

#[derive(FromRow)]
struct EventRow {
    /// Empty where the database is the home folder's own.
    server: String,
    seq: i64,
    id: String,
    turn_id: String,
    rater_id: String,
    /// Which of the rater's events this is, over all servers: 1, 2, 3.
    rater_seq: i64,
    kind: String,
    content: String,
    at: i64,
    previous: String,
    hash: String,
}

/// The events of one server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Empty where the database is the home folder's own.
    pub server: String,
    pub events: u64,
    /// Hash of the last event: written down elsewhere, it shows later that nothing before it was changed.
    pub head: String,
}

/// What reading the whole log found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub events: u64,
    pub chains: Vec<Chain>,
    /// The first event that is not what it was.
    pub broken: Option<String>,
}

/// The hash that stands before the first event.
const BEGINNING: &str = "";

/// Hash of an event: over every field, each with its length before it, so that no two events look alike. In the chain that
/// has no server's name `rater_seq` is not part of it: there it follows from `seq`, and older events were hashed without.
fn hash(row: &EventRow) -> String {
    let mut hasher = blake3::Hasher::new();
    let (seq, at, rater_seq) = (row.seq.to_string(), row.at.to_string(), row.rater_seq.to_string());
    let fields = [&row.previous, &seq, &row.id, &row.turn_id, &row.rater_id, &row.kind, &row.content, &at];
    let named = [&row.server, &rater_seq];
    for field in fields.into_iter().chain(named.into_iter().filter(|_| !row.server.is_empty())) {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

impl Shelf {
    /// Whether an event is in the log.
    pub(super) async fn has_event(&self, writing: &mut Writing, id: &str) -> Result<bool, ShelfError> {
        let found: Option<i64> = sql::query_scalar("SELECT seq FROM vote_events WHERE id = $1")
            .bind(id)
            .fetch_optional(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        Ok(found.is_some())
    }

    /// Adds an event at the end of this server's chain, within a transaction of `begin_for` its rater.
    pub(super) async fn add_event(&self, writing: &mut Writing, event: NewEvent<'_>) -> Result<(), ShelfError> {
        self.lock_chain(writing).await?;
        let query = format!("SELECT {}", ChainEnd::columns("$1", "$2"));
        let end = sql::query_as(&query).bind(self.server()).bind(event.rater).fetch_one(&mut **writing).await;
        let query = self.event(end.map_err(|error| self.cause(error))?, event, writing.now);
        query.execute(&mut **writing).await.map(|_| ()).map_err(|error| self.cause(error))
    }

    /// How an event is added that follows this end.
    pub(super) fn event(&self, end: ChainEnd, event: NewEvent<'_>, now: i64) -> Query<'static, ()> {
        let mut row = EventRow {
            server: self.server().to_owned(),
            seq: end.last_seq + 1,
            id: event.id.to_owned(),
            turn_id: event.turn.to_owned(),
            rater_id: event.rater.to_owned(),
            rater_seq: end.last_rater_seq + 1,
            kind: event.kind.to_owned(),
            content: event.content,
            at: now,
            previous: end.last_hash,
            hash: String::new(),
        };
        row.hash = hash(&row);
        let query = "INSERT INTO vote_events (server, seq, id, turn_id, rater_id, rater_seq, kind, content, at, previous, \
                     hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        sql::query(query)
            .bind(row.server)
            .bind(row.seq)
            .bind(row.id)
            .bind(row.turn_id)
            .bind(row.rater_id)
            .bind(row.rater_seq)
            .bind(row.kind)
            .bind(row.content)
            .bind(row.at)
            .bind(row.previous)
            .bind(row.hash)
    }

    /// Reads the whole log: every event is held against its hash and the one before it in its server's chain, and each
    /// rater's events must be all there, over all chains.
    pub async fn verify_votes(&self) -> Result<Verified, ShelfError> {
        let query = "SELECT server, seq, id, turn_id, rater_id, rater_seq, kind, content, at, previous, hash \
                     FROM vote_events ORDER BY server, seq";
        let rows: Vec<EventRow> =
            sql::query_as(query).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(verify(rows))
    }
}

fn verify(rows: Vec<EventRow>) -> Verified {
    let events = rows.len() as u64;
    let (mut chains, mut last): (Vec<Chain>, HashMap<String, i64>) = (Vec::new(), HashMap::new());
    let mut of_raters: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for row in rows {
        if chains.last().is_none_or(|chain| chain.server != row.server) {
            last.clear();
            chains.push(Chain { server: row.server.clone(), events: 0, head: BEGINNING.to_owned() });
        }
        let Some(chain) = chains.last_mut() else { break };
        let expected = chain.events as i64 + 1;
        let wrong = if row.seq != expected {
            Some(format!("{} is missing", event(&row.server, expected)))
        } else if row.previous != chain.head {
            Some(format!("{} does not follow the one before it", event(&row.server, row.seq)))
        } else if row.hash != hash(&row) || last.get(&row.rater_id).is_some_and(|before| *before >= row.rater_seq) {
            Some(format!("{} was changed", event(&row.server, row.seq)))
        } else {
            None
        };
        if wrong.is_some() {
            return Verified { events, chains, broken: wrong };
        }
        (chain.events, chain.head) = (chain.events + 1, row.hash);
        last.insert(row.rater_id.clone(), row.rater_seq);
        of_raters.entry(row.rater_id).or_default().push(row.rater_seq);
    }
    let broken = of_raters.into_iter().find_map(|(rater, mut places)| {
        places.sort_unstable();
        let missing = places.iter().zip(1..).find(|(place, expected)| *place != expected)?.1;
        Some(format!("event {missing} of the rater {rater} is missing"))
    });
    Verified { events, chains, broken }
}

/// How an event is named.
fn event(server: &str, seq: i64) -> String {
    if server.is_empty() { format!("event {seq}") } else { format!("event {seq} of the server {server}") }
}
