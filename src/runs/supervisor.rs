//! The supervisor of one run: starts the training, watches it, hears wishes, gives signs of life, and writes down the end.
//!
//! It also writes what other programs read of a run (event files), keeps checkpoints to fork from, and starts the next run.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::ending::{between, kills, of_attempt};
use super::event_file::EventFile;
use super::folder::{self, Beat, Begun, Exit, Order};
use super::fork::keep;
use super::launching::{program, words};
use super::process::{Process, boot_id, uptime};
use super::queue::advance;
use super::share::Share;
use super::tail::last_lines;

/// Between two looks at the training and at wishes.
const LOOK: Duration = Duration::from_millis(150);
/// Between two signs of life.
const BEAT: Duration = Duration::from_secs(2);
/// How long a training without supervisor may take to save and end, before it is killed.
const ORPHAN: Duration = Duration::from_secs(120);
/// How long it is tried to write down the end, where the disk does not take it.
const LAST_WORD: Duration = Duration::from_secs(600);

/// Supervises a run until its training has ended; `asked` ends it as a wish to stop does.
///
/// # Errors
/// Where the folder cannot be written to before the training has begun.
pub fn supervise(home: &Path, run: &Path, share: Share, asked: &AtomicBool) -> io::Result<()> {
    let lock = File::options().create(true).write(true).truncate(false).open(run.join(folder::LOCK))?;
    if lock.try_lock().is_err() {
        return Err(io::Error::other("the run has a supervisor already"));
    }
    let order: Order = folder::read(run, folder::ORDER).ok_or_else(|| io::Error::other("its order cannot be read"))?;
    let before: Option<Begun> = folder::read(run, folder::BEGUN);
    let mut begun = Begun {
        attempt: before.as_ref().map_or(0, |begun| begun.attempt) + 1,
        supervisor: Process::me(),
        trainer: None,
        orphan: before.and_then(|begun| begun.trainer.or(begun.orphan)),
        began: folder::now(),
        arguments: words(home, run, &order, share),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        steps: fs::metadata(run.join(folder::STEPS)).map_or(0, |data| data.len()),
    };
    folder::write(run, folder::BEGUN, &begun)?;
    folder::remove(run, folder::QUEUED)?;
    if let Some(orphan) = &begun.orphan {
        outlive(orphan);
    }
    // What the one before wrote until its end belongs to the attempt before.
    begun.steps = fs::metadata(run.join(folder::STEPS)).map_or(0, |data| data.len());
    let mut log = File::options().create(true).append(true).open(run.join(folder::LOG))?;
    writeln!(log, "{}{}", folder::MARK, begun.attempt)?;
    let counted = kills();
    let mut child = match spawn(home, run, &log) {
        Ok(child) => child,
        Err(error) => {
            let lines = vec![format!("storyloom: the training could not be started: {error}")];
            let exit = Exit { attempt: begun.attempt, code: Some(-1), ended: folder::now(), lines, ..Exit::default() };
            folder::write(run, folder::EXIT, &exit)?;
            return advance(home, &root(run), share, None).map(drop);
        }
    };
    let trainer = Process::of(child.id());
    begun.trainer = Some(trainer.clone());
    folder::write(run, folder::BEGUN, &begun)?;
    let mut watch = Watch { run, order: &order, trainer: &trainer, events: EventFile::open(run), beat: None };
    let status = watch.until_the_end(&mut child, asked)?;
    let exit = Exit {
        attempt: begun.attempt,
        code: status.code(),
        signal: status.signal(),
        ended: folder::now(),
        wish: folder::wish(run),
        lines: of_attempt(last_lines(&run.join(folder::LOG), 16 << 10)),
        memory_kills: between(counted, kills()),
        disk_full: !status.success() && is_full(run),
    };
    let began = Instant::now();
    while let Err(error) = folder::write(run, folder::EXIT, &exit) {
        if !run.exists() || began.elapsed() > LAST_WORD {
            return Err(error);
        }
        std::thread::sleep(BEAT);
    }
    folder::remove(run, folder::STOP)?;
    advance(home, &root(run), share, None).map(drop)
}

fn root(run: &Path) -> std::path::PathBuf {
    run.parent().unwrap_or(run).to_owned()
}

fn spawn(home: &Path, run: &Path, log: &File) -> io::Result<Child> {
    let mut command = Command::new(program());
    command.arg("--home").arg(home).args(["runs", "execute"]).arg(run);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log.try_clone()?);
    command.process_group(0).spawn()
}

/// Waits for a training that lost its supervisor: it has been told to save and end.
fn outlive(orphan: &Process) {
    let began = Instant::now();
    while orphan.is_alive() {
        // One that is halted hears nothing else.
        orphan.signal(Signal::CONT);
        if began.elapsed() > ORPHAN {
            orphan.signal(Signal::KILL);
        }
        std::thread::sleep(LOOK);
    }
}

/// No room for a file of a page or two.
fn is_full(run: &Path) -> bool {
    rustix::fs::statvfs(run).is_ok_and(|disk| disk.f_bavail * disk.f_frsize < 64 << 10)
}

struct Watch<'a> {
    run: &'a Path,
    order: &'a Order,
    trainer: &'a Process,
    events: EventFile,
    beat: Option<Instant>,
}

impl Watch<'_> {
    fn until_the_end(&mut self, child: &mut Child, asked: &AtomicBool) -> io::Result<ExitStatus> {
        let mut obeyed = String::new();
        loop {
            let ended = child.try_wait()?;
            if ended.is_some() || self.beat.is_none_or(|beat| beat.elapsed() >= BEAT) {
                self.look_after();
            }
            if let Some(status) = ended {
                return Ok(status);
            }
            if !self.run.exists() {
                // Somebody took the folder away: there is nothing left to train for.
                self.trainer.signal(Signal::KILL);
            }
            let wish = if asked.load(Ordering::Relaxed) { "stop".to_owned() } else { folder::wish(self.run) };
            if wish != obeyed {
                self.obey(&wish);
                obeyed = wish;
            }
            std::thread::sleep(LOOK);
        }
    }

    fn obey(&self, wish: &str) {
        match wish {
            "pause" => self.trainer.signal(Signal::STOP),
            "kill" => self.trainer.signal(Signal::KILL),
            "stop" => {
                // The file is the contract; who cannot write it any more asks by the signal.
                if fs::write(self.run.join(folder::STOP), "").is_err() {
                    self.trainer.signal(Signal::TERM);
                }
                self.trainer.signal(Signal::CONT);
            }
            _ => self.trainer.signal(Signal::CONT),
        }
    }

    /// What is done now and then. A disk that takes nothing is no reason to leave the training alone.
    fn look_after(&mut self) {
        let (memory, most_memory) = self.trainer.memory();
        let beat = Beat { boot: boot_id(), uptime: uptime(), memory, most_memory };
        let _ = folder::write(self.run, folder::BEAT, &beat);
        let _ = self.events.follow();
        if let Some(every) = self.order.keep_every {
            let _ = keep(self.run, every);
        }
        self.beat = Some(Instant::now());
    }
}
