//! A folder of pictures, in natural order. Hidden files and what is no picture by name are passed over; subfolders are not entered.

use std::fs;
use std::path::Path;

use super::draft::{Draft, Origin, Page};
use super::names::{is_hidden, is_picture_name, last_part, natural, title_of};
use super::notices::{OPENABLE, cannot_read};
use crate::story::Notice;

/// The pictures of `folder`, still to be read.
pub(super) fn draft(folder: &Path) -> Result<Draft, Notice> {
    let mut names = Vec::new();
    let mut folders = Vec::new();
    let mut others = 0;
    for entry in fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))? {
        let entry = entry.map_err(|error| cannot_read(folder, &error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Follows links; a link that leads nowhere is kept, so that it is named when it cannot be read.
        let is_folder = fs::metadata(entry.path()).is_ok_and(|about| about.is_dir());
        if is_hidden(&name) {
            continue;
        } else if is_folder {
            folders.push(name);
        } else if is_picture_name(&name) {
            names.push((name, entry.path()));
        } else {
            others += 1;
        }
    }
    let shown = folder.display();
    if names.is_empty() {
        let what = match (others, folders.len()) {
            (0, 0) => format!("the folder '{shown}' is empty"),
            _ => format!("there is no picture in the folder '{shown}'"),
        };
        folders.sort_by(|a, b| natural(a, b));
        return Err(match folders.first() {
            Some(first) => Notice::yours(what, format!("open one of the folders in it, such as '{first}'")),
            None => Notice::yours(what, OPENABLE),
        });
    }
    names.sort_by(|a, b| natural(&a.0, &b.0));
    let pages = names.into_iter().map(|(name, path)| Page { name, text: None, origin: Origin::File(path) }).collect();
    Ok(Draft::of(title_of_path(folder), shown.to_string(), pages))
}

/// A title from the last part of a path; `.` and `..` are looked up first.
pub(super) fn title_of_path(path: &Path) -> String {
    let whole = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let whole = whole.to_string_lossy();
    let name = last_part(&whole);
    let stem = if path.is_dir() { name } else { name.rsplit_once('.').map_or(name, |(stem, _)| stem) };
    title_of(stem)
}
