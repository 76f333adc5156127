//! Images by content hash: `images/ab/abcdef..`, each written once, whole or not at all, and never changed.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::shelf_error::ShelfError;
use crate::pixels::Picture;

/// The folder of images.
#[derive(Clone, Debug)]
pub struct ImageStore {
    folder: PathBuf,
}

impl ImageStore {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Puts a picture under its hash. When this returns, the file is on the disk under its final name. Blocks.
    pub fn put(&self, picture: &Picture) -> Result<(), ShelfError> {
        self.put_bytes(picture.hash(), picture.bytes())
    }

    /// The same with what a picture is made of; `get` holds it against the hash. Blocks.
    pub fn put_bytes(&self, hash: &str, bytes: &[u8]) -> Result<(), ShelfError> {
        let path = self.path(hash);
        // Compared whole, so that putting a picture again mends a file that the disk has spoilt.
        if fs::read(&path).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        write_whole(&path, bytes).map_err(|source| match source.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => ShelfError::Full { folder: self.folder.clone() },
            _ => ShelfError::Folder { folder: self.folder.clone(), source },
        })
    }

    /// Reads the picture of this hash and holds it against it. Blocks.
    pub fn get(&self, hash: &str) -> Result<Picture, ShelfError> {
        let file = self.path(hash);
        let broken = |detail: String| ShelfError::Picture { file: file.clone(), detail };
        let bytes = fs::read(&file).map_err(|error| broken(error.to_string()))?;
        if blake3::hash(&bytes).to_hex().as_str() != hash {
            return Err(broken("its content is not what it was".to_owned()));
        }
        Picture::from_bytes(hash, bytes).map_err(|error| broken(error.to_string()))
    }

    /// Whether there is a file for this hash. Blocks.
    pub fn has(&self, hash: &str) -> bool {
        self.path(hash).is_file()
    }

    fn path(&self, hash: &str) -> PathBuf {
        self.folder.join(hash.get(..2).unwrap_or("00")).join(hash)
    }
}

/// Writes beside, syncs, renames, syncs the folder: a crash leaves the old state or the new one.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}
