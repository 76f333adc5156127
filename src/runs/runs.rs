//! What can be done with runs. Every answer is read off the folders; every change is a file there, or a process that is started.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::folder::{self, Begun, Order, Remarks};
use super::queue::{advance, lock, put, standings, waiting};
use super::recipe_text::{self, set};
use super::share::Share;
use super::standing::{Memory, Standing};
use super::suites;
use super::{fork, launching};
use crate::story::{Notice, RunCard, RunPlan, RunState};

/// Begins the name of what is being deleted.
const DELETED: &str = ".deleted-";

/// A run that is asked for.
#[derive(Clone, Debug, Default)]
pub struct NewRun {
    /// A path, or the name of a recipe that comes with the program.
    pub recipe: String,
    /// Values of it that are changed, `stage.1.steps=40`.
    pub changes: Vec<String>,
    /// More arguments for the training.
    pub arguments: Vec<String>,
    pub keep_every: Option<u64>,
}

/// The runs of one home.
#[derive(Clone, Debug)]
pub struct Runs {
    home: PathBuf,
    root: PathBuf,
    share: Share,
    /// Where evaluations keep what they find, if that is not in the home.
    database: Option<String>,
}

impl Runs {
    pub fn new(home: &Path, share: Share) -> Runs {
        // The processes that are started have other working folders.
        let home = std::path::absolute(home).unwrap_or_else(|_| home.to_owned());
        Runs { root: home.join("runs"), home, share, database: None }
    }

    /// The same with a database that is not in the home.
    pub fn with_database(mut self, database: Option<String>) -> Runs {
        self.database = database;
        self
    }

    pub fn home(&self) -> &Path {
        &self.home
    }

    pub fn share(&self) -> Share {
        self.share
    }

    /// Where a run's files are.
    pub fn folder(&self, id: &str) -> PathBuf {
        self.root.join(id)
    }

    /// All of them: those under way, those that wait in their order, then the others, the newest first.
    pub fn list(&self) -> Vec<RunCard> {
        self.list_from(&mut Memory::default())
    }

    /// The same for somebody who looks often.
    pub fn list_from(&self, memory: &mut Memory) -> Vec<RunCard> {
        let all = standings(&self.root);
        let queue: Vec<PathBuf> = waiting(&all).into_iter().map(|standing| standing.folder.clone()).collect();
        let place = |standing: &Standing| queue.iter().position(|folder| *folder == standing.folder).map(|at| at + 1);
        let mut cards: Vec<RunCard> =
            all.iter().map(|standing| RunCard { place: place(standing), ..standing.card_from(memory) }).collect();
        let rank = |card: &RunCard| match card.state {
            state if state.is_active() => 0,
            RunState::Queued => 1,
            _ => 2,
        };
        cards.sort_by(|a, b| {
            (rank(a), a.place, -a.ordered).cmp(&(rank(b), b.place, -b.ordered)).then_with(|| b.id.cmp(&a.id))
        });
        cards
    }

    /// The run that somebody means: by its whole name, by its beginning if no other begins so, or the newest one of a recipe.
    pub fn find(&self, word: &str) -> Result<RunCard, Notice> {
        let mut cards = self.list();
        if let Some(at) = cards.iter().position(|card| card.id == word) {
            return Ok(cards.swap_remove(at));
        }
        if let Some(card) =
            cards.iter().filter(|card| card.name == word).max_by_key(|card| (card.ordered, card.id.clone()))
        {
            return Ok(card.clone());
        }
        let mut begin = cards.iter().filter(|card| card.id.starts_with(word));
        match (begin.next(), begin.next()) {
            (Some(card), None) => Ok(card.clone()),
            (Some(_), Some(_)) => {
                Err(Notice::yours(format!("several runs begin with '{word}'"), "write more of the name"))
            }
            _ => Err(Notice::yours(format!("there is no run '{word}'"), "storyloom runs list shows all of them")),
        }
    }

    /// Puts a new run into the queue and starts it if its turn has come; its name.
    pub fn start(&self, new: &NewRun) -> Result<String, Notice> {
        let recipe = recipe_text::open(&new.recipe)?;
        let text = new.changes.iter().try_fold(recipe.text, |text, change| set(&text, change))?;
        let recipe = recipe_text::card(&new.recipe, text)?;
        let mut arguments = new.arguments.clone();
        if recipe.kind == suites::KIND {
            // Its words are copied elsewhere, and paths in them count from where they were.
            arguments.extend(["--paths-from".to_owned(), suites::folder(&new.recipe).display().to_string()]);
        }
        let order = Order {
            name: recipe.name,
            kind: recipe.kind,
            folder: std::env::current_dir().map_or(String::new(), |folder| folder.display().to_string()),
            arguments,
            ordered: folder::now(),
            keep_every: new.keep_every,
            parent: None,
        };
        self.put(&order, |folder| folder::write_bytes(folder, folder::RECIPE, recipe.text.as_bytes()))
    }

