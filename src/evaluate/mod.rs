//! Judging what models tell. So far against the picture world's own facts, and by programs that rate by them; references come
//! later.

mod figures;
mod intervals;
mod simulated_rater;
mod texts;
mod worldly;

pub use figures::{FIGURES, Figure, figures};
pub use simulated_rater::{Said, SimulatedRater, Temper, truth};
pub use worldly::{Asked, Looking, Paper, examine};
