//! PostgreSQL, for several servers that share a campaign: a database somewhere else, named by a URL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, Postgres};

use super::shelf_error::ShelfError;

/// Forward only, with the same numbers as SQLite's.
pub static MIGRATIONS: Migrator = sqlx::migrate!("./migrations/postgres");

/// What holds for every connection, whatever the URL or the server's configuration says. What is acknowledged (a vote) is
/// on the server's disk before; nobody waits for ever for somebody who holds a lock and has gone.
const SETTINGS: &str = "SET synchronous_commit = on; SET statement_timeout = '60s'; SET lock_timeout = '10s'; \
                        SET idle_in_transaction_session_timeout = '30s'";

/// A database as a URL names it: where, and never by which password.
#[derive(Clone, Debug)]
pub struct Address {
    options: PgConnectOptions,
    /// `storyloom at db.lab.org:5432`
    pub name: String,
}

impl Address {
    /// Reads a URL, `postgres://USER@HOST/DATABASE`. What it leaves out is taken from the PG* variables and ~/.pgpass.
    pub fn read(url: &str) -> Result<Address, ShelfError> {
        let schemes = ["postgres://", "postgresql://"];
        // The reasons of the parser are kept back: they may hold parts of the URL.
        let options = PgConnectOptions::from_str(url)
            .ok()
            .filter(|_| schemes.iter().any(|scheme| url.starts_with(scheme)))
            .ok_or(ShelfError::Address)?
            .application_name("storyloom");
        let place = match options.get_socket() {
            Some(folder) => folder.display().to_string(),
            None => format!("{}:{}", options.get_host(), options.get_port()),
        };
        let database = options.get_database().unwrap_or_else(|| options.get_username());
        Ok(Address { name: format!("{database} at {place}"), options })
    }

    /// Connects. A few connections: each transaction is short, and a server's votes go one after the other into its chain.
    pub async fn connect(&self) -> Result<sqlx::Pool<Postgres>, sqlx::Error> {
        // Tried once by itself: a pool takes a refusal for a server that is still starting, and would say only that it waited.
        let trying = PgConnection::connect_with(&self.options);
        let tried = tokio::time::timeout(PATIENCE, trying).await.map_err(|late| sqlx::Error::Io(late.into()))??;
        tried.close().await?;
        Ok(PgPoolOptions::new()
            .max_connections(8)
            .acquire_timeout(PATIENCE)
            .after_connect(|connection, _| Box::pin(async move { connection.execute(SETTINGS).await.map(|_| ()) }))
            .connect_lazy_with(self.options.clone()))
    }
}

/// How long a connection is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Its version.
pub const VERSION: &str = "SELECT current_setting('server_version')";

/// What is asked of it, one after the other: each answers "ok" or what is wrong. Every story and every vote is read, and
/// where the server keeps checksums a damaged page is an error; of pictures only their length is looked at.
pub const CHECKS: [&str; 4] = [
    "SELECT CASE current_setting('fsync') WHEN 'on' THEN 'ok' \
     ELSE 'fsync is off: what was acknowledged may be lost with the power' END",
    "SELECT CASE COUNT(hashtext(CAST(s.* AS TEXT))) WHEN COUNT(*) THEN 'ok' ELSE 'a story cannot be read' END \
     FROM stories s",
    "SELECT CASE COUNT(hashtext(CAST(e.* AS TEXT))) WHEN COUNT(*) THEN 'ok' ELSE 'a vote cannot be read' END \
     FROM vote_events e",
    "SELECT CASE COUNT(*) WHEN 0 THEN 'ok' ELSE 'pictures lack their content' END \
     FROM images i LEFT JOIN image_bytes b ON b.hash = i.hash WHERE b.content IS NULL OR length(b.content) <> i.bytes",
];
