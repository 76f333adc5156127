//! A sequence: an ordered set of frames with a title and, where known, the cast. Pixels live elsewhere, under the frame's hash.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Names a sequence by the content of its frames, so that the same pictures opened twice are one sequence.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SequenceId(pub String);

/// Name of the frame that stands for no picture at all. No file is called so.
pub const NO_PICTURE: &str = "no picture/only words";

impl fmt::Display for SequenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An image with its place, text and source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Place in the sequence, from 0.
    pub place: usize,
    /// What a person would call it: the file name, the archive entry, "page 3".
    pub name: String,
    /// Content hash of the encoded image (hex), the key under which its pixels and features are cached.
    pub hash: String,
    /// Size after orientation, in pixels.
    pub width: u32,
    pub height: u32,
    /// The text that came with the picture (a page of a book), if any.
    pub text: Option<String>,
}

/// Somebody the story is about, by name: "Mia the fox".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CastMember {
    pub name: String,
    /// What they are, in one word: "fox".
    pub species: String,
}

/// An ordered set of frames.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    pub id: SequenceId,
    pub title: String,
    /// Where it was opened from, as a person would write it: a path, or "bundled".
    pub source: String,
    /// Credits to show beside it: author, illustrator, licence.
    pub credits: Option<String>,
    pub cast: Vec<CastMember>,
    pub frames: Vec<Frame>,
    /// Drawn by our own picture world: the embedded storyteller knows such pictures and no others.
    pub in_world: bool,
}

impl Sequence {
    /// Whether there is anything to look at. A text that came without pictures has a card in their place, drawn from its
    /// words; nobody must take that for a picture.
    pub fn has_pictures(&self) -> bool {
        !self.frames.iter().all(|frame| frame.name == NO_PICTURE)
    }
}
