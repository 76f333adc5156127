//! A story: one completion for a sequence, with everything needed to tell it again.

use serde::{Deserialize, Serialize};

use super::{Request, Sampling, SamplingPatch, SequenceId, Task};

/// Why a story ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Finish {
    /// The model said it was done.
    End,
    /// A stop string was met.
    Stop,
    /// The token limit cut it.
    Length,
    /// Somebody stopped it.
    Cancelled,
    /// It has not ended: a campaign has it told when somebody comes to it.
    Awaited,
}

/// What wrote a story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// Name of the checkpoint, as `model list` shows it.
    pub model: String,
    /// Content hash of the checkpoint's weights (hex), so that a renamed model is still the same.
    pub model_hash: String,
    pub adapter: Option<String>,
}

/// Where the time went, in milliseconds; tokens as the model counts them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// From the order to the first token.
    pub first_token_ms: f64,
    pub vision_ms: f64,
    pub prefill_ms: f64,
    pub decode_ms: f64,
    pub prompt_tokens: usize,
    pub new_tokens: usize,
}

impl Timing {
    /// Decoding speed in tokens a second; 0 before there is one.
    pub fn tokens_per_second(&self) -> f64 {
        if self.decode_ms > 0.0 { self.new_tokens as f64 * 1000.0 / self.decode_ms } else { 0.0 }
    }
}

/// What else was asked than the task, and what the story came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// The template that took the place of the task's own wording.
    pub template: Option<String>,
    /// What was told before.
    pub so_far: Option<String>,
    /// Frames a chapter, as asked for; 0: what suits the model.
    pub window: usize,
    /// So many of the first tokens were given, not drawn.
    pub given: usize,
    /// The story that this one is another version of: a branch, or words changed by hand.
    pub parent: Option<String>,
    /// Words of a person, not of a model.
    pub by_hand: bool,
    /// The file that it was read from: it was not told here, and nothing is known of how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub imported: Option<String>,
}

/// One completion for a sequence. Immutable once told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// Unique; sorts by time of telling.
    pub id: String,
    pub sequence: SequenceId,
    pub task: Task,
    /// What the model was asked, before images were expanded into tokens.
    pub prompt: String,
    pub text: String,
    pub tokens: Vec<u32>,
    pub writer: Writer,
    pub sampling: Sampling,
    pub finish: Finish,
    pub timing: Timing,
    /// Seconds since 1970, UTC.
    pub told_at: u64,
    #[serde(default)]
    pub origin: Origin,
}

impl Story {
    /// What to ask the same model for to be told exactly this again.
    pub fn request(&self) -> Request {
        let Sampling { temperature, top_k, top_p, min_p, repetition_penalty, seed, max_new_tokens, stop } =
            self.sampling.clone();
        let sampling = SamplingPatch {
            temperature: Some(temperature),
            top_k: Some(top_k),
            top_p: Some(top_p),
            min_p: Some(min_p),
            repetition_penalty: Some(repetition_penalty),
            seed: Some(seed),
            max_new_tokens: Some(max_new_tokens),
            stop: Some(stop),
        };
        Request {
            task: self.task,
            template: self.origin.template.clone(),
            so_far: self.origin.so_far.clone(),
            opening: self.tokens[..self.origin.given.min(self.tokens.len())].to_vec(),
            sampling,
            ..Request::default()
        }
    }
}
