//! Three starts of the same program, one after the other, so that a run outlives whoever ordered it: `launch` leaves the
//! terminal and starts the supervisor, which starts the training through `execute`, where it becomes nicer than others.

use std::fs::{self, File};
use std::io::{self, Error};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Signal, getppid, setsid};

use super::folder::{self, Begun, Order};
use super::share::Share;
use super::suites;

/// How long a supervisor may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(15);

/// This program, also where its file was replaced by a newer one meanwhile.
pub fn program() -> PathBuf {
    let own = Path::new("/proc/self/exe");
    if own.exists() { own.to_owned() } else { std::env::current_exe().unwrap_or_else(|_| "storyloom".into()) }
}

/// Has `launch` run in a process of its own and waits until the supervisor is there.
/// What others start after it has `database` in its environment too: on a command line everybody could read it.
pub fn start(home: &Path, run: &Path, share: Share, database: Option<&str>) -> io::Result<()> {
    let mut command = Command::new(program());
    command.arg("--home").arg(home).args(["runs", "launch"]).arg(run);
    // What was decided here holds for all that follow, whatever configuration they find.
    command.env("STORYLOOM_RUNS_AT_ONCE", share.at_once.to_string());
    command.env("STORYLOOM_RUNS_NICE", share.nice.to_string());
    command.env("STORYLOOM_RUNS_THREADS", share.threads.to_string());
    if let Some(database) = database {
        command.env("STORYLOOM_DATABASE", database);
    }
    let out = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
    if out.status.success() {
        return Ok(());
    }
    Err(Error::other(String::from_utf8_lossy(&out.stderr).trim().to_owned()))
}

/// Leaves the terminal for a session of its own and starts the supervisor there; ends when that has said that it is there.
pub fn launch(home: &Path, run: &Path) -> io::Result<()> {
    // Whoever leads a group already was started by hand, and stays where it is.
    let _ = setsid();
    let log = File::options().create(true).append(true).open(run.join(folder::LOG))?;
    let mut command = Command::new(program());
    command.arg("--home").arg(home).args(["runs", "supervise"]).arg(run);
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    let mut supervisor = command.spawn()?;
    let began = Instant::now();
    loop {
        let begun: Option<Begun> = folder::read(run, folder::BEGUN);
        if begun.is_some_and(|begun| begun.supervisor.pid == supervisor.id() as i32) {
            return Ok(());
        }
        if let Some(status) = supervisor.try_wait()? {
            let last = super::tail::last_lines(&run.join(folder::LOG), 2000).pop().unwrap_or_default();
            return Err(Error::other(format!("its supervisor ended at once ({status}): {last}")));
        }
        if began.elapsed() > PATIENCE {
            supervisor.kill()?;
            supervisor.wait()?;
            return Err(Error::other("its supervisor did not begin in time"));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Becomes the training: nicer than others, ended when the supervisor is gone, with the threads it was given.
///
/// # Errors
/// Only ever returns with one.
pub fn execute(home: &Path, run: &Path, share: Share) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
        // The supervisor may have gone before that line.
        let begun: Option<Begun> = folder::read(run, folder::BEGUN);
        let parent = getppid().map(|pid| pid.as_raw_nonzero().get());
        if begun.is_some_and(|begun| Some(begun.supervisor.pid) != parent) {
            return Err(Error::other("its supervisor is gone"));
        }
        // Where the kernel groups by sessions, niceness counts among groups only if the group is told so.
        let _ = fs::write("/proc/self/autogroup", share.nice.to_string());
    }
    let _ = rustix::process::nice(share.nice);
    let order: Order = folder::read(run, folder::ORDER).ok_or_else(|| Error::other("its order cannot be read"))?;
    Err(training(home, run, &order, share).exec())
}

/// Becomes the trial of a recipe, as nice as a run would be.
///
/// # Errors
/// Only ever returns with one.
pub fn attempt(home: &Path, kind: &str, recipe: &Path, share: Share) -> io::Result<()> {
    let _ = rustix::process::nice(share.nice);
    let mut command = Command::new(program());
    command.arg("--home").arg(home);
    if share.threads > 0 {
        command.arg("--threads").arg(share.threads.to_string());
    }
    Err(command.args(["train", kind]).arg(recipe).arg("--dry-run").exec())
}

/// The command line of the training, or of the evaluation.
fn training(home: &Path, run: &Path, order: &Order, share: Share) -> Command {
    let mut command = Command::new(program());
    command.arg("--home").arg(home);
    if share.threads > 0 {
        command.arg("--threads").arg(share.threads.to_string());
    }
    let verb = if order.kind == suites::KIND { ["eval", "run"] } else { ["train", &order.kind] };
    command.args(verb).arg(run.join(folder::RECIPE)).arg("--run").arg(run).args(&order.arguments);
    if Path::new(&order.folder).is_dir() {
        command.current_dir(&order.folder);
    }
    command
}

/// The same as words, for the record.
pub fn words(home: &Path, run: &Path, order: &Order, share: Share) -> Vec<String> {
    let command = training(home, run, order, share);
    command.get_args().map(|word| word.to_string_lossy().into_owned()).collect()
}
