//! What one terminal can show, and pictures in its cells: a value per session, never a static.
//!
//! Bytes are collected and handed over; nothing here prints, reads a terminal, an environment or a file.
//! `probe` asks and listens, `found` decides, each protocol encodes in its own file, `canvas` keeps what was encoded.

mod album;
mod blocks;
mod canvas;
mod depth;
mod fit;
mod found;
mod half;
mod iterm2;
mod kitty;
mod prints;
mod probe;
mod protocol;
mod shown;
mod sixel;
mod surroundings;
mod veil;
mod wish;

pub use canvas::{Canvas, Pic, Placed};
pub use depth::Depth;
pub use fit::{CellSize, Fit, fit};
pub use found::{Found, Shade};
pub use prints::Prints;
pub use probe::{Probe, Replies};
pub use protocol::{Protocol, Wanted};
pub use shown::{CannotShow, Shown};
pub use surroundings::Surroundings;
pub use veil::Veil;
pub use wish::Wish;
