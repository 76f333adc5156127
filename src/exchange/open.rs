//! The way in: looks at what a path is and hands it to the format that knows it. The bytes decide, names only help.

use std::fs;
use std::path::{Path, PathBuf};

use super::animation_length::animation_length;
use super::bounded_read::{MAX_FILE_BYTES, read_file, read_start};
use super::choose::Choose;
use super::clean::clean_notice;
use super::draft::{Draft, Origin, Page};
use super::folder::title_of_path;
use super::names::{is_picture_name, title_of};
use super::notices::{OPENABLE, cannot_read, unknown_format};
use super::opened::Opened;
use super::{animation, archive, book, folder};
use crate::pixels::{PixelFault, header_size};
use crate::story::Notice;

/// Most bytes of a book.json.
const MAX_BOOK_BYTES: u64 = 4 * 1024 * 1024;

/// Opens a folder, a book, an archive, an animation or a single picture.
///
/// # Errors
/// If nothing could be opened. Single frames that could not are in `Opened::problems`.
pub fn open(path: &Path, choose: &Choose) -> Result<Opened, Notice> {
    open_path(path, choose).map_err(clean_notice)
}

/// Opens pictures in the order given. A single path is opened as whatever it is.
///
/// # Errors
/// If none of them could be opened.
pub fn open_files(paths: &[PathBuf], choose: &Choose) -> Result<Opened, Notice> {
    match paths {
        [] => Err(Notice::yours("no file was named", OPENABLE)),
        [path] => open(path, choose),
        [first, ..] => {
            let parent = |path: &Path| path.parent().map(Path::to_owned);
            let together = paths.iter().all(|path| parent(path) == parent(first));
            let title = match parent(first).filter(|_| together) {
                Some(folder) if folder.as_os_str().is_empty() => title_of_path(Path::new(".")),
                Some(folder) => title_of_path(&folder),
                None => title_of_path(first),
            };
            let source = format!("{} and {} more", first.display(), paths.len() - 1);
            let page = |path: &PathBuf| {
                let name = path.file_name().map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy());
                Page { name: name.into_owned(), text: None, origin: Origin::File(path.clone()) }
            };
            Draft::of(title, source, paths.iter().map(page).collect()).finish(choose).map_err(clean_notice)
        }
    }
}

/// Opens a book that is compiled in: `files` are a `book.json` and the pictures that it names, by name and content.
/// `source` is what `Sequence::source` says.
///
/// # Errors
/// As `open`; a missing `book.json` is our own fault.
pub fn open_bundled(files: &[(&str, &[u8])], source: &str, choose: &Choose) -> Result<Opened, Notice> {
    let find = |wanted: &str| files.iter().find(|(name, _)| *name == wanted).map(|(_, bytes)| bytes.to_vec());
    let Some(json) = find("book.json") else {
        return Err(Notice::ours(format!("the sequence '{source}' was compiled in without a book.json")));
    };
    book::draft(&json, title_of(source), source.to_owned(), |image| find(image).map(Origin::Bytes))
        .and_then(|draft| draft.finish(choose))
        .map_err(clean_notice)
}

fn open_path(path: &Path, choose: &Choose) -> Result<Opened, Notice> {
    let about = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
    if about.is_dir() {
        let json = path.join("book.json");
        return if json.is_file() { open_book(path, &json, choose) } else { folder::draft(path)?.finish(choose) };
    }
    if !about.is_file() {
        return Err(Notice::yours(format!("'{}' is neither a file nor a folder", path.display()), OPENABLE));
    }
    let start = read_start(path)?;
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return archive::open(path, choose);
    }
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        return open_book(path, path, choose);
    }
    // A picture's name keeps its promise or is told that it does not; any other file must at least begin like one.
    let promised = path.file_name().is_some_and(|name| is_picture_name(&name.to_string_lossy()));
    if !promised && matches!(header_size(&start), Err(PixelFault::Empty | PixelFault::NotAPicture)) {
        return Err(unknown_format(path, &start));
    }
    let bytes = read_file(path, MAX_FILE_BYTES)?;
    let (title, source) = (title_of_path(path), path.display().to_string());
    if let Some(animated) = animation_length(&bytes) {
        return animation::open(title, source, &bytes, animated, choose);
    }
    let name = path.file_name().map_or_else(|| source.clone(), |name| name.to_string_lossy().into_owned());
    Draft::of(title, source, vec![Page { name, text: None, origin: Origin::Bytes(bytes) }]).finish(choose)
}

/// Opens `json`, whose pictures lie beside it; `path` is what the person named.
fn open_book(path: &Path, json: &Path, choose: &Choose) -> Result<Opened, Notice> {
    let folder = json.parent().unwrap_or(Path::new(""));
    let bytes = read_file(json, MAX_BOOK_BYTES)?;
    let title = title_of_path(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    let find = |image: &str| Some(folder.join(image)).filter(|path| path.symlink_metadata().is_ok()).map(Origin::File);
    book::draft(&bytes, title, path.display().to_string(), find)?.finish(choose)
}
