//! The storyteller that is part of the program: a checkpoint in the Idefics3 layout, made by `storyloom train sft`.

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/storyteller/", $name))
    };
}

pub const CONFIG: &[u8] = file!("config.json");
pub const WEIGHTS: &[u8] = file!("model.safetensors");
pub const TOKENIZER: &[u8] = file!("tokenizer.json");
pub const PREPROCESSOR: &[u8] = file!("preprocessor_config.json");
pub const GENERATION: &[u8] = file!("generation_config.json");
pub const NOTES: &[u8] = file!("storyloom.json");
pub const CHAT: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/storyteller/chat_template.jinja"));

/// Parameters of the embedded storyteller: its weights are two bytes each, and their header is small beside them.
pub fn parameters() -> u64 {
    safetensors::SafeTensors::read_metadata(WEIGHTS)
        .map_or(0, |(_, metadata)| metadata.tensors().values().map(|t| t.shape.iter().product::<usize>() as u64).sum())
}
