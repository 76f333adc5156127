//! Who goes on with a loop: one process at a time, which holds a lock in the loop's folder; also one of its own that outlives
//! whoever asked for it. And what visitors wish of loops.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::plans::plan_of;
use super::state::{Stage, folder, read};
use crate::runs::program;
use crate::story::{LoopWish, Notice};
use crate::studio::handle::Studio;

const LOCK: &str = "lock";
/// Asks whoever goes on with the loop to leave it.
const LEAVE: &str = "leave";
/// Why nobody goes on any more.
const TROUBLE: &str = "trouble.json";
/// What a process of its own says.
const LOG: &str = "log.txt";
/// How long another may hold the lock only to look, or to answer a gate.
const SHORT: Duration = Duration::from_secs(2);
/// How long a process may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(30);

/// A loop that this process alone goes on with, as long as the value lives.
pub struct HeldLoop {
    folder: PathBuf,
    _lock: File,
}

impl HeldLoop {
    /// Somebody asked that it be left where it is.
    pub fn is_to_leave(&self) -> bool {
        self.folder.join(LEAVE).exists()
    }

    /// Keeps why it cannot go on, for those who look at it.
    pub fn fail(&self, notice: &Notice) {
        if let Ok(text) = serde_json::to_vec(notice) {
            let _ = fs::write(self.folder.join(TROUBLE), text);
        }
    }
}

