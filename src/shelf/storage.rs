//! The shelf itself: one folder, and a database in it or elsewhere, opened for as long as somebody holds it. The tables'
//! queries are in their own files.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteSynchronous;

use super::clock;
use super::dialect::{self, Dialect, Trouble};
use super::image_store::ImageStore;
use super::lefts::Lefts;
use super::postgres::{self, Address};
use super::scribe::Scribe;
use super::server_id::server_id;
use super::shelf_error::ShelfError;
use super::sql::{self, Connection, Pool, Writing};
use super::sqlite;
use super::syncer::Syncer;

/// What lasts. Cheap to clone; every clone is the same shelf.
#[derive(Clone, Debug)]
pub struct Shelf {
    pub(super) pool: Pool,
    /// The same database, for transactions that write.
    writers: Pool,
    /// Of SQLite: PostgreSQL syncs by itself.
    syncer: Option<Syncer>,
    scribe: Option<Scribe>,
    pub(super) lefts: Lefts,
    pub(super) images: ImageStore,
    place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    home: PathBuf,
    database: Database,
    /// Whose chain the votes go into. A database of our own has one only.
    server: String,
}

#[derive(Debug)]
enum Database {
    File(PathBuf),
    Elsewhere(String),
}

/// How the shelf is, for `storyloom doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// Which database it is, with its version and place.
    pub database: String,
    /// `None` if the database is sound, else what is wrong.
    pub damage: Option<String>,
    pub sequences: u64,
    pub images: u64,
    pub stories: u64,
}

impl Shelf {
    /// Opens the shelf in this folder, making both if they are not there. `database`: the URL of a PostgreSQL database that
    /// is used instead of the folder's own.
    pub async fn open(home: &Path, database: Option<&str>) -> Result<Shelf, ShelfError> {
        let address = database.map(Address::read).transpose()?;
        let elsewhere = address.is_some();
        let (lock, server) = {
            let home = home.to_owned();
            blocking(move || prepare(&home, elsewhere)).await?
        };
        let file = home.join("shelf.db");
        let name = address.as_ref().map(|address| address.name.clone());
        let database = name.map_or_else(|| Database::File(file.clone()), Database::Elsewhere);
        let place = Place { home: home.to_owned(), database, server };
        let (pool, writers, migrated) = match &address {
            None => {
                let connect = async |connections, synchronous| {
                    let connected = sqlite::connect(&file, connections, synchronous).await;
                    connected.map_err(|error| place.cause(error))
                };
                let writers = connect(sqlite::WRITERS, SqliteSynchronous::Normal).await?;
                let migrated = sqlite::MIGRATIONS.run(&writers).await;
                let pool = connect(sqlite::READERS, SqliteSynchronous::Full).await?;
                (Pool::Sqlite(pool), Pool::Sqlite(writers), migrated)
            }
            Some(address) => {
                let pool = address.connect().await.map_err(|error| place.cause(error))?;
                let migrated = postgres::MIGRATIONS.run(&pool).await;
                (Pool::Postgres(pool.clone()), Pool::Postgres(pool), migrated)
            }
        };
        migrated.map_err(|error| place.cause_of_migration(error))?;
        drop(lock);
        let cannot = |source| ShelfError::Folder { folder: home.to_owned(), source };
        let (syncer, scribe) = match elsewhere {
            true => (None, None),
            false => (Some(Syncer::new(log_of(&file)).map_err(cannot)?), Some(Scribe::new().map_err(cannot)?)),
        };
        let images = ImageStore::new(home.join("images"));
        let lefts = Lefts::default();
        let shelf = Shelf { pool, writers, syncer, scribe, lefts, images, place: Arc::new(place) };
        if elsewhere {
            shelf.sign_in().await?;
        }
        Ok(shelf)
    }

    /// The folder it is in.
    pub fn home(&self) -> &Path {
        &self.place.home
    }

    /// Looks through the database and counts what is there.
    pub async fn health(&self) -> Result<Health, ShelfError> {
        let (name, version, checks): (&str, &str, &[&str]) = match self.dialect() {
            Dialect::Sqlite => ("SQLite", sqlite::VERSION, &sqlite::CHECKS),
            Dialect::Postgres => ("PostgreSQL", postgres::VERSION, &postgres::CHECKS),
        };
        let place = match &self.place.database {
            Database::File(_) => "shelf.db in the home folder",
            Database::Elsewhere(name) => name,
        };
        let version: String =
            sql::query_scalar(version).fetch_one(&self.pool).await.map_err(|error| self.cause(error))?;
        let mut damage = None;
        for check in checks {
            let verdict: String = match sql::query_scalar(check).fetch_one(&self.pool).await {
                Ok(verdict) => verdict,
                Err(error) if dialect::trouble(&error) == Trouble::Damaged => error.to_string(),
                Err(error) => return Err(self.cause(error)),
            };
            damage = damage.or_else(|| (verdict != "ok").then_some(verdict));
        }
        Ok(Health {
            database: format!("{name} {version}, {place}"),
            damage,
            sequences: self.count("SELECT COUNT(*) FROM sequences").await?,
            images: self.count("SELECT COUNT(*) FROM images").await?,
            stories: self.count("SELECT COUNT(*) FROM stories WHERE finish <> 'awaited'").await?,
        })
    }

