//! Where parameters come from: memory-mapped safetensors (one file or shards), bytes compiled in, or a seed.
//!
//! Tensors are copied out one by one when a model asks for them; nothing is converted that was not asked for.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::safetensors::Load;
use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;
use safetensors::SafeTensors;

use super::error::{ModelError, Result};
use super::first_weights::{first_weights, noise};
use super::gguf_files::{GgufFiles, gguf_paths};
use super::pickled::Pickled;

pub(super) enum Bytes {
    Mapped(Mmap),
    Static(&'static [u8]),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Mapped(map) => map,
            Self::Static(bytes) => bytes,
        }
    }
}

/// A source of named tensors.
#[derive(Clone)]
pub struct Weights {
    pub(super) source: Source,
}

#[derive(Clone)]
pub(super) enum Source {
    Files {
        files: Arc<Vec<Bytes>>,
        index: Arc<HashMap<String, usize>>,
    },
    Fresh {
        seed: u64,
    },
    /// Files that PyTorch pickled; a tensor is in the last that has it.
    Pickled(Arc<Vec<Pickled>>),
    /// Sources whose names begin differently.
    Joined(Arc<Vec<(String, Weights)>>),
    Noise {
        seed: u64,
    },
    Survey {
        there: Option<Arc<Weights>>,
    },
    Gguf(Arc<GgufFiles>),
}

impl Weights {
    /// `model.safetensors` of a folder, or the shards that `model.safetensors.index.json` names.
    pub fn open(folder: &Path) -> Result<Self> {
        let single = folder.join("model.safetensors");
        let index = folder.join("model.safetensors.index.json");
        let paths = if single.exists() {
            vec![single]
        } else if index.exists() {
            Self::shards(folder, &index)?
        } else if !gguf_paths(folder).is_empty() {
            return Ok(Self { source: Source::Gguf(Arc::new(GgufFiles::open(&gguf_paths(folder))?)) });
        } else {
            return Self::pickled(folder);
        };
        Self::files(&paths)
    }

    /// `pytorch_model.bin` of a folder, or the shards that its index names, and LLaVA's projector beside them; or one file.
    fn pickled(place: &Path) -> Result<Self> {
        let (single, index) = (place.join("pytorch_model.bin"), place.join("pytorch_model.bin.index.json"));
        let mut paths = if place.is_file() {
            vec![place.to_owned()]
        } else if single.exists() {
            vec![single]
        } else if index.exists() {
            Self::shards(place, &index)?
        } else {
            let what =
                "has no weights: neither model.safetensors nor pytorch_model.bin, nor an index of either".to_owned();
            return Err(ModelError::Layout { path: place.to_owned(), what });
        };
        paths.extend(Some(place.join("mm_projector.bin")).filter(|path| path.exists()));
        let files = paths.iter().map(|path| Pickled::open(path)).collect::<Result<_>>()?;
        Ok(Self { source: Source::Pickled(Arc::new(files)) })
    }

    /// Several sources as one: the names of each behind its prefix.
    pub fn joined(parts: Vec<(String, Self)>) -> Self {
        Self { source: Source::Joined(Arc::new(parts)) }
    }

    /// The source that has a tensor, and its name there.
    pub(super) fn within<'a, 'n>(parts: &'a [(String, Self)], name: &'n str) -> Option<(&'a Self, &'n str)> {
        let part = |(prefix, part): &'a (String, Self)| Some((part, name.strip_prefix(prefix.as_str())?));
        parts.iter().filter_map(part).find(|(part, name)| part.has(name))
    }

    fn shards(folder: &Path, index: &Path) -> Result<Vec<PathBuf>> {
        #[derive(serde::Deserialize)]
        struct Index {
            weight_map: HashMap<String, String>,
        }
        let parsed: Index = ModelError::parsing(index)?;
        let mut names: Vec<String> = parsed.weight_map.into_values().collect();
        names.sort();
        names.dedup();
        // A shard lies beside its index: a name that leads elsewhere is not followed.
        if let Some(odd) =
            names.iter().find(|name| Path::new(name).file_name().is_none_or(|last| last != name.as_str()))
        {
            let what = format!("names a shard outside its folder: {odd}");
            return Err(ModelError::Layout { path: index.to_owned(), what });
        }
        Ok(names.into_iter().map(|name| folder.join(name)).collect())
    }

