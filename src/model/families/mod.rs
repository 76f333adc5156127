//! The published layouts, one file or folder each, and the registry that knows them by their configs.

mod idefics3;
mod llava;
mod minigpt4;
mod native_ratio;
mod q_former;
mod qwen2_5_vl;
mod qwen3_vl;
mod qwen_vl;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::config::Config;
use super::error::{ModelError, Result};
use super::params::Params;
use super::vision_language::{Family, VisionLanguage};
use super::weights::Weights;

/// All families. Another one adds its line here.
static ALL: &[&Family] = &[
    &idefics3::IDEFICS3,
    &llava::LLAVA,
    &llava::LLAVA_ORIGINAL,
    &minigpt4::MINIGPT4,
    &qwen_vl::QWEN_VL,
    &qwen2_5_vl::QWEN2_5_VL,
    &qwen3_vl::QWEN3_VL,
];

/// Values of `model_type` that are read.
pub fn types() -> Vec<&'static str> {
    let mut types: Vec<&str> = ALL.iter().flat_map(|family| family.types.iter().copied()).collect();
    types.sort_unstable();
    types.dedup();
    types
}

/// Reads and checks the `config.json` of a model's folder.
pub fn open(folder: &Path) -> Result<Config> {
    let path = folder.join("config.json");
    // One layout has no config of its own: it is known by the names of its files.
    if !path.exists()
        && let Some(parts) = minigpt4::parts(folder)
    {
        return of(parts, folder).map_err(|what| ModelError::Layout { path: folder.to_owned(), what });
    }
    parse(&ModelError::reading(&path)?, &path)
}

/// Parses and checks a `config.json`; `path` is for messages.
pub fn parse(bytes: &[u8], path: &Path) -> Result<Config> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|source| ModelError::Json { path: path.to_owned(), source })?;
    of(value, path.parent().unwrap_or(Path::new(""))).map_err(|what| ModelError::Layout { path: path.to_owned(), what })
}

/// The weights of the model in a folder, wherever its layout keeps them.
pub fn weights(folder: &Path, config: &Config) -> Result<Weights> {
    if config.weights.is_empty() {
        return Weights::open(folder);
    }
    let part = |(prefix, place): &(String, PathBuf)| Ok((prefix.clone(), Weights::open(place)?));
    Ok(Weights::joined(config.weights.iter().map(part).collect::<Result<_>>()?))
}

/// Loads a model of the family that its config is of.
pub fn load(params: &Params, config: &Config) -> Result<VisionLanguage> {
    let family = ALL.iter().find(|family| family.name == config.family);
    let family = family.ok_or_else(|| ModelError::Unsupported(format!("there is no family '{}'", config.family)))?;
    (family.load)(params, config)
}

fn of(value: Value, folder: &Path) -> std::result::Result<Config, String> {
    let kind = value.get("model_type").and_then(Value::as_str).unwrap_or("nothing").to_owned();
    for family in ALL.iter().filter(|family| family.types.contains(&kind.as_str())) {
        if let Some(config) = (family.read)(value.clone(), folder)? {
            return Ok(config);
        }
    }
    Err(format!("is of family '{kind}'; this version reads {}", types().join(", ")))
}
