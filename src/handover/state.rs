//! What is known of the job on the other side: its id, where it stands and why; one file in the run's folder, written whole.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// The file.
pub const FILE: &str = "external.json";

/// Where a job stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It waits for its turn over there; or it is being handed over.
    #[default]
    Queued,
    Starting,
    Running,
    /// Asked to end.
    Stopping,
    Succeeded,
    Failed,
    Cancelled,
    /// Somebody else's job took its place; it may be put back into the queue.
    Preempted,
    /// Nobody over there knows of it any more, and nobody saw how it ended.
    Lost,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Starting => "starting",
            State::Running => "running",
            State::Stopping => "stopping",
            State::Succeeded => "succeeded",
            State::Failed => "failed",
            State::Cancelled => "cancelled",
            State::Preempted => "preempted",
            State::Lost => "lost",
        }
    }

    /// Nothing more will come of it.
    pub fn is_over(self) -> bool {
        matches!(self, State::Succeeded | State::Failed | State::Cancelled | State::Preempted | State::Lost)
    }
}

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    pub place: String,
    /// Chosen here before anything is handed over: by it a job is found whose id did not arrive.
    pub token: String,
    /// The other side's.
    pub id: Option<String>,
    pub state: State,
    #[serde(default)]
    pub why: String,
    /// When the process began, by the kernel's count: another process of the same number is another.
    #[serde(default)]
    pub began: Option<u64>,
}

impl Record {
    /// `None` where nothing was handed over yet.
    pub fn read(run: &Path) -> Option<Record> {
        serde_json::from_slice(&fs::read(run.join(FILE)).ok()?).ok()
    }

    /// # Errors
    /// A disk that is full.
    pub fn write(&self, run: &Path) -> io::Result<()> {
        let beside = tempfile::NamedTempFile::new_in(run)?;
        fs::write(beside.path(), serde_json::to_vec_pretty(self)?)?;
        beside.as_file().sync_all()?;
        beside.persist(run.join(FILE)).map_err(|error| error.error)?;
        Ok(())
    }
}
