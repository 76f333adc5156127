//! What a model is, whatever it is called and wherever it lies: one hash over every byte of every file that it is made of.
//! Two checkpoints of the same shape are never taken for one another; a copy is the same model.
//!
//! It leaves out what the files mean, and files that no model is made of (cards, logs, pictures).

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use super::embedded;
use super::published::elsewhere;

/// How the names of a model's files end.
const ENDINGS: [&str; 10] = ["bin", "gguf", "json", "jinja", "model", "pth", "safetensors", "tiktoken", "txt", "yaml"];

/// The hash of the model or adapter in this folder (blake3, hex). `read` is told how many bytes have been read so far.
/// Gigabytes take seconds: as long as `stamp` is what it was, so is this. Blocks.
///
/// # Errors
/// Where a file cannot be read.
pub fn identity(folder: &Path, read: &mut dyn FnMut(u64)) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0u8; 1 << 20];
    let mut done = 0;
    for path in files(folder)? {
        let mut file = File::open(&path)?;
        begin(&mut hasher, &name(&path), file.metadata()?.len());
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            hasher.update(&buffer[..count]);
            done += count as u64;
            read(done);
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// The hash of the storyteller that is part of the program; that of its folder is the same.
pub fn embedded_identity() -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, bytes) in embedded::FILES {
        begin(&mut hasher, name, bytes.len() as u64);
        hasher.update(bytes);
    }
    hasher.finalize().to_hex().to_string()
}

/// Changes whenever a file of the model is written, replaced, added or taken away: made of names, sizes and times only.
///
/// # Errors
/// Where the folder cannot be listed.
pub fn stamp(folder: &Path) -> io::Result<i64> {
    let mut hasher = blake3::Hasher::new();
    for path in files(folder)? {
        let about = fs::metadata(&path)?;
        let written = about.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        begin(&mut hasher, &name(&path), about.len());
        hasher.update(&written.to_le_bytes());
    }
    let mut first = [0; 8];
    first.copy_from_slice(&hasher.finalize().as_bytes()[..8]);
    Ok(i64::from_le_bytes(first))
}

/// Where a file begins is part of the hash, so that bytes moved from one to the next make another model.
fn begin(hasher: &mut blake3::Hasher, name: &str, bytes: u64) {
    hasher.update(&(name.len() as u64).to_le_bytes());
    hasher.update(name.as_bytes());
    hasher.update(&bytes.to_le_bytes());
}

/// The files of a model, by name; those of folders that belong to it stand behind its own.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for place in std::iter::once(folder.to_owned()).chain(elsewhere(folder).into_iter().filter(|place| place.is_dir()))
    {
        let mut files = Vec::new();
        for entry in fs::read_dir(place)? {
            let path = entry?.path();
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if ENDINGS.contains(&ending) && path.is_file() {
                files.push(path);
            }
        }
        files.sort();
        all.extend(files);
    }
    Ok(all)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(folder: &Path) -> String {
        identity(folder, &mut |_| ()).unwrap()
    }

    #[test]
    fn one_byte_in_the_middle_of_the_weights_makes_another_model() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut weights = vec![7u8; 3 << 20];
        fs::write(path("model.safetensors"), &weights).unwrap();
        fs::write(path("config.json"), "{}").unwrap();
        let (first, stamped) = (hash(folder.path()), stamp(folder.path()).unwrap());
        fs::write(path("README.md"), "a card").unwrap();
        assert_eq!((hash(folder.path()), stamp(folder.path()).unwrap()), (first.clone(), stamped));
        weights[1_500_000] = 8;
        fs::write(path("model.safetensors"), &weights).unwrap();
        let second = hash(folder.path());
        assert_ne!(second, first);
        assert_ne!(stamp(folder.path()).unwrap(), stamped);
        fs::write(path("config.json"), "[]").unwrap();
        assert_ne!(hash(folder.path()), second);
    }

    #[test]
    fn the_embedded_storyteller_and_its_folder_are_one_model() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/storyteller");
        assert_eq!(embedded_identity(), hash(&folder));
    }
}
