//! The files of a run's folder that the background adds to those of the training, each whole or not there.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::process::Process;

pub const RECIPE: &str = "recipe.toml";
pub const STEPS: &str = "steps.jsonl";
pub const LOG: &str = "log.txt";
pub const ORDER: &str = "order.json";
pub const QUEUED: &str = "queue.json";
pub const BEGUN: &str = "run.json";
pub const BEAT: &str = "heartbeat.json";
pub const EXIT: &str = "exit.json";
pub const WISH: &str = "wish";
pub const STOP: &str = "stop";
pub const REMARKS: &str = "remarks.json";
pub const LOCK: &str = "supervisor.lock";
/// Checkpoints that were kept to fork from, each a folder named by its step.
pub const KEPT: &str = "kept";
/// Before the lines of each attempt in the log.
pub const MARK: &str = "--- attempt ";

/// What was asked for; never changed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    pub name: String,
    pub kind: String,
    /// Paths in the recipe are meant from here.
    pub folder: String,
    /// More arguments for the training.
    #[serde(default)]
    pub arguments: Vec<String>,
    pub ordered: i64,
    /// A checkpoint is kept to fork from whenever so many steps have passed since the last one kept.
    #[serde(default)]
    pub keep_every: Option<u64>,
    #[serde(default)]
    pub parent: Option<(String, u64)>,
}

/// It waits; the least place comes first.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Queued {
    pub place: f64,
}

/// Somebody works at it, or did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Begun {
    /// Counted from 1.
    pub attempt: u64,
    pub supervisor: Process,
    pub trainer: Option<Process>,
    /// The training of the attempt before, which may still save when its supervisor was killed.
    #[serde(default)]
    pub orphan: Option<Process>,
    pub began: i64,
    pub arguments: Vec<String>,
    pub version: String,
    /// Bytes of `steps.jsonl` before this attempt wrote anything.
    pub steps: u64,
}

/// The supervisor's last sign of life, by the clock that counts from the machine's start and nobody sets.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Beat {
    pub boot: String,
    pub uptime: f64,
    pub memory: Option<u64>,
    pub most_memory: Option<u64>,
}

/// How an attempt ended.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Exit {
    pub attempt: u64,
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub ended: i64,
    /// The wish that it had when it ended.
    #[serde(default)]
    pub wish: String,
    /// The last lines of the log.
    #[serde(default)]
    pub lines: Vec<String>,
    /// What the kernel said of processes killed for memory meanwhile.
    #[serde(default)]
    pub memory_kills: Kills,
    /// The disk had no room left.
    #[serde(default)]
    pub disk_full: bool,
}

/// Processes that the kernel killed for want of memory during an attempt; `None` where it does not tell.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Kills {
    /// In the same control group.
    pub group: Option<u64>,
    /// On the whole machine.
    pub machine: Option<u64>,
}

/// What people say of a run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Remarks {
    #[serde(default)]
    pub note: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

/// Reads one of them; `None` if it is not there or not whole.
pub fn read<T: DeserializeOwned>(folder: &Path, name: &str) -> Option<T> {
    serde_json::from_slice(&fs::read(folder.join(name)).ok()?).ok()
}

/// Writes one of them: beside its place, then moved in.
pub fn write(folder: &Path, name: &str, value: &impl Serialize) -> io::Result<()> {
    write_bytes(folder, name, &serde_json::to_vec(value)?)
}

pub fn write_bytes(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    Ok(())
}

/// Removes a file that need not be there.
pub fn remove(folder: &Path, name: &str) -> io::Result<()> {
    match fs::remove_file(folder.join(name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What somebody wished last: "stop", "pause", "kill" or nothing.
pub fn wish(folder: &Path) -> String {
    fs::read_to_string(folder.join(WISH)).unwrap_or_default().trim().to_owned()
}

/// Seconds since 1970 by the machine's clock.
pub fn now() -> i64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}
