//! What lasts: sequences with their images, the stories told about them, the models that told them, and what raters
//! said of them.
//!
//! One folder (`home`) holds a database, `shelf.db`, and the images by content hash under `images/`. Stories are
//! immutable, images never change under their name, and the database is only ever migrated forward, so a copy of the
//! folder is a backup and a second process may read and write at the same time.
//!
//! The embedded default is SQLite. The SQL here keeps to what PostgreSQL also takes (numbered parameters, `ON CONFLICT`,
//! TEXT, BIGINT, BOOLEAN and DOUBLE PRECISION; JSON as TEXT), and rows become structs by a derive that serves any driver. What is SQLite's
//! alone (the connection, its error codes, the folder of migrations) is in `dialect` and nowhere else.
//!
//! It leaves out what a story means, who may read it, and everything that is not to be found again tomorrow.

mod adapter;
mod campaigns;
mod checkpoint;
mod clock;
mod dialect;
mod image_store;
mod names;
mod notes;
mod passed_over;
mod raters;
mod sequences;
mod settings;
mod shelf_error;
mod storage;
mod stories;
mod turns;
mod verdicts;
mod vote_log;

#[cfg(test)]
mod rating_tests;
#[cfg(test)]
mod shelf_tests;

pub use adapter::Adapter;
pub use campaigns::{NewPair, PairKind};
pub use checkpoint::Checkpoint;
pub use passed_over::PassedOver;
pub use raters::Entrance;
pub use sequences::SequenceLine;
pub use shelf_error::ShelfError;
pub use storage::{Health, Shelf};
pub use turns::{Kept, TurnRow};
pub use verdicts::VoteRow;
pub use vote_log::Verified;
