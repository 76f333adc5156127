//! What can end a run, and what a person is told about it.

use std::path::PathBuf;

use crate::model::error::ModelError;
use crate::story::Notice;
use crate::writer::WriterError;

/// An error of the trainer.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error(transparent)]
    Writer(#[from] WriterError),
    #[error("{path}: {source}")]
    File { path: PathBuf, source: std::io::Error },
    #[error("{0}")]
    Recipe(String),
    #[error("{0}")]
    Data(String),
    /// A source of data that could not be opened.
    #[error("{}", .0.what)]
    Source(Notice),
    #[error("the loss is {loss} at step {step}: the run has diverged")]
    Diverged { step: usize, loss: f32 },
}

/// Results of the trainer.
pub type Result<T> = std::result::Result<T, TrainError>;

impl From<candle_core::Error> for TrainError {
    fn from(error: candle_core::Error) -> Self {
        Self::Model(error.into())
    }
}

impl From<TrainError> for Notice {
    fn from(error: TrainError) -> Self {
        let what = error.to_string();
        match error {
            TrainError::Model(error) => WriterError::from(error).into(),
            TrainError::Writer(error) => error.into(),
            TrainError::File { .. } => Notice::outside(
                what,
                "check that the folder can be written to and the disk has room; the last good checkpoint is kept",
            ),
            TrainError::Recipe(_) => Notice::yours(what, "compare the recipe with those in configs/recipes"),
            TrainError::Source(notice) => notice,
            TrainError::Data(_) => Notice::yours(what, "check the data that the recipe names"),
            TrainError::Diverged { .. } => {
                Notice::yours(what, "lower the learning rate and run again: it goes on from the last good checkpoint")
            }
        }
    }
}
