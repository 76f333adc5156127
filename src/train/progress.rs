//! What a run says while it goes: lines in `steps.jsonl`, and whoever listens. The run knows no screen.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};

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
    /// Loss of the attribute heads, and shares right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attributes: Option<f32>,
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

/// Hears of a run's steps.
pub trait Listener {
    fn step(&mut self, step: &Step);
    fn saved(&mut self, step: usize);
}

/// The file of steps; taken up again, it keeps the lines up to the step it goes on from.
pub struct StepFile {
    file: File,
}

impl StepFile {
    pub fn open(run: &Path, from: usize) -> Result<Self> {
        let path = run.join("steps.jsonl");
        let fail = |source| TrainError::File { path: path.clone(), source };
        let old = std::fs::read_to_string(&path).unwrap_or_default();
        let kept: String = old
            .lines()
            .filter(|line| serde_json::from_str::<Step>(line).is_ok_and(|step| step.step <= from))
            .flat_map(|line| [line, "\n"])
            .collect();
        let mut file = File::create(&path).map_err(fail)?;
        file.write_all(kept.as_bytes()).map_err(fail)?;
        Ok(Self { file })
    }

    pub fn write(&mut self, step: &Step) -> Result<()> {
        let mut line = serde_json::to_vec(step).map_err(|e| TrainError::Data(e.to_string()))?;
        line.push(b'\n');
        let fail = |source| TrainError::File { path: "steps.jsonl".into(), source };
        self.file.write_all(&line).map_err(fail)
    }
}
