//! The shared handle: what one visitor or a thousand do with sequences, stories and models.
//!
//! A `Studio` joins the shelf, the formats and the desk: it opens pictures, lists what there is, has stories told and
//! keeps them. It leaves out who asks and how it looks: that is the session's and the app's.

mod adopting;
mod bundled;
mod campaigning;
mod choosing_best;
mod counting;
mod doubting;
mod drawn_tale;
mod evaluating;
mod freezing;
mod gallery;
mod gathering;
mod growing;
mod handle;
mod importing;
mod lines;
mod looping;
pub mod machine;
pub mod models;
mod noting;
mod own_words;
mod preferring;
mod publishing;
mod rating;
mod results;
mod run_feeds;
mod run_figures;
mod running;
mod sending;
mod sequence_card;
mod sight;
mod telling;
mod unsure;

#[cfg(test)]
mod adopting_tests;
#[cfg(test)]
mod growing_tests;
#[cfg(test)]
mod import_tests;
#[cfg(test)]
mod rating_tests;
#[cfg(test)]
mod studio_tests;

pub use adopting::{AdoptOrder, Adopted, Use};
pub use bundled::{BUNDLED, Bundled};
pub use campaigning::{NewCampaign, System};
pub use handle::Studio;
pub use importing::{ImportOrder, Imported};
pub use looping::{Advance, HeldLoop, LoopPlan, LoopState, Stage};
pub use own_words::Wording;
pub use preferring::Exported;
pub use rating::{Ahead, KeptVote};
pub use run_feeds::Feed;
pub use sequence_card::{Cover, SequenceCard};
pub use telling::TellOrder;
