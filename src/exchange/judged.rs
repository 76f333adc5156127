//! Files of judged pairs from other people's tools: rows that can be used, and those that cannot, each with its reason.
//!
//! A format is recognised by what is in the file, or named. Keeping the votes is the shelf's affair.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::bounded_read::read_file;
use super::clean::{clean_line, clean_notice, clean_text};
use super::find_image::Finder;
use super::judged_row::{FoundVote, JudgedRow};
use super::names::natural;
use super::notices::cannot_read;
use super::records::without_mark;
use super::row::LeftOut;
use super::votes_table::WANTED;
use super::{argilla, battles, human_edits, label_studio, votes_table};
use crate::story::Notice;

/// Most bytes of a file, or of a folder of files; the arena's published ones have some hundred MiB.
const MOST_BYTES: u64 = 1024 * 1024 * 1024;
/// Most characters of a reason.
const MOST_OF_A_REASON: usize = 4_000;

/// The formats of judged pairs, each described in a file of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JudgedFormat {
    LabelStudio,
    Argilla,
    FastChat,
    HumanEdits,
    Csv,
}

impl JudgedFormat {
    pub const ALL: [JudgedFormat; 5] = [
        JudgedFormat::LabelStudio,
        JudgedFormat::Argilla,
        JudgedFormat::FastChat,
        JudgedFormat::HumanEdits,
        JudgedFormat::Csv,
    ];

    pub fn word(self) -> &'static str {
        match self {
            JudgedFormat::LabelStudio => "label-studio",
            JudgedFormat::Argilla => "argilla",
            JudgedFormat::FastChat => "fastchat",
            JudgedFormat::HumanEdits => "human-edits",
            JudgedFormat::Csv => "csv",
        }
    }
}

/// A file that was read.
#[derive(Debug)]
pub struct JudgedFile {
    pub format: JudgedFormat,
    /// What the votes say they are from: its name without its folder.
    pub name: String,
    /// Hash of its bytes: the same file is known again.
    pub print: String,
    /// In the order of the file.
    pub rows: Vec<JudgedRow>,
    pub left_out: Vec<LeftOut>,
}

/// The keys by which a first record is known.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Look {
    data: Option<IgnoredAny>,
    annotations: Option<IgnoredAny>,
    fields: Option<IgnoredAny>,
    responses: Option<IgnoredAny>,
    model_a: Option<IgnoredAny>,
    winner: Option<IgnoredAny>,
    edited_stories: Option<IgnoredAny>,
}

/// Opens a file of judged pairs. Pictures are looked for below `images`, or beside the file; without a `format` the file
/// says it. Human edits may be a folder of files.
///
/// # Errors
/// A file that cannot be read as a whole, or in no known format. Rows that cannot be used are in `left_out`.
pub fn open_judged(path: &Path, images: Option<&Path>, format: Option<JudgedFormat>) -> Result<JudgedFile, Notice> {
    read(path, images, format).map_err(clean_notice)
}

