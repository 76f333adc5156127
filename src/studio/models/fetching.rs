//! What happens while a model is added, for whoever draws a bar.

/// One step of adding a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetching {
    /// What is going to be fetched.
    Plan { files: usize, bytes: u64 },
    /// This file is being fetched now.
    File { name: String },
    /// Bytes on the disk so far, of the plan's.
    Bytes { done: u64 },
    /// The line broke; it goes on where it was.
    Again { why: String },
    /// The weights are being read for their hash; bytes of them so far.
    Reading { done: u64, total: u64 },
    /// The files are being copied into the home folder.
    Copying { done: u64, total: u64 },
}
