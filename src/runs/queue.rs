//! The queue: who comes next, and how many run at once. Whoever looks holds a lock, so that two never start the same.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::folder::{self, Exit, Queued};
use super::launching;
use super::share::Share;
use super::standing::Standing;

/// How long another may hold the lock: it starts a program meanwhile.
const PATIENCE: Duration = Duration::from_secs(20);

/// The lock of a home's queue; it goes with the value, or with the process.
pub struct Held(#[allow(dead_code, reason = "held, not read")] File);

/// Waits for the lock.
pub fn lock(root: &Path) -> io::Result<Held> {
    fs::create_dir_all(root)?;
    let file = File::options().create(true).write(true).truncate(false).open(root.join("queue.lock"))?;
    let began = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Held(file)),
            Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20))
            }
            Err(TryLockError::WouldBlock) => {
                return Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    "another storyloom holds the queue and does not let go",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// All runs.
pub fn standings(root: &Path) -> Vec<Standing> {
    let entries = fs::read_dir(root).into_iter().flatten().flatten();
    let visible = entries.filter(|entry| !entry.file_name().as_encoded_bytes().starts_with(b"."));
    let folders: Vec<PathBuf> = visible.map(|entry| entry.path()).collect();
    folders.iter().filter_map(|folder| Standing::read(folder)).collect()
}

/// Those that wait, the next one first.
pub fn waiting(standings: &[Standing]) -> Vec<&Standing> {
    let mut waiting: Vec<(f64, &Standing)> = standings
        .iter()
        .filter(|standing| !standing.is_taken())
        .filter_map(|standing| Some((standing.queued?.place, standing)))
        .collect();
    waiting.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.folder.cmp(&b.1.folder)));
    waiting.into_iter().map(|(_, standing)| standing).collect()
}

/// Puts a run at the end of the queue, or before all others.
pub fn put(root: &Path, run: &Path, first: bool) -> io::Result<()> {
    let all = standings(root);
    let places = waiting(&all).into_iter().filter(|standing| standing.folder != run);
    let places: Vec<f64> = places.filter_map(|standing| Some(standing.queued?.place)).collect();
    let place = match first {
        true => places.iter().copied().fold(1.0, f64::min) - 1.0,
        false => places.iter().copied().fold(0.0, f64::max) + 1.0,
    };
    folder::write(run, folder::QUEUED, &Queued { place })
}

/// Starts what may start; the names of what was started.
pub fn advance(home: &Path, root: &Path, share: Share, database: Option<&str>) -> io::Result<Vec<String>> {
    let mut started = Vec::new();
    // Without anything that waits there is nothing to hold a lock for.
    if !standings(root).iter().any(|standing| standing.queued.is_some()) {
        return Ok(started);
    }
    let _held = lock(root)?;
    loop {
        let all = standings(root);
        all.iter().filter(|standing| standing.is_taken()).for_each(Standing::wake_orphan);
        let taken = all.iter().filter(|standing| standing.is_taken()).count();
        let Some(next) = waiting(&all).first().copied().filter(|_| taken < share.at_once) else { return Ok(started) };
        let run = &next.folder;
        for old in [folder::WISH, folder::STOP, folder::EXIT, folder::BEAT] {
            folder::remove(run, old)?;
        }
        let attempt = next.begun.as_ref().map_or(0, |begun| begun.attempt);
        if let Err(error) = launching::start(home, run, share, database) {
            let lines = vec![format!("storyloom: it could not be started: {error}")];
            let exit = Exit { attempt: attempt + 1, code: Some(-1), ended: folder::now(), lines, ..Exit::default() };
            folder::write(run, folder::EXIT, &exit)?;
        } else {
            started.extend(run.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
        folder::remove(run, folder::QUEUED)?;
    }
}
