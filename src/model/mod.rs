//! Tensors: vision-language models on candle, one code for inference and for training. Knows ids and pixel tensors, not stories.

pub mod adapter;
pub mod cache;
mod decoding;
pub mod error;
pub mod families;
mod first_weights;
pub mod linear;
pub mod llama;
pub mod ops;
pub mod params;
pub mod siglip;
pub mod told;
pub mod weights;
