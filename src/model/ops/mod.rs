//! Operations with a backward, one per file: what training needs and candle's fused operations silently lack.
//!
//! Each operation has a fast CPU path (a candle custom op with its own gradient) and a slow composition of candle's
//! differentiable operations, which serves other devices and is what the tests hold the fast path against.
//! Activations are f32 everywhere; weights may be f32, bf16, f16 or quantised (`quant`). Not here: anything that knows a model.

mod along;
mod attention;
mod bf16_product;
mod checkpoint;
mod decode;
mod decoder_layer;
mod encoder_layer;
mod few_rows;
mod gelu;
mod kernels;
mod layer_norm;
mod layer_parts;
mod linear;
mod nll;
mod quant;
mod quant_dot;
mod quant_rows;
mod rms_norm;
mod rope;
mod rows;
mod slices;
mod swiglu;
mod tiles;
mod widen;
mod windows;

pub use attention::{AttentionProbe, AttentionSpec, attention};
pub use bf16_product::Precision;
pub use checkpoint::{Part, checkpoint};
pub use decode::{DecodeSpec, DecodeWeights, decode_layer, few_rows_of, normed};
pub use decoder_layer::{DecoderSpec, decoder_layer};
pub use encoder_layer::{EncoderSpec, encoder_layer};
pub use few_rows::FEW_ROWS;
pub use gelu::gelu_tanh;
pub use kernels::Threads;
pub use layer_norm::layer_norm;
pub use linear::linear;
pub use nll::{IGNORE, token_nll};
pub use quant::{not_finite, plain, quantise, rows_of};
pub use quant_rows::{GROUP, Quant};
pub use rms_norm::rms_norm;
pub use rope::{RopeTable, rope};
pub use swiglu::swiglu;
pub use windows::Branches;

#[cfg(test)]
mod finite_difference;
#[cfg(test)]
mod quant_tests;
