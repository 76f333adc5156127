//! What a run says while it goes: lines in `steps.jsonl`, and whoever listens. The run knows no screen.

use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};
use super::files::write;
use crate::exchange::LeftOut;

/// One step.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Step {
    /// Counted from 1, over all stages.
    pub step: usize,
    pub of: usize,
    pub stage: String,
    /// Mean negative log-likelihood of the answers' tokens, nats; absent where no words are trained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<f32>,
    /// The same over the held-out examples after this step, where the recipe asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<f32>,
    /// And before it: of the first step only, what the run began with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out_before: Option<f32>,
    /// Seconds that looking at the held-out examples took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluation_seconds: Option<f64>,
    /// Loss of the attribute heads, and shares right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<f32>,
    /// Loss of the patch heads, and the share of head patches whose feeling is right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patches: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emotion_patches: Option<f32>,
    /// Loss of recalling frames where they are named, and shares right: feelings, places, names, names of the prompt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recall: Option<f32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recalled: Option<[f32; 4]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub species: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emotion: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accessory: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hue: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing: Option<f32>,
    /// Norm of the gradient before clipping.
    pub norm: f64,
    pub rate: f64,
    pub tokens: usize,
    pub frames: usize,
    pub seconds: f64,
}

/// What was found in one source of data.
#[derive(Clone, Debug, Default)]
pub struct SourceReport {
    pub name: String,
    /// Rows that can be used, held out or not.
    pub used: usize,
    pub held_out: usize,
    pub left_out: Vec<LeftOut>,
}

/// Wrong rows that are shown; all of them are in `left-out.jsonl`.
const SHOWN: usize = 5;

impl fmt::Display for SourceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (all, wrong) = (self.used + self.left_out.len(), self.left_out.len());
        write!(f, "{}: {all} rows, {} used, {} of them held out", self.name, self.used, self.held_out)?;
        if wrong > 0 {
            write!(f, "; {wrong} left out, all listed in left-out.jsonl:")?;
        }
        for LeftOut { row, id, reason, .. } in self.left_out.iter().take(SHOWN) {
            let id = if id.is_empty() { String::new() } else { format!(" ({id})") };
            write!(f, "\n  row {row}{id}: {reason}")?;
        }
        if wrong > SHOWN { write!(f, "\n  and {} more", wrong - SHOWN) } else { Ok(()) }
    }
}

/// Hears of a run's steps.
pub trait Listener {
    /// What a source of data holds, before the first step.
    fn opened(&mut self, _source: &SourceReport) {}
    /// A row that turned out to be unusable when it was drawn; another was taken.
    fn left_out(&mut self, _row: &LeftOut) {}
    fn step(&mut self, step: &Step);
    fn saved(&mut self, step: usize);
}

/// A file of lines that each belong to a step; taken up again, it keeps those up to the step that the run goes on from.
pub struct StepLines {
    path: PathBuf,
    file: File,
}

impl StepLines {
    /// `step_of` tells the step of a line.
    pub fn open<T: DeserializeOwned>(path: &Path, from: usize, step_of: impl Fn(&T) -> usize) -> Result<Self> {
        let fail = |source| TrainError::File { path: path.to_owned(), source };
        let old = std::fs::read_to_string(path).unwrap_or_default();
        let kept: String = old
            .lines()
            .filter(|line| serde_json::from_str::<T>(line).is_ok_and(|line| step_of(&line) <= from))
            .flat_map(|line| [line, "\n"])
            .collect();
        if kept != old {
            // Whoever is killed here must find either all that was there or what is kept.
            write(path, kept.as_bytes())?;
        }
        let file = File::options().create(true).append(true).open(path).map_err(fail)?;
        Ok(Self { path: path.to_owned(), file })
    }

    pub fn write(&mut self, line: &impl Serialize) -> Result<()> {
        let mut line = serde_json::to_vec(line).map_err(|e| TrainError::Data(e.to_string()))?;
        line.push(b'\n');
        self.file.write_all(&line).map_err(|source| TrainError::File { path: self.path.clone(), source })
    }
}

/// The list of rows that are left out, written anew by each start.
pub struct LeftOutFile {
    path: PathBuf,
    file: Option<File>,
}

impl LeftOutFile {
    /// Nothing is written, and an older list removed, until a row is left out.
    pub fn open(run: &Path) -> Result<Self> {
        let path = run.join("left-out.jsonl");
        match std::fs::remove_file(&path) {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(TrainError::File { path, source }),
            _ => Ok(Self { path, file: None }),
        }
    }

    pub fn write(&mut self, rows: &[LeftOut]) -> Result<()> {
        let fail = |source| TrainError::File { path: self.path.clone(), source };
        for row in rows {
            let line = serde_json::to_string(row).map_err(|e| TrainError::Data(e.to_string()))?;
            let file = match &mut self.file {
                Some(file) => file,
                None => self.file.insert(File::create(&self.path).map_err(fail)?),
            };
            writeln!(file, "{line}").map_err(fail)?;
        }
        Ok(())
    }
}
