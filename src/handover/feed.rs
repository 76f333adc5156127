//! The trainer's own figures become lines of the run: TRL's by our small program, LLaMA-Factory's `trainer_log.jsonl`, ms-swift's
//! `logging.jsonl`. Each step once, in order, also after a restart.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Map, Value, json};

use super::job::FOLDER;

/// Names of feeds, wherever below the output they lie.
const FEEDS: [&str; 3] = ["metrics.jsonl", "trainer_log.jsonl", "logging.jsonl"];
/// How deep they may lie: ms-swift makes a folder for each start.
const DEEP: usize = 3;
/// What says how far it is, by any trainer's name, and so is no figure.
const PLACES: [&str; 8] = [
    "step",
    "of",
    "current_steps",
    "total_steps",
    "global_step/max_steps",
    "percentage",
    "elapsed_time",
    "remaining_time",
];

/// A run's feed.
pub struct Feed {
    run: PathBuf,
    stage: String,
    /// The last step that is a line already.
    pub step: u64,
    pub of: u64,
    last: Instant,
}

impl Feed {
    /// # Errors
    /// Lines that are there and cannot be read.
    pub fn open(run: &Path, stage: &str) -> io::Result<Feed> {
        let old = match fs::read_to_string(run.join("steps.jsonl")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            other => other?,
        };
        let last = old.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok()).unwrap_or_default();
        let number = |name: &str| last[name].as_u64().unwrap_or_default();
        let (step, of) = (number("step"), number("of"));
        Ok(Feed { run: run.to_owned(), stage: stage.to_owned(), step, of, last: Instant::now() })
    }

    /// Takes what is new; how many steps that was.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn read(&mut self) -> io::Result<usize> {
        let mut found = Vec::new();
        feeds(&self.run.join(FOLDER).join("out"), DEEP, &mut found);
        let mut lines: Vec<(u64, u64, Map<String, Value>)> = Vec::new();
        for path in found {
            let text = fs::read(&path)?;
            // A line that is being written has no end yet.
            let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            lines.extend(text[..whole].split(|byte| *byte == b'\n').filter_map(step));
        }
        lines.retain(|(step, ..)| *step > self.step);
        lines.sort_by_key(|(step, ..)| *step);
        lines.dedup_by_key(|(step, ..)| *step);
        if lines.is_empty() {
            return Ok(0);
        }
        let seconds = self.last.elapsed().as_secs_f64() / (lines[lines.len() - 1].0 - self.step) as f64;
        self.last = Instant::now();
        let mut file = fs::File::options().create(true).append(true).open(self.run.join("steps.jsonl"))?;
        for (step, of, figures) in &lines {
            self.of = (*of).max(self.of);
            let mut line = json!({ "step": step, "of": self.of, "stage": self.stage, "seconds": seconds });
            if let Some(line) = line.as_object_mut() {
                line.extend(figures.clone());
            }
            file.write_all(format!("{line}\n").as_bytes())?;
            self.step = *step;
        }
        Ok(lines.len())
    }

    /// The last line of a training that has ended well: all of it is done, however seldom it wrote.
    ///
    /// # Errors
    /// A disk that is full.
    pub fn finish(&mut self) -> io::Result<()> {
        if self.of > 0 && self.step >= self.of {
            return Ok(());
        }
        let of = self.of.max(self.step + 1);
        let line = json!({ "step": of, "of": of, "stage": self.stage, "seconds": self.last.elapsed().as_secs_f64() });
        let mut file = fs::File::options().create(true).append(true).open(self.run.join("steps.jsonl"))?;
        file.write_all(format!("{line}\n").as_bytes())
    }
}

fn feeds(folder: &Path, deep: usize, found: &mut Vec<PathBuf>) {
    for path in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if FEEDS.contains(&name) && path.is_file() {
            found.push(path);
        } else if deep > 0 && path.is_dir() && !path.is_symlink() {
            feeds(&path, deep - 1, found);
        }
    }
}

/// Step, of how many, and figures of a line; nothing where it is about something else, as the summary at an end is.
fn step(line: &[u8]) -> Option<(u64, u64, Map<String, Value>)> {
    let value: Map<String, Value> = serde_json::from_slice(line).ok()?;
    let number = |names: [&str; 2]| names.iter().find_map(|name| value.get(*name)).and_then(Value::as_u64);
    // ms-swift writes "10/100".
    let both = value.get("global_step/max_steps").and_then(Value::as_str).and_then(|text| text.split_once('/'));
    let both = both.and_then(|(step, of)| Some((step.trim().parse().ok()?, of.trim().parse().ok()?)));
    let (step, of) = match both {
        Some(both) => both,
        None => (number(["step", "current_steps"])?, number(["of", "total_steps"]).unwrap_or(0)),
    };
    let known = value.iter().filter(|(name, _)| !PLACES.contains(&name.as_str()) && !name.starts_with("train_"));
    let figures: Map<String, Value> = known
        .filter(|(_, value)| value.as_f64().is_some_and(f64::is_finite))
        .map(|(name, value)| (name.chars().filter(|sign| !sign.is_control()).take(60).collect(), value.clone()))
        .collect();
    (step > 0 && !figures.is_empty()).then_some((step, of, figures))
}
