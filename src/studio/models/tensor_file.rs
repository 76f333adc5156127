//! Reads the header of a safetensors file and holds the file against it, without reading a single tensor.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};
use serde_json::Value;

/// The format allows 100 MB; a published model's header is some hundred kB.
const LONGEST_HEADER: u64 = 100_000_000;

/// What a sound file holds.
#[derive(Debug)]
pub struct TensorFile {
    /// Name, element count and storage type of every tensor.
    pub tensors: Vec<(String, u64, Dtype)>,
    /// Size of the whole file.
    pub bytes: u64,
}

impl TensorFile {
    /// Reads the header; the error says what is wrong with the file, as the end of a sentence that begins with its name.
    pub fn read(path: &Path) -> Result<TensorFile, String> {
        let mut file = File::open(path).map_err(|error| format!("cannot be read: {error}"))?;
        let bytes = file.metadata().map_err(|error| format!("cannot be read: {error}"))?.len();
        let mut length = [0u8; 8];
        file.read_exact(&mut length).map_err(|_| format!("is cut short: it has {bytes} bytes"))?;
        let length = u64::from_le_bytes(length);
        if length > LONGEST_HEADER {
            return Err("is not a safetensors file".to_owned());
        }
        let mut header = Vec::new();
        file.take(length).read_to_end(&mut header).map_err(|error| format!("cannot be read: {error}"))?;
        if (header.len() as u64) < length {
            return Err(format!("is cut short: it has {bytes} bytes and its header alone should have {length}"));
        }
        let mut infos = parse(&header).map_err(|error| format!("is not a safetensors file: {error}"))?;
        infos.sort_by_key(|(_, info)| info.data_offsets);
        let tensors = infos
            .iter()
            .map(|(name, info)| (name.clone(), info.shape.iter().map(|&side| side as u64).product(), info.dtype))
            .collect();
        // Metadata refuses holes, overlaps and shapes that do not fill their bytes.
        let metadata = Metadata::new(None, infos).map_err(|error| format!("contradicts itself: {error}"))?;
        let should = 8 + length + metadata.data_len() as u64;
        match bytes {
            bytes if bytes < should => Err(format!("is cut short: it has {bytes} of {should} bytes")),
            bytes if bytes > should => Err(format!("has {} bytes more than its header says", bytes - should)),
            _ => Ok(TensorFile { tensors, bytes }),
        }
    }
}

fn parse(header: &[u8]) -> Result<Vec<(String, TensorInfo)>, serde_json::Error> {
    let entries: HashMap<String, Value> = serde_json::from_slice(header)?;
    entries
        .into_iter()
        .filter(|(name, _)| name != "__metadata__")
        .map(|(name, value)| serde_json::from_value(value).map(|info| (name, info)))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_sound_file_is_read_and_every_cut_is_noticed() {
        let header = br#"{"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]}}"#;
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend_from_slice(header);
        bytes.extend_from_slice(&[0; 22]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("model.safetensors");
        fs::write(&path, &bytes).unwrap();
        let read = TensorFile::read(&path).unwrap();
        assert_eq!(read.tensors, [("a".to_owned(), 4, Dtype::F32), ("b".to_owned(), 3, Dtype::BF16)]);
        for cut in [0, 7, 8, 40, bytes.len() - 1] {
            fs::write(&path, &bytes[..cut]).unwrap();
            assert!(TensorFile::read(&path).unwrap_err().contains("cut short"), "at {cut}");
        }
        fs::write(&path, [&bytes[..], &[0]].concat()).unwrap();
        assert!(TensorFile::read(&path).unwrap_err().contains("1 bytes more"));
        fs::write(&path, b"<!DOCTYPE html><html>").unwrap();
        assert!(TensorFile::read(&path).unwrap_err().contains("not a safetensors"));
    }
}
