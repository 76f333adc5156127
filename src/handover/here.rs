//! A job on this machine: a process group of its own, which outlives whoever started it, and a file with the code it ended with.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::engine::{Engine, Seen};
use super::state::{Record, State};
use crate::story::Notice;

/// How long a process may take to end by itself.
const GRACE: Duration = Duration::from_secs(20);

/// This machine.
#[derive(Default)]
pub struct Here {
    child: Option<Child>,
    asked: Option<Instant>,
}

impl Engine for Here {
    fn submit(&mut self, job: &Path, record: &mut Record) -> Result<(), Notice> {
        let mut command = Command::new("/bin/sh");
        command.arg(job.join("run.sh")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.process_group(0).spawn().map_err(|error| {
            Notice::outside(
                format!("the trainer cannot be started: {error}"),
                "end other programs, then start it again",
            )
        })?;
        record.id = Some(child.id().to_string());
        record.began = born(child.id());
        self.child = Some(child);
        Ok(())
    }

    fn find(&mut self, _record: &Record) -> Result<Option<String>, Notice> {
        // The number is known the moment it begins: where it was not kept, nothing had begun that goes on by itself.
        Ok(None)
    }

    fn poll(&mut self, job: &Path, record: &Record) -> Result<Seen, Notice> {
        if let Some(child) = &mut self.child {
            // So that the kernel forgets it.
            let _ = child.try_wait();
        }
        let code = || fs::read_to_string(job.join("exit")).ok().and_then(|text| text.trim().parse::<i32>().ok());
        let ended = |code: i32| match code {
            0 => Seen::new(State::Succeeded, ""),
            code => Seen::new(State::Failed, format!("it ended with code {code}")),
        };
        if let Some(code) = code() {
            return Ok(ended(code));
        }
        let pid = record.id.as_deref().and_then(|id| id.parse().ok()).unwrap_or(0);
        if pid > 0 && born(pid).is_some() && born(pid) == record.began {
            return Ok(Seen::new(State::Running, ""));
        }
        // It may have written its last word between the two looks.
        Ok(code().map_or_else(|| Seen::new(State::Lost, "its process is gone and left no code"), ended))
    }

    fn cancel(&mut self, record: &Record) -> Result<(), Notice> {
        let asked = *self.asked.get_or_insert_with(Instant::now);
        let signal = if asked.elapsed() > GRACE { Signal::KILL } else { Signal::TERM };
        let raw: i32 = record.id.as_deref().and_then(|id| id.parse().ok()).unwrap_or(0);
        if let Some(pid) = Pid::from_raw(raw).filter(|_| raw > 0 && born(raw as u32) == record.began) {
            // One that has gone meanwhile needs no signal.
            let _ = kill_process_group(pid, signal);
        }
        Ok(())
    }
}

/// When a process began, in ticks since the machine's start; nothing where there is none, or only its shell is left.
fn born(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything.
    let rest = stat.rsplit_once(')')?.1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    if fields.first() == Some(&"Z") {
        return None;
    }
    fields.get(19)?.parse().ok()
}