fn read(path: &Path, images: Option<&Path>, format: Option<JudgedFormat>) -> Result<JudgedFile, Notice> {
    let shown = path.display();
    if !path.exists() {
        return Err(cannot_read(path, &std::io::ErrorKind::NotFound.into()));
    }
    let beside = if path.is_dir() { Some(path) } else { path.parent().filter(|folder| !folder.as_os_str().is_empty()) };
    let folder = images.or(beside).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        let what = format!("'{}', the folder of the pictures of '{shown}', is not there", folder.display());
        return Err(Notice::yours(what, "name with --images the folder that the file's picture names begin from"));
    }
    let finder = Finder { folder };
    let mut hasher = blake3::Hasher::new();
    let (format, found) = match path.is_dir() {
        true => (JudgedFormat::HumanEdits, of_folder(path, &finder, &mut hasher)?),
        false => {
            let bytes = read_file(path, MOST_BYTES)?;
            hasher.update(&bytes);
            let Some(format) = format.or_else(|| recognise(&bytes)) else {
                return Err(Notice::yours(
                    format!("'{shown}' is in no format of judged pairs that is known here"),
                    "known are exports of Label Studio and Argilla, FastChat battles, human edits and a table with the columns \
                     first, second, first_system, second_system; if it is one of them, say which with --format",
                ));
            };
            let found = match format {
                JudgedFormat::LabelStudio => label_studio::rows(&bytes, &finder),
                JudgedFormat::Argilla => argilla::rows(&bytes, &finder),
                JudgedFormat::FastChat => battles::rows(&bytes, &finder),
                JudgedFormat::HumanEdits => human_edits::rows(&bytes, &finder, 1),
                JudgedFormat::Csv => votes_table::rows(&String::from_utf8_lossy(without_mark(&bytes)), &finder),
            };
            let wrong = |why: String| {
                let what = format!("'{shown}' cannot be read as {}: {why}", format.word());
                Notice::yours(what, "export it again, or name another format with --format; nothing was imported")
            };
            (format, found.map_err(wrong)?)
        }
    };
    let name = path.file_name().map_or_else(|| shown.to_string(), |name| name.to_string_lossy().into_owned());
    let name = clean_line(&name, 200);
    let print = hasher.finalize().to_hex()[..16].to_owned();
    let (mut rows, mut left_out) = (Vec::new(), Vec::new());
    for FoundVote { number, id, row } in found {
        match row.and_then(JudgedRow::between_two) {
            Ok(row) => {
                let reason = clean_text(&row.reason, MOST_OF_A_REASON).0;
                rows.push(JudgedRow { number, reason, ..row });
            }
            Err(reason) => left_out.push(LeftOut::new(&name, number, &id, &reason)),
        }
    }
    Ok(JudgedFile { format, name, print, rows, left_out })
}

/// Human edits, a file a story; a file that is no JSON does not spoil the others.
fn of_folder(folder: &Path, finder: &Finder, hasher: &mut blake3::Hasher) -> Result<Vec<FoundVote>, Notice> {
    let entries = std::fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
    let json = |path: &PathBuf| path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
    let mut files: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(json).collect();
    files.sort_by(|a, b| natural(&a.to_string_lossy(), &b.to_string_lossy()));
    let (mut found, mut left) = (Vec::new(), MOST_BYTES);
    for (file, number) in files.iter().zip(1..) {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let read = read_file(file, left).map_err(|notice| notice.what).and_then(|bytes| {
            left = left.saturating_sub(bytes.len() as u64);
            hasher.update(&bytes);
            human_edits::rows(&bytes, finder, number)
        });
        match read {
            Ok(rows) => found.extend(rows.into_iter().map(|row| FoundVote { number, id: name.clone(), ..row })),
            Err(why) => found.push(FoundVote { number, id: name, row: Err(why) }),
        }
    }
    Ok(found)
}

/// The format of a file, by its first record that can be read, or by the columns of a table.
fn recognise(bytes: &[u8]) -> Option<JudgedFormat> {
    let text = without_mark(bytes).trim_ascii_start();
    let records = text.strip_prefix(b"[").unwrap_or(text).trim_ascii_start();
    if !records.starts_with(b"{") {
        let columns = String::from_utf8_lossy(text.split(|byte| *byte == b'\n').next()?).into_owned();
        let has = |wanted: &&str| columns.split(',').any(|column| column.trim().trim_matches('"') == *wanted);
        return WANTED.iter().all(has).then_some(JudgedFormat::Csv);
    }
    let first = |bytes: &[u8]| serde_json::Deserializer::from_slice(bytes).into_iter::<Look>().next()?.ok();
    let by_lines = || text.split(|byte| *byte == b'\n').find_map(first);
    match first(records).or_else(by_lines)? {
        Look { data: Some(_), annotations: Some(_), .. } => Some(JudgedFormat::LabelStudio),
        Look { fields: Some(_), responses: Some(_), .. } => Some(JudgedFormat::Argilla),
        Look { model_a: Some(_), winner: Some(_), .. } => Some(JudgedFormat::FastChat),
        Look { edited_stories: Some(_), .. } => Some(JudgedFormat::HumanEdits),
        _ => None,
    }
}
