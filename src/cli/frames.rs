//! The flags that choose frames, for every verb that takes a sequence.

use clap::Args;

use crate::exchange::Choose;

/// Which frames.
#[derive(Clone, Copy, Debug, Default, Args)]
#[command(next_help_heading = "Frames")]
pub struct FrameArgs {
    /// Take at most so many frames, evenly spread
    #[arg(long, value_name = "N")]
    frames: Option<usize>,
    /// Begin with this frame, counted from 1
    #[arg(long, value_name = "N")]
    first: Option<usize>,
    /// End with this frame
    #[arg(long, value_name = "N")]
    last: Option<usize>,
    /// Take only every n-th frame
    #[arg(long, value_name = "N")]
    every: Option<usize>,
}

impl FrameArgs {
    /// The choice as the formats take it.
    pub fn choose(&self) -> Choose {
        Choose { frames: self.frames, first: self.first, last: self.last, every: self.every }
    }
}
