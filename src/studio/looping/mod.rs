//! The loop: candidates are told, people vote, a reward model learns from the votes, the policy from the reward, and the new
//! storyteller stands against the old one before people who do not know which is which. Between two rounds and wherever a
//! gate fails it stops and asks.

mod advancing;
mod cards;
mod gates;
mod going;
mod plan;
mod plans;
mod state;

pub use advancing::Advance;
pub use going::HeldLoop;
pub use plan::LoopPlan;
pub use state::{LoopState, Stage};
