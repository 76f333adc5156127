//! What is asked of a desk.

use std::sync::Arc;

use crate::pixels::Picture;
use crate::story::{SamplingPatch, Sequence, Task};

/// An order for stories about a sequence.
#[derive(Clone)]
pub struct Order {
    pub sequence: Arc<Sequence>,
    /// `pictures[i]` belongs to `sequence.frames[i]`.
    pub pictures: Arc<Vec<Picture>>,
    pub task: Task,
    /// A template in place of the task's own wording.
    pub prompt: Option<String>,
    /// What was told before the first frame.
    pub so_far: Option<String>,
    /// Laid over what the model's own `generation_config.json` says.
    pub sampling: SamplingPatch,
    /// Stories told at once, as a batch over one prefill.
    pub stories: usize,
    /// Alternatives a token; 0 for none.
    pub alternatives: usize,
    /// Measure the attention on each frame.
    pub attention: bool,
    /// Frames a chapter; 0 for what suits the model.
    pub window: usize,
}
