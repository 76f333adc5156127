//! storyloom held to the numbers of reference implementations, one file a room.

mod engine;
mod pixels;
mod reference;
mod training;
