//! One file per published layout.

pub mod idefics3;
