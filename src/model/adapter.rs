//! Low-rank adapters (Hu et al., 2021) in PEFT's files: `adapter_config.json` and `adapter_model.safetensors`.
//!
//! Plain and rank-stabilised scaling, targets by suffix or by pattern, modules saved whole. What PEFT can do beyond that
//! (DoRA, biases, layer lists) is refused by name instead of being ignored.

use std::collections::BTreeMap;
use std::path::Path;

use candle_core::{Device, Tensor};
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::error::{ModelError, Result};
use super::weights::Weights;

/// Prefix of every name in PEFT's files.
const PREFIX: &str = "base_model.model.";

/// Modules that get an adapter.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Targets {
    /// A pattern that the whole module name must match.
    Pattern(String),
    /// Names or name endings.
    Names(Vec<String>),
}

/// The part of `adapter_config.json` that changes the result; the rest is kept as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdapterConfig {
    pub r: usize,
    #[serde(serialize_with = "whole_if_whole")]
    pub lora_alpha: f64,
    #[serde(default)]
    pub use_rslora: bool,
    pub target_modules: Targets,
    #[serde(default)]
    pub modules_to_save: Option<Vec<String>>,
    #[serde(default)]
    pub rank_pattern: BTreeMap<String, usize>,
    #[serde(default)]
    pub alpha_pattern: BTreeMap<String, f64>,
    #[serde(flatten)]
    pub rest: serde_json::Map<String, serde_json::Value>,
}

/// PEFT writes a whole alpha without a point, and some readers insist on it.
fn whole_if_whole<S: serde::Serializer>(value: &f64, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    if value.fract() == 0.0 { serializer.serialize_i64(*value as i64) } else { serializer.serialize_f64(*value) }
}

impl AdapterConfig {
    /// A new adapter for text layers' linears, as a recipe asks for it.
    pub fn new(r: usize, lora_alpha: f64, target_modules: Targets) -> Self {
        let rest = serde_json::json!({
            "peft_type": "LORA", "task_type": "CAUSAL_LM", "bias": "none", "lora_dropout": 0.0,
            "inference_mode": true, "fan_in_fan_out": false, "init_lora_weights": true, "use_dora": false,
        });
        let rest = rest.as_object().cloned().unwrap_or_default();
        let (rank_pattern, alpha_pattern) = Default::default();
        Self {
            r,
            lora_alpha,
            use_rslora: false,
            target_modules,
            modules_to_save: None,
            rank_pattern,
            alpha_pattern,
            rest,
        }
    }

    fn refuse_unknown(&self, path: &Path) -> Result<()> {
        let refuse = |what: &str| {
            let what = format!("asks for {what}, which storyloom does not do");
            Err(ModelError::Layout { path: path.to_owned(), what })
        };
        let set = |key: &str| self.rest.get(key).is_some_and(|v| v.as_bool() == Some(true));
        if self.rest.get("peft_type").and_then(|v| v.as_str()).is_some_and(|t| t != "LORA") {
            return refuse("an adapter type other than LORA");
        }
        if set("use_dora") {
            return refuse("DoRA");
        }
        if self.rest.get("bias").and_then(|v| v.as_str()).is_some_and(|b| b != "none") {
            return refuse("trained biases");
        }
        for key in ["layers_to_transform", "exclude_modules", "target_parameters", "trainable_token_indices"] {
            if self.rest.get(key).is_some_and(|v| !v.is_null()) {
                return refuse(key);
            }
        }
        Ok(())
    }

    /// Rank and scale of a module's adapter, or `None` if it has none.
    fn rank_and_scale(&self, module: &str) -> Option<(usize, f64)> {
        let ends = |name: &String| module == name || module.ends_with(&format!(".{name}"));
        let hit = match &self.target_modules {
            Targets::Names(names) => names.iter().any(ends),
            Targets::Pattern(pattern) if pattern == "all-linear" => !module.ends_with("lm_head"),
            Targets::Pattern(pattern) => matches_whole(pattern, module),
        };
        if !hit {
            return None;
        }
        let special = |pattern: &String| matches_whole(&format!(r"(.*\.)?({pattern})"), module);
        let r = self.rank_pattern.iter().find(|(p, _)| special(p)).map_or(self.r, |(_, r)| *r);
        let alpha = self.alpha_pattern.iter().find(|(p, _)| special(p)).map_or(self.lora_alpha, |(_, a)| *a);
        let scale = if self.use_rslora { alpha / (r as f64).sqrt() } else { alpha / r as f64 };
        Some((r, scale))
    }

