//! Runs for those who look at them, and what they wish.

use std::process::Stdio;
use std::sync::Arc;

use super::gallery::blocking;
use super::handle::Studio;
use super::run_feeds::Feed;
use crate::exchange::open_snapshot;
use crate::runs::{Follower, Memory, NewRun, compare, recipes};
use crate::story::{Notice, RecipeCard, RunCard, RunPlan, RunSeen, RunVotes, RunWish};

/// Where snapshots for runs are kept below home.
const SNAPSHOTS: &str = "snapshots";

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

    /// Votes that a run may learn from: snapshots below home, and campaigns that have some.
    pub async fn run_votes(&self) -> Result<Vec<RunVotes>, Notice> {
        let home = self.inner.running.runs.home().join(SNAPSHOTS);
        let mut found = blocking(move || {
            let entries = std::fs::read_dir(home).into_iter().flatten().flatten();
            let mut folders: Vec<_> = entries.map(|entry| entry.path()).collect();
            folders.sort();
            let read = |folder: std::path::PathBuf| {
                // One that is broken is none to learn from; it says so to whoever names it.
                let card = open_snapshot(&folder).ok()?.card;
                let (campaign, pairs, votes) = (card.campaign, card.pairs, card.votes);
                Some(RunVotes::Snapshot { folder: folder.display().to_string(), campaign, pairs, votes })
            };
            folders.into_iter().rev().filter_map(read).collect::<Vec<_>>()
        })
        .await?;
        let campaigns = self.campaigns().await?.into_iter().filter(|campaign| campaign.votes > 0);
        found.extend(campaigns.map(|campaign| RunVotes::Campaign { name: campaign.name, votes: campaign.votes }));
        Ok(found)
    }

    /// Freezes a campaign's votes below home, those of programs too where there are no others; the folder, and in words what
    /// is in it and what was left out.
    pub async fn freeze_for_run(&self, campaign: &str) -> Result<(String, String), Notice> {
        let campaign = self.campaign(Some(campaign)).await?;
        let home = self.inner.running.runs.home().join(SNAPSHOTS);
        let named = |n: usize| home.join(format!("{}-{n}", campaign.name));
        let folder = (1..).map(named).find(|folder| !folder.exists()).unwrap_or_else(|| home.clone());
        let people = self.inner.shelf.votes(&campaign.id).await?.iter().any(|vote| !vote.simulated);
        let card = self.freeze_votes(&campaign, &folder, !people).await?;
        let mut words = format!("{} votes on {} pairs", card.votes, card.pairs);
        if card.simulated > 0 {
            words += ", given by programs";
        }
        for (reason, count) in &card.excluded {
            words += &format!("; {count} left out: {reason}");
        }
        Ok((folder.display().to_string(), words))
    }

    /// Tries a few steps of a recipe, in a program of its own, and gives what it says of time, memory and disk. It ends when
    /// nobody waits for it any more.
    pub async fn forecast_run(&self, plan: &RunPlan) -> Result<String, Notice> {
        let (runs, plan) = (self.inner.running.runs.clone(), plan.clone());
        let (command, file) = blocking(move || runs.forecast(&plan)).await??;
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
            RunWish::Start(RunPlan { recipe, changes }) => {
                let id = runs.start(&NewRun { recipe, changes, ..NewRun::default() })?;
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
