//! The screens. Each is one file with its state, what its actions do and how it looks; none names another.

pub mod annotate;
mod at_pair;
pub mod compare;
pub mod gallery;
pub mod gallery_view;
pub mod grid;
pub mod help;
pub mod history;
pub mod inspector;
pub mod inspector_view;
pub mod log;
mod marking;
pub mod models;
pub mod palette;
pub mod pane;
pub mod rate;
mod rate_view;
pub mod reader;
pub mod reader_view;
pub mod sampling;
pub mod sieve;
mod sight;
pub mod spread;
pub mod tokens;
pub mod turn;
pub mod writing;
pub mod zoom;
