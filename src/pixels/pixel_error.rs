//! Why bytes did not become a picture. What to do about it is said where the file is known (`exchange`).

use super::limits::{MAX_PIXELS, MAX_SIDE};

/// A picture that could not be read, by the name it was given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' {fault}")]
pub struct PixelError {
    /// The file name, archive entry or page that was being read.
    pub name: String,
    pub fault: PixelFault,
}

/// What is wrong with the bytes. Each reads on from the name: "'a.png' is empty".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PixelFault {
    #[error("is empty")]
    Empty,
    #[error("is not a picture")]
    NotAPicture,
    /// A picture format that is not read here, by name.
    #[error("is in the {0} format, which is not read here")]
    UnknownFormat(&'static str),
    #[error("says it is {width} x {height} pixels; at most {MAX_SIDE} a side and {} megapixels are opened", MAX_PIXELS / 1_000_000)]
    TooLarge { width: u32, height: u32 },
    /// Width or height is 0, or the pixels do not fill the rectangle.
    #[error("has no pixels")]
    NoPixels,
    /// The bytes end before the picture does.
    #[error("is cut short: the {format} data ends before the picture does")]
    CutShort { format: &'static str },
    #[error("is damaged: {reason}")]
    Damaged { reason: String },
}

impl PixelFault {
    pub(super) fn of(self, name: &str) -> PixelError {
        PixelError { name: name.to_owned(), fault: self }
    }
}
