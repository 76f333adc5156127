//! What an engine says of itself: who it is, which models it serves, and whether one of them sees pictures.
//!
//! Only its own questions are put to each engine: the list of models says who it is (`owned_by`).

use serde_json::{Value, json};

use super::client::Client;
use super::description::Remote;
use super::fault::Fault;
use super::reply::short;

/// What is known of an engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    /// "vllm", "llamacpp", "library" (Ollama), "sglang", or whatever it calls itself; empty where it does not say.
    pub owner: String,
    /// The names of its models; empty where it does not say.
    pub models: Vec<String>,
}

impl Engine {
    /// Its name for people.
    pub fn name(&self) -> &str {
        match self.owner.as_str() {
            "llamacpp" => "llama.cpp",
            "library" => "Ollama",
            "vllm" => "vLLM",
            "sglang" => "SGLang",
            "" => "an engine that does not say who it is",
            other => other,
        }
    }

    /// Whether it serves this model, as far as it says. llama.cpp's server takes any name for its only one.
    pub fn serves(&self, model: &str) -> bool {
        self.models.is_empty()
            || self.owner == "llamacpp"
            || self.models.iter().any(|known| known == model || known.strip_suffix(":latest") == Some(model))
    }
}

/// Asks an engine who it is.
///
/// # Errors
/// One that cannot be reached, or does not let us in.
pub fn ask(remote: &Remote) -> Result<Engine, Fault> {
    let client = Client::new(remote)?;
    let mut engine = Engine::default();
    if let Some(listed) = client.look(&format!("{}/models", remote.url), None)? {
        let all = listed["data"].as_array().or(listed["models"].as_array()).cloned().unwrap_or_default();
        let named = |model: &Value| model["id"].as_str().map(short);
        engine.models = all.iter().filter_map(named).collect();
        let ours = all.iter().find(|model| model["id"] == json!(remote.model)).or(all.first());
        engine.owner = ours.and_then(|model| model["owned_by"].as_str()).map(short).unwrap_or_default();
    }
    Ok(engine)
}

/// Whether the model sees pictures, where its engine can be asked that.
///
/// # Errors
/// An engine that cannot be reached.
pub fn sees(remote: &Remote, engine: &Engine) -> Result<Option<bool>, Fault> {
    let client = Client::new(remote)?;
    Ok(match engine.owner.as_str() {
        "llamacpp" => {
            let props = client.look(&format!("{}/props", remote.root()), None)?;
            // Servers from before there were pictures say nothing of modalities.
            props.map(|props| props["modalities"]["vision"].as_bool().unwrap_or(false))
        }
        "library" => {
            let shown = client.look(&format!("{}/api/show", remote.root()), Some(json!({ "model": remote.model })))?;
            let can = shown.and_then(|shown| shown["capabilities"].as_array().cloned());
            can.map(|can| can.contains(&json!("vision")))
        }
        _ => None,
    })
}
