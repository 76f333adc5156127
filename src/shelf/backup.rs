//! A copy of a home while it is in use, and a home made of such a copy. A backup is a folder like a home: the database as it
//! was at one moment, the pictures it names, the server's key and audit log, and a label that says what must be in it.
//!
//! It leaves out added models, whose folders are elsewhere, and databases that are not in the home: those have means of their own.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::clock;
use super::image_store::ImageStore;
use super::shelf_error::ShelfError;
use super::sql::{self, Pool};
use super::storage::{Shelf, blocking};

/// The last thing that is written of a backup.
const LABEL: &str = "backup.json";
const DATABASE: &str = "shelf.db";
/// Files of a home beside the database and the pictures, where they are there. Not `server`: two homes must not write one chain.
const BESIDE: [&str; 2] = ["host_key", "audit.jsonl"];

/// What a backup holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backup {
    /// In milliseconds since 1970.
    pub made_at: i64,
    /// The version of the program that made it.
    pub version: String,
    pub sequences: u64,
    pub images: u64,
    pub stories: u64,
    /// Events of the log of votes, and the hash of the last one.
    pub events: u64,
    pub head: String,
}

/// How far it is: pictures copied, of so many.
pub type Copied<'a> = &'a mut (dyn FnMut(usize, usize) + Send);

impl Shelf {
    /// Copies this home into a new folder. Others may read and write meanwhile: what is copied is the state of one moment.
    ///
    /// # Errors
    /// Where the folder is there already, the database is not this home's own, or what was copied is not sound. A folder
    /// under its own name is whole; one that ends in `.part` is not.
    pub async fn back_up(&self, to: &Path, watch: Copied<'_>) -> Result<Backup, ShelfError> {
        let Pool::Sqlite(pool) = &self.pool else { return Err(ShelfError::NotHere) };
        if to.exists() {
            return Err(ShelfError::Taken { folder: to.to_owned() });
        }
        let part = part_of(to);
        clear(&part)?;
        fs::create_dir_all(&part).map_err(|source| cannot(&part, source))?;
        let copy = part.join(DATABASE);
        // A read transaction of SQLite's own: the copy is whole, and holds no more than what is in use.
        let copied = sqlx::query("VACUUM INTO $1").bind(copy.to_string_lossy().into_owned()).execute(pool).await;
        copied.map_err(|error| self.cause(error))?;
        for name in BESIDE {
            copy_if_there(&self.home().join(name), &part.join(name))?;
        }
        let label = look_through(&part, self.home(), watch).await?;
        let text = serde_json::to_string_pretty(&label).map_err(|error| ShelfError::Row(error.to_string()))?;
        let written = fs::write(part.join(LABEL), text + "\n").and_then(|()| sync_all(&part));
        written.and_then(|()| fs::rename(&part, to)).map_err(|source| cannot(to, source))?;
        Ok(label)
    }

    /// Makes a home of a backup, which stays as it is. An older program's is brought up to date.
    ///
    /// # Errors
    /// Where the home has a database already, or the backup does not hold what its label says. The home is not changed then,
    /// but for pictures.
    pub async fn restore(from: &Path, home: &Path, watch: Copied<'_>) -> Result<Backup, ShelfError> {
        let unfit = |why: &str| ShelfError::NoBackup { folder: from.to_owned(), why: why.to_owned() };
        let label = fs::read_to_string(from.join(LABEL)).map_err(|_| unfit("it has no backup.json"))?;
        let label: Backup = serde_json::from_str(&label).map_err(|_| unfit("its backup.json cannot be understood"))?;
        if home.join(DATABASE).exists() {
            return Err(ShelfError::Taken { folder: home.join(DATABASE) });
        }
        let part = home.join("restoring");
        clear(&part)?;
        fs::create_dir_all(&part).map_err(|source| cannot(&part, source))?;
        let copy = part.join(DATABASE);
        fs::copy(from.join(DATABASE), &copy).map_err(|source| cannot(&copy, source))?;
        let found = look_through(&part, from, watch).await?;
        if (found.events, &found.head) != (label.events, &label.head) {
            return Err(unfit("the votes in it are not those that its label names"));
        }
        if (found.sequences, found.images, found.stories) != (label.sequences, label.images, label.stories) {
            return Err(unfit("what is in it is not what its label names"));
        }
        for name in BESIDE {
            copy_if_there(&from.join(name), &home.join(name))?;
        }
        let moved = move_images(&part.join("images"), &home.join("images")).and_then(|()| sync_all(home));
        // The database last: a home without one is empty, whatever else lies in it.
        let moved = moved.and_then(|()| fs::rename(&copy, home.join(DATABASE)));
        moved.and_then(|()| fs::remove_dir_all(&part)).map_err(|source| cannot(home, source))?;
        Ok(label)
    }
}

