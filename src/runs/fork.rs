//! Checkpoints that are kept, and runs that begin where another one was.
//!
//! A training replaces its checkpoint by renaming a new one over it and never writes into an old one, so that keeping one is
//! making links to its files.

use std::fs;
use std::io::{self, Error};
use std::path::Path;

use serde_json::Value;

use super::folder::{KEPT, STEPS};
use super::standing::{forks, saved_step};

/// Files that hold a line a step.
const BY_STEP: [&str; 3] = [STEPS, "samples.jsonl", "rollouts.jsonl"];
/// Folders of a run that stay the same while it goes on, or belong to the best step.
const AROUND: [&str; 2] = ["model-files", "best"];

/// Keeps the last checkpoint, if `every` steps have passed since the one kept before.
pub fn keep(run: &Path, every: u64) -> io::Result<()> {
    let last = run.join("last");
    let Some(step) = saved_step(&last) else { return Ok(()) };
    let kept = fs::read_dir(run.join(KEPT)).into_iter().flatten().flatten();
    let before = kept.filter_map(|entry| entry.file_name().to_str()?.parse::<u64>().ok()).max().unwrap_or(0);
    if step / every.max(1) <= before / every.max(1) {
        return Ok(());
    }
    let new = run.join(KEPT).join(format!(".{step}"));
    let _ = fs::remove_dir_all(&new);
    fs::create_dir_all(&new)?;
    for entry in fs::read_dir(&last)? {
        let entry = entry?;
        link(&entry.path(), &new.join(entry.file_name()))?;
    }
    // The training may have put the next one in its place meanwhile.
    if saved_step(&last) == Some(step) && saved_step(&new) == Some(step) {
        fs::rename(&new, run.join(KEPT).join(step.to_string()))
    } else {
        fs::remove_dir_all(&new)
    }
}

/// Fills the folder `new` with what `run` was after a step.
///
/// # Errors
/// Where no checkpoint of that step was kept.
pub fn fork(run: &Path, step: Option<u64>, new: &Path) -> io::Result<u64> {
    let steps = forks(run);
    let Some(step) = step.or(steps.last().copied()).filter(|step| steps.contains(step)) else {
        let shown: Vec<String> = steps.iter().map(u64::to_string).collect();
        let known = if shown.is_empty() {
            "it has saved none yet".to_owned()
        } else {
            format!("there are {}", shown.join(", "))
        };
        return Err(Error::other(format!("no checkpoint of that step is kept: {known}")));
    };
    let kept = run.join(KEPT).join(step.to_string());
    let from = if kept.is_dir() { kept } else { run.join("last") };
    copy(&from, &new.join("last"))?;
    if saved_step(&new.join("last")) != Some(step) {
        return Err(Error::other("the run has saved its next checkpoint meanwhile: try again"));
    }
    for name in AROUND {
        if run.join(name).is_dir() {
            copy(&run.join(name), &new.join(name))?;
        }
    }
    let best: Option<Value> = super::folder::read(run, "best.json");
    match best.as_ref().and_then(|best| best.get("step")?.as_u64()) {
        Some(at) if at <= step => drop(fs::copy(run.join("best.json"), new.join("best.json"))?),
        // What is best came later: the fork has to find its own.
        _ => {
            let _ = fs::remove_dir_all(new.join("best"));
            forget_best(&new.join("last"))?;
        }
    }
    for name in BY_STEP {
        let text = fs::read_to_string(run.join(name)).unwrap_or_default();
        let until = |line: &&str| {
            serde_json::from_str::<Value>(line)
                .ok()
                .and_then(|line| line.get("step")?.as_u64())
                .is_some_and(|at| at <= step)
        };
        let kept: String = text.lines().filter(until).flat_map(|line| [line, "\n"]).collect();
        if !kept.is_empty() {
            fs::write(new.join(name), kept)?;
        }
    }
    Ok(step)
}

fn forget_best(checkpoint: &Path) -> io::Result<()> {
    let Some(mut state) = super::folder::read::<Value>(checkpoint, "state.json") else { return Ok(()) };
    if state.get("best").is_some_and(|best| !best.is_null()) {
        state["best"] = Value::Null;
        super::folder::write(checkpoint, "state.json", &state)?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name()))?,
            false => link(&entry.path(), &to.join(entry.file_name()))?,
        }
    }
    Ok(())
}

/// Another name for the same bytes; a copy where the disk knows no links.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to).or_else(|_| fs::copy(from, to).map(drop))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn save(run: &Path, step: u64) {
        let new = run.join("last.new");
        fs::create_dir_all(&new).unwrap();
        fs::write(new.join("state.json"), format!(r#"{{"step":{step},"best":[0.5,5]}}"#)).unwrap();
        fs::write(new.join("trained.safetensors"), step.to_string()).unwrap();
        let _ = fs::remove_dir_all(run.join("last"));
        fs::rename(new, run.join("last")).unwrap();
    }

    #[test]
    fn a_fork_has_the_checkpoint_and_the_lines_up_to_it_and_no_best_of_later() {
        let (run, new) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        for step in 1..=6 {
            save(run.path(), step);
            keep(run.path(), 2).unwrap();
        }
        let lines: String = (1..=6).map(|step| format!("{{\"step\":{step}}}\n")).collect();
        fs::write(run.path().join(STEPS), lines).unwrap();
        fs::create_dir(run.path().join("best")).unwrap();
        fs::write(run.path().join("best.json"), r#"{"step":5}"#).unwrap();
        assert_eq!(forks(run.path()), [2, 4, 6]);
        assert!(fork(run.path(), Some(3), new.path()).unwrap_err().to_string().contains("2, 4, 6"));
        assert_eq!(fork(run.path(), Some(4), new.path()).unwrap(), 4);
        assert_eq!(fs::read_to_string(new.path().join("last/trained.safetensors")).unwrap(), "4");
        assert_eq!(fs::read_to_string(new.path().join(STEPS)).unwrap().lines().count(), 4);
        let state: Value = crate::runs::folder::read(&new.path().join("last"), "state.json").unwrap();
        assert!(state["best"].is_null() && !new.path().join("best").exists());
        let state: Value = crate::runs::folder::read(&run.path().join("kept/4"), "state.json").unwrap();
        assert!(!state["best"].is_null(), "what was kept is as it was");
    }
}
