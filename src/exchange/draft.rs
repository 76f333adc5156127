//! A sequence before its pictures were read: what every format is brought to, and the one way it is finished.
//!
//! Finishing reads and decodes in parallel, names what failed, and makes every word safe to show.

use std::path::PathBuf;

use rayon::prelude::*;

use super::bounded_read::{MAX_FILE_BYTES, MAX_SEQUENCE_BYTES, read_file};
use super::choose::Choose;
use super::clean::{clean_line, clean_notice, clean_text};
use super::notices::{nothing_left, picture_notice};
use super::opened::Opened;
use crate::pixels::{Picture, header_size};
use crate::story::{CastMember, Frame, Notice, Sequence, SequenceId};

/// Pictures of more pixels than this are decoded one after the other, so that many at once do not fill the memory.
const LARGE: u64 = 24_000_000;
/// Most characters of a title, a name or a source.
const MOST_OF_A_LINE: usize = 200;
/// Most characters of the credits.
const MOST_OF_CREDITS: usize = 500;
/// Most characters of a page.
const MOST_OF_A_PAGE: usize = 20_000;

/// Where a page's picture comes from.
pub(super) enum Origin {
    File(PathBuf),
    Bytes(Vec<u8>),
    Ready(Picture),
    /// Known to be missing or refused.
    Lost(Notice),
}

/// A frame to be.
pub(super) struct Page {
    pub name: String,
    pub text: Option<String>,
    pub origin: Origin,
}

/// A sequence to be.
pub(super) struct Draft {
    pub title: String,
    pub source: String,
    pub credits: Option<String>,
    pub cast: Vec<CastMember>,
    pub in_world: bool,
    pub pages: Vec<Page>,
    /// What was found wrong before any picture was read.
    pub problems: Vec<Notice>,
}

/// A page that was read: decoded, or put off because it is large.
enum Read {
    Picture(Picture),
    Large(Vec<u8>),
}

impl Draft {
    /// Pages only, as most formats have nothing else to say.
    pub(super) fn of(title: String, source: String, pages: Vec<Page>) -> Draft {
        Draft { title, source, credits: None, cast: Vec::new(), in_world: false, pages, problems: Vec::new() }
    }

    /// Reads the chosen pages.
    pub(super) fn finish(mut self, choose: &Choose) -> Result<Opened, Notice> {
        if self.pages.is_empty() {
            return Err(nothing_left(&self.source, self.problems));
        }
        let mut pages: Vec<Option<Page>> = self.pages.drain(..).map(Some).collect();
        let chosen: Vec<Page> = choose.pick(pages.len())?.into_iter().filter_map(|i| pages[i].take()).collect();
        drop(pages);
        within_memory(&self.source, &chosen)?;
        let read: Vec<_> =
            chosen.into_par_iter().map(|page| (read(page.origin, &page.name), page.name, page.text)).collect();
        let mut frames = Vec::new();
        let mut pictures: Vec<Picture> = Vec::new();
        for (read, name, text) in read {
            let picture = match read {
                Ok(Read::Picture(picture)) => Ok(picture),
                Ok(Read::Large(bytes)) => Picture::from_bytes(&name, bytes).map_err(|error| picture_notice(&error)),
                Err(notice) => Err(notice),
            };
            match picture {
                Ok(picture) => {
                    let text = text.and_then(|text| self.page_text(&name, &text));
                    frames.push(frame(frames.len(), &name, text, &picture));
                    pictures.push(picture);
                }
                Err(notice) => self.problems.push(notice),
            }
        }
        if pictures.is_empty() {
            return Err(nothing_left(&self.source, self.problems));
        }
        let sequence = Sequence {
            id: sequence_id(pictures.iter().map(Picture::hash)),
            title: clean_line(&self.title, MOST_OF_A_LINE),
            source: clean_line(&self.source, MOST_OF_CREDITS),
            credits: self.credits.map(|credits| clean_line(&credits, MOST_OF_CREDITS)),
            cast: self.cast.into_iter().map(clean_member).collect(),
            frames,
            in_world: self.in_world,
        };
        Ok(Opened { sequence, pictures, problems: self.problems.into_iter().map(clean_notice).collect() })
    }

    /// The text of a page, made safe; a cut is said aloud.
    fn page_text(&mut self, name: &str, text: &str) -> Option<String> {
        let (text, cut) = clean_text(text, MOST_OF_A_PAGE);
        if cut {
            let what = format!("the text of '{name}' is longer than {MOST_OF_A_PAGE} characters; the rest is left out");
            self.problems.push(Notice::yours(what, "divide the page"));
        }
        (!text.is_empty()).then_some(text)
    }
}

fn read(origin: Origin, name: &str) -> Result<Read, Notice> {
    let bytes = match origin {
        Origin::Ready(picture) => return Ok(Read::Picture(picture)),
        Origin::Lost(notice) => return Err(notice),
        Origin::Bytes(bytes) => bytes,
        Origin::File(path) => read_file(&path, MAX_FILE_BYTES)?,
    };
    if header_size(&bytes).is_ok_and(|(width, height)| u64::from(width) * u64::from(height) > LARGE) {
        return Ok(Read::Large(bytes));
    }
    Picture::from_bytes(name, bytes).map(Read::Picture).map_err(|error| picture_notice(&error))
}

/// Refuses a sequence whose files together are more than is held in memory.
fn within_memory(source: &str, pages: &[Page]) -> Result<(), Notice> {
    let size = |page: &Page| match &page.origin {
        Origin::File(path) => std::fs::metadata(path).map_or(0, |about| about.len()),
        Origin::Bytes(bytes) => bytes.len() as u64,
        Origin::Ready(picture) => picture.bytes().len() as u64,
        Origin::Lost(_) => 0,
    };
    let total: u64 = pages.iter().map(size).sum();
    if total <= MAX_SEQUENCE_BYTES {
        return Ok(());
    }
    let mib = |bytes: u64| bytes / 1024 / 1024;
    Err(Notice::yours(
        format!(
            "the pictures of '{source}' are {} MiB together; at most {} are opened at once",
            mib(total),
            mib(MAX_SEQUENCE_BYTES)
        ),
        "open a part: --first and --last, or every n-th frame with --every",
    ))
}

fn frame(place: usize, name: &str, text: Option<String>, picture: &Picture) -> Frame {
    Frame {
        place,
        name: clean_line(name, MOST_OF_A_LINE),
        hash: picture.hash().to_owned(),
        width: picture.width(),
        height: picture.height(),
        text,
    }
}

fn clean_member(member: CastMember) -> CastMember {
    CastMember { name: clean_line(&member.name, MOST_OF_A_LINE), species: clean_line(&member.species, MOST_OF_A_LINE) }
}

/// Names a sequence by its pictures and their order, and by nothing else. `hashes` are theirs, as `Picture::hash` gives them.
pub fn sequence_id<'a>(hashes: impl IntoIterator<Item = &'a str>) -> SequenceId {
    let mut hasher = blake3::Hasher::new();
    for hash in hashes {
        hasher.update(hash.as_bytes());
    }
    SequenceId(format!("seq-{}", &hasher.finalize().to_hex()[..16]))
}
