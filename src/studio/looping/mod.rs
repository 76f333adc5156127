//! The loop: candidates are told, people vote, a reward model learns from the votes, the policy from the reward, and the new
//! storyteller stands against the old one before people who do not know which is which. Between two rounds and wherever a
//! gate fails it stops and asks.

mod advancing;
mod gates;
mod plan;
mod state;

pub use advancing::Advance;
pub use plan::LoopPlan;
pub use state::{LoopState, Stage};
