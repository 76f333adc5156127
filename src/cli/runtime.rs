//! The threads that wait: what a verb needs to run what is async. Tensor work has threads of its own.

use tokio::runtime::{Builder, Runtime};

use crate::story::Notice;

/// A runtime with two threads.
///
/// # Errors
/// Where the system gives no threads.
pub fn runtime() -> Result<Runtime, Notice> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Notice::outside(format!("no threads can be started: {error}"), "end other programs"))
}
