//! Pieces that screens are made of. Each draws into cells it is given and knows no screen.

pub mod bars;
pub mod chart;
pub mod differing;
pub mod field;
pub mod gauge;
pub mod list;
pub mod picture;
pub mod ribbon;
pub mod sampled;
pub mod strip;
pub mod typing;
