//! Files that are whole or not there: written beside their place, synced, and moved in.

use std::io::Write;
use std::path::Path;

use super::error::{Result, TrainError};

/// Writes a file atomically.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let fail = |source| TrainError::File { path: path.to_owned(), source };
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(fail)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(fail)?;
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644)).map_err(fail)?;
    file.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}

/// Puts a finished folder in the place of an older one; at no moment is there neither.
pub fn replace_folder(new: &Path, place: &Path) -> Result<()> {
    let fail = |source| TrainError::File { path: place.to_owned(), source };
    let old = place.with_extension("old");
    // Where a move was cut before, the older one is all that there is until the new one is in place.
    if place.exists() {
        if old.exists() {
            std::fs::remove_dir_all(&old).map_err(fail)?;
        }
        std::fs::rename(place, &old).map_err(fail)?;
    }
    std::fs::rename(new, place).map_err(fail)?;
    if old.exists() {
        std::fs::remove_dir_all(&old).map_err(fail)?;
    }
    Ok(())
}
