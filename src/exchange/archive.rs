//! A comic archive: CBZ, or any ZIP with pictures in it, read where it lies. Nothing is ever unpacked to disk.
//!
//! It leaves out passwords and every packing but stored and deflate.

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::bounded_read::{MAX_FILE_BYTES, MAX_SEQUENCE_BYTES};
use super::choose::Choose;
use super::comic_info::ComicInfo;
use super::draft::{Draft, Origin, Page};
use super::folder::title_of_path;
use super::names::{is_hidden, is_picture_name, last_part, natural, stays_inside};
use super::notices::{OPENABLE, cannot_read, nothing_left, too_many_bytes};
use super::opened::Opened;
use crate::story::Notice;

/// An entry may grow to this size whatever it was packed into ...
const ALWAYS_ALLOWED: u64 = 16 * 1024 * 1024;
/// ... and beyond it only to this many times its packed size. Pictures hardly shrink; bombs shrink a thousandfold.
const MOST_GROWTH: u64 = 200;
/// Most bytes of a ComicInfo.xml.
const MAX_SHEET_BYTES: u64 = 1024 * 1024;

/// A picture in the archive: its name and its place in the archive's list.
type Entry = (String, usize);

/// What the archive's list of contents says.
#[derive(Default)]
struct Listing {
    /// In natural order.
    pictures: Vec<Entry>,
    sheet: Option<usize>,
    problems: Vec<Notice>,
}

/// Opens the pictures of an archive in the order of its sheet, or of their names if it has none.
pub(super) fn open(path: &Path, choose: &Choose) -> Result<Opened, Notice> {
    let source = path.display().to_string();
    let file = File::open(path).map_err(|error| cannot_read(path, &error))?;
    let mut zip = ZipArchive::new(BufReader::new(file)).map_err(|error| entry_notice(&source, error))?;
    let Listing { mut pictures, sheet, mut problems } = Listing::of(&zip, &source)?;
    let info = sheet.and_then(|index| read_sheet(&mut zip, index, &source, &mut problems)).unwrap_or_default();
    if !info.pages.is_empty() {
        pictures = in_reading_order(pictures, &info.pages, &source, &mut problems);
    }
    if pictures.is_empty() {
        return Err(nothing_left(&source, problems));
    }
    let chosen: Vec<&Entry> = choose.pick(pictures.len())?.into_iter().map(|i| &pictures[i]).collect();
    let pages = read_pages(&mut zip, &chosen, &source, &mut problems);
    let mut draft = Draft::of(info.heading().unwrap_or_else(|| title_of_path(path)), source, pages);
    draft.credits = info.credits();
    draft.problems = problems;
    draft.finish(&Choose::default())
}

impl Listing {
    fn of<R: Read + Seek>(zip: &ZipArchive<R>, source: &str) -> Result<Listing, Notice> {
        let mut listing = Listing::default();
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index).map_err(|error| entry_notice(source, error))?;
            let raw = || String::from_utf8_lossy(entry.name_raw()).into_owned();
            let name = entry.name().map_or_else(|_| raw(), |name| name.into_owned());
            if matches!(name.as_str(), "mimetype" | "[Content_Types].xml" | "META-INF/container.xml") {
                let what = format!("'{source}' is a document (an e-book or an office file), which is not opened here");
                return Err(Notice::yours(what, "export its pages as pictures into a folder and open that"));
            }
            if !stays_inside(&name) {
                let what = format!("the entry '{name}' of '{source}' points outside the archive and is not read");
                listing.problems.push(Notice::yours(what, "do not trust this archive; pack the pictures anew"));
            } else if entry.is_dir() || entry.is_symlink() || is_hidden(&name) {
                continue;
            } else if is_picture_name(&name) {
                listing.pictures.push((name, index));
            } else if last_part(&name).eq_ignore_ascii_case("ComicInfo.xml") && listing.sheet.is_none() {
                listing.sheet = Some(index);
            }
        }
        listing.pictures.sort_by(|a, b| natural(&a.0, &b.0));
        if listing.pictures.is_empty() && listing.problems.is_empty() {
            return Err(Notice::yours(format!("there is no picture in the archive '{source}'"), OPENABLE));
        }
        Ok(listing)
    }
}

/// The sheet, if it can be read; if not, that is said and the names decide the order.
fn read_sheet<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    index: usize,
    source: &str,
    problems: &mut Vec<Notice>,
) -> Option<ComicInfo> {
    let bytes = read_entry(zip, index, "ComicInfo.xml", MAX_SHEET_BYTES).map_err(|notice| notice.what);
    match bytes.and_then(|bytes| ComicInfo::parse(&String::from_utf8_lossy(&bytes))) {
        Ok(info) => Some(info),
        Err(why) => {
            let what = format!("the ComicInfo.xml of '{source}' could not be read: {why}");
            problems.push(Notice::yours(what, "the pages are shown in the order of their names; mend or remove it"));
            None
        }
    }
}

