//! Checks a model's folder before it is taken: the family is one we know, every file is there, none is cut short.
//!
//! Only configs and headers are read, so it takes milliseconds however large the model is. It leaves out whether the
//! numbers make sense: that shows when the writer loads it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use safetensors::Dtype;
use serde::Deserialize;
use serde_json::Value;
use tokenizers::Tokenizer;

use super::tensor_file::TensorFile;
use crate::story::Notice;
use crate::writer::published::{Published, known_families, published};

/// What a sound folder holds.
#[derive(Debug)]
pub enum Inspected {
    Model {
        family: String,
        dtype: String,
        parameters: u64,
        bytes: u64,
        /// Trained on the picture world only, as its config says.
        world_only: bool,
        /// The files of its weights, in the order of their names.
        weights: Vec<PathBuf>,
        /// Whether some of them lie elsewhere than in the folder itself.
        scattered: bool,
    },
    /// A PEFT adapter: weights that stand on a model.
    Adapter {
        /// What its config says it was trained on.
        base: Option<String>,
        rank: u64,
        bytes: u64,
        weights: Vec<PathBuf>,
    },
}

/// Checks a model's folder or an adapter's. Blocks.
pub fn inspect(folder: &Path) -> Result<Inspected, Notice> {
    if let Err(error) = fs::read_dir(folder) {
        let what = format!("{} cannot be opened as a folder: {error}", folder.display());
        return Err(Notice::yours(what, "name a model's folder"));
    }
    if folder.join("adapter_config.json").is_file() {
        return adapter(folder);
    }
    if let Some(found) = other_layout(folder)? {
        return Ok(found);
    }
    let family = family(folder)?;
    tokenizer(folder)?;
    let names = weight_names(folder)?;
    let files = read_all(folder, &names)?;
    let (parameters, dtype) = count(&files)?;
    Ok(Inspected::Model {
        family,
        dtype,
        parameters,
        bytes: files.iter().map(|file| file.bytes).sum(),
        world_only: world_only(folder)?,
        weights: names.iter().map(|name| folder.join(name)).collect(),
        scattered: false,
    })
}

/// A model that is published in another way than as safetensors with a `tokenizer.json`.
fn other_layout(folder: &Path) -> Result<Option<Inspected>, Notice> {
    // What is no model at all is told below, in words of its own.
    let usual =
        folder.join("tokenizer.json").is_file() || !folder.join("config.json").is_file() && !has_pickles(folder);
    if usual {
        return Ok(None);
    }
    let again = "add a folder as its authors publish it, whole; README lists the layouts that are read";
    let found = published(folder).map_err(|error| Notice::yours(format!("{}: {error}", folder.display()), again))?;
    let Some(Published { family, dtype, parameters, bytes, weights, scattered }) = found else { return Ok(None) };
    let (world_only, dtype) = (world_only(folder)?, dtype.to_owned());
    Ok(Some(Inspected::Model { family, dtype, parameters, bytes, world_only, weights, scattered }))
}

fn has_pickles(folder: &Path) -> bool {
    let pickle = |path: PathBuf| path.extension().is_some_and(|end| end == "pth");
    fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| pickle(entry.path()))
}

/// Reads a model's config and refuses a family that cannot be told with.
pub fn family(folder: &Path) -> Result<String, Notice> {
    let config = json(&folder.join("config.json")).map_err(|what| {
        Notice::yours(what, "name a folder as it is published: config.json, tokenizer.json, *.safetensors")
    })?;
    let family = config["model_type"].as_str().unwrap_or_default().to_owned();
    let families = known_families();
    if families.contains(&family.as_str()) {
        return Ok(family);
    }
    Err(Notice::yours(
        format!("{} is a model of the family '{family}', which cannot tell here", folder.display()),
        format!("add one of these families: {}", families.join(", ")),
    ))
}

/// What storyloom notes beside a model of its own making: whether it knows the picture world only. Others have no such file.
fn world_only(folder: &Path) -> Result<bool, Notice> {
    let notes = folder.join("storyloom.json");
    if !notes.is_file() {
        return Ok(false);
    }
    let notes = json(&notes).map_err(|what| Notice::yours(what, "mend that file, or leave it away"))?;
    Ok(notes["world_only"].as_bool().unwrap_or(false))
}

