//! A model telling a story: the prompt, the pictures as the model sees them, the generation loop, the desk it sits at.

pub mod chat;
pub mod check;
mod desk;
pub mod dialects;
pub mod embedded;
pub mod error;
mod feature_cache;
mod gaze;
pub mod generation;
mod generation_config;
pub mod identity;
pub mod image_processor;
mod likelihood;
pub mod memory;
mod order;
mod picture_sizes;
mod processor;
pub mod prompts;
pub mod published;
pub mod retelling;
pub mod reward_model;
mod sampler;
mod sentencepiece;
mod storyteller;
mod tell;
mod text_stream;
mod tiktoken;

pub use desk::{Desk, format};
pub use error::WriterError;
pub use likelihood::weigh;
pub use order::Order;
pub use processor::{OwnNotes, Processor};
pub use storyteller::{ModelSource, Storyteller, device};
pub use tell::tell;
