//! How much of the machine runs get beside those who tell.

/// The share of runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Runs that are under way together.
    pub at_once: usize,
    /// How much they give way, from 0 to 19.
    pub nice: i32,
    /// Threads of each; 0: as many as there are cores.
    pub threads: usize,
}
