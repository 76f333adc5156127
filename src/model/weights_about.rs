//! What is known of weights before any of them is read: sides, formats, names that nobody asks for.

use std::collections::HashSet;

use candle_core::{Device, Tensor};
use safetensors::SafeTensors;

use super::error::Result;
use super::format::Format;
use super::ops::Quant;
use super::weights::{Source, Weights};

impl Weights {
    /// A matrix that is stored in no more bits than `quant` has, to be taken as it is; `None` for others.
    pub fn packed(&self, name: &str, shape: &[usize], quant: Quant, device: &Device) -> Result<Option<Tensor>> {
        match &self.source {
            Source::Gguf(files) if files.sides(name).is_some_and(|sides| sides == shape) => {
                files.packed(name, quant, device)
            }
            _ => Ok(None),
        }
    }

    /// The sides of a tensor, by the file's header; `None` where there is none of that name.
    pub fn sides(&self, name: &str) -> Option<Vec<usize>> {
        match &self.source {
            Source::Files { files, index } => {
                let tensors = SafeTensors::deserialize(files[*index.get(name)?].as_ref()).ok()?;
                tensors.tensor(name).ok().map(|view| view.shape().to_vec())
            }
            Source::Gguf(files) => files.sides(name),
            Source::Pickled(files) => files.iter().rev().find_map(|file| file.sides(name)),
            Source::Joined(parts) => Self::within(parts, name).and_then(|(part, name)| part.sides(name)),
            Source::Fresh { .. } | Source::Noise { .. } | Source::Survey { .. } => None,
        }
    }

    /// Tensors that are none of these.
    pub fn others(&self, names: &[&str]) -> Vec<String> {
        match &self.source {
            Source::Gguf(files) => files.others(names),
            _ => {
                let known: HashSet<&str> = names.iter().copied().collect();
                self.names().into_iter().filter(|name| !known.contains(name.as_str())).collect()
            }
        }
    }

    /// How most of the weights are stored.
    pub fn format(&self) -> Format {
        match &self.source {
            Source::Gguf(files) => files.format(),
            _ => Format::stored(self.dtype()),
        }
    }
}
