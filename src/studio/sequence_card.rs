//! A sequence as the gallery shows it.

use crate::story::SequenceId;

/// What the gallery shows of a sequence.
#[derive(Clone, Debug)]
pub struct SequenceCard {
    pub id: SequenceId,
    pub title: String,
    /// How many frames.
    pub frames: usize,
    /// How many stories have been told about it.
    pub stories: usize,
    /// How many votes have been given about it.
    pub ratings: usize,
    /// Drawn by our own picture world: the embedded storyteller knows such pictures and no others.
    pub in_world: bool,
    /// "bundled", or where it was opened from.
    pub source: String,
    pub credits: Option<String>,
    /// The first frame.
    pub cover: Cover,
}

/// A picture by which a sequence is known; its pixels are fetched when they are to be seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cover {
    pub hash: String,
    /// In pixels, after orientation.
    pub width: u32,
    pub height: u32,
}
