//! Losses as pure functions of numbers that a model gave: rewards of stories, log-probabilities of tokens.
//!
//! Each gives the loss and its slope by every one of those numbers. A recipe multiplies the slopes onto the model's own
//! numbers and goes backward from there, so no loss knows a tensor, batches may be read in parts, and a test can hold a
//! formula against the reference without a model.

mod advantage;
mod graded;
mod kl;
mod policy;
mod preference;
mod ranking;
mod value;

pub use advantage::{Advantage, Scored, advantages, returns, whiten};
pub use graded::{Graded, PerToken, log_sigmoid, sigmoid};
pub use kl::{AdaptiveKl, KlEstimator};
pub use policy::{Aggregate, Held, PolicyLoss, Ratio, Whole};
pub use preference::{Labelled, PreferenceLoss, kto, preference};
pub use ranking::{Ranked, ranking};
pub use value::{Estimates, gae, value_loss};
