//! Fetches what a trainer made back: a PEFT adapter, or the weights of a whole model, whole and checked by their headers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::job::FOLDER;
use crate::story::Notice;

/// Where the run has it afterwards.
pub const ADAPTER: &str = "adapter";
const DEEP: usize = 3;

/// Copies the newest adapter of the output into the run's folder. `None` where the trainer made none, as one that trains all
/// weights does.
///
/// # Errors
/// An adapter that is cut short, or a disk that is full.
pub fn fetch(run: &Path) -> Result<Option<PathBuf>, Notice> {
    let mut found = Vec::new();
    adapters(&run.join(FOLDER).join("out"), DEEP, &mut found);
    // What lies nearest to the output's top is the end; checkpoints lie below.
    found.sort_by_key(|path| (path.components().count(), std::cmp::Reverse(newness(path))));
    let Some(from) = found.first() else { return Ok(None) };
    let weights = from.join("adapter_model.safetensors");
    let bytes = fs::read(&weights).map_err(|error| lost(&weights, &error))?;
    safetensors::SafeTensors::deserialize(&bytes).map_err(|error| {
        let what = format!("{} is no whole adapter: {error}", weights.display());
        Notice::outside(what, "look into the trainer's log why it did not write it to the end")
    })?;
    let to = run.join(ADAPTER);
    copy(from, run, &to).map_err(|error| lost(&to, &error))?;
    Ok(Some(to))
}

fn lost(path: &Path, error: &io::Error) -> Notice {
    Notice::outside(format!("{} cannot be fetched: {error}", path.display()), "make room, then take the run up again")
}

fn newness(path: &Path) -> Option<std::time::SystemTime> {
    fs::metadata(path.join("adapter_model.safetensors")).and_then(|about| about.modified()).ok()
}

fn copy(from: &Path, run: &Path, to: &Path) -> io::Result<()> {
    let beside = tempfile::tempdir_in(run)?;
    for name in ["adapter_config.json", "adapter_model.safetensors", "README.md"] {
        if from.join(name).is_file() {
            fs::copy(from.join(name), beside.path().join(name))?;
        }
    }
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::rename(beside.keep(), to)
}

fn adapters(folder: &Path, deep: usize, found: &mut Vec<PathBuf>) {
    if folder.join("adapter_config.json").is_file() && folder.join("adapter_model.safetensors").is_file() {
        found.push(folder.to_owned());
    }
    if deep == 0 {
        return;
    }
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if path.is_dir() && !path.is_symlink() {
            adapters(&path, deep - 1, found);
        }
    }
}