    /// A new run that begins after a step of another; its name.
    pub fn fork(&self, id: &str, step: Option<u64>, changes: &[String]) -> Result<String, Notice> {
        let parent = self.folder(id);
        let standing = Standing::read(&parent).ok_or_else(|| gone(id))?;
        let text = fs::read_to_string(parent.join(folder::RECIPE)).map_err(|error| outside("its recipe", &error))?;
        let text = changes.iter().try_fold(text, |text, change| set(&text, change))?;
        let recipe = recipe_text::card(id, text)?;
        let steps = standing.card().forks;
        let at = step.or(steps.last().copied()).unwrap_or_default();
        let order =
            Order { name: recipe.name, ordered: folder::now(), parent: Some((id.to_owned(), at)), ..standing.order };
        self.put(&order, |folder| {
            folder::write_bytes(folder, folder::RECIPE, recipe.text.as_bytes())?;
            fork::fork(&parent, step, folder).map(drop)
        })
    }

    /// Makes the folder of a run, whole or not at all, and puts it into the queue.
    fn put(&self, order: &Order, fill: impl FnOnce(&Path) -> io::Result<()>) -> Result<String, Notice> {
        let fail = |error: io::Error| outside("the run's folder", &error);
        fs::create_dir_all(&self.root).map_err(fail)?;
        let new = tempfile::Builder::new().prefix(".new-").tempdir_in(&self.root).map_err(fail)?;
        folder::write(new.path(), folder::ORDER, order).map_err(fail)?;
        fill(new.path()).map_err(fail)?;
        let id = {
            let _held = lock(&self.root).map_err(fail)?;
            put(&self.root, new.path(), false).map_err(fail)?;
            let name = plain(&order.name);
            let stamp = stamp(order.ordered);
            let id = (1..)
                .map(|n: usize| if n == 1 { format!("{name}-{stamp}") } else { format!("{name}-{stamp}-{n}") })
                .find(|id| !self.folder(id).exists())
                .unwrap_or_default();
            fs::rename(new.keep(), self.folder(&id)).map_err(fail)?;
            id
        };
        self.advance()?;
        Ok(id)
    }

    /// Starts what waits, if there is room for it: after everything that may have made some, and where somebody looks in.
    pub fn advance(&self) -> Result<Vec<String>, Notice> {
        advance(&self.home, &self.root, self.share, self.database.as_deref())
            .map_err(|error| outside("the queue", &error))
    }

    /// Ends a run after the step under way, once it has saved; takes one that waits out of the queue.
    pub fn stop(&self, id: &str) -> Result<(), Notice> {
        self.wish(id, "stop", RunState::is_active)
    }

    /// Ends a run at once: what it did since its last checkpoint is lost.
    pub fn kill(&self, id: &str) -> Result<(), Notice> {
        self.wish(id, "kill", |state| state.is_active() || state == RunState::Lost)
    }

    /// Halts a run where it is.
    pub fn pause(&self, id: &str) -> Result<(), Notice> {
        self.wish(id, "pause", |state| matches!(state, RunState::Starting | RunState::Running | RunState::Paused))
    }

    fn wish(&self, id: &str, wish: &str, fits: impl Fn(RunState) -> bool) -> Result<(), Notice> {
        let folder = self.folder(id);
        let standing = Standing::read(&folder).ok_or_else(|| gone(id))?;
        let state = standing.card().state;
        let fail = |error: io::Error| outside("what is asked of the run", &error);
        if state == RunState::Queued && wish != "pause" {
            let _held = lock(&self.root).map_err(fail)?;
            return folder::remove(&folder, folder::QUEUED).map_err(fail);
        }
        if !fits(state) {
            return Err(Notice::yours(format!("the run is {}", state.word()), "storyloom runs show tells more"));
        }
        let alone = |begun: &Begun| state == RunState::Lost || !begun.supervisor.is_alive();
        if let Some(begun) = standing.begun.filter(|begun| wish == "kill" && alone(begun)) {
            // A supervisor that does not answer hears no wish either.
            begun.trainer.iter().chain(&begun.orphan).for_each(|trainer| trainer.signal(rustix::process::Signal::KILL));
            begun.supervisor.end();
            return Ok(());
        }
        folder::write_bytes(&folder, folder::WISH, wish.as_bytes()).map_err(fail)
    }

