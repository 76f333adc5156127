//! What the person chose, from four layers: shipped default < their file < environment < flags.
//!
//! `key` declares every key once; parsing, the environment's names, checks, `--print-config` and the error for an
//! unknown key all read that declaration. It leaves out what is chosen while the program runs (the shelf keeps it)
//! and keys and colours (the app's own files).

mod choices;
mod database;
mod flags;
mod images;
mod key;
mod layer;

pub use choices::{Config, Places};
pub use flags::Flags;
pub use images::ImagesChoice;
pub use key::{Key, number};
