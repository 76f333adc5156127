//! Checkpoints of a run: a model folder as published (or a PEFT adapter), and beside it what is needed to go on exactly.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor, Var};
use serde::{Deserialize, Serialize};

use super::adamw::AdamW;
use super::descent::LINEAGE;
use super::error::{Result, TrainError};
use super::files::{replace_folder, write};
use crate::model::adapter::AdapterConfig;

/// Where a run stands.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    /// Steps done.
    pub step: usize,
    /// Updates of the optimiser since its moments began.
    pub updates: usize,
    /// Least held-out loss so far, and after which step; its weights are in `best/`.
    #[serde(default)]
    pub best: Option<(f32, usize)>,
    /// Weight of the divergence, where it follows a target.
    #[serde(default)]
    pub kl_weight: Option<f64>,
    /// Whether the run has ended before its last step, for good.
    #[serde(default)]
    pub over: bool,
}

/// Files of a model folder that are not weights.
const AROUND: [&str; 15] = [
    "config.json",
    LINEAGE,
    "tokenizer.json",
    "tokenizer.model",
    "qwen.tiktoken",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "preprocessor_config.json",
    "processor_config.json",
    "generation_config.json",
    "chat_template.jinja",
    "chat_template.json",
    "storyloom.json",
    "vocab.json",
    "merges.txt",
];

/// Saves what is needed to go on, into `last/`: trained variables in f32, moments, state.
pub fn save_state(run: &Path, optimiser: &AdamW, state: &State) -> Result<()> {
    let fresh = run.join("last.new");
    let fail = |source| TrainError::File { path: fresh.clone(), source };
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(fail)?;
    }
    std::fs::create_dir_all(&fresh).map_err(fail)?;
    let values: Vec<_> = optimiser.vars().iter().map(|(n, v)| (n.clone(), v.as_tensor().clone())).collect();
    save(&values, &fresh.join("trained.safetensors"))?;
    save(&optimiser.state()?, &fresh.join("optimiser.safetensors"))?;
    let state = serde_json::to_vec_pretty(state).map_err(|e| TrainError::Data(e.to_string()))?;
    write(&fresh.join("state.json"), &state)?;
    replace_folder(&fresh, &run.join("last"))
}

/// Takes up the last saved state, if there is one.
pub fn load_state(run: &Path, optimiser: &mut AdamW) -> Result<Option<State>> {
    // A move that was cut between its two renames left the older state under another name.
    let last = [run.join("last"), run.join("last.old")].into_iter().find(|p| p.join("state.json").exists());
    let Some(last) = last else { return Ok(None) };
    let state: State = crate::model::error::ModelError::parsing(&last.join("state.json"))?;
    let values = candle_core::safetensors::load(last.join("trained.safetensors"), &Device::Cpu)?;
    for (name, var) in optimiser.vars() {
        if name.starts_with("attributes.") && !values.contains_key(name) {
            // Of a stage that was added to the recipe since: it begins here.
            continue;
        }
        let value = values.get(name).ok_or_else(|| TrainError::Data(format!("the checkpoint has no '{name}'")))?;
        var.set(value)?;
    }
    let moments = candle_core::safetensors::load(last.join("optimiser.safetensors"), &Device::Cpu)?;
    optimiser.restore(&moments, state.updates)?;
    Ok(Some(state))
}

/// Attribute and value heads belong to the training, not to the model.
fn is_of_training(name: &str) -> bool {
    name.starts_with("attributes.") || name.starts_with("value.")
}

/// Saves the model as a folder that any reader of the layout loads: trained tensors in `dtype`, the others as they were.
pub fn save_model(
    folder: &Path,
    around: &Path,
    vars: &BTreeMap<String, Var>,
    untouched: Vec<(String, Tensor)>,
    dtype: DType,
) -> Result<()> {
    let mut tensors = untouched;
    for (name, var) in vars {
        if !is_of_training(name) {
            tensors.push((name.clone(), var.as_tensor().to_dtype(dtype)?));
        }
    }
    let fresh = folder.with_extension("new");
    let fail = |source| TrainError::File { path: fresh.clone(), source };
    if fresh.exists() {
        std::fs::remove_dir_all(&fresh).map_err(fail)?;
    }
    std::fs::create_dir_all(&fresh).map_err(fail)?;
    for name in AROUND {
        let from: PathBuf = around.join(name);
        if from.exists() {
            std::fs::copy(&from, fresh.join(name)).map_err(fail)?;
        }
    }
    save(&tensors, &fresh.join("model.safetensors"))?;
    replace_folder(&fresh, folder)
}

/// Saves an adapter in PEFT's files.
pub fn save_adapter(folder: &Path, config: &AdapterConfig, base: &str, vars: &BTreeMap<String, Var>) -> Result<()> {
    let mut config = config.clone();
    config.rest.insert("base_model_name_or_path".to_owned(), base.into());
    let json = serde_json::to_vec_pretty(&config).map_err(|e| TrainError::Data(e.to_string()))?;
    write(&folder.join("adapter_config.json"), &json)?;
    let kept = vars.iter().filter(|(name, _)| !is_of_training(name));
    let tensors: Vec<_> = kept.map(|(n, v)| (n.clone(), v.as_tensor().clone())).collect();
    save(&tensors, &folder.join("adapter_model.safetensors"))
}

/// A safetensors file, marked as the reference marks its own, written atomically.
fn save(tensors: &[(String, Tensor)], path: &Path) -> Result<()> {
    let metadata = [("format".to_owned(), "pt".to_owned())].into();
    let views = tensors.iter().map(|(name, tensor)| (name.as_str(), tensor));
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(candle_core::Error::from)?;
    write(path, &bytes)
}