/// A process goes on with the loop in this folder.
pub fn is_going(folder: &Path) -> bool {
    let Ok(file) = File::open(folder.join(LOCK)) else { return false };
    matches!(file.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
}

/// Why the last process that went on with the loop ended.
pub fn trouble(folder: &Path) -> Option<Notice> {
    serde_json::from_slice(&fs::read(folder.join(TROUBLE)).ok()?).ok()
}

impl Studio {
    /// Takes a loop for this process.
    pub async fn hold_loop(&self, name: &str) -> Result<HeldLoop, Notice> {
        let home = self.home();
        read(&home, name)?;
        let folder = folder(&home, name);
        let fail = |error: std::io::Error| outside(&folder, &error);
        let lock = File::options().create(true).write(true).truncate(false).open(folder.join(LOCK)).map_err(fail)?;
        let began = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(fs::TryLockError::WouldBlock) if began.elapsed() < SHORT => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                Err(fs::TryLockError::WouldBlock) => {
                    let what = format!("another storyloom goes on with the loop '{name}'");
                    return Err(Notice::yours(
                        what,
                        "storyloom loop status tells how far it is; s in the studio's loops ends it",
                    ));
                }
                Err(fs::TryLockError::Error(error)) => return Err(fail(error)),
            }
        }
        for stale in [LEAVE, TROUBLE] {
            // Most often there is none.
            let _ = fs::remove_file(folder.join(stale));
        }
        Ok(HeldLoop { folder, _lock: lock })
    }

    /// Does what somebody wishes of a loop; what is said about it.
    pub async fn wish_loop(&self, wish: LoopWish) -> Result<String, Notice> {
        match wish {
            LoopWish::Start { source, fields } => {
                let name = self.start_loop(plan_of(&source, &fields)?).await?.plan.name;
                self.send_loop(&name).await?;
                Ok(format!("the loop '{name}' has begun; it goes on when you leave"))
            }
            LoopWish::GoOn(name) => {
                self.send_loop(&name).await?;
                Ok(format!("'{name}' goes on, also when you leave"))
            }
            LoopWish::Accept(name) => self.answer_and_send(&name, true).await,
            LoopWish::Again(name) => self.answer_and_send(&name, false).await,
            LoopWish::Leave(name) => {
                let folder = folder(&self.home(), &name);
                if !is_going(&folder) {
                    return Err(Notice::yours(format!("nobody goes on with '{name}'"), "r goes on with it"));
                }
                fs::write(folder.join(LEAVE), "").map_err(|error| outside(&folder, &error))?;
                Ok(format!("'{name}' is left where it is; its run goes on by itself"))
            }
        }
    }

    async fn answer_and_send(&self, name: &str, accept: bool) -> Result<String, Notice> {
        let held = self.hold_loop(name).await?;
        let state = self.answer_loop(name, accept).await?;
        drop(held);
        if !matches!(state.stage, Stage::Over { .. }) {
            self.send_loop(name).await?;
        }
        Ok(format!("'{name}', round {}: {}", state.round, state.stage.words()))
    }

    /// Has a process of its own go on with a loop, and waits until it does. Once it does, nobody here is needed for it.
    async fn send_loop(&self, name: &str) -> Result<(), Notice> {
        let home = self.home();
        read(&home, name)?;
        let folder = folder(&home, name);
        let fail = |error: std::io::Error| outside(&folder, &error);
        if is_going(&folder) {
            return Err(Notice::yours(format!("'{name}' goes on already"), "wait for it, or leave it with s"));
        }
        let log = File::options().create(true).append(true).open(folder.join(LOG)).map_err(fail)?;
        let mut command = Command::new(program());
        command.arg("--home").arg(&home).args(["loop", "go", "--detached", "--", name]);
        command.envs(self.inner.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(fail)?).stderr(log);
        let mut child = command.spawn().map_err(fail)?;
        let began = Instant::now();
        loop {
            if is_going(&folder) {
                // Its end is waited for, so that it does not stay in the table of processes.
                tokio::spawn(async move { child.wait().await });
                return Ok(());
            }
            if let Some(status) = child.try_wait().map_err(fail)? {
                // It may have come to a gate, or to the end, before anybody saw it.
                let asks = read(&home, name)?.asks.is_some();
                return match trouble(&folder) {
                    Some(notice) => Err(notice),
                    None if status.success() || asks => Ok(()),
                    None => {
                        let what = format!("the process that should go on with '{name}' ended at once ({status})");
                        Err(Notice::outside(what, format!("see {}", folder.join(LOG).display())))
                    }
                };
            }
            if began.elapsed() > PATIENCE {
                child.kill().await.map_err(fail)?;
                let what = format!("the process that should go on with '{name}' did not begin in time");
                return Err(Notice::outside(what, "the machine may be busy: try again"));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn outside(folder: &Path, error: &std::io::Error) -> Notice {
    let what = format!("the loop's folder {}: {error}", folder.display());
    Notice::outside(what, "see whether it can be written to and its disk has room")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Flags};
    use crate::story::LoopStep;

    #[tokio::test(flavor = "multi_thread")]
    async fn one_at_a_time_goes_on_with_a_loop_and_is_asked_to_leave() {
        let home = tempfile::tempdir().unwrap();
        let flags = Flags { home: Some(home.path().to_owned()), chapter: Some(7), ..Flags::default() };
        let studio = Studio::at_rest(&Config::load(flags).unwrap()).await.unwrap();
        assert!(studio.inner.environment.contains(&("STORYLOOM_CHAPTER".into(), "7".into())));
        assert!(studio.hold_loop("small").await.err().unwrap().what.contains("no loop 'small'"));
        studio.start_loop(plan_of("small", &[]).unwrap()).await.unwrap();
        let leave = || studio.wish_loop(LoopWish::Leave("small".into()));
        assert!(leave().await.unwrap_err().what.contains("nobody goes on"));

        let held = studio.hold_loop("small").await.unwrap();
        let card = studio.loop_cards().await.unwrap().remove(0);
        assert_eq!((card.going, card.step, card.stage.as_str()), (true, Some(LoopStep::Tell), "candidates are told"));
        assert!(studio.hold_loop("small").await.err().unwrap().what.contains("another storyloom goes on"));
        assert!(studio.wish_loop(LoopWish::GoOn("small".into())).await.unwrap_err().what.contains("goes on already"));
        assert!(!held.is_to_leave());
        leave().await.unwrap();
        assert!(held.is_to_leave());
        held.fail(&Notice::outside("the disk is full", "make room"));
        drop(held);
        let card = studio.loop_cards().await.unwrap().remove(0);
        assert_eq!((card.going, card.trouble.unwrap().what.as_str()), (false, "the disk is full"));
        assert!(studio.wish_loop(LoopWish::Accept("small".into())).await.unwrap_err().what.contains("asks nothing"));

        // The program of this test is no storyloom: it ends at once, and that is said.
        let refused = studio.wish_loop(LoopWish::GoOn("small".into())).await.unwrap_err();
        assert!(refused.what.contains("ended at once") && refused.try_this.contains("log.txt"), "{refused:?}");
    }
}
