//! `--dry-run` of the recipes that are not supervised: a few steps in a folder that is thrown away, and what the whole would
//! take.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{HumanBytes, ProgressBar};

use super::outcome::Outcome;
use super::span::span;
use crate::story::Notice;
use crate::train::TrainError;
use crate::train::course::{Hearer, Line};
use crate::train::forecast::{peak_memory, size_of};
use crate::train::sft::Ending;

/// Steps that are tried; the first warms up and looks at what is held out, and does not count.
const TRIED: usize = 4;

/// Hears of the steps that are tried, and asks for a stop after the last of them.
struct Trial {
    lines: Vec<Line>,
    stop: Arc<AtomicBool>,
}

impl Hearer for Trial {
    fn word(&mut self, word: &str) {
        eprintln!("{word}");
    }

    fn line(&mut self, line: &Line) {
        self.lines.push(line.clone());
        if self.lines.len() >= TRIED {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// Tries a recipe and says what it will take.
pub fn foretell(
    stop: &Arc<AtomicBool>,
    train: impl FnOnce(&Path, &mut dyn Hearer) -> Result<Ending, TrainError>,
) -> Outcome {
    let spinner = ProgressBar::new_spinner().with_message("trying a few steps");
    spinner.enable_steady_tick(std::time::Duration::from_millis(120));
    let folder = tempfile::tempdir().map_err(|error| {
        Notice::outside(format!("no folder to try in: {error}"), "make room where temporary files are kept")
    })?;
    let mut trial = Trial { lines: Vec::new(), stop: stop.clone() };
    let ending = train(folder.path(), &mut trial);
    spinner.finish_and_clear();
    ending.map_err(Notice::from)?;
    let mut seconds: Vec<f64> =
        trial.lines.iter().skip(usize::from(trial.lines.len() > 1)).map(|line| line.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let step = seconds.get(seconds.len() / 2).copied().unwrap_or_default();
    let (steps, name) = trial.lines.last().map_or((0, "run"), |line| (line.of, line.stage.as_str()));
    let mut out = std::io::stdout().lock();
    writeln!(out, "{:<24}{:>8}{:>12}{:>12}", "stage", "steps", "s/step", "time")?;
    writeln!(out, "{name:<24}{steps:>8}{step:>12.2}{:>12}", span(step * steps as f64))?;
    writeln!(out, "looks at what is held out come on top")?;
    if let Some(memory) = peak_memory() {
        writeln!(out, "{:<44}{:>12}", "memory, at most", HumanBytes(memory).to_string())?;
    }
    writeln!(out, "{:<44}{:>12}", "disk, while it saves twice that", HumanBytes(size_of(folder.path())).to_string())?;
    Ok(())
}
