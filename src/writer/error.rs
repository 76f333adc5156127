//! What can go wrong while a model is opened or tells, and what a person is told about it.

use super::remote::Fault;
use crate::model::error::ModelError;
use crate::model::format::Format;
use crate::model::plan::{Plan, gigabytes};
use crate::story::Notice;

/// An error of the writer.
#[derive(Debug, thiserror::Error)]
pub enum WriterError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("{0}")]
    Layout(String),
    #[error("{0}")]
    Prompt(String),
    #[error("a continuation needs the story so far")]
    NothingSoFar,
    #[error("the tokenizer failed: {0}")]
    Tokenizer(String),
    #[error("a picture cannot be read: {0}")]
    Picture(String),
    #[error("an answer cannot be kept: {0}")]
    Kept(String),
    #[error(transparent)]
    Remote(#[from] Fault),
    #[error("the prompt takes {prompt} tokens and the model reads {limit}")]
    TooLong { prompt: usize, limit: usize },
    #[error("the model does not fit into memory: {plan}, and {} are free", gigabytes(*free))]
    TooLarge {
        plan: Box<Plan>,
        free: u64,
        /// What would fit.
        fits: Option<Format>,
    },
}

/// Results of the writer.
pub type Result<T> = std::result::Result<T, WriterError>;

impl From<candle_core::Error> for WriterError {
    fn from(error: candle_core::Error) -> Self {
        Self::Model(error.into())
    }
}

impl From<minijinja::Error> for WriterError {
    fn from(error: minijinja::Error) -> Self {
        Self::Prompt(format!("the prompt template failed: {error}"))
    }
}

impl From<WriterError> for Notice {
    fn from(error: WriterError) -> Self {
        let what = error.to_string();
        match error {
            WriterError::Remote(fault) => fault.into(),
            WriterError::Kept(_) => {
                Notice::outside(what, "make room on the disk, then go on: what was answered is kept")
            }
            WriterError::Model(ModelError::Tensor(_)) => Notice::ours(what),
            WriterError::Model(_) | WriterError::Layout(_) | WriterError::Tokenizer(_) => Notice::yours(
                what,
                "check the model's folder: it needs config.json, model.safetensors (or its shards), tokenizer.json, \
                 preprocessor_config.json and a chat template, as published",
            ),
            WriterError::Prompt(_) => {
                Notice::yours(what, "mend the prompt template; `storyloom tell --help` shows what it may name")
            }
            WriterError::NothingSoFar => Notice::yours(
                what,
                "have a story told first, or give one: --so-far 'Once ..'; --so-far - reads it from stdin",
            ),
            WriterError::Picture(_) => Notice::yours(what, "leave the picture out, or save it again as PNG"),
            WriterError::TooLarge { fits: Some(format), .. } => {
                Notice::yours(what, format!("keep its weights in fewer bits, which fits: --quant {format}"))
            }
            WriterError::TooLarge { fits: None, .. } => Notice::yours(
                what,
                "end other programs, or choose a smaller model; storyloom model check shows the plans",
            ),
            WriterError::TooLong { .. } => {
                Notice::yours(what, "shorten the prompt or the story so far, or choose a model with a longer context")
            }
        }
    }
}
