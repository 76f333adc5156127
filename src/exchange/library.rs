//! A folder of books, each a folder with a `book.json`, as rows. Beside it may lie a `facts.json` with `captions`,
//! `emotions` and `consistency`, one text for each page, as `storyloom world` writes it; anyone may write the same.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::book;
use super::bounded_read::read_file;
use super::draft::Origin;
use super::folder::title_of_path;
use super::names::{is_hidden, natural};
use super::notices::cannot_read;
use super::records::without_mark;
use super::row::{Found, Lines, Row, Words, lines, name};
use crate::story::Notice;

/// Most bytes of a book.json or a facts.json.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// What is known of each page beyond its text; other fields are passed over.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Facts {
    captions: Vec<String>,
    emotions: Vec<String>,
    consistency: Vec<String>,
}

/// The books in `folder`, or the one that it is.
pub(super) fn rows(folder: &Path) -> Result<Vec<Found>, Notice> {
    let mut books: Vec<(String, PathBuf)> = Vec::new();
    if folder.join("book.json").is_file() {
        books.push((title_of_path(folder), folder.to_owned()));
    } else {
        for entry in fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))? {
            let entry = entry.map_err(|error| cannot_read(folder, &error))?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() && !is_hidden(&name) {
                books.push((name, entry.path()));
            }
        }
    }
    books.sort_by(|a, b| natural(&a.0, &b.0));
    Ok((1..).zip(books).map(|(number, (id, book))| Found { number, row: row(&id, &book), id }).collect())
}

fn row(id: &str, folder: &Path) -> Result<Row, String> {
    let json = folder.join("book.json");
    if !json.is_file() {
        return Err("it has no book.json".to_owned());
    }
    let bytes = read_file(&json, MOST_BYTES).map_err(|notice| notice.what)?;
    let find = |image: &str| Some(folder.join(image)).filter(|path| path.is_file()).map(Origin::File);
    let draft =
        book::draft(&bytes, title_of_path(folder), "book.json".to_owned(), find).map_err(|notice| notice.what)?;
    let (mut images, mut texts) = (Vec::new(), Vec::new());
    for (number, page) in (1..).zip(draft.pages) {
        match page.origin {
            Origin::File(path) => images.push(path),
            Origin::Lost(notice) => return Err(notice.what),
            Origin::Bytes(_) | Origin::Ready(_) => return Err(format!("page {number} has no file")),
        }
        texts.push(page.text.ok_or_else(|| format!("page {number} has no text"))?);
    }
    let facts = facts(folder)?;
    let each = |kind: &str, all: &[String]| match all.len() {
        count if count == 0 || count == images.len() => lines(all.iter().map(String::as_str)),
        count => Err(format!("facts.json has {count} {kind} for {} pages", images.len())),
    };
    let words = Lines {
        story: lines(texts.iter().map(String::as_str))?,
        captions: each("captions", &facts.captions)?,
        emotions: each("emotions", &facts.emotions)?,
        consistency: each("consistency", &facts.consistency)?,
    };
    let (title, cast) = (name(&draft.title), draft.cast);
    Ok(Row { id: name(id), group: id.to_owned(), title, cast, images, words: Words::Lines(words) })
}

fn facts(folder: &Path) -> Result<Facts, String> {
    let path = folder.join("facts.json");
    if !path.is_file() {
        return Ok(Facts::default());
    }
    let bytes = read_file(&path, MOST_BYTES).map_err(|notice| notice.what)?;
    serde_json::from_slice(without_mark(&bytes)).map_err(|error| format!("facts.json cannot be read: {error}"))
}