    /// Is this parameter one of a module that is saved whole?
    pub fn saves_whole(&self, parameter: &str) -> bool {
        let module = parameter.rsplit_once('.').map_or(parameter, |(module, _)| module);
        let inside = |name: &String| module.split('.').any(|part| part == name) || module.ends_with(name.as_str());
        self.modules_to_save.iter().flatten().any(inside)
    }
}

fn matches_whole(pattern: &str, text: &str) -> bool {
    Regex::new(&format!("^(?:{pattern})$")).is_ok_and(|regex| regex.is_match(text))
}

/// An adapter: its config and, unless it is new, its tensors under their full PEFT names.
#[derive(Clone)]
pub struct Adapter {
    pub config: AdapterConfig,
    weights: Weights,
}

/// One linear's low-rank pair before it is placed on a device.
pub struct LoraPair {
    pub a: Tensor,
    pub b: Tensor,
    pub scale: f64,
}

impl Adapter {
    /// Opens a PEFT folder.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join("adapter_config.json");
        let config: AdapterConfig = ModelError::parsing(&path)?;
        config.refuse_unknown(&path)?;
        let weights = Weights::files(&[folder.join("adapter_model.safetensors")])?;
        Ok(Self { config, weights })
    }

    /// A new adapter: A uniform as PEFT draws it, B zero, so that it changes nothing at first.
    pub fn fresh(config: AdapterConfig, seed: u64) -> Self {
        Self { config, weights: Weights::fresh(seed) }
    }

    /// The pair for a linear of `n` outputs and `k` inputs, if the config targets it.
    pub fn pair(&self, module: &str, n: usize, k: usize, device: &Device) -> Result<Option<LoraPair>> {
        let Some((r, scale)) = self.config.rank_and_scale(module) else { return Ok(None) };
        let (a_name, b_name) = pair_names(module);
        let (a, b) = if self.weights.names().is_empty() {
            // 0.02 normal scaled to the spread of U(-1/sqrt(k), 1/sqrt(k)), whose deviation is 1/sqrt(3k).
            let normal = self.weights.get(&a_name, &[r, k], device)?;
            let a = (normal * (1.0 / (0.02 * (3.0 * k as f64).sqrt())))?;
            (a, Tensor::zeros((n, r), candle_core::DType::F32, device)?)
        } else {
            (self.weights.get(&a_name, &[r, k], device)?, self.weights.get(&b_name, &[n, r], device)?)
        };
        Ok(Some(LoraPair { a, b, scale }))
    }

    /// The saved copy of a parameter, if its module was saved whole.
    pub fn saved(&self, parameter: &str, device: &Device) -> Result<Option<Tensor>> {
        if !self.config.saves_whole(parameter) || self.weights.names().is_empty() {
            return Ok(None);
        }
        Ok(Some(self.weights.any(&full_name(parameter), device)?))
    }

    /// Names in the file that `used` does not hold: parts of the adapter that found no place in the model.
    pub fn unused(&self, used: &[String]) -> Vec<String> {
        self.weights.names().into_iter().filter(|name| !used.contains(name)).collect()
    }
}

/// The name under which PEFT saves a parameter.
pub fn full_name(parameter: &str) -> String {
    format!("{PREFIX}{parameter}")
}

/// Full names of a module's pair.
pub fn pair_names(module: &str) -> (String, String) {
    (format!("{PREFIX}{module}.lora_A.weight"), format!("{PREFIX}{module}.lora_B.weight"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_match_by_ending_or_by_whole_pattern() {
        let by_name = AdapterConfig::new(4, 16.0, Targets::Names(vec!["q_proj".into()]));
        assert_eq!(by_name.rank_and_scale("model.layers.0.self_attn.q_proj"), Some((4, 4.0)));
        assert_eq!(by_name.rank_and_scale("model.layers.0.self_attn.faq_proj"), None);
        let mut by_pattern = AdapterConfig::new(4, 16.0, Targets::Pattern(r".*text\.\d+\.q".into()));
        by_pattern.use_rslora = true;
        by_pattern.rank_pattern.insert("1.q".into(), 16);
        assert_eq!(by_pattern.rank_and_scale("a.text.0.q"), Some((4, 8.0)));
        assert_eq!(by_pattern.rank_and_scale("a.text.1.q"), Some((16, 4.0)));
        assert_eq!(by_pattern.rank_and_scale("a.text.1.q.x"), None);
    }
}
