//! The threads that wait: what a verb needs to run what is async. Tensor work has threads of its own.

use tokio::runtime::{Builder, Runtime};

use crate::story::Notice;

/// Holds the arithmetic to so many threads; 0 leaves it all cores. To be called before there are any threads.
///
/// The pools of candle, gemm and rayon have no common switch but these two variables, which each reads once, on first use.
#[allow(unsafe_code)]
pub fn limit_threads(threads: usize) {
    if threads == 0 {
        return;
    }
    for variable in ["RAYON_NUM_THREADS", "CANDLE_NUM_THREADS"] {
        // SAFETY: the program has one thread so far, so nobody reads the environment meanwhile.
        unsafe { std::env::set_var(variable, threads.to_string()) };
    }
}

/// Threads for what blocks (files, decoding): as many visitors as there may be share them. Each holds memory of its own that the
/// system gets back late, so they are few.
const BLOCKING: usize = 8;

/// A runtime with two threads.
///
/// # Errors
/// Where the system gives no threads.
pub fn runtime() -> Result<Runtime, Notice> {
    Builder::new_multi_thread()
        .worker_threads(2)
        .max_blocking_threads(BLOCKING)
        .enable_all()
        .build()
        .map_err(|error| Notice::outside(format!("no threads can be started: {error}"), "end other programs"))
}