    /// Writes SQLite's log back into the database and closes every connection of this process. If another process is at
    /// work the log stays, which costs nothing: it is read with the database.
    pub async fn close(self) {
        if let Pool::Sqlite(writers) = &self.writers {
            sqlite::close(writers).await;
        }
        match self.pool {
            Pool::Sqlite(pool) => {
                if let Err(error) = sqlx::query(sqlite::SETTLE).execute(&pool).await {
                    tracing::warn!(%error, "the log was not written back");
                }
                sqlite::close(&pool).await;
            }
            Pool::Postgres(pool) => pool.close().await,
        }
    }

    /// A transaction that is going to write. When it is committed it is on the disk.
    pub(super) async fn begin(&self) -> Result<Writing, ShelfError> {
        Ok(Writing { syncer: self.syncer.clone(), ..self.begin_leasing().await? })
    }

    /// A transaction that is going to write what nobody is promised: a failure of the power may undo it, nothing else does.
    pub(super) async fn begin_leasing(&self) -> Result<Writing, ShelfError> {
        let begun = match &self.writers {
            Pool::Sqlite(pool) => pool.begin_with(sqlite::BEGIN_WRITING).await.map(Connection::Sqlite),
            Pool::Postgres(pool) => pool.begin().await.map(Connection::Postgres),
        };
        let connection = begun.map_err(|error| self.cause(error))?;
        Ok(Writing { connection, syncer: None, now: clock::now() })
    }

    /// Does what a rater does where it waits for nothing but the database.
    pub(super) async fn apart<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        match &self.scribe {
            Some(scribe) => scribe.run(work).await,
            None => work.await,
        }
    }

    /// When this returns, what others have committed is on the disk as well.
    pub(super) async fn settled(&self) -> Result<(), ShelfError> {
        match &self.syncer {
            Some(syncer) => syncer.sync().await.map_err(|error| self.cause(error.into())),
            None => Ok(()),
        }
    }

    pub(super) fn cause(&self, error: sqlx::Error) -> ShelfError {
        self.place.cause(error)
    }

    pub(super) fn dialect(&self) -> Dialect {
        Dialect::of(&self.pool)
    }

    /// Whose chain the votes go into.
    pub(super) fn server(&self) -> &str {
        &self.place.server
    }

    /// Makes this server known to the database.
    async fn sign_in(&self) -> Result<(), ShelfError> {
        let query = "INSERT INTO servers (id, added_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
        let done = sql::query(query).bind(self.server()).bind(clock::now()).execute(&self.pool).await;
        done.map(|_| ()).map_err(|error| self.cause(error))
    }

    async fn count(&self, query: &'static str) -> Result<u64, ShelfError> {
        let count: i64 = sql::query_scalar(query).fetch_one(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(count.unsigned_abs())
    }
}

impl Place {
    fn cause(&self, error: sqlx::Error) -> ShelfError {
        let folder = self.home.clone();
        let trouble = dialect::trouble(&error);
        let file = match &self.database {
            Database::File(file) => file.clone(),
            Database::Elsewhere(name) => return cause_elsewhere(name.clone(), trouble, error),
        };
        match trouble {
            Trouble::Damaged => ShelfError::Damaged { file, detail: error.to_string() },
            Trouble::Full => ShelfError::Full { folder },
            Trouble::Busy => ShelfError::Busy { file },
            Trouble::ReadOnly | Trouble::CannotOpen => {
                ShelfError::Folder { folder, source: io::Error::other(error.to_string()) }
            }
            _ => ShelfError::Refused(error),
        }
    }

    fn cause_of_migration(&self, error: MigrateError) -> ShelfError {
        let database = match &self.database {
            Database::File(file) => file.display().to_string(),
            Database::Elsewhere(name) => name.clone(),
        };
        match error {
            MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version) => {
                ShelfError::Newer { database, version }
            }
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => self.cause(error),
            other => ShelfError::Refused(sqlx::Error::Migrate(Box::new(other))),
        }
    }
}

/// The file that SQLite appends commits to.
fn log_of(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    PathBuf::from(name)
}

fn cause_elsewhere(database: String, trouble: Trouble, error: sqlx::Error) -> ShelfError {
    match (trouble, &error) {
        // A pool that gave up waiting: it tries to connect anew all the while.
        (_, sqlx::Error::PoolTimedOut) => {
            ShelfError::Database { database, trouble: Trouble::CannotOpen, detail: "nothing answers".to_owned() }
        }
        (Trouble::Other, _) => ShelfError::Refused(error),
        _ => ShelfError::Database { database, trouble, detail: error.to_string() },
    }
}

/// Makes the folder and takes the lock that lets one process at a time migrate: SQLite has none for that. Where the database
/// is `elsewhere`, also whose chain this home's votes go into.
fn prepare(home: &Path, elsewhere: bool) -> Result<(File, String), ShelfError> {
    let cause = |source: io::Error| match source.kind() {
        ErrorKind::StorageFull => ShelfError::Full { folder: home.to_owned() },
        _ => ShelfError::Folder { folder: home.to_owned(), source },
    };
    fs::create_dir_all(home.join("images")).map_err(cause)?;
    let lock = File::options().create(true).truncate(false).write(true).open(home.join("shelf.lock")).map_err(cause)?;
    lock.lock().map_err(cause)?;
    let server = if elsewhere { server_id(home).map_err(cause)? } else { String::new() };
    Ok((lock, server))
}

/// Runs file work off the async threads.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}
