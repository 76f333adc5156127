//! The screens. Each is one file with its state, what its actions do and how it looks; none names another.

pub mod gallery;
pub mod help;
pub mod pane;
pub mod reader;
pub mod spread;
pub mod turn;
pub mod zoom;
