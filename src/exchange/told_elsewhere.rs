//! Stories of a system that is not here, to compete in a campaign: a file of `text` (or `story`) with `sequence` (an id or a
//! bundled sequence) or `images`, as JSON, JSON lines or a table with commas.

use std::path::Path;

use serde::Deserialize;

use super::bounded_read::read_file;
use super::clean::clean_notice;
use super::csv::table;
use super::find_image::Finder;
use super::judged_row::Shown;
use super::records::{Numbered, Paths, records, without_mark};
use super::row::{LeftOut, name, said};
use crate::story::Notice;

/// Most bytes of such a file.
const MOST_BYTES: u64 = 256 * 1024 * 1024;

/// One story, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldElsewhere {
    /// Place in the file, from 1.
    pub number: usize,
    pub shown: Shown,
    pub text: String,
}

#[derive(Default, Deserialize)]
struct Record {
    #[serde(default)]
    sequence: String,
    #[serde(default, alias = "image")]
    images: Paths,
    #[serde(alias = "story")]
    text: String,
}

/// The stories of a file, and the rows that could not be used. Pictures are looked for beside the file.
///
/// # Errors
/// A file that cannot be read as a whole, or of which nothing can be used.
pub fn open_told(file: &Path) -> Result<(Vec<ToldElsewhere>, Vec<LeftOut>), Notice> {
    read(file).map_err(clean_notice)
}

fn read(file: &Path) -> Result<(Vec<ToldElsewhere>, Vec<LeftOut>), Notice> {
    let bytes = read_file(file, MOST_BYTES)?;
    let shown = file.display();
    let wrong = |why: String| {
        let try_this = "write JSON lines, or a table with commas: sequence or images, and text";
        Notice::yours(format!("'{shown}' cannot be read as stories: {why}"), try_this)
    };
    let found: Vec<Numbered<Record>> = match without_mark(&bytes).trim_ascii_start().first() {
        Some(b'{' | b'[') => records(&bytes).map_err(wrong)?,
        _ => of_table(&String::from_utf8_lossy(without_mark(&bytes))).map_err(wrong)?,
    };
    let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let finder = Finder { folder: beside.unwrap_or(Path::new(".")) };
    let (mut told, mut left_out) = (Vec::new(), Vec::new());
    for (number, record) in found {
        match record.and_then(|record| row(number, record, &finder)) {
            Ok(row) => told.push(row),
            Err(why) => left_out.push(LeftOut::new(&shown.to_string(), number, "", &why)),
        }
    }
    if told.is_empty() {
        let why =
            left_out.first().map_or("there is no row".to_owned(), |left| format!("row {}: {}", left.row, left.reason));
        return Err(wrong(why));
    }
    Ok((told, left_out))
}

fn row(number: usize, record: Record, finder: &Finder) -> Result<ToldElsewhere, String> {
    let names = record.images.into_vec();
    let shown = match (names.is_empty(), record.sequence.trim()) {
        (false, _) => Shown::Files(finder.all(names.iter().map(|name| name.trim()))?),
        (true, "") => return Err("it names neither a sequence nor images".to_owned()),
        (true, sequence) => Shown::Sequence(name(sequence)),
    };
    Ok(ToldElsewhere { number, shown, text: said(&record.text)? })
}

fn of_table(text: &str) -> Result<Vec<Numbered<Record>>, String> {
    let mut rows = table(text)?.into_iter();
    let (_, head) = rows.next().ok_or("it is empty")?;
    let place = |names: &[&str]| head.iter().position(|column| names.contains(&column.trim()));
    let text = place(&["text", "story"]).ok_or("the column 'text' is not there")?;
    let (sequence, images) = (place(&["sequence"]), place(&["images", "image"]));
    let record = |(number, cells): (usize, Vec<String>)| {
        let cell = |place: Option<usize>| place.and_then(|place| cells.get(place)).cloned().unwrap_or_default();
        let images = cell(images).split(';').filter(|name| !name.trim().is_empty()).map(str::to_owned).collect();
        (number, Ok(Record { sequence: cell(sequence), images: Paths::Many(images), text: cell(Some(text)) }))
    };
    Ok(rows.map(record).collect())
}
