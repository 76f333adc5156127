//! The card of the model that is compiled in, without loading it.

use serde_json::Value;

use crate::story::{ModelCard, ModelState};
use crate::writer::embedded::{self, EMBEDDED};

/// What it is, how it was made and what it cannot do.
pub const README: &str = include_str!("../../../assets/models/storyteller/README.md");

/// The embedded storyteller as a list shows it.
pub fn card() -> ModelCard {
    let config: Value = serde_json::from_slice(embedded::CONFIG).unwrap_or_default();
    ModelCard {
        name: EMBEDDED.to_owned(),
        family: config["model_type"].as_str().unwrap_or_default().to_owned(),
        parameters: embedded::parameters(),
        bytes: embedded::WEIGHTS.len() as u64,
        source: "part of the program".to_owned(),
        dtype: "f16".to_owned(),
        world_only: true,
        base: None,
        current: false,
        percent: 0,
        memory: 0,
        state: ModelState::Resting,
    }
}
