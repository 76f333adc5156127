//! The storyteller that is part of the program: a checkpoint in the Idefics3 layout, made by `storyloom train sft`, `train policy` and `model mix`.

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/storyteller/", $name))
    };
}

/// What it is called where a model is named.
pub const EMBEDDED: &str = "embedded";

pub const CONFIG: &[u8] = file!("config.json");
pub const WEIGHTS: &[u8] = file!("model.safetensors");
pub const TOKENIZER: &[u8] = file!("tokenizer.json");
pub const PREPROCESSOR: &[u8] = file!("preprocessor_config.json");
pub const GENERATION: &[u8] = file!("generation_config.json");
pub const NOTES: &[u8] = file!("storyloom.json");
pub const CHAT: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/models/storyteller/chat_template.jinja"));

/// All files that it is made of, by name: what is not read above is part of what it is.
pub const FILES: [(&str, &[u8]); 9] = [
    ("chat_template.jinja", CHAT.as_bytes()),
    ("config.json", CONFIG),
    ("generation_config.json", GENERATION),
    ("model.safetensors", WEIGHTS),
    ("preprocessor_config.json", PREPROCESSOR),
    ("processor_config.json", file!("processor_config.json")),
    ("storyloom.json", NOTES),
    ("tokenizer.json", TOKENIZER),
    ("tokenizer_config.json", file!("tokenizer_config.json")),
];

/// Parameters of the embedded storyteller: its weights are two bytes each, and their header is small beside them.
pub fn parameters() -> u64 {
    safetensors::SafeTensors::read_metadata(WEIGHTS)
        .map_or(0, |(_, metadata)| metadata.tensors().values().map(|t| t.shape.iter().product::<usize>() as u64).sum())
}