/// Opens the database in `part` as the home that it is going to be, brings the pictures it names from `source`, each held
/// against its hash, and reads everything through.
async fn look_through(part: &Path, source: &Path, watch: Copied<'_>) -> Result<Backup, ShelfError> {
    let shelf = Shelf::open(part, None).await?;
    let hashes: Vec<String> = sql::query_scalar("SELECT hash FROM images ORDER BY hash")
        .fetch_all(&shelf.pool)
        .await
        .map_err(|error| shelf.cause(error))?;
    let (from, to) = (ImageStore::new(source.join("images")), ImageStore::new(part.join("images")));
    for (done, hash) in hashes.iter().enumerate() {
        watch(done, hashes.len());
        let (from, to, hash) = (from.clone(), to.clone(), hash.clone());
        blocking(move || to.put(&from.get(&hash)?)).await?;
    }
    watch(hashes.len(), hashes.len());
    let (health, verified) = (shelf.health().await?, shelf.verify_votes().await?);
    shelf.close().await;
    if let Some(detail) = health.damage.or(verified.broken) {
        return Err(ShelfError::Damaged { file: part.join(DATABASE), detail });
    }
    // Nobody else opens it here, so nobody needs its lock.
    fs::remove_file(part.join("shelf.lock")).map_err(|source| cannot(part, source))?;
    Ok(Backup {
        made_at: clock::now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sequences: health.sequences,
        images: health.images,
        stories: health.stories,
        events: verified.events,
        head: verified.chains.into_iter().next().map(|chain| chain.head).unwrap_or_default(),
    })
}

/// Where a backup is while it is made.
fn part_of(to: &Path) -> PathBuf {
    let mut name = to.as_os_str().to_owned();
    name.push(".part");
    PathBuf::from(name)
}

/// Removes what an attempt that was broken off has left.
fn clear(part: &Path) -> Result<(), ShelfError> {
    match fs::remove_dir_all(part) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(cannot(part, error)),
        _ => Ok(()),
    }
}

fn copy_if_there(from: &Path, to: &Path) -> Result<(), ShelfError> {
    match fs::copy(from, to) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(cannot(to, error)),
        _ => Ok(()),
    }
}

/// Moves every picture to its place, over one that is there.
fn move_images(from: &Path, to: &Path) -> io::Result<()> {
    for folder in fs::read_dir(from)? {
        let folder = folder?;
        let there = to.join(folder.file_name());
        fs::create_dir_all(&there)?;
        for image in fs::read_dir(folder.path())? {
            let image = image?;
            fs::rename(image.path(), there.join(image.file_name()))?;
        }
    }
    Ok(())
}

/// Syncs the files of a folder that are not pictures, which were synced when they were written; and the folder. What SQLite
/// takes away meanwhile (its log, once the database is closed) need not last.
fn sync_all(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        match File::open(&path) {
            Ok(file) if path.is_file() => file.sync_all()?,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    File::open(folder)?.sync_all()
}

fn cannot(at: &Path, source: io::Error) -> ShelfError {
    match source.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ShelfError::Full { folder: at.to_owned() },
        _ => ShelfError::Folder { folder: at.to_owned(), source },
    }
}
