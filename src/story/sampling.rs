//! How the next token is drawn. `Sampling` is complete; `SamplingPatch` is what one layer (a checkpoint's
//! `generation_config.json`, the user's file, flags) says about it.

use serde::{Deserialize, Serialize};

/// How the next token is drawn from the model's distribution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// 0 means greedy: always the most likely token.
    pub temperature: f64,
    /// Only the k most likely tokens; 0 means all.
    pub top_k: usize,
    /// The smallest set of tokens whose probabilities reach p; 1 means all.
    pub top_p: f64,
    /// Only tokens at least this fraction as likely as the most likely one; 0 means all.
    pub min_p: f64,
    /// Divides (multiplies, if negative) the logits of tokens already seen; 1 means off.
    pub repetition_penalty: f64,
    /// Same seed, same story.
    pub seed: u64,
    pub max_new_tokens: usize,
    /// The story ends before the first of these strings.
    pub stop: Vec<String>,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 0,
            top_p: 1.0,
            min_p: 0.0,
            repetition_penalty: 1.0,
            seed: 0,
            max_new_tokens: 512,
            stop: Vec::new(),
        }
    }
}

/// One layer's say about the sampling: what is `None` is left as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SamplingPatch {
    pub temperature: Option<f64>,
    pub top_k: Option<usize>,
    pub top_p: Option<f64>,
    pub min_p: Option<f64>,
    pub repetition_penalty: Option<f64>,
    pub seed: Option<u64>,
    pub max_new_tokens: Option<usize>,
    pub stop: Option<Vec<String>>,
}

impl SamplingPatch {
    /// This layer, and what another one says where it says nothing.
    pub fn or(self, below: SamplingPatch) -> SamplingPatch {
        SamplingPatch {
            temperature: self.temperature.or(below.temperature),
            top_k: self.top_k.or(below.top_k),
            top_p: self.top_p.or(below.top_p),
            min_p: self.min_p.or(below.min_p),
            repetition_penalty: self.repetition_penalty.or(below.repetition_penalty),
            seed: self.seed.or(below.seed),
            max_new_tokens: self.max_new_tokens.or(below.max_new_tokens),
            stop: self.stop.or(below.stop),
        }
    }

    /// The sampling with this layer laid over it.
    pub fn over(&self, mut below: Sampling) -> Sampling {
        fn lay<T: Clone>(place: &mut T, value: &Option<T>) {
            if let Some(value) = value {
                place.clone_from(value);
            }
        }
        lay(&mut below.temperature, &self.temperature);
        lay(&mut below.top_k, &self.top_k);
        lay(&mut below.top_p, &self.top_p);
        lay(&mut below.min_p, &self.min_p);
        lay(&mut below.repetition_penalty, &self.repetition_penalty);
        lay(&mut below.seed, &self.seed);
        lay(&mut below.max_new_tokens, &self.max_new_tokens);
        lay(&mut below.stop, &self.stop);
        below
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_changes_only_what_it_names() {
        let patch = SamplingPatch { top_k: Some(5), ..Default::default() };
        let laid = patch.over(Sampling { temperature: 0.7, ..Default::default() });
        assert_eq!((laid.top_k, laid.temperature), (5, 0.7));
    }
}
