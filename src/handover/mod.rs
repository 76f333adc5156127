//! Training handed over to somebody else's trainer: the frozen snapshot in its format with its configuration, a job here, at Slurm
//! or at Ray, its figures as lines of the run, and the adapter fetched back.
//!
//! The id that the other side gives is kept before it is asked for anything, so that whoever takes the run up again finds the same
//! job. Left out: how anything is trained.

mod adapter;
mod engine;
mod feed;
mod follow;
mod here;
mod job;
mod ray;
mod recipe;
mod rows;
mod slurm;
mod state;

#[cfg(test)]
mod handover_tests;

pub use follow::{Ended, hand_over};
pub use job::describe;
pub use recipe::{ExternalRecipe, Place, Stage, Trainer};
pub use state::State;
