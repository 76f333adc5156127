//! What opening gave: a sequence, its pictures, and what had to be left out. It does not say how it was opened.

use crate::pixels::Picture;
use crate::story::{Notice, Sequence};

/// A sequence with its pictures. `pictures[i]` belongs to `sequence.frames[i]`; there is at least one.
#[derive(Clone, Debug)]
pub struct Opened {
    pub sequence: Sequence,
    pub pictures: Vec<Picture>,
    /// Frames that were left out and other things to know, each named, in the order of the frames.
    pub problems: Vec<Notice>,
}
