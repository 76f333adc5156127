//! Recipes that train, each read from top to bottom; losses are pure functions. A run is a folder, and the folder is the contract.

pub mod adamw;
mod asking;
mod attributes;
pub mod checkpoint;
pub mod course;
mod credit;
mod data_recipe;
mod descent;
mod error;
mod examiner;
pub mod examples;
mod files;
pub mod forecast;
mod fresh;
mod judge_reward;
pub mod loss;
mod mistakes;
pub mod mix;
mod model_part;
mod pairs;
mod pointing;
pub mod policy;
mod policy_reader;
pub mod policy_recipe;
pub mod preference;
pub mod preference_recipe;
mod progress;
mod recalling;
mod recipe;
pub mod recipe_file;
pub mod reward;
pub mod reward_card;
pub mod reward_recipe;
mod reward_source;
mod rewards;
mod rollouts;
mod rows;
mod scenes;
pub mod sft;
mod tales;
mod trainee;
pub mod votes_recipe;
pub mod word_loss;

#[cfg(test)]
mod data_tests;
#[cfg(test)]
mod learning_tests;
#[cfg(test)]
mod run_tests;

pub use data_recipe::DataRecipe;
pub use error::TrainError;
pub use progress::{Listener, SourceReport, Step};
pub use recipe::{OptimiserRecipe, Recipe, Stage};
