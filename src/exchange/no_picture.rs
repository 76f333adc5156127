//! A card that stands where pictures would, for texts that came without any: the shelf knows a sequence by its pictures. The
//! card is drawn from the words, so other words are another sequence, and its frame is named so that nobody takes it for a
//! picture (`Sequence::has_pictures`). The words themselves are the frame's text; nothing is written on the card.

use super::choose::Choose;
use super::clean::clean_line;
use super::draft::{Draft, Origin, Page};
use super::opened::Opened;
use crate::pixels::{Picture, Rgb};
use crate::story::{NO_PICTURE, Notice};

/// Pixels of the card, and of a field of its pattern.
const WIDTH: u32 = 256;
const HEIGHT: u32 = 128;
const FIELD: u32 = 16;
const PAPER: u8 = 236;
const MARK: u8 = 224;

/// A sequence of the card alone.
///
/// # Errors
/// Never in practice: the card is a whole picture.
pub fn without_pictures(words: &str, source: &str) -> Result<Opened, Notice> {
    let hash = blake3::hash(words.as_bytes());
    let bits = hash.as_bytes();
    let mut data = Vec::with_capacity((WIDTH * HEIGHT * 3) as usize);
    for y in 0..HEIGHT {
        for x in 0..WIDTH {
            let field = (y / FIELD * (WIDTH / FIELD) + x / FIELD) as usize;
            let marked = bits[field / 8 % bits.len()] >> (field % 8) & 1 == 1;
            data.extend([if marked { MARK } else { PAPER }; 3]);
        }
    }
    let card = Picture::from_rgb(&Rgb { width: WIDTH, height: HEIGHT, data })
        .map_err(|error| Notice::ours(format!("a card without a picture: {error}")))?;
    let page = Page { name: NO_PICTURE.to_owned(), text: Some(words.to_owned()), origin: Origin::Ready(card) };
    Draft::of(clean_line(words, 60), source.to_owned(), vec![page]).finish(&Choose::default())
}
