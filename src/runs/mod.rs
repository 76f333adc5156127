//! Runs in the background: a folder each below the home, a supervisor for each that is under way, one queue for all.
//!
//! The folder is the contract: what a run is, is read off its files alone, by however many programs look at it. Left out:
//! how anything is trained or evaluated (`storyloom train` and `storyloom eval run` are started for that), and how it looks.

mod comparing;
mod ending;
mod event_file;
mod folder;
mod follower;
mod fork;
mod launching;
mod process;
mod queue;
mod recipe_text;
mod runs;
mod share;
mod standing;
mod suites;
mod supervisor;
mod tail;

#[cfg(test)]
mod runs_tests;

pub use comparing::compare;
pub use follower::Follower;
pub use launching::{attempt, execute, launch, program};
pub use recipe_text::recipes;
pub use runs::{NewRun, Runs};
pub use share::Share;
pub use standing::Memory;
pub use suites::{KIND as EVALUATION, open_suite, suites};
pub use supervisor::supervise;
