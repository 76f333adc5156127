//! Sizes in a config, held to what a model can have before anything is computed with them: a file may say what it likes.

use serde::{Deserialize, Deserializer, de::Error};

/// Most that a width, a count of heads, a vocabulary or a side may be.
const MOST: usize = 1 << 22;
/// Most layers.
const MOST_LAYERS: usize = 4096;

fn within<E: Error>(size: usize, most: usize) -> Result<usize, E> {
    match size {
        0 => Err(E::custom("a size of 0 where there must be at least 1")),
        size if size > most => Err(E::custom(format!("a size of {size} where at most {most} is believed"))),
        size => Ok(size),
    }
}

/// A size from 1 up.
pub fn size<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    within(usize::deserialize(from)?, MOST)
}

/// The same, where it may be left out or null.
pub fn optional_size<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    Option::<usize>::deserialize(from)?.map(|size| within(size, MOST)).transpose()
}

/// A number of layers.
pub fn layers<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    within(usize::deserialize(from)?, MOST_LAYERS)
}