/// The pictures as the sheet orders them, those it does not mention at the end; what it calls deleted or an
/// advertisement is left out and said to be.
fn in_reading_order(
    pictures: Vec<Entry>,
    sheet: &[(usize, String)],
    source: &str,
    problems: &mut Vec<Notice>,
) -> Vec<Entry> {
    let count = pictures.len();
    let mut pictures: Vec<Option<Entry>> = pictures.into_iter().map(Some).collect();
    let mut ordered = Vec::new();
    let mut beyond = 0;
    for (index, kind) in sheet {
        let Some(place) = pictures.get_mut(*index) else {
            beyond += 1;
            continue;
        };
        let left_out = kind.split_whitespace().find(|word| matches!(*word, "Deleted" | "Advertisement"));
        match (place.take(), left_out) {
            (Some(entry), None) => ordered.push(entry),
            (Some((name, _)), Some(word)) => {
                let what = format!("'{name}' is left out: ComicInfo.xml calls it {}", word.to_lowercase());
                problems.push(Notice::yours(what, "change its Type in ComicInfo.xml to see it"));
            }
            (None, _) => {}
        }
    }
    if beyond > 0 {
        let what = format!("the ComicInfo.xml of '{source}' speaks of more pages than the {count} pictures in it");
        problems.push(Notice::yours(what, "the archive may lack pages: compare it with the original"));
    }
    ordered.extend(pictures.into_iter().flatten());
    ordered
}

/// Reads entries one after the other, until together they are as much as is held in memory.
fn read_pages<R: Read + Seek>(
    zip: &mut ZipArchive<R>,
    chosen: &[&Entry],
    source: &str,
    problems: &mut Vec<Notice>,
) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut total = 0;
    for (name, index) in chosen {
        let origin = match read_entry(zip, *index, name, MAX_FILE_BYTES) {
            Ok(bytes) => Origin::Bytes(bytes),
            Err(notice) => Origin::Lost(notice),
        };
        if let Origin::Bytes(bytes) = &origin {
            total += bytes.len() as u64;
        }
        if total > MAX_SEQUENCE_BYTES {
            let mib = MAX_SEQUENCE_BYTES / 1024 / 1024;
            let what = format!("'{source}' unpacks to more than {mib} MiB: '{name}' and what follows it is left out");
            problems.push(Notice::yours(what, "open a part: --first and --last, or every n-th frame with --every"));
            break;
        }
        pages.push(Page { name: name.clone(), text: None, origin });
    }
    pages
}

/// Unpacks one entry in steps, and stops as soon as it grows like a bomb.
fn read_entry<R: Read + Seek>(zip: &mut ZipArchive<R>, index: usize, name: &str, most: u64) -> Result<Vec<u8>, Notice> {
    let mut entry = zip.by_index(index).map_err(|error| entry_notice(name, error))?;
    let allowed = ALWAYS_ALLOWED.max(entry.compressed_size().saturating_mul(MOST_GROWTH));
    let mut bytes = Vec::new();
    loop {
        let before = bytes.len();
        let step = (&mut entry).take(1024 * 1024).read_to_end(&mut bytes);
        step.map_err(|error| entry_notice(name, ZipError::Io(error)))?;
        let size = bytes.len() as u64;
        if size > allowed {
            let what = format!(
                "the entry '{name}' grows more than {MOST_GROWTH}-fold when unpacked: it may be a zip bomb and is not read"
            );
            return Err(Notice::yours(what, "do not trust this archive; pack the pictures anew"));
        }
        if size > most {
            return Err(too_many_bytes(name, most));
        }
        if bytes.len() == before {
            return Ok(bytes);
        }
    }
}

fn entry_notice(name: &str, error: ZipError) -> Notice {
    match error {
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => Notice::yours(
            format!("'{name}' is locked with a password"),
            "unpack it with the password and open the folder",
        ),
        ZipError::CompressionMethodNotSupported(_) | ZipError::UnsupportedArchive(_) => Notice::yours(
            format!("'{name}' is packed in a way that is not read here: {error}"),
            "unpack it and open the folder, or pack it anew with deflate",
        ),
        error => Notice::yours(format!("'{name}' is damaged: {error}"), "copy or download the archive again"),
    }
}
