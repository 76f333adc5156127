//! What the app asks for. Effects are data: they can be tested, printed, and refused for a visitor who may not.

use crate::story::{SamplingPatch, SequenceId, Task};

/// What to tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub sequence: SequenceId,
    pub task: Task,
    /// The story that a continuation goes on from.
    pub so_far: Option<String>,
    pub sampling: SamplingPatch,
}

/// Something the session should do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    LoadGallery,
    /// Load a sequence with its pictures and stories.
    Open(SequenceId),
    /// Open pictures from a path, as it was typed or pasted.
    OpenPath(String),
    /// Have a story told; what comes of it is brought under this number.
    Tell {
        number: u64,
        ask: Ask,
    },
    /// Nobody listens to this telling any more.
    StopTelling(u64),
    Suspend,
    Quit,
}
