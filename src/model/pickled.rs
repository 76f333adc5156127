//! Tensors in the files that PyTorch saves (`.bin`, `.pth`): zip archives of a pickle and of raw storages, mapped and read in
//! place. What the pickle claims is held against what the archive holds before anything is read.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;
use zip::{CompressionMethod, ZipArchive};

use super::error::{ModelError, Result};
use super::pickle::{View, tensors};

/// One file.
pub struct Pickled {
    path: PathBuf,
    map: Mmap,
    tensors: HashMap<String, (View, Range<usize>)>,
}

impl Pickled {
    /// Maps a file and reads what its pickle says.
    #[allow(unsafe_code)]
    pub fn open(path: &Path) -> Result<Self> {
        let read = |source| ModelError::Read { path: path.to_owned(), source };
        let odd = |what: String| ModelError::Layout { path: path.to_owned(), what };
        let file = File::open(path).map_err(read)?;
        // SAFETY: the map is only read; a checkpoint that another program truncates meanwhile is outside our promise,
        // as for every reader of memory-mapped weights.
        let map = unsafe { Mmap::map(&file) }.map_err(read)?;
        let old = |e| odd(format!("is not a zip archive of tensors ({e}); save it anew with a PyTorch of this decade"));
        let mut archive = ZipArchive::new(std::io::Cursor::new(&map[..])).map_err(old)?;
        let (mut places, mut pickle) = (HashMap::new(), None);
        for at in 0..archive.len() {
            let entry = archive.by_index_raw(at).map_err(|e| odd(format!("is damaged: {e}")))?;
            let name = entry.name().map_err(|e| odd(format!("is damaged: {e}")))?.into_owned();
            let size = usize::try_from(entry.size()).unwrap_or(usize::MAX);
            let start = entry.data_start().and_then(|start| usize::try_from(start).ok()).unwrap_or(usize::MAX);
            let range = start..start.saturating_add(size);
            if entry.compression() != CompressionMethod::Stored || range.end > map.len() {
                return Err(odd(format!("holds '{name}' in a way that cannot be mapped")));
            }
            match name.split_once('/').map_or(name.as_str(), |(_, rest)| rest) {
                "data.pkl" => pickle = Some(range),
                "byteorder" if map[range.clone()] != *b"little" => {
                    return Err(odd("was saved on a machine with another order of bytes".to_owned()));
                }
                rest => {
                    if let Some(key) = rest.strip_prefix("data/") {
                        places.insert(key.to_owned(), range);
                    }
                }
            }
        }
        let pickle = pickle.ok_or_else(|| odd("has no data.pkl: it holds no tensors".to_owned()))?;
        let mut found = HashMap::new();
        for (name, view) in
            tensors(&map[pickle]).map_err(|what| odd(format!("is a pickle that is not read: {what}")))?
        {
            let storage = places.get(&view.storage).cloned();
            let storage = storage.ok_or_else(|| odd(format!("lacks the storage of '{name}'")))?;
            if last(&view).is_none_or(|last| last > storage.len() / view.dtype.size_in_bytes()) {
                return Err(odd(format!("claims more of '{name}' than its storage holds")));
            }
            found.insert(name, (view, storage));
        }
        Ok(Self { path: path.to_owned(), map, tensors: found })
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Type and number of elements.
    pub fn about(&self, name: &str) -> Option<(DType, u64)> {
        let (view, _) = self.tensors.get(name)?;
        Some((view.dtype, view.shape.iter().product::<usize>() as u64))
    }

    /// A tensor as it is stored.
    pub fn get(&self, name: &str, device: &Device) -> Result<Tensor> {
        let (view, storage) = self.tensors.get(name).ok_or_else(|| ModelError::Missing(name.to_owned()))?;
        let (size, all) = (view.dtype.size_in_bytes(), &self.map[storage.clone()]);
        let count: usize = view.shape.iter().product();
        if view.strides == dense(&view.shape) {
            let bytes = &all[view.offset * size..(view.offset + count) * size];
            return Ok(Tensor::from_raw_buffer(bytes, view.dtype, &view.shape, device)?);
        }
        let mut bytes = Vec::with_capacity(count * size);
        let mut index = vec![0usize; view.shape.len()];
        for _ in 0..count {
            let at = view.offset + index.iter().zip(&view.strides).map(|(i, stride)| i * stride).sum::<usize>();
            bytes.extend_from_slice(&all[at * size..(at + 1) * size]);
            for (axis, i) in index.iter_mut().enumerate().rev() {
                *i += 1;
                if *i < view.shape[axis] {
                    break;
                }
                *i = 0;
            }
        }
        Ok(Tensor::from_raw_buffer(&bytes, view.dtype, &view.shape, device)?)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// One past the last element of the storage that a view takes; `None` beyond all numbers, or where more elements than that are
/// claimed by strides of zero.
fn last(view: &View) -> Option<usize> {
    let mut count = 1usize;
    let mut last = view.offset;
    for (size, stride) in view.shape.iter().zip(&view.strides) {
        count = count.checked_mul(*size)?;
        last = last.checked_add(size.saturating_sub(1).checked_mul(*stride)?)?;
    }
    if count == 0 {
        return Some(view.offset);
    }
    let end = last.checked_add(1)?;
    (count <= end).then_some(end)
}

/// Strides of a tensor whose elements lie in order.
fn dense(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (0..shape.len().saturating_sub(1)).rev() {
        strides[axis] = strides[axis + 1] * shape[axis + 1];
    }
    strides
}
