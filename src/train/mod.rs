//! Recipes that train, each read from top to bottom; losses are pure functions. A run is a folder, and the folder is the contract.

pub mod adamw;
mod attributes;
pub mod checkpoint;
mod error;
pub mod examples;
mod files;
mod fresh;
mod progress;
mod recipe;
pub mod sft;

pub use error::TrainError;
pub use progress::{Listener, Step};
pub use recipe::{DataRecipe, OptimiserRecipe, Recipe, Stage};
