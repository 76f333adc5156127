//! From a recipe to its end: the job is written, handed over once, watched, ended if asked, and what it made is fetched.
//!
//! Whoever comes after a crash begins here too: the record says what was handed over, and it is not handed over twice.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::adapter::fetch;
use super::engine::{Engine, Seen, plain};
use super::feed::Feed;
use super::here::Here;
use super::job::{self, FOLDER};
use super::ray::Ray;
use super::recipe::{ExternalRecipe, Place};
use super::slurm::Slurm;
use super::state::{Record, State};
use crate::story::Notice;

/// Lines of the trainer's log that a failure is told with.
const LAST: usize = 50;
/// How long the other side may be out of reach before the run ends; the job goes on, and the run can be taken up again.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// How it ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With the adapter, if it made one.
    Succeeded(Option<PathBuf>),
    Cancelled,
}

/// Hands a training over and follows it to its end. `says` hears what is worth knowing, and the trainer's log, line by line.
///
/// # Errors
/// What keeps it from being handed over; a training that failed, was pushed aside or got lost.
pub fn hand_over(
    recipe: &ExternalRecipe,
    run: &Path,
    stop: &AtomicBool,
    says: &mut dyn FnMut(&str),
) -> Result<Ended, Notice> {
    let mut engine: Box<dyn Engine> = match recipe.place {
        Place::Here => Box::<Here>::default(),
        Place::Slurm => Box::new(Slurm::new(&recipe.slurm.programs)),
        Place::Ray => Box::new(Ray::new(&recipe.ray.address)),
    };
    let record = begin(recipe, run, &mut *engine, says)?;
    follow(recipe, run, record, &mut *engine, stop, says)
}

/// The record of a job that is handed over, now or before.
fn begin(
    recipe: &ExternalRecipe,
    run: &Path,
    engine: &mut dyn Engine,
    says: &mut dyn FnMut(&str),
) -> Result<Record, Notice> {
    let job = run.join(FOLDER);
    match Record::read(run) {
        Some(record) if record.id.is_some() && !record.state.is_over() => {
            says(&format!("taken up again: {} as {}", record.place, record.id.as_deref().unwrap_or_default()));
            return Ok(record);
        }
        // Handed over, perhaps, and its id never arrived.
        Some(mut record) if record.id.is_none() && !record.state.is_over() => {
            if let Some(id) = engine.find(&record)? {
                says(&format!("found again by its name: {id}"));
                record.id = Some(id);
                keep(&record, run)?;
                return Ok(record);
            }
        }
        Some(record) if record.state == State::Succeeded => return Ok(record),
        _ => {}
    }
    let written = job::write(recipe, run)?;
    says(&format!("{} rows; {} pairs are undecided and left out", written.rows, written.undecided));
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let print =
        blake3::hash(format!("{}{}{}", run.display(), since.as_nanos(), std::process::id()).as_bytes()).to_hex();
    let place = format!("{:?}", recipe.place).to_lowercase();
    let mut record = Record { place, token: format!("storyloom-{}", &print[..12]), ..Record::default() };
    keep(&record, run)?;
    if let Err(notice) = engine.submit(&job, &mut record) {
        record.state = State::Failed;
        record.why.clone_from(&notice.what);
        keep(&record, run)?;
        return Err(notice);
    }
    keep(&record, run)?;
    says(&format!("handed over: {} as {}", record.place, record.id.as_deref().unwrap_or_default()));
    Ok(record)
}

fn follow(
    recipe: &ExternalRecipe,
    run: &Path,
    mut record: Record,
    engine: &mut dyn Engine,
    stop: &AtomicBool,
    says: &mut dyn FnMut(&str),
) -> Result<Ended, Notice> {
    let job = run.join(FOLDER);
    let stage = format!("{:?}", recipe.stage).to_lowercase();
    let unread =
        |error: std::io::Error| Notice::outside(format!("the run's lines: {error}"), "make room, then resume it");
    let mut feed = Feed::open(run, &stage).map_err(unread)?;
    let mut log = Log { path: job.join("log.txt"), at: 0, rest: String::new() };
    let mut heard = Instant::now();
    loop {
        let asked = stop.load(Ordering::Relaxed);
        if asked
            && !record.state.is_over()
            && let Err(notice) = engine.cancel(&record)
        {
            says(&notice.what);
        }
        match engine.poll(&job, &record) {
            Ok(seen) => {
                heard = Instant::now();
                let seen = told(seen, asked);
                if (seen.state, &seen.why) != (record.state, &record.why) {
                    let why = if seen.why.is_empty() { String::new() } else { format!(": {}", seen.why) };
                    says(&format!("{}{why}", seen.state.word()));
                    (record.state, record.why) = (seen.state, seen.why);
                    keep(&record, run)?;
                }
            }
            Err(notice) if heard.elapsed() > PATIENCE => return Err(notice),
            Err(notice) => says(&notice.what),
        }
        log.forward(says);
        feed.read().map_err(unread)?;
        if record.state.is_over() {
            break;
        }
        wait(Duration::from_secs_f64(recipe.poll_seconds), stop, asked);
    }
    match record.state {
        State::Succeeded => {
            feed.finish().map_err(unread)?;
            Ok(Ended::Succeeded(fetch(run)?))
        }
        State::Cancelled => Ok(Ended::Cancelled),
        state => {
            let last = last_lines(&job.join("log.txt"));
            let what = format!("the training over there is {}: {}{last}", state.word(), record.why);
            Err(Notice::outside(what, "mend what its log names, then resume the run: it is handed over anew"))
        }
    }
}

/// What is asked to end and is gone was ended from here.
fn told(seen: Seen, asked: bool) -> Seen {
    match seen.state {
        State::Lost | State::Failed if asked => Seen::new(State::Cancelled, "ended from here"),
        State::Queued | State::Starting | State::Running if asked => Seen::new(State::Stopping, seen.why),
        _ => seen,
    }
}

fn keep(record: &Record, run: &Path) -> Result<(), Notice> {
    record.write(run).map_err(|error| {
        Notice::outside(format!("what is known of the job cannot be kept: {error}"), "make room, then resume the run")
    })
}

/// Until the next look; a stop that is new is heard at once.
fn wait(time: Duration, stop: &AtomicBool, asked: bool) {
    let until = Instant::now() + time;
    while Instant::now() < until && (asked || !stop.load(Ordering::Relaxed)) {
        std::thread::sleep(Duration::from_millis(50).min(time));
    }
}

fn last_lines(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(LAST)..].iter().map(|line| format!("\n{}", plain(line))).collect()
}

/// The trainer's log, of which each whole line is handed on once.
struct Log {
    path: PathBuf,
    at: u64,
    rest: String,
}

impl Log {
    fn forward(&mut self, says: &mut dyn FnMut(&str)) {
        let Ok(mut file) = File::open(&self.path) else { return };
        let mut bytes = Vec::new();
        let read = file.seek(SeekFrom::Start(self.at)).and_then(|_| file.take(1 << 20).read_to_end(&mut bytes));
        self.at += read.unwrap_or(0) as u64;
        self.rest.push_str(&String::from_utf8_lossy(&bytes));
        // Bars draw over themselves: of what stood on a line, the last counts.
        while let Some((line, rest)) = self.rest.split_once('\n') {
            let line = plain(line.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default());
            if !line.trim().is_empty() {
                says(&line);
            }
            self.rest = rest.to_owned();
        }
    }
}
