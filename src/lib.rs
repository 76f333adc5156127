//! storyloom: a terminal studio for visual storytelling and the human feedback behind it.
//!
//! ARCHITECTURE.md draws the rooms and says who may import whom; `tests/house.rs` holds the code to it.

pub mod app;
pub mod canvas;
pub mod cli;
pub mod config;
pub mod evaluate;
pub mod exchange;
pub mod handover;
pub mod model;
pub mod pixels;
pub mod runs;
pub mod scoring;
pub mod serve;
pub mod session;
pub mod shelf;
pub mod stats;
pub mod story;
pub mod studio;
pub mod train;
pub mod world;
pub mod writer;
