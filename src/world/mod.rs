//! The picture world: from a seed to a tale with its facts, its narration and its drawn frames; and the judge that holds
//! any story against the facts. It knows no model and no file.

mod backdrop;
mod beat;
mod bonds;
mod caption;
mod chance;
mod draft;
mod face;
mod facts;
mod figure;
mod grammar;
mod head;
mod indoors;
mod judge;
#[cfg(test)]
mod judged_by_hand;
mod judgement;
mod jumble;
mod lexicon;
mod meanings;
mod mistaken;
#[cfg(test)]
mod mistaken_tests;
mod narrate;
mod outfit;
mod pen;
mod phrases;
mod plants;
mod plots;
mod props;
mod questions;
mod quests;
mod reading;
mod reasons;
mod scene;
mod signs;
mod sky;
mod slips;
#[cfg(test)]
mod slips_tests;
mod tale;
mod town;
mod withheld;
mod words;

pub use facts::{Facts, FrameFacts, Member, Seen};
pub use judge::judge;
pub use judgement::{Judgement, Share};
pub use meanings::meanings;
pub use mistaken::Retold;
pub use phrases::adjectives;
pub use questions::{Question, QuestionKind, Quiz};
pub use scene::{Drawn, Region};
pub use tale::{Split, Tale};
pub use withheld::without_withheld;
pub use words::{Accessory, Action, Emotion, Hue, NAMES, Place, Pronoun, Species, Thing, Weather, held_out_place};
