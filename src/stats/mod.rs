//! Numbers about preferences, pure: shares with intervals, agreement between raters, Bradley-Terry strengths, power.
//!
//! Held to the golden numbers of the field's own formulas. It knows no rater, no story and no database: places and counts only.

pub mod agreement;
pub mod alpha;
pub mod bradley_terry;
mod connected;
pub mod flip;
pub mod shares;
mod symmetric;

pub use agreement::{Pairwise, cohen_kappa, fleiss_kappa, mean_kappa, pairwise_kappa, same_share};
pub use alpha::{Level, alpha_interval, krippendorff_alpha};
pub use bradley_terry::{Contest, Fit, Outcome, Ties, fit};
pub use flip::votes_to_flip;
pub use shares::{Interval, binomial_test, holm, votes_needed, wilson};
