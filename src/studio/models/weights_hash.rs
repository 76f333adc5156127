//! The content hash of a model's weights: what makes a renamed model the same model.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

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
