//! The card of the model that is compiled in.

use crate::story::{ModelCard, ModelState};

/// The embedded storyteller as a list shows it.
pub fn card() -> ModelCard {
    ModelCard {
        name: "embedded".to_owned(),
        family: "idefics3".to_owned(),
        parameters: 0,
        bytes: 0,
        source: "embedded".to_owned(),
        dtype: "f32".to_owned(),
        world_only: true,
        current: false,
        state: ModelState::Resting,
    }
}
