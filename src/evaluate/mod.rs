//! Judging what models tell. So far against the picture world's own facts, and by programs that rate by them; references come
//! later.

mod duel;
mod figures;
mod intervals;
pub mod judges;
pub mod metrics;
pub mod probes;
mod side_by_side;
mod simulated_rater;
mod subject;
pub mod suite;
mod texts;
mod truth;
mod worldly;

pub use duel::{Bout, DuelAsked, Standing, duel};
pub use figures::{FIGURES, Figure, figures};
pub use intervals::mean_interval;
pub use side_by_side::side_by_side;
pub use simulated_rater::{Said, SimulatedRater, Temper};
pub use subject::{Person, Subject};
pub use truth::{line_truths, truth};
pub use worldly::{Asked, Looking, Paper, examine, order};
