//! The shelf itself: one folder, opened for as long as somebody holds it. The tables' queries are in their own files.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::migrate::MigrateError;

use super::dialect::{self, Db, Pool, Trouble};
use super::image_store::ImageStore;
use super::shelf_error::ShelfError;

/// What lasts. Cheap to clone; every clone is the same shelf.
#[derive(Clone, Debug)]
pub struct Shelf {
    pub(super) pool: Pool,
    pub(super) images: ImageStore,
    place: Arc<Place>,
}

#[derive(Debug)]
struct Place {
    home: PathBuf,
    file: PathBuf,
}

/// How the shelf is, for `storyloom doctor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// `None` if every page of the database is sound, else what is wrong.
    pub damage: Option<String>,
    pub sequences: u64,
    pub images: u64,
    pub stories: u64,
}

impl Shelf {
    /// Opens the shelf in this folder, making both if they are not there.
    pub async fn open(home: &Path) -> Result<Shelf, ShelfError> {
        let place = Place { home: home.to_owned(), file: home.join("shelf.db") };
        let lock = {
            let home = home.to_owned();
            blocking(move || prepare(&home)).await?
        };
        let pool = dialect::connect(&place.file).await.map_err(|error| place.cause(error))?;
        dialect::MIGRATIONS.run(&pool).await.map_err(|error| match error {
            MigrateError::VersionMissing(version) | MigrateError::VersionMismatch(version) => {
                ShelfError::Newer { file: place.file.clone(), version }
            }
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => place.cause(error),
            other => ShelfError::Refused(sqlx::Error::Migrate(Box::new(other))),
        })?;
        drop(lock);
        Ok(Shelf { pool, images: ImageStore::new(home.join("images")), place: Arc::new(place) })
    }

    /// The folder it is in.
    pub fn home(&self) -> &Path {
        &self.place.home
    }

    /// Reads the whole database and counts what is there.
    pub async fn health(&self) -> Result<Health, ShelfError> {
        let verdict: String = match sqlx::query_scalar(dialect::CHECK).fetch_one(&self.pool).await {
            Ok(verdict) => verdict,
            Err(error) if dialect::trouble(&error) == Trouble::Damaged => error.to_string(),
            Err(error) => return Err(self.cause(error)),
        };
        Ok(Health {
            damage: (verdict != "ok").then_some(verdict),
            sequences: self.count("SELECT COUNT(*) FROM sequences").await?,
            images: self.count("SELECT COUNT(*) FROM images").await?,
            stories: self.count("SELECT COUNT(*) FROM stories").await?,
        })
    }

    /// Writes the log back into the database and closes every connection of this process. If another process is at work
    /// the log stays, which costs nothing: it is read with the database.
    pub async fn close(self) {
        let settled = sqlx::query(dialect::SETTLE).execute(&self.pool).await;
        if let Err(error) = settled {
            tracing::warn!(%error, "the log was not written back");
        }
        self.pool.close().await;
    }

    /// A transaction that is going to write.
    pub(super) async fn begin(&self) -> Result<sqlx::Transaction<'static, Db>, ShelfError> {
        self.pool.begin_with(dialect::BEGIN_WRITING).await.map_err(|error| self.cause(error))
    }

    pub(super) fn cause(&self, error: sqlx::Error) -> ShelfError {
        self.place.cause(error)
    }

    async fn count(&self, query: &'static str) -> Result<u64, ShelfError> {
        let count: i64 = sqlx::query_scalar(query).fetch_one(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(count.unsigned_abs())
    }
}

impl Place {
    fn cause(&self, error: sqlx::Error) -> ShelfError {
        let file = self.file.clone();
        let folder = self.home.clone();
        match dialect::trouble(&error) {
            Trouble::Damaged => ShelfError::Damaged { file, detail: error.to_string() },
            Trouble::Full => ShelfError::Full { folder },
            Trouble::Busy => ShelfError::Busy { file },
            Trouble::ReadOnly | Trouble::CannotOpen => {
                ShelfError::Folder { folder, source: io::Error::other(error.to_string()) }
            }
            Trouble::Other if matches!(error, sqlx::Error::PoolTimedOut) => ShelfError::Busy { file },
            Trouble::Other => ShelfError::Refused(error),
        }
    }
}

/// Makes the folder and takes the lock that lets one process at a time migrate: SQLite has none for that.
fn prepare(home: &Path) -> Result<File, ShelfError> {
    let cause = |source: io::Error| match source.kind() {
        ErrorKind::StorageFull => ShelfError::Full { folder: home.to_owned() },
        _ => ShelfError::Folder { folder: home.to_owned(), source },
    };
    fs::create_dir_all(home.join("images")).map_err(cause)?;
    let lock = File::options().create(true).truncate(false).write(true).open(home.join("shelf.lock")).map_err(cause)?;
    lock.lock().map_err(cause)?;
    Ok(lock)
}

/// Runs file work off the async threads.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(failed) => std::panic::resume_unwind(failed.into_panic()),
    }
}
