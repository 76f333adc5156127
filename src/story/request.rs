//! What is asked of a model about a sequence: the same words for the command line, the studio and the desk.

use serde::{Deserialize, Serialize};

use super::{SamplingPatch, Task};

/// How closely it is watched where the model looks while it writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Gaze {
    #[default]
    Off,
    /// How much each frame is attended to.
    Frames,
    /// How much each patch of each frame is: some hundred numbers a token.
    Patches,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Request {
    pub task: Task,
    /// A template in place of the task's own wording.
    pub template: Option<String>,
    /// What was told before the first frame.
    pub so_far: Option<String>,
    /// Tokens that the story begins with; the model goes on from them.
    pub opening: Vec<u32>,
    /// Laid over what the model's own `generation_config.json` says.
    pub sampling: SamplingPatch,
    /// Stories told at once, as a batch over one prefill.
    pub stories: usize,
    /// Alternatives a token; 0 for none.
    pub alternatives: usize,
    pub gaze: Gaze,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            task: Task::Story,
            template: None,
            so_far: None,
            opening: Vec::new(),
            sampling: SamplingPatch::default(),
            stories: 1,
            alternatives: 0,
            gaze: Gaze::Off,
        }
    }
}
