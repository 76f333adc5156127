//! One visit: keys come in through a door, the app decides, the studio does, bytes go out. The only room that knows both arms.
//!
//! It leaves out what is drawn (`app`), what is done (`studio`) and who may come in (`serve`, later).

mod brought;
mod brush;
mod door;
mod errands;
mod evaluate_errands;
mod keys;
mod late_replies;
mod local;
mod pace;
mod paste_path;
mod pen;
mod restore;
mod run_errands;
mod seat;
mod tty;
mod visit;
mod workshop;

#[cfg(test)]
mod visit_tests;

pub use door::{Door, Heard, Window};
pub use errands::gallery_card;
pub use keys::keymap;
pub use late_replies::LateReplies;
pub use local::{local, look_at_terminal, rate};
pub use visit::Visit;
