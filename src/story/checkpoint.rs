//! A model as a person sees it in a list: its name, size and state. Loading it is the writer's work.

use serde::{Deserialize, Serialize};

/// Where a model stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelState {
    #[default]
    Resting,
    Loading,
    Ready,
    Broken,
}

/// What a list of models shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelCard {
    pub name: String,
    /// `model_type` of its config: "idefics3", "smolvlm".
    pub family: String,
    pub parameters: u64,
    /// Size of the weights on disk, in bytes.
    pub bytes: u64,
    /// "embedded", a folder, or a hub id.
    pub source: String,
    /// Storage type of the weights: "f32", "bf16", "f16".
    pub dtype: String,
    /// Knows the picture world only: pictures from elsewhere are told with a warning.
    pub world_only: bool,
    /// For an adapter: name of the model that it is laid over.
    pub base: Option<String>,
    pub current: bool,
    pub state: ModelState,
    /// While it loads: how much of it is there, in percent.
    pub percent: u8,
    /// Bytes of memory that its weights take; 0 while it is not loaded.
    pub memory: u64,
}
