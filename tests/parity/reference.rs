//! Where the reference numbers are: `STORYLOOM_PARITY`, or `../shared/parity` beside the project.
//! Without them a test says so and returns; in CI (`CI=true`) that is a failure.

use candle_core::{Device, Tensor};
use std::path::{Path, PathBuf};
use storyloom::pixels::Picture;

/// The folder `name` of the reference data, if it is there.
pub fn folder(name: &str) -> Option<PathBuf> {
    let all = std::env::var_os("STORYLOOM_PARITY")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/parity"), PathBuf::from);
    let folder = all.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "no reference data at {}: set STORYLOOM_PARITY",
        folder.display()
    );
    eprintln!("skipped: no reference data at {} (set STORYLOOM_PARITY)", folder.display());
    None
}

/// All folders whose names are `prefix` or begin with `prefix` and an underscore or a digit: further seeds and shapes.
pub fn folders(prefix: &str) -> Vec<PathBuf> {
    let Some(first) = folder(prefix) else { return Vec::new() };
    let Some(parent) = first.parent() else { return vec![first] };
    let mut found: Vec<PathBuf> = std::fs::read_dir(parent)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with(prefix) && path.join("model/config.json").exists()
        })
        .collect();
    found.sort();
    found
}

/// One case folder: `case.json` and `tensors.safetensors`.
pub struct Case {
    pub json: serde_json::Value,
    tensors: std::collections::HashMap<String, Tensor>,
}

impl Case {
    pub fn open(folder: &Path) -> Self {
        let tensors = folder.join("tensors.safetensors");
        let tensors = if tensors.exists() {
            candle_core::safetensors::load(tensors, &Device::Cpu).unwrap()
        } else {
            Default::default()
        };
        Self { json: Self::json(&folder.join("case.json")), tensors }
    }

    pub fn json(path: &Path) -> serde_json::Value {
        serde_json::from_slice(&std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    pub fn tensor(&self, name: &str) -> Tensor {
        self.tensors[name].clone()
    }

    pub fn ids(&self, name: &str) -> Vec<u32> {
        let ids = self.tensors[name].flatten_all().unwrap().to_vec1::<i64>().unwrap();
        ids.into_iter().map(|id| id as u32).collect()
    }
}

/// The pictures that a case names, in its order.
pub fn pictures(root: &Path, case: &Case) -> Vec<Picture> {
    let names = case.json["images"].as_array().cloned().unwrap_or_default();
    let read = |name: &serde_json::Value| {
        let name = name.as_str().unwrap();
        Picture::from_bytes(name, std::fs::read(root.join(name)).unwrap()).unwrap()
    };
    names.iter().map(read).collect()
}

/// Largest absolute difference at most `room`, or 1e-4 of the largest magnitude if that is more.
pub fn close(found: &Tensor, expected: &Tensor, room: f32, what: &str) {
    assert_eq!(found.dims(), expected.dims(), "{what}: shape");
    let largest = |t: Tensor| t.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap();
    let off = largest((found - expected).unwrap());
    let room = room.max(if room >= 1e-4 { 1e-4 * largest(expected.clone()) } else { 0.0 });
    assert!(off <= room, "{what}: off by {off:e}, {room:e} allowed");
}
