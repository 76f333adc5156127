//! What can go wrong with a checkpoint. Tensor errors inside are candle's own.

use std::path::PathBuf;

/// An error of the engine. Messages name the file and what was found in it.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} is not valid JSON: {source}")]
    Json { path: PathBuf, source: serde_json::Error },
    #[error("{path}: {what}")]
    Layout { path: PathBuf, what: String },
    #[error("the checkpoint has no tensor '{0}'")]
    Missing(String),
    #[error("tensor '{name}' has shape {found:?} where the config asks for {expected:?}")]
    Shape { name: String, found: Vec<usize>, expected: Vec<usize> },
    #[error("tensor '{name}' holds a number that is none (infinite or NaN) at {at}")]
    NotFinite { name: String, at: usize },
    #[error("tensor '{name}' is stored as {dtype}, which is not read here: f32, bf16 and f16 are")]
    Stored { name: String, dtype: &'static str },
    #[error("{0}")]
    Unsupported(String),
    #[error(transparent)]
    Tensor(#[from] candle_core::Error),
}

/// Results of the engine.
pub type Result<T> = std::result::Result<T, ModelError>;

impl ModelError {
    /// Reads a file whole, naming it if that fails.
    pub fn reading(path: &std::path::Path) -> Result<Vec<u8>> {
        std::fs::read(path).map_err(|source| Self::Read { path: path.to_owned(), source })
    }

    /// Reads a JSON file into a type, naming it if that fails.
    pub fn parsing<T: serde::de::DeserializeOwned>(path: &std::path::Path) -> Result<T> {
        let bytes = Self::reading(path)?;
        serde_json::from_slice(&bytes).map_err(|source| Self::Json { path: path.to_owned(), source })
    }
}
