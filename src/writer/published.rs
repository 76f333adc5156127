//! What lies in a model's folder that is not the usual one of safetensors and `tokenizer.json`: its family, its sizes and the
//! files that it is made of, wherever they are. Opens everything but reads no weights.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use candle_core::DType;

use super::error::Result;
use super::processor::Processor;
use crate::model::config::{Config, Words};
use crate::model::error::ModelError;
use crate::model::families;

/// A sound folder.
#[derive(Debug)]
pub struct Published {
    pub family: String,
    pub dtype: &'static str,
    pub parameters: u64,
    pub bytes: u64,
    /// The files of its weights.
    pub weights: Vec<PathBuf>,
    /// Whether some of them lie elsewhere than in the folder itself.
    pub scattered: bool,
}

/// Families that are read, by what a config or this program calls them.
pub fn known_families() -> Vec<&'static str> {
    families::types()
}

/// Looks into a folder; `None` where it is in the usual layout, which others look into more closely.
///
/// # Errors
/// No family that is known, files that are missing or damaged.
pub fn published(folder: &Path) -> Result<Option<Published>> {
    let config = families::open(folder)?;
    if config.weights.is_empty() && config.manner.words == Words::Json {
        return Ok(None);
    }
    Processor::open(folder)?;
    let weights = families::weights(folder, &config)?;
    let files = weight_files(folder, &config);
    let bytes = files.iter().filter_map(|path| Some(path.metadata().ok()?.len())).sum();
    let dtype = match weights.dtype() {
        DType::BF16 => "bf16",
        DType::F16 => "f16",
        _ => "f32",
    };
    let scattered = files.iter().any(|path| path.parent() != Some(folder));
    Ok(Some(Published {
        family: config.model_type,
        dtype,
        parameters: weights.elements()?,
        bytes,
        weights: files,
        scattered,
    }))
}

/// The files and folders that a model is made of beside its own folder.
pub fn elsewhere(folder: &Path) -> Vec<PathBuf> {
    let places = families::open(folder).map(|config| config.weights).unwrap_or_default();
    places.into_iter().map(|(_, place)| place).filter(|place| place != folder).collect()
}

/// Lays what stands around a model's weights into a folder, together, wherever it lay: with a `model.safetensors` of all its
/// tensors this is the model again.
///
/// # Errors
/// A folder that cannot be read or written, or is of no family.
pub fn lay_around(base: &Path, around: &Path) -> std::result::Result<(), ModelError> {
    let fail = |path: &Path| {
        let path = path.to_owned();
        move |source| ModelError::Read { path, source }
    };
    std::fs::create_dir_all(around).map_err(fail(around))?;
    let config = families::open(base)?;
    let words = match &config.manner.words {
        Words::Json => base,
        Words::SentencePiece(path) | Words::Tiktoken(path) => path.parent().unwrap_or(base),
    };
    let pictures = config.manner.preprocessor.parent().filter(|place| place.is_dir()).unwrap_or(base);
    // Later places overwrite earlier ones: the model's own files come last.
    for place in [pictures, words, base] {
        for entry in std::fs::read_dir(place).map_err(fail(place))?.flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let weights = path
                .extension()
                .is_some_and(|end| end == "safetensors" || end == "bin" || end == "gguf" || end == "pth");
            let index = name.to_string_lossy().ends_with(".index.json");
            if path.is_file() && !weights && !index {
                std::fs::copy(&path, around.join(&name)).map_err(fail(&path))?;
            }
        }
    }
    if !config.weights.is_empty() {
        let text = serde_json::to_vec_pretty(config.json.as_ref());
        let text = text.map_err(|source| ModelError::Json { path: around.join("config.json"), source })?;
        std::fs::write(around.join("config.json"), text).map_err(fail(around))?;
    }
    Ok(())
}

/// The files of a model's weights, in the order of their names.
pub fn weight_files(folder: &Path, config: &Config) -> Vec<PathBuf> {
    let mut files = BTreeSet::new();
    let places = config.weights.iter().map(|(_, place)| place.as_path());
    for place in places.chain(config.weights.is_empty().then_some(folder)) {
        if place.is_file() {
            files.insert(place.to_owned());
            continue;
        }
        for entry in std::fs::read_dir(place).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|end| end == "safetensors" || end == "bin" || end == "gguf") {
                files.insert(path);
            }
        }
    }
    files.into_iter().collect()
}
