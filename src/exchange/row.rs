//! A row of other people's training data: pictures that are still on the disk, and the words that belong to them.
//!
//! What is asked about them is made in `train`; here are only the words that the file holds, cleaned and counted.

use std::path::PathBuf;

use serde::Serialize;

use super::bounded_read::{MAX_FILE_BYTES, read_file};
use super::clean::{clean_line, clean_text};
use crate::pixels::{Picture, Rgb};
use crate::story::CastMember;

/// Most characters of one text; a longer one is no page and no answer, and its row is left out.
const MOST_OF_A_TEXT: usize = 20_000;
/// Most characters of a name, an id or a reason.
const MOST_OF_A_LINE: usize = 300;

/// A row that can be trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What the file calls it, or its number.
    pub id: String,
    /// What it shares its pictures with: a book, an album, an episode, a scene. Held out together or not at all.
    pub group: String,
    pub title: String,
    pub cast: Vec<CastMember>,
    pub images: Vec<PathBuf>,
    pub words: Words,
}

/// What is said about the pictures of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Words {
    Lines(Lines),
    /// Questions and answers in turn, the pictures inside the questions, in order.
    Turns(Vec<Turn>),
}

/// Texts of each kind: one for each picture, or none at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    pub story: Vec<String>,
    /// What each picture shows.
    pub captions: Vec<String>,
    /// How each character feels.
    pub emotions: Vec<String>,
    /// Who is there, by name.
    pub consistency: Vec<String>,
}

/// Something said in a conversation.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub speaker: Speaker,
    pub parts: Vec<Part>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    System,
    Person,
    Model,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    Picture,
    Text(String),
}

/// A row that could not be used, and why; one line of `left-out.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The file or folder it is from.
    pub source: String,
    /// Its place there, from 1: a line, an element of a list, a story, a book.
    pub row: usize,
    pub id: String,
    pub reason: String,
}

/// What a format found at one place of its file.
pub(super) struct Found {
    /// From 1: a line, an element of a list, a story.
    pub number: usize,
    pub id: String,
    pub row: Result<Row, String>,
}

impl LeftOut {
    /// Safe to show, whatever it quotes.
    pub fn new(source: &str, row: usize, id: &str, reason: &str) -> Self {
        let line = |text: &str| clean_line(text, MOST_OF_A_LINE);
        Self { source: line(source), row, id: line(id), reason: line(reason) }
    }
}

impl Row {
    /// Reads and decodes one picture.
    ///
    /// # Errors
    /// In words, if it is gone or damaged.
    pub fn picture(&self, place: usize) -> Result<Rgb, String> {
        let path = self.images.get(place).ok_or_else(|| format!("there is no picture {}", place + 1))?;
        let bytes = read_file(path, MAX_FILE_BYTES).map_err(|notice| notice.what)?;
        let picture = Picture::from_bytes(&path.display().to_string(), bytes).map_err(|error| error.to_string())?;
        picture.rgb().map_err(|error| error.to_string())
    }
}

/// A text for a picture as one line, safe to show.
pub(super) fn one_line(text: &str) -> Result<String, String> {
    checked(clean_line(text, MOST_OF_A_TEXT + 1))
}

/// What somebody says in a conversation: line ends are kept.
pub(super) fn said(text: &str) -> Result<String, String> {
    checked(clean_text(text, MOST_OF_A_TEXT + 1).0)
}

/// A name, a title or an id.
pub(super) fn name(text: &str) -> String {
    clean_line(text, MOST_OF_A_LINE)
}

fn checked(text: String) -> Result<String, String> {
    match text.chars().count() {
        0 => Err("a text is empty".to_owned()),
        count if count > MOST_OF_A_TEXT => Err(format!("a text is longer than {MOST_OF_A_TEXT} characters")),
        _ => Ok(text),
    }
}

/// Every text as one line; the number that is wrong is counted from 1.
pub(super) fn lines<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Vec<String>, String> {
    texts.into_iter().zip(1..).map(|(text, n)| one_line(text).map_err(|why| format!("picture {n}: {why}"))).collect()
}
