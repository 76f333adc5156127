//! What a run will take, before it is begun: a few steps of every stage are done in a folder that is thrown away.

use std::sync::atomic::AtomicBool;

use super::error::{Result, TrainError};
use super::progress::{Listener, SourceReport, Step};
use super::recipe::Recipe;
use super::sft::{self, Ending};

/// Steps of each stage that are tried; the first warms up and does not count.
const TRIED: usize = 4;

/// A stage's share.
#[derive(Clone, Debug, PartialEq)]
pub struct StageForecast {
    pub name: String,
    pub steps: usize,
    /// Seconds a step, the median of those tried.
    pub step: f64,
}

/// What a run will take.
#[derive(Clone, Debug, Default)]
pub struct Forecast {
    pub stages: Vec<StageForecast>,
    /// Seconds of all looks at the held-out examples.
    pub evaluation: f64,
    /// Most memory that this process has held, bytes; `None` where the system does not tell.
    pub memory: Option<u64>,
    /// Bytes of the run's folder: the model and what is needed to go on.
    pub disk: u64,
    /// What each source of data holds.
    pub sources: Vec<SourceReport>,
}

impl Forecast {
    /// Seconds over all.
    pub fn seconds(&self) -> f64 {
        self.stages.iter().map(|stage| stage.step * stage.steps as f64).sum::<f64>() + self.evaluation
    }
}

#[derive(Default)]
struct Tried {
    steps: Vec<Step>,
    sources: Vec<SourceReport>,
}

impl Listener for Tried {
    fn opened(&mut self, source: &SourceReport) {
        self.sources.push(source.clone());
    }

    fn step(&mut self, step: &Step) {
        self.steps.push(step.clone());
    }

    fn saved(&mut self, _step: usize) {}
}

/// Tries a recipe.
///
/// # Errors
/// Whatever would end the run itself.
pub fn forecast(recipe: &Recipe, stop: &AtomicBool) -> Result<Forecast> {
    let folder = tempfile::tempdir().map_err(|source| TrainError::File { path: std::env::temp_dir(), source })?;
    let mut short = recipe.clone();
    short.stages.iter_mut().for_each(|stage| stage.steps = stage.steps.min(TRIED));
    short.save_every = usize::MAX;
    // One look at the end, beside the one at the beginning.
    short.evaluate_every = recipe.evaluate_every.map(|_| usize::MAX);
    let mut tried = Tried::default();
    if let Ending::Stopped { .. } = sft::train(&short, folder.path(), stop, &mut tried)? {
        return Err(TrainError::Data("it was stopped before every stage had been tried: nothing can be said".into()));
    }
    let mut from = 0;
    let stages = recipe.stages.iter().zip(&short.stages).map(|(stage, short)| {
        let steps = tried.steps.get(from..from + short.steps).unwrap_or_default();
        from += short.steps;
        let mut seconds: Vec<f64> = steps.iter().skip(usize::from(steps.len() > 1)).map(|s| s.seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let step = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
        StageForecast { name: stage.name.clone(), steps: stage.steps, step }
    });
    let stages = stages.collect();
    let look = tried.steps.last().and_then(|step| step.evaluation_seconds).unwrap_or_default();
    let looks = recipe.evaluate_every.map_or(0, |every| recipe.steps() / every + 1);
    Ok(Forecast {
        stages,
        evaluation: look * looks as f64,
        memory: peak_memory(),
        disk: size_of(folder.path()),
        sources: tried.sources,
    })
}

/// Most memory that this process has held so far, bytes (Linux).
pub fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// Bytes of all files below a folder.
pub fn size_of(folder: &std::path::Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(data) if data.is_dir() => size_of(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    };
    entries.map(size).sum()
}
