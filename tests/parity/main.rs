//! storyloom held to the numbers of reference implementations, one file a room.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot read its numbers fails"
)]

mod engine;
mod every_family;
mod families;
mod pixels;
mod preferences;
mod reference;
mod training;
