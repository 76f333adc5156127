//! A visitor's own say about the sampling, in words.

use crate::story::SamplingPatch;

/// What was said of a sampling; the rest is as the model asks.
pub fn said(sampling: &SamplingPatch) -> String {
    let number = |name: &str, value: Option<String>| value.map(|value| format!("{name} {value}"));
    let parts = [
        number("temperature", sampling.temperature.map(|v| v.to_string())),
        number("top-k", sampling.top_k.map(|v| v.to_string())),
        number("top-p", sampling.top_p.map(|v| v.to_string())),
        number("min-p", sampling.min_p.map(|v| v.to_string())),
        number("repetition", sampling.repetition_penalty.map(|v| v.to_string())),
        number("seed", sampling.seed.map(|v| v.to_string())),
        number("at most", sampling.max_new_tokens.map(|v| format!("{v} tokens"))),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "sampled as the model asks".to_owned() } else { parts.join(", ") }
}
