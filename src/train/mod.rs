//! Recipes that train, each read from top to bottom; losses are pure functions. A run is a folder, and the folder is the contract.

pub mod adamw;
mod asking;
mod attributes;
pub mod checkpoint;
mod data_recipe;
mod error;
pub mod examples;
mod files;
mod fresh;
mod progress;
mod recipe;
mod rows;
pub mod sft;
mod tales;

#[cfg(test)]
mod data_tests;

pub use data_recipe::DataRecipe;
pub use error::TrainError;
pub use progress::{Listener, SourceReport, Step};
pub use recipe::{OptimiserRecipe, Recipe, Stage};
