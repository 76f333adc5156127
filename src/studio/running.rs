//! Runs for those who look at them, and what they wish.

use std::process::Stdio;
use std::sync::Arc;

use super::gallery::blocking;
use super::handle::Studio;
use super::run_feeds::Feed;
use crate::runs::{Follower, Memory, NewRun, compare, recipes};
use crate::story::{Notice, RecipeCard, RunCard, RunSeen, RunWish};

impl Studio {
    /// All runs, and every change.
    pub fn watch_runs(&self) -> Feed<Vec<RunCard>> {
        let running = &self.inner.running;
        running.begin();
        let runs = running.runs.clone();
        let mut memory = Memory::default();
        running.lists.subscribe("", move || Some(Arc::new(runs.list_from(&mut memory))))
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
