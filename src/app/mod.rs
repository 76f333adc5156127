//! What is seen. Pure: an `Event` in, `Effect`s out, and a view of cells; no I/O, no await, no channel, no clock.
//!
//! It leaves out everything that is done: the session carries out the effects and brings what came of them as events.

pub mod action;
pub mod app;
mod ascii;
pub mod card;
pub mod effect;
pub mod event;
mod heard;
pub mod key;
mod key_tables;
pub mod keymap;
mod layer;
pub mod live;
mod log;
pub mod look;
pub mod mouse;
mod own_keys;
pub mod place;
mod recipe_words;
pub mod results_plots;
pub mod results_text;
pub mod setting;
mod shot;
pub mod text;
mod tour;
mod turning;

mod screens;
mod seen;
mod widgets;

#[cfg(test)]
mod app_tests;
#[cfg(test)]
mod campaign_tests;
#[cfg(test)]
mod evaluate_tests;
#[cfg(test)]
mod layer_tests;
#[cfg(test)]
mod loop_tests;
#[cfg(test)]
mod rate_tests;
#[cfg(test)]
mod screen_tests;
#[cfg(test)]
mod sitting;
#[cfg(test)]
mod train_tests;

pub use app::App;
pub use card::Card;
pub use effect::{Ask, Effect, Rating};
pub use event::{Event, Opened, Template};
pub use key::{Key, KeyCode};
pub use keymap::Keymap;
pub use look::Look;
pub use mouse::Mouse;
pub use shot::svg;
