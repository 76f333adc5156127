//! Tensors: vision-language models on candle, one code for inference and for training. Knows ids and pixel tensors, not stories.

pub mod adapter;
mod bounds;
pub mod cache;
pub mod clip;
pub mod config;
mod decoding;
pub mod encoder;
pub mod error;
pub mod families;
mod first_weights;
pub mod format;
mod gguf;
mod gguf_files;
mod gguf_names;
pub mod linear;
pub mod llama;
mod llama_config;
pub mod look;
pub mod ops;
pub mod params;
mod pickle;
mod pickled;
pub mod plan;
mod positions;
pub mod siglip;
mod stored_zip;
pub mod told;
pub mod vision_language;
pub mod weights;
mod weights_about;

#[cfg(test)]
mod gguf_tests;
#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod quant_tests;
#[cfg(test)]
mod tiny;
