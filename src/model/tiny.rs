//! A whole model small enough to be written, broken and read many times in a test. Its numbers come from a seed and mean nothing.

use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::config::Config;
use super::families;
use super::params::{Asked, Params};

/// Every side that a quantised weight has is a multiple of 32.
pub fn config() -> Value {
    json!({
        "model_type": "idefics3", "image_token_id": 4, "scale_factor": 3, "tie_word_embeddings": false,
        "text_config": {
            "vocab_size": 96, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 128, "rms_norm_eps": 1e-5
        },
        "vision_config": {
            "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
            "num_channels": 3, "image_size": 24, "patch_size": 8
        }
    })
}

pub fn parsed() -> Config {
    families::parse(config().to_string().as_bytes(), Path::new("config.json")).unwrap()
}

/// All that the model asks for.
pub fn asked() -> Vec<Asked> {
    let params = Params::survey(None);
    families::load(&params, &parsed()).unwrap();
    params.asked()
}

/// Its tensors; norms are near one.
pub fn tensors(dtype: DType) -> HashMap<String, Tensor> {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let one = |asked: Asked| {
        let count = asked.shape.iter().product();
        let middle = if asked.name.contains("norm") && asked.name.ends_with("weight") { 1.0 } else { 0.0 };
        let numbers: Vec<f32> = (0..count).map(|_| middle + random.random_range(-0.25f32..0.25)).collect();
        let tensor = Tensor::from_vec(numbers, asked.shape.clone(), &Device::Cpu).unwrap().to_dtype(dtype).unwrap();
        (asked.name, tensor)
    };
    asked().into_iter().map(one).collect()
}

/// Writes config and weights into a folder.
pub fn write(folder: &Path, tensors: &HashMap<String, Tensor>) {
    std::fs::write(folder.join("config.json"), config().to_string()).unwrap();
    candle_core::safetensors::save(tensors, folder.join("model.safetensors")).unwrap();
}
