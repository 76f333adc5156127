//! A decoded image: 8-bit RGB, row by row. It knows no file format and no colour profile.

/// An image of `width` x `height` pixels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rgb {
    pub width: u32,
    pub height: u32,
    /// (height, width, 3), one byte a channel: `width * height * 3` bytes.
    pub data: Vec<u8>,
}