    /// Maps safetensors files.
    #[allow(unsafe_code)]
    pub fn files(paths: &[PathBuf]) -> Result<Self> {
        let mut files = Vec::new();
        for path in paths {
            let read = |source| ModelError::Read { path: path.clone(), source };
            let file = File::open(path).map_err(read)?;
            // SAFETY: the map is only read; a checkpoint that another program truncates meanwhile is outside our promise,
            // as for every reader of memory-mapped weights.
            let map = unsafe { Mmap::map(&file) }.map_err(read)?;
            files.push((path.clone(), Bytes::Mapped(map)));
        }
        Self::index(files)
    }

    /// A safetensors file that is part of the program.
    pub fn embedded(bytes: &'static [u8]) -> Result<Self> {
        Self::index(vec![(PathBuf::from("embedded model"), Bytes::Static(bytes))])
    }

    /// No file: every tensor is drawn from the seed and its own name.
    pub fn fresh(seed: u64) -> Self {
        Self { source: Source::Fresh { seed } }
    }

    /// No file: every tensor is bf16 noise of a fortieth or so, made as fast as a file is read. For measuring.
    pub fn noise(seed: u64) -> Self {
        Self { source: Source::Noise { seed } }
    }

    /// No numbers: every tensor is zeros that take no memory. `there`: the source whose names it has; `None`: all.
    pub fn survey(there: Option<Weights>) -> Self {
        Self { source: Source::Survey { there: there.map(Arc::new) } }
    }

    pub fn surveys(&self) -> bool {
        matches!(self.source, Source::Survey { .. })
    }

    fn index(files: Vec<(PathBuf, Bytes)>) -> Result<Self> {
        let mut index = HashMap::new();
        for (i, (path, bytes)) in files.iter().enumerate() {
            let tensors = SafeTensors::deserialize(bytes.as_ref()).map_err(|e| ModelError::Layout {
                path: path.clone(),
                what: format!("not a whole safetensors file ({e})"),
            })?;
            for name in tensors.names() {
                index.insert(name.to_owned(), i);
            }
        }
        let files = files.into_iter().map(|(_, bytes)| bytes).collect();
        Ok(Self { source: Source::Files { files: Arc::new(files), index: Arc::new(index) } })
    }

    /// Is there a tensor of that name? A seed has every tensor.
    pub fn has(&self, name: &str) -> bool {
        match &self.source {
            Source::Files { index, .. } => index.contains_key(name),
            Source::Fresh { .. } | Source::Noise { .. } => true,
            Source::Survey { there } => there.as_ref().is_none_or(|there| there.has(name)),
            Source::Gguf(files) => files.has(name),
            Source::Pickled(files) => files.iter().any(|file| file.has(name)),
            Source::Joined(parts) => Self::within(parts, name).is_some(),
        }
    }

