//! SQLite, the embedded default: a file in the home folder.

use std::path::Path;
use std::time::Duration;

use sqlx::Sqlite;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// Takes the write lock at once: a transaction that reads first and writes later could not be granted it any more when
/// another process has written in between, and waiting would not help.
pub const BEGIN_WRITING: &str = "BEGIN IMMEDIATE";

/// Forward only; a version in the database that is not here means a newer program wrote it.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/sqlite");

/// Connections that read.
pub const READERS: u32 = 4;
/// And the one that writes: within a process those who write queue in order, where SQLite would have them try again and again,
/// and its cache need not be read anew after each other's writes.
pub const WRITERS: u32 = 1;

/// Opens the database in this file with so many connections, making it if there is none.
///
/// WAL lets one process write while others read. `FULL` syncs the log before a commit returns. `NORMAL` alone would survive a
/// crash of the program but may lose the last commits with the power, and what is acknowledged here (a story, a vote) must be
/// there afterwards: whoever connects so has a `Syncer` do it.
pub async fn connect(
    file: &Path,
    connections: u32,
    synchronous: SqliteSynchronous,
) -> Result<sqlx::Pool<Sqlite>, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(synchronous)
        .foreign_keys(true)
        .busy_timeout(Duration::from_secs(10));
    let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(20));
    pool.connect_with(options).await
}

/// Closes every connection, so that the log is in the database. sqlx's own way passes over one that is just being handed back: those are
/// waited for and closed one by one before.
pub async fn close(pool: &sqlx::Pool<Sqlite>) {
    for _ in 0..pool.options().get_max_connections() {
        if pool.size() == 0 {
            break;
        }
        if let Ok(connection) = pool.acquire().await
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "a connection was not closed in order");
        }
    }
    pool.close().await;
}

/// Reads every page; the answer is "ok" or the first thing that is wrong.
pub const CHECKS: [&str; 1] = ["PRAGMA quick_check(1)"];

/// Writes the log back, so that the database file alone is whole.
pub const SETTLE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// Its version.
pub const VERSION: &str = "SELECT sqlite_version()";
