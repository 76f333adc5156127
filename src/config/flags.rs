//! The layer that comes from the command line. What is `None` was not typed.

use std::path::PathBuf;

use super::images::ImagesChoice;
use crate::story::{Quant, SamplingPatch};

/// What was said on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// Reads this file instead of the one in the config folder; it must exist.
    pub config: Option<PathBuf>,
    pub home: Option<PathBuf>,
    pub database: Option<String>,
    pub images: Option<ImagesChoice>,
    pub model: Option<String>,
    pub quant: Option<Quant>,
    pub ascii: Option<bool>,
    pub mouse: Option<bool>,
    pub chapter: Option<usize>,
    pub threads: Option<usize>,
    pub sampling: SamplingPatch,
}
