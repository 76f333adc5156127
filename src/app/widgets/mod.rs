//! Pieces that screens are made of. Each draws into cells it is given and knows no screen.

pub mod bars;
pub mod field;
pub mod picture;
pub mod strip;
