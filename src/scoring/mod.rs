//! A reward model over HTTP, for trainers that are elsewhere: OpenRLHF's `/get_reward`, a plain `/score`, health and counters.
//!
//! The model has a thread of its own; requests wait in a bounded queue and are refused when it is full. Left out: TLS (a proxy
//! or a tunnel has it), training, and anything that changes what is on the shelf.

mod asked;
mod counters;
mod entry;
mod http;
mod openrlhf;
mod scorer;
mod service;

#[cfg(test)]
mod service_tests;

pub use service::{Serve, Service};
