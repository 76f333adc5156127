//! The one place that knows which database this is: how to connect, what its error codes mean, where its migrations are.
//!
//! To serve another database, this file and a folder of migrations get a sibling; the queries stay.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

pub type Db = sqlx::Sqlite;
pub type Pool = sqlx::Pool<Db>;

/// Takes the write lock at once: a transaction that reads first and writes later could not be granted it any more when
/// another process has written in between, and waiting would not help.
pub const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";

/// Forward only; a version in the database that is not here means a newer program wrote it.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// What a failed statement means for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    Damaged,
    Full,
    Busy,
    ReadOnly,
    CannotOpen,
    Other,
}

/// Opens the database in this file, making it if there is none.
///
/// WAL lets one process write while others read. `synchronous = FULL` syncs the log before a commit returns: NORMAL would
/// survive a crash of the program but may lose the last commits with the power, and what is acknowledged here (a story
/// now, a vote later) must be there afterwards. The shelf writes a few rows a minute, so the sync is not felt.
pub async fn connect(file: &Path) -> Result<Pool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10));
    SqlitePoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(20)).connect_with(options).await
}

/// Reads every page; the answer is "ok" or the first thing that is wrong.
pub const CHECK: &str = "PRAGMA quick_check(1)";

/// Writes the log back, so that the database file alone is whole.
pub const SETTLE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// What this error means, by SQLite's primary result codes.
pub fn trouble(error: &sqlx::Error) -> Trouble {
    let code = error.as_database_error().and_then(|error| error.code()).and_then(|code| code.parse::<u32>().ok());
    match code.map(|code| code & 0xff) {
        Some(5 | 6) => Trouble::Busy,
        Some(8) => Trouble::ReadOnly,
        Some(11 | 26) => Trouble::Damaged,
        Some(13) => Trouble::Full,
        Some(14) => Trouble::CannotOpen,
        _ => Trouble::Other,
    }
}
