//! Runs for those who look at them: one reader for all visitors of a studio, however many there are, and only while somebody looks.

use std::collections::HashMap;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::gallery::blocking;
use super::handle::Studio;
use crate::config::Config;
use crate::runs::{Follower, NewRun, Runs, Share, compare, recipes};
use crate::story::{Notice, RecipeCard, RunCard, RunSeen, RunWish};

/// Between two looks at a folder.
const LOOK: Duration = Duration::from_millis(500);

/// What is seen of it, and every change; `None` until the first look.
pub type Feed<T> = watch::Receiver<Option<Arc<T>>>;

/// The runs of a studio, and who reads them.
pub(super) struct Running {
    runs: Runs,
    lists: Feeds<Vec<RunCard>>,
    each: Feeds<RunSeen>,
}

impl Running {
    pub fn new(config: &Config) -> Running {
        let nice = i32::try_from(config.runs_nice).unwrap_or_default();
        let share = Share { at_once: config.runs_at_once, nice, threads: config.runs_threads };
        Running { runs: Runs::new(&config.home, share), lists: Feeds::default(), each: Feeds::default() }
    }

    /// Starts a queue that was left when the machine went down.
    pub fn begin(&self) {
        let runs = self.runs.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(notice) = runs.advance() {
                tracing::warn!(%notice, "runs that wait cannot be started");
            }
        });
    }
}

/// Readers by what they read.
struct Feeds<T>(Arc<Mutex<HashMap<String, watch::Sender<Option<Arc<T>>>>>>);

impl<T> Default for Feeds<T> {
    fn default() -> Self {
        Feeds(Arc::default())
    }
}

impl<T: PartialEq + Send + Sync + 'static> Feeds<T> {
    /// Joins those who read this already, or begins to read with `look`.
    fn subscribe(&self, key: &str, mut look: impl FnMut() -> Option<Arc<T>> + Send + 'static) -> Feed<T> {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = feeds.get(key) {
            return sender.subscribe();
        }
        let (sender, feed) = watch::channel(None);
        feeds.insert(key.to_owned(), sender.clone());
        drop(feeds);
        let (feeds, key) = (self.0.clone(), key.to_owned());
        tokio::spawn(async move {
            loop {
                let looked = tokio::task::spawn_blocking(move || {
                    let seen = look();
                    (look, seen)
                });
                let Ok((back, seen)) = looked.await else { break };
                look = back;
                sender.send_if_modified(|old| {
                    let same = match (&*old, &seen) {
                        (Some(old), Some(seen)) => Arc::ptr_eq(old, seen) || old == seen,
                        (None, None) => true,
                        _ => false,
                    };
                    if !same {
                        *old = seen;
                    }
                    !same
                });
                tokio::time::sleep(LOOK).await;
                let mut feeds = feeds.lock().unwrap_or_else(PoisonError::into_inner);
                // Nobody can join while the lock is held.
                if sender.receiver_count() == 0 {
                    feeds.remove(&key);
                    return;
                }
            }
            feeds.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        });
        feed
    }
}

impl Studio {
    /// All runs, and every change.
    pub fn watch_runs(&self) -> Feed<Vec<RunCard>> {
        let running = &self.inner.running;
        running.begin();
        let runs = running.runs.clone();
        running.lists.subscribe("", move || Some(Arc::new(runs.list())))
    }

    /// One run, and everything it writes.
    pub fn follow_run(&self, id: &str) -> Feed<RunSeen> {
        let running = &self.inner.running;
        let mut follower = Follower::new(&running.runs.folder(id));
        running.each.subscribe(id, move || follower.look())
    }

    /// Recipes that a run can be started from.
    pub async fn recipes(&self) -> Result<Vec<RecipeCard>, Notice> {
        let home = self.inner.running.runs.home().to_owned();
        blocking(move || recipes(&home)).await
    }

    /// What the recipe of one run says and that of another does not.
    pub async fn compare_runs(&self, first: &str, second: &str) -> Result<Vec<String>, Notice> {
        let (runs, first, second) = (self.inner.running.runs.clone(), first.to_owned(), second.to_owned());
        blocking(move || Ok(compare(&runs.recipe(&first)?, &runs.recipe(&second)?))).await?
    }

    /// Tries a few steps of a recipe, in a program of its own, and gives what it says of time, memory and disk. It ends when
    /// nobody waits for it any more.
    pub async fn forecast_run(&self, recipe: &str) -> Result<String, Notice> {
        let (runs, recipe) = (self.inner.running.runs.clone(), recipe.to_owned());
        let (command, file) = blocking(move || runs.forecast(&recipe)).await??;
        let mut command = tokio::process::Command::from(command);
        let outside = |error: std::io::Error| Notice::outside(format!("the trial of the recipe: {error}"), "try again");
        let out = command.stdin(Stdio::null()).kill_on_drop(true).output().await.map_err(outside)?;
        drop(file);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if out.status.success() {
            return Ok(text(&out.stdout));
        }
        let said = text(&out.stderr);
        let what = said.lines().find_map(|line| line.strip_prefix("storyloom: ")).unwrap_or(said.trim()).to_owned();
        let advice = said.lines().find_map(|line| line.trim_start().strip_prefix("try: "));
        Err(Notice::yours(what, advice.unwrap_or("mend the recipe")))
    }

    /// Does what somebody wishes of a run; what is said about it.
    pub async fn wish_run(&self, wish: RunWish) -> Result<String, Notice> {
        let runs = self.inner.running.runs.clone();
        blocking(move || match wish {
            RunWish::Start { recipe } => {
                let id = runs.start(&NewRun { recipe, ..NewRun::default() })?;
                Ok(format!("{id} is {}", runs.find(&id)?.state.word()))
            }
            RunWish::Stop(run) => runs.stop(&run).map(|()| format!("{run} stops after the step under way")),
            RunWish::Pause(run) => runs.pause(&run).map(|()| format!("{run} is halted")),
            RunWish::Resume(run) => runs.resume(&run).map(|()| format!("{run} goes on")),
            RunWish::Fork { run, step } => runs.fork(&run, step, &[]).map(|id| format!("forked as {id}")),
            RunWish::Note { run, note } => runs.remark(&run, Some(note), None).map(|()| "noted".to_owned()),
            RunWish::Tag { run, tags } => runs.remark(&run, None, Some(tags)).map(|()| "tagged".to_owned()),
            RunWish::First(run) => runs.first(&run).map(|()| format!("{run} comes first")),
            RunWish::Delete(run) => runs.delete(&run).map(|()| format!("{run} is deleted")),
        })
        .await?
    }
}
