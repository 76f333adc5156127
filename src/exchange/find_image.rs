//! Where the pictures of a data set lie: names as its file gives them, below the folder that the recipe gives.

use std::path::{Path, PathBuf};

use super::bounded_read::read_start;
use super::names::stays_inside;
use crate::pixels::{PixelFault, header_size};

/// Looks for pictures below a folder.
pub(super) struct Finder<'a> {
    pub folder: &'a Path,
}

impl Finder<'_> {
    /// The picture called `name`.
    pub(super) fn find(&self, name: &str) -> Result<PathBuf, String> {
        self.first(std::iter::once(name.trim().to_owned()))
    }

    /// Each of `names`, in order.
    pub(super) fn all<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<Vec<PathBuf>, String> {
        let found: Vec<PathBuf> = names.into_iter().map(|name| self.find(name)).collect::<Result<_, _>>()?;
        if found.is_empty() { Err("it has no picture".to_owned()) } else { Ok(found) }
    }

    /// The first of several possible names that is there; the first of all is the one that is missed.
    pub(super) fn first(&self, names: impl Iterator<Item = String>) -> Result<PathBuf, String> {
        let mut missed = None;
        for name in names {
            if name.is_empty() || !stays_inside(&name) {
                return Err(format!("the picture '{name}' is not named as a file below the folder of pictures"));
            }
            let path = self.folder.join(&name);
            if path.is_file() {
                return looks_like_a_picture(&path).map(|()| path);
            }
            missed.get_or_insert(name);
        }
        Err(format!("the picture '{}' is not there", missed.unwrap_or_default()))
    }
}

/// Judged by its beginning only: decoding a hundred thousand pictures before the first step would take an hour.
fn looks_like_a_picture(path: &Path) -> Result<(), String> {
    let start = read_start(path).map_err(|notice| notice.what)?;
    match header_size(&start) {
        // The rest of the header is further on than what was read.
        Ok(_) | Err(PixelFault::CutShort { .. } | PixelFault::Damaged { .. }) => Ok(()),
        Err(fault) => Err(format!("the picture '{}' {fault}", path.file_name().unwrap_or_default().display())),
    }
}
