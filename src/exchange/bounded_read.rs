//! Reading with a limit, so that no file, pipe or archive entry fills the memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::notices::{cannot_read, too_many_bytes};
use crate::story::Notice;

/// Most bytes of one encoded picture.
pub(super) const MAX_FILE_BYTES: u64 = 256 * 1024 * 1024;
/// Most encoded bytes of one opened sequence; all of them are held in memory.
pub(super) const MAX_SEQUENCE_BYTES: u64 = 1024 * 1024 * 1024;

/// All of a plain file of at most `most` bytes.
pub(super) fn read_file(path: &Path, most: u64) -> Result<Vec<u8>, Notice> {
    let refuse = |error: io::Error| cannot_read(path, &error);
    // Asked before opening: opening a pipe would wait for its writer.
    let about = std::fs::metadata(path).map_err(refuse)?;
    if !about.is_file() {
        let kind = if about.is_dir() { "a folder" } else { "no plain file" };
        return Err(Notice::yours(format!("'{}' is {kind}", path.display()), "open it on its own, or leave it out"));
    }
    let mut bytes = Vec::with_capacity(about.len().min(most) as usize);
    File::open(path).map_err(refuse)?.take(most + 1).read_to_end(&mut bytes).map_err(refuse)?;
    if bytes.len() as u64 > most {
        return Err(too_many_bytes(&path.display().to_string(), most));
    }
    Ok(bytes)
}

/// The first bytes of a plain file, enough to know its kind.
pub(super) fn read_start(path: &Path) -> Result<Vec<u8>, Notice> {
    let refuse = |error: io::Error| cannot_read(path, &error);
    let mut bytes = Vec::new();
    File::open(path).map_err(refuse)?.take(64).read_to_end(&mut bytes).map_err(refuse)?;
    Ok(bytes)
}