    /// All names, sorted; none for a seed or for GGUF, which has names of its own.
    pub fn names(&self) -> Vec<String> {
        match &self.source {
            Source::Files { index, .. } => {
                let mut names: Vec<String> = index.keys().cloned().collect();
                names.sort();
                names
            }
            Source::Pickled(files) => {
                let names: BTreeSet<&str> = files.iter().flat_map(Pickled::names).collect();
                names.into_iter().map(str::to_owned).collect()
            }
            Source::Joined(parts) => {
                let named = |(prefix, part): &(String, Self)| {
                    part.names().into_iter().map(|name| format!("{prefix}{name}")).collect::<Vec<_>>()
                };
                let names: BTreeSet<String> = parts.iter().flat_map(named).collect();
                names.into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// A tensor as stored, whatever its shape.
    pub fn any(&self, name: &str, device: &Device) -> Result<Tensor> {
        match &self.source {
            Source::Files { files, index } => {
                let file = *index.get(name).ok_or_else(|| ModelError::Missing(name.to_owned()))?;
                let tensors = SafeTensors::deserialize(files[file].as_ref()).map_err(candle_core::Error::from)?;
                let view = tensors.tensor(name).map_err(candle_core::Error::from)?;
                view.load(device)
                    .map_err(|error| candle_core::Error::Msg(format!("tensor '{name}' cannot be read: {error}")).into())
            }
            Source::Gguf(files) => files.numbers(name, device),
            Source::Fresh { .. } | Source::Noise { .. } | Source::Survey { .. } => {
                Err(ModelError::Missing(name.to_owned()))
            }
            Source::Pickled(files) => match files.iter().rev().find(|file| file.has(name)) {
                Some(file) => file.get(name, device),
                None => Err(ModelError::Missing(name.to_owned())),
            },
            Source::Joined(parts) => match Self::within(parts, name) {
                Some((part, name)) => part.any(name, device),
                None => Err(ModelError::Missing(name.to_owned())),
            },
        }
    }

    /// A tensor of the given shape, in the type it is stored in (f32 from a seed).
    pub fn get(&self, name: &str, shape: &[usize], device: &Device) -> Result<Tensor> {
        if let Source::Fresh { seed } = self.source {
            return first_weights(seed, name, shape, device);
        }
        if let Source::Noise { seed } = self.source {
            return noise(seed, name, shape, device);
        }
        if self.surveys() {
            return Ok(Tensor::zeros(1, DType::F32, device)?.broadcast_as(shape)?);
        }
        let tensor = self.any(name, device)?;
        if tensor.dims() != shape {
            let (found, expected) = (tensor.dims().to_vec(), shape.to_vec());
            return Err(ModelError::Shape { name: name.to_owned(), found, expected });
        }
        Ok(tensor)
    }

    /// Number of elements over all tensors.
    pub fn elements(&self) -> Result<u64> {
        let mut sum = 0;
        match &self.source {
            Source::Files { files, .. } => {
                for file in files.iter() {
                    let (_, metadata) = SafeTensors::read_metadata(file.as_ref()).map_err(candle_core::Error::from)?;
                    sum += metadata.tensors().values().map(|t| t.shape.iter().product::<usize>() as u64).sum::<u64>();
                }
            }
            Source::Gguf(files) => sum += files.elements(),
            Source::Fresh { .. } | Source::Noise { .. } | Source::Survey { .. } => {}
            Source::Pickled(files) => {
                let of = |name: &String| files.iter().rev().find_map(|file| file.about(name));
                sum += self.names().iter().filter_map(of).map(|(_, count)| count).sum::<u64>();
            }
            Source::Joined(parts) => {
                for (_, part) in parts.iter() {
                    sum += part.elements()?;
                }
            }
        }
        Ok(sum)
    }

    /// The type in which most of the weights are stored.
    pub fn dtype(&self) -> DType {
        match &self.source {
            Source::Files { files, index } => {
                let largest = index.iter().filter_map(|(name, file)| {
                    let tensors = SafeTensors::deserialize(files[*file].as_ref()).ok()?;
                    let view = tensors.tensor(name).ok()?;
                    Some((view.data().len(), view.dtype()))
                });
                match largest.max_by_key(|(size, _)| *size) {
                    Some((_, safetensors::Dtype::BF16)) => DType::BF16,
                    Some((_, safetensors::Dtype::F16)) => DType::F16,
                    _ => DType::F32,
                }
            }
            Source::Pickled(files) => {
                let largest = files.iter().flat_map(|file| file.names().filter_map(|name| file.about(name)));
                match largest.max_by_key(|(_, count)| *count) {
                    Some((half @ (DType::F16 | DType::BF16), _)) => half,
                    _ => DType::F32,
                }
            }
            // The first is the one that the model is named after.
            Source::Joined(parts) => parts.first().map_or(DType::F32, |(_, part)| part.dtype()),
            Source::Noise { .. } => DType::BF16,
            Source::Gguf(files) => files.format().dtype(),
            Source::Fresh { .. } | Source::Survey { .. } => DType::F32,
        }
    }
}
