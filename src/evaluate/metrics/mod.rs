//! Figures of a told text: how varied and how redundant it is, who is in it, how well it fits its frames, and how near it is to
//! what people told. Each file says what it measures and what it leaves out; intervals and tables are the suite's.

mod bleu;
mod cider;
mod diversity;
mod meteor;
mod people;
mod porter;
mod redundancy;
mod rouge;
mod tokens;
mod weighing;

pub use bleu::{BleuCounts, bleu, bleu_counts};
pub use cider::cider;
pub use diversity::{distinct, repeated_runs, self_bleu_each, twins};
pub use meteor::meteor;
pub use people::{Appearances, PERSISTENCE, appearances};
pub use porter::stem;
pub use redundancy::rovist_nr;
pub use rouge::rouge_l;
pub use tokens::{caption_words, sentences, treebank};
pub use weighing::{Looks, Weighed, Weight, weigh_story};
