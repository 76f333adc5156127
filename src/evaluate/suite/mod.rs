//! A suite: which models tell which sequences, what is measured of it, and what is demanded. What was told is kept beside the
//! results and never told again; figures are computed anew from it each time.

mod behind;
mod fold;
mod gates;
mod kept;
mod measures;
mod plan;
mod probing_rows;
mod table;
mod work;

#[cfg(test)]
mod suite_tests;

pub use behind::{read_specimens, specimens, write_specimens};
pub use gates::hold;
pub use kept::Kept;
pub use plan::{Bound, Gate, ModelPlan, Plan, RewardPlan};
pub use table::{Judged, tabulate};
pub use work::{Done, Working, examine_suite, jobs};
