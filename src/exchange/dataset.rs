//! Training data from other people's files and from folders of books: rows that can be used, and those that cannot.
//!
//! A format is recognised by what is in the file, or named. Mixing, holding out and asking are left to `train`.

use std::path::Path;

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::bounded_read::read_file;
use super::clean::clean_notice;
use super::find_image::Finder;
use super::notices::cannot_read;
use super::records::without_mark;
use super::row::{Found, LeftOut, Row};
use super::{library, llava, openai, storystream, vist, vwp};
use crate::story::Notice;

/// Most bytes of a file of rows; the largest published ones have a few hundred MiB.
const MOST_BYTES: u64 = 4 * 1024 * 1024 * 1024;

/// The layouts of files that are read, each described in a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Vist,
    Llava,
    Sharegpt,
    Openai,
    Storystream,
    Vwp,
}

/// Rows of one source.
#[derive(Debug)]
pub struct Dataset {
    pub rows: Vec<Row>,
    /// The place of each row, from 1: a line, an element of a list, a story, a book.
    pub numbers: Vec<usize>,
    /// In the order of the file.
    pub left_out: Vec<LeftOut>,
}

/// The keys by which a first record is known.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Look {
    annotations: Option<IgnoredAny>,
    conversations: Option<IgnoredAny>,
    messages: Option<IgnoredAny>,
    captions: Option<IgnoredAny>,
    image: Option<IgnoredAny>,
}

/// Opens a file of rows. `images` is the folder that its pictures are named from; without a `format` the file says it.
///
/// # Errors
/// A file that cannot be read as a whole, or of which nothing can be used.
pub fn open_rows(file: &Path, images: &Path, format: Option<Format>) -> Result<Dataset, Notice> {
    open_file(file, images, format).and_then(|found| sort_out(file, found)).map_err(clean_notice)
}

/// Whether a file looks like one of rows.
pub fn is_rows(file: &Path) -> bool {
    read_file(file, MOST_BYTES).is_ok_and(|bytes| recognise(&bytes).is_some())
}

/// Opens a folder of books.
///
/// # Errors
/// A folder that cannot be read, or of which nothing can be used.
pub fn open_library(folder: &Path) -> Result<Dataset, Notice> {
    library::rows(folder).and_then(|found| sort_out(folder, found)).map_err(clean_notice)
}

fn open_file(file: &Path, images: &Path, format: Option<Format>) -> Result<Vec<Found>, Notice> {
    let shown = file.display();
    if !images.is_dir() {
        let what = format!("'{}', the folder of the pictures of '{shown}', is not there", images.display());
        return Err(Notice::yours(what, "name in `images` the folder that the file's picture names begin from"));
    }
    if !file.exists() {
        return Err(cannot_read(file, &std::io::ErrorKind::NotFound.into()));
    }
    let bytes = read_file(file, MOST_BYTES)?;
    let Some(format) = format.or_else(|| recognise(&bytes)) else {
        return Err(Notice::yours(
            format!("'{shown}' is in no format of training data that is known here"),
            "known are the files of VIST, LLaVA, ShareGPT, OpenAI messages, StoryStream and VWP; if it is one of them, \
             say so in the recipe: kind = \"vist\", \"llava\", \"sharegpt\", \"openai\", \"storystream\" or \"vwp\"",
        ));
    };
    let finder = Finder { folder: images };
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let split = name.split('.').next().unwrap_or_default();
    let found = match format {
        Format::Vist => vist::rows(&bytes, &finder, split),
        Format::Llava | Format::Sharegpt => llava::rows(&bytes, &finder),
        Format::Openai => openai::rows(&bytes, &finder),
        Format::Storystream => storystream::rows(&bytes, &finder),
        Format::Vwp => vwp::rows(&bytes, &finder),
    };
    found.map_err(|why| {
        Notice::yours(format!("'{shown}' cannot be read as {format:?}: {why}"), "copy it again, or correct its `kind`")
    })
}

/// The format of a file, by its first record that can be read, or by the columns of a table.
fn recognise(bytes: &[u8]) -> Option<Format> {
    let text = without_mark(bytes).trim_ascii_start();
    let records = text.strip_prefix(b"[").unwrap_or(text);
    if !records.trim_ascii_start().starts_with(b"{") && records.len() == text.len() {
        let columns = text.split(|byte| *byte == b'\n').next()?;
        return String::from_utf8_lossy(columns).contains("link0").then_some(Format::Vwp);
    }
    let first = |bytes: &[u8]| serde_json::Deserializer::from_slice(bytes).into_iter::<Look>().next()?.ok();
    let by_lines = || text.split(|byte| *byte == b'\n').find_map(first);
    known(&first(records).or_else(by_lines)?)
}

fn known(look: &Look) -> Option<Format> {
    match look {
        Look { annotations: Some(_), .. } => Some(Format::Vist),
        Look { conversations: Some(_), image: Some(_), .. } => Some(Format::Llava),
        Look { conversations: Some(_), .. } => Some(Format::Sharegpt),
        Look { messages: Some(_), .. } => Some(Format::Openai),
        Look { captions: Some(_), .. } => Some(Format::Storystream),
        _ => None,
    }
}

/// Rows apart from those that cannot be used.
fn sort_out(source: &Path, found: Vec<Found>) -> Result<Dataset, Notice> {
    let (mut rows, mut numbers, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for Found { number, id, row } in found {
        match row {
            Ok(row) => {
                rows.push(row);
                numbers.push(number);
            }
            Err(reason) => left_out.push(LeftOut::new(&source.display().to_string(), number, &id, &reason)),
        }
    }
    if rows.is_empty() {
        let shown = source.display();
        let what = match left_out.first() {
            None => format!("there is no row in '{shown}'"),
            Some(LeftOut { row, reason, .. }) => {
                format!("none of the {} rows of '{shown}' can be used; row {row}: {reason}", left_out.len())
            }
        };
        return Err(Notice::yours(
            what,
            "check that `images` is the folder that its picture names begin from, and that each picture has its text",
        ));
    }
    Ok(Dataset { rows, numbers, left_out })
}