fn adapter(folder: &Path) -> Result<Inspected, Notice> {
    let again = "copy or export the adapter again";
    let config = json(&folder.join("adapter_config.json")).map_err(|detail| Notice::yours(detail, again))?;
    let kind = config["peft_type"].as_str().unwrap_or_default();
    let rank = config["r"].as_u64().filter(|rank| *rank > 0);
    let (Some(rank), "LORA") = (rank, kind) else {
        let what = format!("{} is an adapter of the kind '{kind}', which is not known here", folder.display());
        return Err(Notice::yours(what, "add a LoRA adapter as PEFT saves it"));
    };
    let names = BTreeSet::from(["adapter_model.safetensors".to_owned()]);
    let files = read_all(folder, &names)?;
    Ok(Inspected::Adapter {
        base: config["base_model_name_or_path"].as_str().map(str::to_owned),
        rank,
        bytes: files.iter().map(|file| file.bytes).sum(),
        weights: names.iter().map(|name| folder.join(name)).collect(),
    })
}

fn tokenizer(folder: &Path) -> Result<(), Notice> {
    let path = folder.join("tokenizer.json");
    let again = "fetch the model again, with its tokenizer.json";
    if !path.is_file() {
        return Err(Notice::yours(format!("{} has no tokenizer.json", folder.display()), again));
    }
    Tokenizer::from_file(&path)
        .map(|_| ())
        .map_err(|error| Notice::yours(format!("{} cannot be understood: {error}", path.display()), again))
}

/// The names of the weight files: one file, or the shards that the index names.
fn weight_names(folder: &Path) -> Result<BTreeSet<String>, Notice> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: HashMap<String, String>,
    }
    if folder.join("model.safetensors").is_file() {
        return Ok(BTreeSet::from(["model.safetensors".to_owned()]));
    }
    let path = folder.join("model.safetensors.index.json");
    let again = "fetch the model again, with its safetensors files";
    if !path.is_file() {
        return Err(Notice::yours(format!("{} has no safetensors weights", folder.display()), again));
    }
    let index: Index = json(&path)
        .and_then(|value| serde_json::from_value(value).map_err(|error| format!("{}: {error}", path.display())))
        .map_err(|detail| Notice::yours(detail, again))?;
    let shards: BTreeSet<String> = index.weight_map.values().cloned().collect();
    // A shard lies beside its index: a name that leads elsewhere is not followed.
    if let Some(odd) = shards.iter().find(|name| Path::new(name).file_name().is_none_or(|last| last != name.as_str())) {
        return Err(Notice::yours(format!("{} names a shard outside its folder: {odd}", path.display()), again));
    }
    let files = read_all(folder, &shards)?;
    let there: BTreeSet<&str> =
        files.iter().flat_map(|file| file.tensors.iter().map(|(name, ..)| name.as_str())).collect();
    match index.weight_map.keys().find(|name| !there.contains(name.as_str())) {
        Some(name) => {
            Err(Notice::yours(format!("{} names a tensor that no shard holds: {name}", path.display()), again))
        }
        None => Ok(shards),
    }
}

fn read_all(folder: &Path, names: &BTreeSet<String>) -> Result<Vec<TensorFile>, Notice> {
    let read = |name: &String| {
        let path = folder.join(name);
        if !path.is_file() {
            let what = format!("{} is missing", path.display());
            return Err(Notice::yours(what, "fetch that file; all shards are needed"));
        }
        TensorFile::read(&path)
            .map_err(|detail| Notice::yours(format!("{} {detail}", path.display()), "fetch that file again"))
    };
    names.iter().map(read).collect()
}

/// The number of parameters, and the storage type that most of them have.
fn count(files: &[TensorFile]) -> Result<(u64, String), Notice> {
    let mut by_type: BTreeMap<Dtype, u64> = BTreeMap::new();
    for (_, elements, dtype) in files.iter().flat_map(|file| &file.tensors) {
        *by_type.entry(*dtype).or_default() += elements;
    }
    let parameters = by_type.values().sum();
    let (dtype, _) = by_type.into_iter().max_by_key(|(_, elements)| *elements).unzip();
    let word = match dtype {
        Some(Dtype::F32) => "f32",
        Some(Dtype::BF16) => "bf16",
        Some(Dtype::F16) => "f16",
        Some(other) => {
            let what = format!("the weights are stored as {other}, which is not read here");
            return Err(Notice::yours(what, "take the same model stored as f32, bf16 or f16"));
        }
        None => return Err(Notice::yours("the weights hold no tensors", "fetch the model again")),
    };
    Ok((parameters, word.to_owned()))
}

fn json(path: &Path) -> Result<Value, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{} is not JSON: {error}", path.display()))
}
