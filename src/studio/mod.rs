//! The shared handle: what one visitor or a thousand do with sequences, stories and models.

pub mod machine;
pub mod models;
