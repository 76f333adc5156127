//! The parts of a vision-language model, whatever its family: what rates, adapters and saving speak of.

use serde::{Deserialize, Serialize};

/// A part of a vision-language model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelPart {
    Vision,
    Connector,
    Text,
}

impl ModelPart {
    pub const ALL: [ModelPart; 3] = [Self::Vision, Self::Connector, Self::Text];

    /// What the published names of its modules have in them, in any family.
    pub fn modules(self) -> &'static [&'static str] {
        match self {
            Self::Vision => &["vision_model", "visual", "visual_encoder", "ln_vision"],
            Self::Connector => &[
                "connector",
                "multi_modal_projector",
                "mm_projector",
                "merger",
                "deepstack_merger_list",
                "attn_pool",
                "Qformer",
                "query_tokens",
                "llama_proj",
            ],
            Self::Text => &["text_model", "language_model", "model.layers", "transformer.h", "llama_model"],
        }
    }

    /// The part of a parameter or module by its published name; what is in none of the others belongs to the text.
    pub fn of(name: &str) -> Self {
        let inside = |part: &Self| name.split('.').any(|step| part.modules().contains(&step));
        // A connector may stand within the tower's own module.
        [Self::Connector, Self::Vision].into_iter().find(inside).unwrap_or(Self::Text)
    }
}
