//! The content hash of a model's weights: what makes a renamed model the same model; and whether it still holds.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// blake3 over the weight files, one after the other in the order given (hex). `read` is told how many bytes have been
/// read so far, over all files. Blocks.
pub fn weights_hash(files: &[PathBuf], read: &mut dyn FnMut(u64)) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0u8; 1 << 20];
    let mut done = 0u64;
    for path in files {
        let mut file = File::open(path)?;
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

/// When the weights in this folder were written last, in milliseconds since 1970; 0 if there are none. As long as it is
/// what it was, gigabytes need not be read again to know their hash.
pub fn weights_stamp(folder: &Path) -> i64 {
    let written = |path: PathBuf| {
        let since = fs::metadata(path).ok()?.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_millis()).ok()
    };
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let weights = files.filter(|path| path.extension().is_some_and(|end| end == "safetensors"));
    weights.filter_map(written).max().unwrap_or(0)
}
