//! Where a loop stands: one file in its folder, written before anything is begun that must not be begun twice.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::plan::LoopPlan;
use crate::story::Notice;

/// Stories told so far, beside where a loop stands.
const PROGRESS: &str = "progress";

/// What a loop is at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "at")]
pub enum Stage {
    /// Stories of the candidates are told.
    Tell,
    /// Votes are waited for.
    Collect { campaign: String },
    /// The reward model learns; a run.
    Reward { run: String },
    /// The policy learns; a run.
    Policy { run: String },
    /// The new storyteller is about to stand against the old one.
    Propose { model: String },
    /// Votes on both are waited for.
    Trial { campaign: String, model: String },
    /// The round is over.
    Over { adopted: Option<String> },
}

impl Stage {
    pub fn words(&self) -> String {
        match self {
            Stage::Tell => "candidates are told".to_owned(),
            Stage::Collect { campaign } => format!("waits for votes in '{campaign}'"),
            Stage::Reward { run } => format!("the reward model learns: {run}"),
            Stage::Policy { run } => format!("the policy learns: {run}"),
            Stage::Propose { model } => format!("'{model}' is about to stand against the one that tells"),
            Stage::Trial { campaign, model } => format!("'{model}' stands blind in '{campaign}'"),
            Stage::Over { adopted: Some(model) } => format!("the round is over, '{model}' tells"),
            Stage::Over { adopted: None } => "the round is over, nothing was adopted".to_owned(),
        }
    }
}

/// A loop.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoopState {
    pub plan: LoopPlan,
    /// Counted from 1.
    pub round: u32,
    pub stage: Stage,
    /// A gate that failed, and what can be done.
    #[serde(default)]
    pub asks: Option<Notice>,
    /// What happened, one line each.
    #[serde(default)]
    pub told: Vec<String>,
}

impl LoopState {
    pub fn new(plan: LoopPlan) -> LoopState {
        LoopState { plan, round: 1, stage: Stage::Tell, asks: None, told: Vec::new() }
    }

    /// The name of this round's campaign, snapshot or trial.
    pub fn called(&self, what: &str) -> String {
        let gap = if what.is_empty() { "" } else { "-" };
        format!("{}-{}{gap}{what}", self.plan.name, self.round)
    }
}

/// Where loops lie.
pub fn folder(home: &Path, name: &str) -> PathBuf {
    home.join("loops").join(name)
}

/// Reads a loop.
pub fn read(home: &Path, name: &str) -> Result<LoopState, Notice> {
    let path = folder(home, name).join("state.json");
    let bytes = fs::read(&path).map_err(|error| {
        let known = names(home);
        let try_this = if known.is_empty() {
            "storyloom loop start PLAN.toml begins one".to_owned()
        } else {
            format!("there are: {}", known.join(", "))
        };
        Notice::yours(format!("there is no loop '{name}': {error}"), try_this)
    })?;
    serde_json::from_slice(&bytes).map_err(|error| {
        Notice::outside(format!("{} cannot be read: {error}", path.display()), "mend it, or begin another loop")
    })
}

/// Writes a loop: beside its place, then moved in.
pub fn write(home: &Path, state: &LoopState) -> Result<(), Notice> {
    let folder = folder(home, &state.plan.name);
    let fail = |error: std::io::Error| {
        Notice::outside(
            format!("the loop cannot be kept in {}: {error}", folder.display()),
            "see whether the disk has room",
        )
    };
    fs::create_dir_all(&folder).map_err(fail)?;
    let text = serde_json::to_vec_pretty(state).map_err(|error| Notice::ours(error.to_string()))?;
    let mut file = tempfile::NamedTempFile::new_in(&folder).map_err(fail)?;
    file.write_all(&text).and_then(|()| file.as_file().sync_all()).map_err(fail)?;
    file.persist(folder.join("state.json")).map_err(|error| fail(error.error))?;
    Ok(())
}

/// How far the stories of the stage under way are told: for those who look on.
pub fn note_progress(folder: &Path, done: usize, of: usize) {
    // What cannot be noted is only not seen.
    let _ = fs::write(folder.join(PROGRESS), format!("{done} {of}"));
}

/// What was noted last; `None` before the first and behind the last story.
pub fn progress(folder: &Path) -> Option<(u64, u64)> {
    let text = fs::read_to_string(folder.join(PROGRESS)).ok()?;
    let (done, of) = text.split_once(' ')?;
    Some((done.parse().ok()?, of.parse().ok()?))
}

/// The stage under way has come to its end.
pub fn forget_progress(folder: &Path) {
    let _ = fs::remove_file(folder.join(PROGRESS));
}

/// The loops of a home, by name.
pub fn names(home: &Path) -> Vec<String> {
    let entries = fs::read_dir(home.join("loops")).into_iter().flatten().flatten();
    let known = entries.filter(|entry| entry.path().join("state.json").exists());
    let mut names: Vec<String> = known.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
