//! A model with more layers on top of its text model. A storyteller knows what it would say of a frame only at its last layer; whoever
//! is to hear that something else was said needs layers behind that one to compare the two.
//!
//! The new layers add nothing at first: what leads out of them begins at zero, so that the deeper model says what the base says.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use candle_core::{DType, Device};
use serde_json::{Map, Value};

use super::checkpoint::save_model;
use super::error::{Result, TrainError};
use super::files::write;
use super::model_part::ModelPart;
use super::trainee::open_base;
use crate::model::error::ModelError;
use crate::model::weights::Weights;

/// What a config calls the number of its text model's layers.
const LAYERS: &str = "num_hidden_layers";
/// What leads from a layer back into the stream that all layers add to, in any family.
const OUTWARD: [&str; 3] = ["o_proj", "down_proj", "c_proj"];

/// Writes `base` with so many layers more into the folder `out`; one that is there already is left as it is. Gives the numbers of
/// the new layers.
///
/// # Errors
/// A base whose config does not say how many layers its text model has.
pub fn deepen(base: &Path, more: usize, seed: u64, out: &Path) -> Result<Range<usize>> {
    if out.exists() {
        let layers = text_of(&mut ModelError::parsing(&out.join("config.json"))?, out)?.1;
        return Ok(layers.saturating_sub(more)..layers);
    }
    let work = out.with_extension("files");
    let weights = open_base(base, &work)?;
    let layers = more_in_config(&work.join("config.json"), more)?;
    let fresh = Weights::fresh(seed);
    let mut tensors = Vec::new();
    for name in weights.names() {
        let tensor = weights.any(&name, &Device::Cpu)?;
        if let (ModelPart::Text, Some((before, after))) = (ModelPart::of(&name), in_layer(&name, layers - 1)) {
            for layer in layers..layers + more {
                let name = format!("{before}.{layer}.{after}");
                let first = fresh.get(&name, tensor.dims(), &Device::Cpu)?;
                let first = if OUTWARD.iter().any(|way| name.contains(way)) { first.zeros_like()? } else { first };
                tensors.push((name, first.to_dtype(tensor.dtype())?));
            }
        }
        tensors.push((name, tensor));
    }
    save_model(out, &work, &BTreeMap::new(), tensors, DType::F16)?;
    std::fs::remove_dir_all(&work).map_err(|source| TrainError::File { path: work, source })?;
    Ok(layers..layers + more)
}

/// Whether a tensor belongs to one of these layers of the text model.
pub fn in_layers(name: &str, layers: &Range<usize>) -> bool {
    ModelPart::of(name) == ModelPart::Text && layers.clone().any(|layer| in_layer(name, layer).is_some())
}

/// Counts the new layers in the text model's config; gives how many there were.
fn more_in_config(path: &Path, more: usize) -> Result<usize> {
    let mut config: Map<String, Value> = ModelError::parsing(path)?;
    let (text, layers) = text_of(&mut config, path)?;
    text.insert(LAYERS.to_owned(), (layers + more).into());
    write(path, &serde_json::to_vec_pretty(&config).map_err(|e| TrainError::Data(e.to_string()))?)?;
    Ok(layers)
}

/// The text model's part of a config, and how many layers it says that there are.
fn text_of<'a>(config: &'a mut Map<String, Value>, path: &Path) -> Result<(&'a mut Map<String, Value>, usize)> {
    let text = match config.get("text_config").is_some_and(Value::is_object) {
        true => config.get_mut("text_config").and_then(Value::as_object_mut),
        false => Some(config),
    };
    let text = text.ok_or_else(|| TrainError::Recipe(format!("deeper: {} has no text model", path.display())))?;
    let layers = text.get(LAYERS).and_then(Value::as_u64).filter(|layers| *layers > 0).ok_or_else(|| {
        let what = format!("deeper: {} does not say {LAYERS} of its text model", path.display());
        TrainError::Recipe(what)
    })?;
    Ok((text, layers as usize))
}

/// What stands before and behind a layer's number in a tensor's name.
fn in_layer(name: &str, layer: usize) -> Option<(&str, &str)> {
    name.split_once(&format!(".{layer}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::families;
    use crate::model::params::Params;
    use crate::writer::embedded::EMBEDDED;

    #[test]
    fn a_deeper_model_says_what_its_base_says_until_it_learns() {
        let home = tempfile::tempdir().unwrap();
        let [plain, deeper] = ["plain", "deeper"].map(|name| home.path().join(name));
        let states = |folder: &Path| {
            let config = families::open(folder).unwrap();
            let weights = families::weights(folder, &config).unwrap();
            let model = families::load(&Params::new(weights, DType::F32, Device::Cpu), &config).unwrap();
            let embeddings = model.embed(&[5, 6, 7, 8], 1, None).unwrap();
            let rows = crate::model::llama::Rows::after(0, 4);
            let hidden = model.hidden(&embeddings, &rows, None, None).unwrap();
            (config.text_config.num_hidden_layers, hidden.flatten_all().unwrap().to_vec1::<f32>().unwrap())
        };
        deepen(Path::new(EMBEDDED), 1, 7, &plain).unwrap();
        deepen(&plain, 2, 7, &deeper).unwrap();
        let ((few, before), (many, after)) = (states(&plain), states(&deeper));
        assert_eq!((many, before), (few + 2, after));
        assert!(!home.path().join("deeper.files").exists());
        // What is there is not made again.
        let written = std::fs::metadata(deeper.join("model.safetensors")).unwrap().modified().unwrap();
        deepen(&plain, 2, 8, &deeper).unwrap();
        assert_eq!(std::fs::metadata(deeper.join("model.safetensors")).unwrap().modified().unwrap(), written);
    }
}
