//! A job at Slurm, through its own programs: sbatch, squeue while it is known there, sacct afterwards, scancel.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::engine::{Engine, Seen, plain, said};
use super::state::{Record, State};
use crate::story::Notice;

/// Looks in a row at which nobody knew of the job before it is lost: accounting is behind the queue by seconds.
const UNKNOWN: u32 = 4;

/// A cluster's Slurm.
pub struct Slurm {
    programs: PathBuf,
    unknown: u32,
}

impl Slurm {
    pub fn new(programs: &Path) -> Slurm {
        Slurm { programs: programs.to_owned(), unknown: 0 }
    }

    fn run<A: AsRef<OsStr>>(&self, program: &str, arguments: &[A]) -> Result<String, Notice> {
        let path =
            if self.programs.as_os_str().is_empty() { PathBuf::from(program) } else { self.programs.join(program) };
        said(program, Command::new(path).args(arguments).stdin(Stdio::null()).output())
    }
}

impl Engine for Slurm {
    fn submit(&mut self, job: &Path, record: &mut Record) -> Result<(), Notice> {
        let name = format!("--job-name={}", record.token);
        let out = self.run("sbatch", &["--parsable".as_ref(), OsStr::new(&name), job.join("run.sh").as_os_str()])?;
        // "4711", or "4711;cluster".
        let id = out.lines().last().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_owned();
        if id.is_empty() || !id.chars().all(|sign| sign.is_ascii_digit()) {
            let what = format!("sbatch said '{}', which is no job's number", plain(&out));
            return Err(Notice::outside(what, "look at squeue whether the job is there, and end it if it is"));
        }
        record.id = Some(id);
        Ok(())
    }

    fn find(&mut self, record: &Record) -> Result<Option<String>, Notice> {
        let name = format!("--name={}", record.token);
        let queued = self.run("squeue", &["-h", "-o", "%i", &name])?;
        if let Some(id) = queued.lines().map(str::trim).find(|id| !id.is_empty()) {
            return Ok(Some(id.to_owned()));
        }
        let known = self.run("sacct", &["-X", "-n", "-P", "-o", "JobID", &name])?;
        Ok(known.lines().map(str::trim).find(|id| !id.is_empty()).map(str::to_owned))
    }

    fn poll(&mut self, _job: &Path, record: &Record) -> Result<Seen, Notice> {
        let id = record.id.clone().unwrap_or_default();
        // squeue fails for a number that it has forgotten: then sacct knows more.
        let queue = self.run("squeue", &["-j", &id, "-h", "-o", "%T|%r"]).unwrap_or_default();
        if let Some(line) = queue.lines().find(|line| !line.trim().is_empty()) {
            self.unknown = 0;
            let (word, why) = line.trim().split_once('|').unwrap_or((line.trim(), ""));
            let why = if why == "None" { String::new() } else { plain(why) };
            return Ok(Seen::new(state(word), why));
        }
        let known = self.run("sacct", &["-j", &id, "-X", "-n", "-P", "-o", "State,ExitCode,Reason"])?;
        let Some(line) = known.lines().rfind(|line| !line.trim().is_empty()) else {
            self.unknown += 1;
            return match self.unknown {
                UNKNOWN.. => Ok(Seen::new(State::Lost, "neither squeue nor sacct knows of it")),
                _ => Err(Notice::outside("Slurm does not know of the job at the moment", "wait")),
            };
        };
        self.unknown = 0;
        let fields: Vec<&str> = line.trim().split('|').collect();
        let word = fields.first().copied().unwrap_or_default();
        let state = state(word);
        let code = fields.get(1).copied().unwrap_or_default();
        let why = match state {
            State::Failed => format!("Slurm: {} (exit code {})", plain(word), plain(code)),
            State::Cancelled | State::Preempted => format!("Slurm: {}", plain(word)),
            _ => String::new(),
        };
        Ok(Seen { state, why })
    }

    fn cancel(&mut self, record: &Record) -> Result<(), Notice> {
        let id = record.id.clone().unwrap_or_default();
        self.run("scancel", &[id]).map(drop)
    }
}

/// Slurm's word for a state; "CANCELLED by 1000" and "FAILED+" among them.
fn state(word: &str) -> State {
    match word.split([' ', '+']).next().unwrap_or_default() {
        "PENDING" | "REQUEUED" | "REQUEUE_FED" | "REQUEUE_HOLD" | "RESV_DEL_HOLD" | "SPECIAL_EXIT" => State::Queued,
        "CONFIGURING" => State::Starting,
        "RUNNING" | "RESIZING" | "SUSPENDED" | "STOPPED" | "SIGNALING" | "STAGE_OUT" => State::Running,
        "COMPLETING" => State::Stopping,
        "COMPLETED" => State::Succeeded,
        "CANCELLED" | "REVOKED" => State::Cancelled,
        "PREEMPTED" => State::Preempted,
        "FAILED" | "TIMEOUT" | "OUT_OF_MEMORY" | "NODE_FAIL" | "BOOT_FAIL" | "DEADLINE" => State::Failed,
        // A word that is new: the job is there.
        _ => State::Running,
    }
}
