//! What lasts: sequences with their images, the stories told about them, the models that told them, and what raters
//! said of them.
//!
//! One folder (`home`) holds a database, `shelf.db`, and the images by content hash under `images/`. Stories are
//! immutable, images never change under their name, and the database is only ever migrated forward. A second process may
//! read and write at the same time, and `backup` copies a home in use.
//!
//! The embedded default is SQLite. Several servers share one shelf in PostgreSQL instead, which then holds the images as
//! well, for homes that lack them. There is one set of queries: they keep to what both take (numbered parameters, `ON
//! CONFLICT`, TEXT, BIGINT, BOOLEAN and DOUBLE PRECISION; JSON as TEXT), and `sql` asks them of either. What is one
//! database's alone is in `sqlite`, `postgres`, `dialect` and `locks`.
//!
//! It leaves out what a story means, who may read it, and everything that is not to be found again tomorrow.

mod adapter;
mod awaited;
mod backup;
mod campaigns;
mod checkpoint;
mod choosing;
mod clock;
mod dialect;
mod doubts;
mod evaluations;
mod image_store;
mod imports;
mod lefts;
mod locks;
mod names;
mod notes;
mod passed_over;
mod postgres;
mod raters;
mod ratings;
mod scribe;
mod sequences;
mod server_id;
mod settings;
mod shared_images;
mod shelf_error;
mod sql;
mod sqlite;
mod storage;
mod stories;
mod syncer;
mod tally;
mod turns;
mod verdicts;
mod vote_log;
mod voting;
mod work;

#[cfg(test)]
mod awaited_tests;
#[cfg(test)]
mod backup_tests;
#[cfg(test)]
mod choosing_tests;
#[cfg(test)]
mod evaluations_tests;
#[cfg(test)]
mod rating_tests;
#[cfg(test)]
mod servers_tests;
#[cfg(test)]
mod shelf_tests;
#[cfg(test)]
pub(crate) mod test_place;

pub use adapter::Adapter;
pub use awaited::AwaitedStory;
pub use backup::Backup;
pub use campaigns::{NewPair, PairKind};
pub use checkpoint::Checkpoint;
pub use doubts::PlainPair;
pub use imports::{NewImport, NewRater, NewVote};
pub use passed_over::PassedOver;
pub use raters::Entrance;
pub use sequences::SequenceLine;
pub use shelf_error::ShelfError;
pub use storage::{Health, Shelf};
pub use turns::{Kept, Next, TurnRow};
pub use verdicts::{StandingRow, VoteRow};
pub use vote_log::{Chain, Verified};
pub use voting::{Given, Voted};
