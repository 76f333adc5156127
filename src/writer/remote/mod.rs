//! Models that somebody else serves: one client for everything that speaks OpenAI's chat completions (vLLM, SGLang, llama.cpp's
//! server, Ollama, mistral.rs, hosted services), and what tells stories through it.
//!
//! What is left out: the engines' own protocols, tools, audio, and all that needs a model's insides (attention, given tokens).

mod client;
mod description;
mod dialect;
mod encoding;
mod fault;
mod reply;
mod request;
mod roots;
mod sse;
mod telling;

#[cfg(test)]
pub mod loopback;
#[cfg(test)]
mod recorded_tests;
#[cfg(test)]
mod remote_tests;

pub use client::Client;
pub use description::{FILE, Remote};
pub use dialect::{Engine, ask as ask_engine, sees};
pub use encoding::picture_url;
pub use fault::{Fault, Trouble};
pub use reply::{Reply, Usage};
pub use request::Asking;
pub use telling::RemoteTeller;
