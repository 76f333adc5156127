//! Tensors: vision-language models on candle, one code for inference and for training. Knows ids and pixel tensors, not stories.

pub mod ops;
