//! Judging what models tell. So far against the picture world's own facts; references and raters come later.

mod figures;
mod intervals;
mod texts;
mod worldly;

pub use figures::{FIGURES, Figure, figures};
pub use worldly::{Asked, Looking, Paper, examine};
