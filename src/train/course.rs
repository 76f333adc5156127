//! The course of a run that is not supervised: its steps from the last checkpoint on, each a line in `steps.jsonl`; saved,
//! stopped when asked, and ended before a number that is none reaches the weights.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::adamw::{AdamW, Gradients};
use super::checkpoint::{self, State};
use super::error::{Result, TrainError};
use super::files::write;
use super::progress::StepLines;
use super::sft::Ending;

/// What one step came to: figures by name, in the field's terms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Counted from 1.
    pub step: usize,
    pub of: usize,
    pub stage: String,
    pub seconds: f64,
    #[serde(flatten)]
    pub figures: BTreeMap<String, f64>,
}

impl Line {
    /// Notes a figure; what is not known (NaN) is left out.
    pub fn note(&mut self, name: &str, value: f64) {
        if !value.is_nan() {
            self.figures.insert(name.to_owned(), value);
        }
    }
}

/// Hears how a course goes.
pub trait Hearer {
    /// Something worth knowing before the first step or on the way, in a sentence.
    fn word(&mut self, _word: &str) {}
    /// So many of all sequences were looked at, before the first step.
    fn looked(&mut self, _done: usize, _of: usize) {}
    fn line(&mut self, line: &Line);
    fn saved(&mut self, _step: usize) {}
}

/// A course under way.
pub struct Course<'a> {
    run: PathBuf,
    total: usize,
    save_every: usize,
    stop: &'a AtomicBool,
    hearer: &'a mut dyn Hearer,
    file: StepLines,
    pub state: State,
    began: Instant,
}

impl<'a> Course<'a> {
    /// Takes the run up where its last checkpoint stands; `stage` names what it does.
    pub fn begin(
        run: &Path,
        optimiser: &mut AdamW,
        (total, save_every): (usize, usize),
        stop: &'a AtomicBool,
        hearer: &'a mut dyn Hearer,
    ) -> Result<Self> {
        let state = checkpoint::load_state(run, optimiser)?.unwrap_or_default();
        let file = StepLines::open(&run.join("steps.jsonl"), state.step, |line: &Line| line.step)?;
        let run = run.to_owned();
        Ok(Self { run, total, save_every: save_every.max(1), stop, hearer, file, state, began: Instant::now() })
    }

    /// The next step, counted from 0; `None` after the last.
    pub fn next_step(&mut self) -> Option<usize> {
        self.began = Instant::now();
        (self.state.step < self.total && !self.state.over).then_some(self.state.step)
    }

    /// Ends the course with the step under way, for this reason: it is saved, and taken up no more.
    pub fn finish(&mut self, why: &str) {
        self.state.over = true;
        self.hearer.word(why);
    }

    pub fn word(&mut self, word: &str) {
        self.hearer.word(word);
    }

    /// Whether it is time for what is done every so many steps, and after the last; `step` counts from 0.
    pub fn due(&self, step: usize, every: Option<usize>) -> bool {
        every.is_some_and(|every| every > 0 && ((step + 1).is_multiple_of(every) || step + 1 == self.total))
    }

    /// Moves the weights along the gradients.
    ///
    /// # Errors
    /// A loss or a gradient that is no number; the weights then stay as they were.
    pub fn learn(
        &mut self,
        optimiser: &mut AdamW,
        gradients: &Gradients,
        rate_of: impl Fn(&str) -> f64,
        line: &mut Line,
    ) -> Result<()> {
        let norm = gradients.norm();
        if !norm.is_finite() {
            return Err(TrainError::Diverged { step: self.state.step + 1, loss: f32::NAN });
        }
        optimiser.step_by(gradients, rate_of, false)?;
        line.note("norm", norm);
        Ok(())
    }

    /// Ends a step: writes its line, saves where that is due, and says whether the run is asked to stop.
    pub fn end(
        &mut self,
        optimiser: &AdamW,
        mut line: Line,
        save: impl FnOnce() -> Result<()>,
    ) -> Result<Option<Ending>> {
        if let Some(loss) = line.figures.get("loss").filter(|loss| !loss.is_finite()) {
            return Err(TrainError::Diverged { step: self.state.step + 1, loss: *loss as f32 });
        }
        self.state.step += 1;
        (line.step, line.of, line.seconds) = (self.state.step, self.total, self.began.elapsed().as_secs_f64());
        self.file.write(&line)?;
        self.hearer.line(&line);
        let asked = self.stop.load(Ordering::Relaxed) || self.run.join("stop").exists();
        let last = self.state.over || self.state.step == self.total;
        if asked || last || self.state.step.is_multiple_of(self.save_every) {
            self.state.updates = optimiser.steps;
            checkpoint::save_state(&self.run, optimiser, &self.state)?;
            save()?;
            self.hearer.saved(self.state.step);
        }
        if asked {
            let _ = std::fs::remove_file(self.run.join("stop"));
            return Ok(Some(Ending::Stopped { step: self.state.step }));
        }
        Ok(None)
    }

    /// Whether this is the best so far, the higher the better; then it is noted, and `save` puts the weights into `best`.
    pub fn best(&mut self, value: f64, save: impl FnOnce() -> Result<()>) -> Result<()> {
        // The state keeps the least of a loss.
        let loss = -value as f32;
        if self.state.best.is_some_and(|(best, _)| loss >= best) {
            return Ok(());
        }
        let step = self.state.step + 1;
        self.state.best = Some((loss, step));
        save()?;
        let line = serde_json::json!({ "step": step, "held_out": value });
        write(&self.run.join("best.json"), format!("{line}\n").as_bytes())
    }
}
