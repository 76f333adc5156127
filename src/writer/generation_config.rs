//! `generation_config.json`: what the people who published a model say about drawing from it, as a layer of the sampling.

use serde::Deserialize;

use crate::story::SamplingPatch;

/// One id or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Ids {
    One(u32),
    Many(Vec<u32>),
}

/// The fields that are followed; others are left alone.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct GenerationConfig {
    eos_token_id: Option<Ids>,
    #[serde(default)]
    do_sample: bool,
    temperature: Option<f64>,
    top_k: Option<usize>,
    top_p: Option<f64>,
    min_p: Option<f64>,
    repetition_penalty: Option<f64>,
    max_new_tokens: Option<usize>,
    #[serde(default)]
    suppress_tokens: Option<Vec<u32>>,
    /// Words that end a story, of families that have no token for it.
    #[serde(skip)]
    stop: Vec<String>,
}

impl GenerationConfig {
    /// Tokens that end a story.
    pub fn ends(&self) -> Vec<u32> {
        match &self.eos_token_id {
            None => Vec::new(),
            Some(Ids::One(id)) => vec![*id],
            Some(Ids::Many(ids)) => ids.clone(),
        }
    }

    /// Another token ends a story as well.
    pub fn end_with(&mut self, id: u32) {
        let mut ends = self.ends();
        if !ends.contains(&id) {
            ends.push(id);
        }
        self.eos_token_id = Some(Ids::Many(ends));
    }

    /// Words end a story as well.
    pub fn stop_at(&mut self, words: &str) {
        self.stop.push(words.to_owned());
    }

    /// What the code of MiniGPT-4 draws by, whatever the file of its language model says.
    pub fn draw_as_minigpt4(&mut self) {
        self.do_sample = true;
        (self.temperature, self.top_p, self.top_k) = (Some(1.0), Some(0.9), Some(50));
        self.repetition_penalty = Some(1.05);
    }

    /// Tokens that are never drawn.
    pub fn suppressed(&self) -> Vec<u32> {
        self.suppress_tokens.clone().unwrap_or_default()
    }

    /// The layer this file is. Without `do_sample` the reference is greedy whatever the temperature says, and so are we;
    /// with it, an absent top-k means the reference's default of 50.
    pub fn patch(&self) -> SamplingPatch {
        let mut patch = SamplingPatch {
            repetition_penalty: self.repetition_penalty,
            max_new_tokens: self.max_new_tokens,
            stop: (!self.stop.is_empty()).then(|| self.stop.clone()),
            ..Default::default()
        };
        if self.do_sample {
            patch.temperature = Some(self.temperature.unwrap_or(1.0));
            patch.top_k = Some(self.top_k.unwrap_or(50));
            patch.top_p = self.top_p;
            patch.min_p = self.min_p;
        }
        patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temperature_without_sampling_stays_greedy() {
        let parse = |text| serde_json::from_str::<GenerationConfig>(text).unwrap();
        let greedy = parse(r#"{"temperature": 0.7, "eos_token_id": [3, 4], "repetition_penalty": 1.05}"#);
        assert_eq!(greedy.patch().temperature, None);
        assert_eq!(greedy.patch().repetition_penalty, Some(1.05));
        assert_eq!(greedy.ends(), [3, 4]);
        assert_eq!(parse(r#"{"do_sample": true, "eos_token_id": 2}"#).patch().top_k, Some(50));
    }
}
