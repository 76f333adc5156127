//! Tensors in the files that PyTorch saves (`.bin`, `.pth`): zip archives of a pickle and of raw storages, mapped and read in
//! place. What the pickle claims is held against what the archive holds before anything is read.

use std::collections::HashMap;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use memmap2::Mmap;

use super::error::{ModelError, Result};
use super::pickle::{View, tensors};
use super::stored_zip::entries;

/// Names and shapes of the largest models take a few MB.
const LONGEST_PICKLE: usize = 64 << 20;

/// One file.
pub struct Pickled {
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
        let old = |what| odd(format!("is no archive of tensors ({what}); save it anew with a PyTorch of this decade"));
        let (mut places, mut pickle) = (HashMap::new(), None);
        for (name, range) in entries(&map).map_err(old)? {
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
        if pickle.len() > LONGEST_PICKLE {
            return Err(odd(format!("has a pickle of {} bytes, more than any list of tensors", pickle.len())));
        }
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
        Ok(Self { map, tensors: found })
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

    pub fn sides(&self, name: &str) -> Option<Vec<usize>> {
        self.tensors.get(name).map(|(view, _)| view.shape.clone())
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
    let mut strides = vec![1usize; shape.len()];
    for axis in (0..shape.len().saturating_sub(1)).rev() {
        strides[axis] = strides[axis + 1].wrapping_mul(shape[axis + 1]);
    }
    strides
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use super::*;

    /// An archive as PyTorch writes it, of one storage of 24 bytes and this pickle.
    fn saved(pickle: &[u8]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        for (name, bytes) in [("a/data.pkl", pickle), ("a/byteorder", b"little"), ("a/data/0", &[0u8; 24])] {
            zip.start_file(name, stored).unwrap();
            zip.write_all(bytes).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    /// `{"w": tensor}`: a view of six numbers with this shape and these strides.
    fn pickle(offset: u8, shape: [u8; 2], strides: [u8; 2]) -> Vec<u8> {
        let mut out =
            b"\x80\x02}X\x01\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\n"
                .to_vec();
        out.extend(b"X\x01\0\0\x000X\x03\0\0\0cpuK\x06tQK");
        out.extend([offset, b'K', shape[0], b'K', shape[1], 0x86, b'K', strides[0], b'K', strides[1], 0x86, 0x89]);
        out.extend(b"ccollections\nOrderedDict\n)RtRs.");
        out
    }

    fn opened(bytes: &[u8]) -> Result<Pickled> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.bin");
        std::fs::write(&path, bytes).unwrap();
        Pickled::open(&path)
    }

    #[test]
    fn views_are_read_as_they_lie_and_lies_are_refused() {
        for strides in [[3, 1], [1, 2]] {
            let file = opened(&saved(&pickle(0, [2, 3], strides))).unwrap();
            assert_eq!(file.get("w", &Device::Cpu).unwrap().dims(), [2, 3]);
        }
        for (offset, shape, strides) in [(1, [2, 3], [3, 1]), (0, [200, 200], [0, 0]), (0, [3, 3], [3, 1])] {
            let error = opened(&saved(&pickle(offset, shape, strides))).err().map(|e| e.to_string());
            assert!(error.is_some_and(|error| error.contains("claims more of 'w'")), "{shape:?}");
        }
    }

    #[test]
    fn what_is_no_tensor_is_refused_by_name() {
        let error = opened(&saved(b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.")).err().unwrap().to_string();
        assert!(error.contains("os.system"), "{error}");
        // The same by the other way to name a global.
        let error = opened(&saved(b"\x80\x04\x8c\x02os\x8c\x06system\x93.")).err().unwrap().to_string();
        assert!(error.contains("os.system"), "{error}");
    }

    #[test]
    fn damaged_files_are_errors_wherever_they_are_cut_or_changed() {
        let whole = saved(&pickle(0, [2, 3], [3, 1]));
        for cut in 0..whole.len() {
            assert!(opened(&whole[..cut]).is_err(), "cut at {cut}");
        }
        for at in 0..whole.len() {
            for value in [0, 0x7f, 0xff] {
                let mut changed = whole.clone();
                changed[at] = value;
                // Whatever it comes to, it is no panic and nothing is read beyond the file.
                if let Ok(file) = opened(&changed) {
                    let names: Vec<String> = file.names().map(str::to_owned).collect();
                    names.iter().for_each(|name| drop(file.get(name, &Device::Cpu)));
                }
            }
        }
    }
}
