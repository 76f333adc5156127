//! The GGUF files of one model, text and projector, as one source of tensors by their published names.
//!
//! Not here: the tokenizer and the config that such a file holds too. They are read from the model's own small files beside it.

use std::fs::File;
use std::path::{Path, PathBuf};

use candle_core::quantized::GgmlDType;
use candle_core::{Device, Tensor};
use memmap2::Mmap;

use super::error::{ModelError, Result};
use super::format::Format;
use super::gguf::{Entry, Gguf};
use super::gguf_names::{gguf_name, turned_row};
use super::ops::Quant;

/// Files and their tables.
pub struct GgufFiles {
    files: Vec<(Mmap, Gguf)>,
    /// Numbers of a head of the text model.
    head_dim: usize,
}

/// The GGUF files of a folder, by name.
pub fn gguf_paths(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|end| end == "gguf")).collect();
    paths.sort();
    paths
}

impl GgufFiles {
    /// Maps the files and reads their tables.
    ///
    /// # Errors
    /// Where one is no sound GGUF file, or there are two of a kind.
    #[allow(unsafe_code)]
    pub fn open(paths: &[PathBuf]) -> Result<Self> {
        let (mut files, mut head_dim) = (Vec::new(), None);
        let mut kinds: Vec<String> = Vec::new();
        for path in paths {
            let read = |source| ModelError::Read { path: path.clone(), source };
            let layout = |what: String| ModelError::Layout { path: path.clone(), what };
            let file = File::open(path).map_err(read)?;
            // SAFETY: as for safetensors files: the map is only read.
            let map = unsafe { Mmap::map(&file) }.map_err(read)?;
            let table = Gguf::read(&map).map_err(layout)?;
            let kind = table.text("general.architecture").unwrap_or_default().to_owned();
            match kind.as_str() {
                "llama" => head_dim = Some(text_head(&table).map_err(layout)?),
                "clip" => {}
                other => return Err(layout(format!("is of the architecture '{other}'; llama and clip are read"))),
            }
            if kinds.contains(&kind) {
                return Err(layout(format!(
                    "is the second of the architecture '{kind}': keep one of each in a folder"
                )));
            }
            kinds.push(kind);
            files.push((map, table));
        }
        let folder = paths.first().and_then(|path| path.parent()).unwrap_or(Path::new("")).to_owned();
        let head_dim = head_dim.ok_or_else(|| ModelError::Layout {
            path: folder,
            what: "has no GGUF file of a text model (architecture llama)".to_owned(),
        })?;
        Ok(Self { files, head_dim })
    }

    fn find(&self, published: &str) -> Option<(&[u8], &Entry)> {
        let name = gguf_name(published)?;
        self.files.iter().find_map(|(map, table)| table.tensors.get(&name).map(|entry| (map.as_ref(), entry)))
    }

    pub fn has(&self, published: &str) -> bool {
        self.find(published).is_some()
    }

    pub fn sides(&self, published: &str) -> Option<Vec<usize>> {
        self.find(published).map(|(_, entry)| entry.sides.clone())
    }

    /// Tensors that none of these names means.
    pub fn others(&self, published: &[&str]) -> Vec<String> {
        let known: Vec<String> = published.iter().filter_map(|name| gguf_name(name)).collect();
        let all = self.files.iter().flat_map(|(_, table)| table.tensors.keys());
        all.filter(|name| !known.contains(name)).cloned().collect()
    }

    pub fn elements(&self) -> u64 {
        self.files.iter().flat_map(|(_, table)| table.tensors.values()).map(Entry::elements).sum()
    }

    /// The format in which most of the numbers are stored, or the nearest to it that is kept.
    pub fn format(&self) -> Format {
        let all = self.files.iter().flat_map(|(_, table)| table.tensors.values());
        match all.max_by_key(|entry| entry.elements()).map(|entry| entry.stored) {
            Some(GgmlDType::F32) => Format::F32,
            Some(GgmlDType::F16) => Format::F16,
            Some(GgmlDType::BF16) => Format::Bf16,
            Some(GgmlDType::Q2K | GgmlDType::Q3K | GgmlDType::Q4_0 | GgmlDType::Q4_1 | GgmlDType::Q4K) => Format::Q4,
            _ => Format::Q8,
        }
    }

    /// Whether the rows of a tensor lie as the text model's rotation wants them there.
    fn turned(&self, published: &str) -> bool {
        published.starts_with("model.text_model.")
            && (published.ends_with("q_proj.weight") || published.ends_with("k_proj.weight"))
    }

    fn in_order(&self, published: &str, tensor: Tensor) -> Result<Tensor> {
        if !self.turned(published) {
            return Ok(tensor);
        }
        let rows = tensor.dim(0)?;
        if !rows.is_multiple_of(self.head_dim) {
            let what = format!("tensor '{published}' has {rows} rows, no whole heads of {}", self.head_dim);
            return Err(ModelError::Unsupported(what));
        }
        let from: Vec<u32> = (0..rows).map(|row| turned_row(row, self.head_dim) as u32).collect();
        Ok(tensor.index_select(&Tensor::new(from, tensor.device())?, 0)?)
    }

    /// A tensor in f32, f16 or bf16.
    pub fn numbers(&self, published: &str, device: &Device) -> Result<Tensor> {
        let (file, entry) = self.find(published).ok_or_else(|| ModelError::Missing(published.to_owned()))?;
        self.in_order(published, entry.numbers(file, device)?)
    }

    /// A matrix that is stored in no more bits than `quant` has, as it is; `None` for others.
    pub fn packed(&self, published: &str, quant: Quant, device: &Device) -> Result<Option<Tensor>> {
        let found = self.find(published).and_then(|(file, entry)| Some((file, entry, entry.quant()?)));
        let Some((file, entry, stored)) = found.filter(|(.., stored)| stored.group_bytes() <= quant.group_bytes())
        else {
            return Ok(None);
        };
        let packed = entry
            .packed(file, stored, device)
            .map_err(|what| ModelError::Unsupported(format!("tensor '{published}' {what}")))?;
        self.in_order(published, packed).map(Some)
    }
}

/// Numbers of a head, by the text model's metadata.
fn text_head(table: &Gguf) -> std::result::Result<usize, String> {
    let whole = |name: &str| table.whole(name).filter(|number| *number > 0);
    let (width, heads) = (whole("llama.embedding_length"), whole("llama.attention.head_count"));
    let head = whole("llama.rope.dimension_count").or_else(|| Some(width? / heads?));
    head.filter(|head| head.is_multiple_of(2) && *head > 0)
        .ok_or_else(|| "does not say how wide its heads are".to_owned())
}
