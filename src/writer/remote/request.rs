//! What is asked of an engine, as its JSON: messages with pictures in order, and only those settings that differ from what
//! every engine does by itself, as some refuse what they do not know.

use serde_json::{Map, Value, json};

use super::description::Remote;
use crate::story::Sampling;

/// One request. What an engine refuses by name is left out of the next try.
#[derive(Clone, Debug)]
pub struct Asking {
    body: Map<String, Value>,
}

/// Settings without which an answer is still one, by the names that engines refuse them by, and what goes with each.
const DISPENSABLE: [(&str, &[&str]); 9] = [
    ("stream_options", &[]),
    ("top_logprobs", &["logprobs"]),
    ("logprobs", &["top_logprobs"]),
    ("repetition_penalty", &["repeat_penalty"]),
    ("repeat_penalty", &["repetition_penalty"]),
    ("top_k", &[]),
    ("min_p", &[]),
    ("seed", &[]),
    ("temperature", &[]),
];

impl Asking {
    /// A question, with pictures before it.
    pub fn new(remote: &Remote, system: Option<&str>, pictures: &[String], question: &str) -> Asking {
        let mut content = Vec::with_capacity(2 * pictures.len() + 1);
        for (at, url) in pictures.iter().enumerate() {
            content.push(json!({ "type": "text", "text": format!("Image {}:", at + 1) }));
            content.push(json!({ "type": "image_url", "image_url": { "url": url } }));
        }
        content.push(json!({ "type": "text", "text": question }));
        // Engines for text alone know no parts.
        let content = if pictures.is_empty() { json!(question) } else { Value::Array(content) };
        let mut messages = Vec::new();
        if let Some(system) = system {
            messages.push(json!({ "role": "system", "content": system }));
        }
        messages.push(json!({ "role": "user", "content": content }));
        let mut body = Map::new();
        body.insert("model".to_owned(), json!(remote.model));
        body.insert("messages".to_owned(), Value::Array(messages));
        body.insert("stream".to_owned(), json!(true));
        body.insert("stream_options".to_owned(), json!({ "include_usage": true }));
        Asking { body }
    }

    /// How it is drawn.
    pub fn sampled(mut self, sampling: &Sampling, alternatives: usize) -> Asking {
        let mut put = |name: &str, value: Value| self.body.insert(name.to_owned(), value);
        put("max_tokens", json!(sampling.max_new_tokens));
        put("temperature", json!(sampling.temperature));
        put("seed", json!(sampling.seed & 0x7fff_ffff));
        if sampling.top_p < 1.0 {
            put("top_p", json!(sampling.top_p));
        }
        if sampling.top_k > 0 {
            put("top_k", json!(sampling.top_k));
        }
        if sampling.min_p > 0.0 {
            put("min_p", json!(sampling.min_p));
        }
        if sampling.repetition_penalty != 1.0 {
            // vLLM, SGLang and mistral.rs call it so, llama.cpp and Ollama otherwise.
            put("repetition_penalty", json!(sampling.repetition_penalty));
            put("repeat_penalty", json!(sampling.repetition_penalty));
        }
        if !sampling.stop.is_empty() {
            put("stop", json!(sampling.stop));
        }
        if alternatives > 0 {
            put("logprobs", json!(true));
            put("top_logprobs", json!(alternatives.min(20)));
        }
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(&self.body).unwrap_or_default()
    }

    /// Leaves out what a refusal names, or gives it the name that is asked for; says what, or `None` where nothing is to be
    /// done about it.
    pub fn without(&mut self, complaint: &str) -> Option<&'static str> {
        let said = complaint.to_lowercase();
        let unknown = ["support", "unknown", "unrecogni", "unexpected", "permitted", "allowed", "extra"];
        if !unknown.iter().any(|word| said.contains(word)) {
            return None;
        }
        if said.contains("max_completion_tokens")
            && let Some(most) = self.body.remove("max_tokens")
        {
            self.body.insert("max_completion_tokens".to_owned(), most);
            return Some("max_tokens");
        }
        let named = |name: &str| said.contains(name);
        let (name, with) = DISPENSABLE.into_iter().find(|(name, _)| named(name) && self.body.contains_key(*name))?;
        self.body.remove(name);
        with.iter().for_each(|name| drop(self.body.remove(*name)));
        Some(name)
    }
}

/// The sampling as it was, given what an engine did not take.
pub fn as_it_was(mut sampling: Sampling, left_out: &[&'static str]) -> Sampling {
    for name in left_out {
        match *name {
            "top_k" => sampling.top_k = 0,
            "min_p" => sampling.min_p = 0.0,
            "repetition_penalty" | "repeat_penalty" => sampling.repetition_penalty = 1.0,
            // Engines that let nobody say it draw at 1.
            "temperature" => sampling.temperature = 1.0,
            _ => {}
        }
    }
    sampling
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(asking: &Asking) -> Value {
        serde_json::from_slice(&asking.bytes()).unwrap()
    }

    #[test]
    fn pictures_come_in_order_with_their_names_and_words_alone_are_plain() {
        let remote = Remote::new("http://h/v1", "m", None).unwrap();
        let two = value(&Asking::new(&remote, Some("Judge."), &["u1".into(), "u2".into()], "Tell."));
        let parts = two["messages"][1]["content"].as_array().unwrap();
        assert_eq!(two["messages"][0], json!({ "role": "system", "content": "Judge." }));
        assert_eq!((&parts[0]["text"], &parts[1]["image_url"]["url"]), (&json!("Image 1:"), &json!("u1")));
        assert_eq!((&parts[2]["text"], &parts[3]["image_url"]["url"]), (&json!("Image 2:"), &json!("u2")));
        assert_eq!(parts[4]["text"], "Tell.");
        assert_eq!(value(&Asking::new(&remote, None, &[], "Tell."))["messages"][0]["content"], "Tell.");
    }

    #[test]
    fn what_an_engine_does_not_know_is_left_out_once_and_what_it_means_is_not_guessed() {
        let remote = Remote::new("http://h/v1", "m", None).unwrap();
        let sampling = Sampling { top_k: 5, repetition_penalty: 1.1, ..Sampling::default() };
        let mut asking = Asking::new(&remote, None, &[], "Tell.").sampled(&sampling, 3);
        let complaint = "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.";
        assert_eq!(asking.without(complaint), Some("max_tokens"));
        assert_eq!(value(&asking)["max_completion_tokens"], 512);
        assert_eq!(asking.without("Unrecognized request argument supplied: top_k"), Some("top_k"));
        assert_eq!(asking.without("Unrecognized request argument supplied: top_k"), None, "it is not there any more");
        assert_eq!(asking.without("logprobs are not supported with this model"), Some("logprobs"));
        assert!(value(&asking).get("top_logprobs").is_none());
        assert_eq!(asking.without("the seed must be below 9"), None, "it knows the seed");
        let was = as_it_was(sampling, &["top_k", "repetition_penalty"]);
        assert_eq!((was.top_k, was.repetition_penalty), (0, 1.0));
    }
}
