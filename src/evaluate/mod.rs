//! Judging what models tell. So far against the picture world's own facts; references and raters come later.

mod worldly;

pub use worldly::{Looking, worldly};
