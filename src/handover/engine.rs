//! Where jobs run: handed over, asked for, ended. Three ways of it lie beside.

use std::path::Path;
use std::process::Output;

use super::state::{Record, State};
use crate::story::Notice;

/// Where a job stands, and what the other side says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub state: State,
    pub why: String,
}

impl Seen {
    pub fn new(state: State, why: impl Into<String>) -> Seen {
        Seen { state, why: why.into() }
    }
}

/// A place where jobs run. `job` is the folder with `run.sh`.
pub trait Engine {
    /// Hands the job over. The record bears a token already; what comes back is kept before anything is asked.
    ///
    /// # Errors
    /// What keeps it from being handed over: nothing runs then.
    fn submit(&mut self, job: &Path, record: &mut Record) -> Result<(), Notice>;

    /// The id of a job that was handed over by this token, where nobody heard of its id.
    ///
    /// # Errors
    /// Where the other side cannot be asked.
    fn find(&mut self, record: &Record) -> Result<Option<String>, Notice>;

    /// # Errors
    /// Where the other side cannot be asked now: nothing is known, which is no state.
    fn poll(&mut self, job: &Path, record: &Record) -> Result<Seen, Notice>;

    /// Asks it to end; again where it did not hear.
    ///
    /// # Errors
    /// Where the other side cannot be asked.
    fn cancel(&mut self, record: &Record) -> Result<(), Notice>;
}

/// What a program of the other side wrote, or why there is nothing.
pub fn said(program: &str, output: std::io::Result<Output>) -> Result<String, Notice> {
    let output = output.map_err(|error| {
        let what = format!("{program} cannot be started: {error}");
        Notice::outside(what, "start this where the cluster's programs are, or name their folder in the recipe")
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let last = errors.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why");
    Err(Notice::outside(format!("{program} failed ({}): {}", output.status, plain(last)), "mend what it names"))
}

/// A line of somebody else's, without what a terminal would obey.
pub fn plain(line: &str) -> String {
    line.chars().filter(|sign| !sign.is_control()).take(400).collect()
}