    /// Lets a paused run go on; puts one that has ended back into the queue.
    pub fn resume(&self, id: &str) -> Result<(), Notice> {
        let folder = self.folder(id);
        let mut standing = Standing::read(&folder).ok_or_else(|| gone(id))?;
        let fail = |error: io::Error| outside("what is asked of the run", &error);
        if folder::wish(&folder) == "pause" && standing.is_taken() {
            folder::remove(&folder, folder::WISH).map_err(fail)?;
            // A supervisor that dies meanwhile does not hear of it: then the run begins anew, as below.
            standing = Standing::read(&folder).ok_or_else(|| gone(id))?;
            if standing.begun.as_ref().is_some_and(|begun| begun.supervisor.is_alive()) {
                return Ok(());
            }
        }
        let state = standing.card().state;
        let orphan = state == RunState::Stopping && standing.begun.is_some_and(|begun| !begun.supervisor.is_alive());
        if !state.can_go_on() && !orphan {
            return Err(Notice::yours(format!("the run is {}", state.word()), "there is nothing to resume"));
        }
        {
            let _held = lock(&self.root).map_err(fail)?;
            put(&self.root, &folder, false).map_err(fail)?;
        }
        self.advance().map(drop)
    }

    /// Puts a run that waits before all others.
    pub fn first(&self, id: &str) -> Result<(), Notice> {
        let fail = |error: io::Error| outside("the queue", &error);
        let _held = lock(&self.root).map_err(fail)?;
        match Standing::read(&self.folder(id)).map(|standing| standing.card().state) {
            Some(RunState::Queued) => put(&self.root, &self.folder(id), true).map_err(fail),
            Some(state) => Err(Notice::yours(format!("the run is {}", state.word()), "only what waits has a place")),
            None => Err(gone(id)),
        }
    }

    /// What people say of it.
    pub fn remark(&self, id: &str, note: Option<String>, tags: Option<Vec<String>>) -> Result<(), Notice> {
        let folder = self.folder(id);
        if !folder.join(folder::ORDER).exists() {
            return Err(gone(id));
        }
        let old: Remarks = folder::read(&folder, folder::REMARKS).unwrap_or_default();
        let new = Remarks { note: note.unwrap_or(old.note), tags: tags.unwrap_or(old.tags) };
        folder::write(&folder, folder::REMARKS, &new).map_err(|error| outside("the note", &error))
    }

    /// Deletes a run with all that it made.
    pub fn delete(&self, id: &str) -> Result<(), Notice> {
        let fail = |error: io::Error| outside("the run's folder", &error);
        let _held = lock(&self.root).map_err(fail)?;
        let folder = self.folder(id);
        let standing = Standing::read(&folder).ok_or_else(|| gone(id))?;
        if standing.is_taken() {
            return Err(Notice::yours("the run is under way", "stop it first"));
        }
        // Once it has another name nobody takes what is left of it for a run.
        fs::rename(&folder, self.root.join(format!("{DELETED}{id}"))).map_err(fail)?;
        // Also of those before whose deleting was broken off.
        let entries = fs::read_dir(&self.root).map_err(fail)?.flatten();
        let mut away = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(DELETED));
        away.try_for_each(|entry| fs::remove_dir_all(entry.path())).map_err(fail)
    }

    /// The recipe of a run.
    pub fn recipe(&self, id: &str) -> Result<String, Notice> {
        fs::read_to_string(self.folder(id).join(folder::RECIPE)).map_err(|error| outside("its recipe", &error))
    }

    /// The command that says what a recipe will take.
    pub fn forecast(&self, plan: &RunPlan) -> Result<(std::process::Command, tempfile::NamedTempFile), Notice> {
        let card = recipe_text::open(&plan.recipe)?;
        if card.kind == suites::KIND {
            return Err(Notice::yours(
                "what an evaluation takes is not known beforehand",
                "start it: it says what is left",
            ));
        }
        let text = plan.changes.iter().try_fold(card.text, |text, change| set(&text, change))?;
        let fail = |error: io::Error| outside("a file for the recipe", &error);
        let file = tempfile::Builder::new().suffix(".toml").tempfile().map_err(fail)?;
        fs::write(file.path(), text).map_err(fail)?;
        let mut command = std::process::Command::new(launching::program());
        command.arg("--home").arg(&self.home).args(["runs", "try", &card.kind]).arg(file.path());
        Ok((command, file))
    }
}

fn gone(id: &str) -> Notice {
    Notice::yours(format!("there is no run '{id}'"), "storyloom runs list shows all of them")
}

fn outside(what: &str, error: &io::Error) -> Notice {
    let advice = "look whether the home folder can be written to and its disk has room";
    Notice::outside(format!("{what}: {error}"), advice)
}

/// A name as a folder bears it.
fn plain(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let plain: String = letters.take(40).collect();
    let plain = plain.trim_matches('-');
    if plain.is_empty() { "run".to_owned() } else { plain.to_owned() }
}

/// "20261127-074112", in the time of Greenwich.
fn stamp(seconds: i64) -> String {
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
    format!("{year:04}{month:02}{day:02}-{:02}{:02}{:02}", time.hour(), time.minute(), time.second())
}
