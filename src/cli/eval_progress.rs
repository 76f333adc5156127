//! How far an evaluation is, for a run in the background: a line now and then in the folder of the run, as a training writes one a
//! step, and the wish to stop that is found there. On a terminal there are bars instead.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::story::Notice;

/// Between two lines.
const LINE: Duration = Duration::from_millis(500);

/// The lines of a run.
pub struct Steps {
    folder: PathBuf,
    count: Mutex<Count>,
}

struct Count {
    file: File,
    step: u64,
    of: u64,
    stage: String,
    /// Done anew since the last line; what was kept already takes no time.
    anew: u64,
    last: Instant,
}

impl Steps {
    /// Begins the lines anew: an evaluation that goes on finds what it has kept, and counts that again.
    ///
    /// # Errors
    /// A folder that cannot be written to.
    pub fn begin(folder: &Path, of: u64) -> Result<Steps, Notice> {
        let path = folder.join("steps.jsonl");
        let file = File::create(&path).map_err(|error| {
            Notice::outside(format!("{} cannot be written: {error}", path.display()), "see who may write there")
        })?;
        let count = Count { file, step: 0, of, stage: String::new(), anew: 0, last: Instant::now() };
        Ok(Steps { folder: folder.to_owned(), count: Mutex::new(count) })
    }

    /// What comes next.
    pub fn stage(&self, name: &str) {
        if let Ok(mut count) = self.count.lock() {
            count.stage = name.to_owned();
            count.line();
        }
    }

    /// So many jobs are not done after all.
    pub fn leave_out(&self, jobs: u64) {
        if let Ok(mut count) = self.count.lock() {
            count.of = count.of.saturating_sub(jobs);
        }
    }

    /// So many jobs are done. Sets `stop` where somebody wishes that it ends.
    pub fn done(&self, jobs: u64, anew: bool, stop: &AtomicBool) {
        if self.folder.join("stop").exists() {
            stop.store(true, Ordering::Relaxed);
        }
        if let Ok(mut count) = self.count.lock() {
            count.step = (count.step + jobs).min(count.of);
            count.anew += if anew { jobs } else { 0 };
            if count.last.elapsed() >= LINE {
                count.line();
            }
        }
    }

    /// All is done, and written.
    pub fn finish(&self) {
        if let Ok(mut count) = self.count.lock() {
            // A run without a single job has a step as well: that it was done.
            count.of = count.of.max(1);
            count.step = count.of;
            count.line();
        }
    }
}

impl Count {
    /// A disk that takes no line is no reason to end what is being told.
    fn line(&mut self) {
        let mut line = json!({ "step": self.step, "of": self.of, "stage": self.stage });
        if self.anew > 0 {
            line["seconds"] = json!(self.last.elapsed().as_secs_f64() / self.anew as f64);
        }
        let _ = writeln!(self.file, "{line}");
        (self.anew, self.last) = (0, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_is_counted_and_a_wish_to_stop_is_heard() {
        let run = tempfile::tempdir().unwrap();
        let (steps, stop) = (Steps::begin(run.path(), 10).unwrap(), AtomicBool::new(false));
        steps.stage("one");
        steps.done(3, false, &stop);
        steps.leave_out(2);
        steps.stage("two");
        assert!(!stop.load(Ordering::Relaxed));
        std::fs::write(run.path().join("stop"), "").unwrap();
        steps.done(1, true, &stop);
        steps.finish();
        let text = std::fs::read_to_string(run.path().join("steps.jsonl")).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let said: Vec<_> = lines.iter().map(|line| (line["step"].as_u64(), line["of"].as_u64())).collect();
        assert_eq!(said, [(Some(0), Some(10)), (Some(3), Some(8)), (Some(8), Some(8))]);
        assert!(lines[1].get("seconds").is_none() && lines[2]["seconds"].as_f64().is_some_and(|each| each < 60.0));
        assert!(stop.load(Ordering::Relaxed));
    }
}
