//! A fragment of a story as it streams. What is not always paid for is optional.

use serde::{Deserialize, Serialize};

/// Another token that could have been taken, with its log-probability (natural log, before temperature).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    pub token: u32,
    pub text: String,
    pub log_prob: f32,
}

/// What one decoding step added to the story.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    pub token: u32,
    /// Text that became complete with this token; empty inside a multi-byte character and for special tokens.
    pub text: String,
    /// The frame the story has come to (from 0), where the model marks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_prob: Option<f32>,
    /// The most likely tokens of this step, best first; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// Share of the attention on each frame's image tokens, mean over layers and heads; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attention: Vec<f32>,
}
