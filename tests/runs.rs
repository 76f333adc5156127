//! Runs in the background as the system meets them: killed at any moment, ordered twice at once, halted, left alone.
//!
//! Processes are waited for by looking at what they leave; nothing here depends on how fast they are.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use rand::{Rng, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// The smallest model there is, as in the trainer's own tests.
const RECIPE: &str = include_str!("runs/tiny.toml");

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let home = Home(tempfile::tempdir().unwrap());
        home.recipe("tiny.toml", RECIPE);
        home
    }

    fn recipe(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_storyloom"));
        command.env_clear().env("HOME", self.0.path()).env("STORYLOOM_HOME", self.0.path());
        command.env("STORYLOOM_RUNS_NICE", "0").env("RAYON_NUM_THREADS", "1").args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// What a command said, which must succeed.
    fn said(&self, arguments: &[&str]) -> String {
        let out = self.run(arguments);
        assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8(out.stdout).unwrap()
    }

    fn start(&self, recipe: &str, more: &[&str]) -> String {
        let path = self.0.path().join(recipe).display().to_string();
        let said = self.said(&[&["runs", "start", &path], more].concat());
        said.split(' ').next().unwrap().to_owned()
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.0.path().join("runs").join(id)
    }

    fn card(&self, id: &str) -> Value {
        serde_json::from_str(&self.said(&["runs", "show", id, "--json"])).unwrap()
    }

    fn state(&self, id: &str) -> String {
        self.card(id)["state"].as_str().unwrap().to_owned()
    }

    fn ends(&self, id: &str) -> String {
        let over = ["finished", "stopped", "failed", "lost"];
        until(|| Some(self.state(id)).filter(|state| over.contains(&state.as_str())))
    }

    fn steps(&self, id: &str) -> usize {
        fs::read_to_string(self.folder(id).join("steps.jsonl")).unwrap_or_default().lines().count()
    }

    /// The process of the supervisor or of the training of the current attempt.
    fn process(&self, id: &str, whose: &str) -> i32 {
        until(|| {
            let begun: Value = serde_json::from_slice(&fs::read(self.folder(id).join("run.json")).ok()?).ok()?;
            begun[whose]["pid"].as_i64()
        }) as i32
    }

    fn attempts(&self, id: &str) -> u64 {
        let begun = fs::read(self.folder(id).join("run.json")).unwrap();
        serde_json::from_slice::<Value>(&begun).unwrap()["attempt"].as_u64().unwrap()
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        // A test that failed leaves nobody at work.
        for entry in fs::read_dir(self.0.path().join("runs")).into_iter().flatten().flatten() {
            let _ = fs::write(entry.path().join("wish"), "kill");
        }
    }
}

/// Looks until something is there.
fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..60_000 {
        if let Some(found) = look() {
            return found;
        }
        // Other processes need the processor meanwhile.
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("it never came");
}

fn is_there(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rfind(')').is_some_and(|at| !stat[at + 1..].trim_start().starts_with(['Z', 'X']))
}

fn kill(pid: i32) {
    let _ = kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL);
    until(|| (!is_there(pid)).then_some(()));
}

/// What is left of a run, but for the time it took.
fn left(folder: &Path) -> (Vec<Value>, Vec<Vec<u8>>) {
    let text = fs::read_to_string(folder.join("steps.jsonl")).unwrap();
    let steps = text.lines().map(|line| {
        let mut step: Value = serde_json::from_str(line).unwrap();
        step.as_object_mut().unwrap().retain(|name, _| !name.contains("seconds"));
        step
    });
    let files = ["model/model.safetensors", "best/model.safetensors", "best.json", "samples.jsonl"];
    (steps.collect(), files.map(|file| fs::read(folder.join(file)).unwrap()).to_vec())
}

#[test]
fn twenty_kills_at_random_lose_nothing_and_every_state_is_true() {
    let home = Home::new();
    let whole = home.0.path().join("whole");
    let recipe = home.0.path().join("tiny.toml").display().to_string();
    home.said(&["train", "sft", &recipe, "--run", &whole.display().to_string()]);
    let id = home.start("tiny.toml", &[]);
    let mut chance = rand_chacha::ChaCha8Rng::seed_from_u64(20);
    for n in 0..20 {
        let steps = home.steps(&id);
        let more = if n % 5 == 0 { 0 } else { chance.random_range(0..3) };
        let trainer = home.process(&id, "trainer");
        until(|| (home.steps(&id) >= steps + more || !is_there(trainer)).then_some(()));
        (0..chance.random_range(0..200_000)).for_each(|_| std::hint::spin_loop());
        if chance.random::<bool>() {
            kill(trainer);
            let state = home.ends(&id);
            assert_eq!(state, "failed", "kill {n}, of the training");
            assert!(home.card(&id)["why"]["what"].as_str().unwrap().contains("killed"));
        } else {
            kill(home.process(&id, "supervisor"));
            // The training has lost its supervisor: it saves and ends by itself.
            let state = home.state(&id);
            assert!(["stopping", "lost"].contains(&state.as_str()), "kill {n}, of the supervisor: {state}");
            until(|| (!is_there(trainer)).then_some(()));
            assert_eq!(home.ends(&id), "lost");
        }
        home.said(&["runs", "resume", &id]);
        assert_eq!(home.attempts(&id), n + 2);
    }
    assert_eq!(home.ends(&id), "finished");
    let ((steps, files), (all_steps, all_files)) = (left(&home.folder(&id)), left(&whole));
    assert_eq!(steps, all_steps);
    for (n, (file, whole)) in files.iter().zip(&all_files).enumerate() {
        assert!(file == whole, "file {n}: {} bytes, of an unbroken run {}", file.len(), whole.len());
    }
    assert!(!home.folder(&id).join("queue.json").exists());
}

#[test]
fn of_many_that_start_at_once_one_runs_and_each_runs_once() {
    let home = Home::new();
    let recipe = home.0.path().join("tiny.toml").display().to_string();
    let starts: Vec<_> = (0..4)
        .map(|_| home.command(&["runs", "start", &recipe, "--set", "stage.2.steps=3"]).spawn().unwrap())
        .collect();
    // Others look in meanwhile, as servers and visitors do.
    let looks: Vec<_> = (0..4).map(|_| home.command(&["runs", "list"]).spawn().unwrap()).collect();
    for mut child in starts.into_iter().chain(looks) {
        assert!(child.wait().unwrap().success());
    }
    let cards = || -> Vec<Value> { serde_json::from_str(&home.said(&["runs", "list", "--json"])).unwrap() };
    until(|| {
        let cards = cards();
        let is = |words: &[&str]| cards.iter().filter(|card| words.contains(&card["state"].as_str().unwrap())).count();
        assert!(is(&["starting", "running", "stopping"]) <= 1, "{cards:#?}");
        assert_eq!(is(&["failed", "lost"]), 0, "{cards:#?}");
        (is(&["finished"]) == 4).then_some(())
    });
    for card in cards() {
        assert_eq!(home.attempts(card["id"].as_str().unwrap()), 1);
    }
}

#[test]
fn a_run_is_paused_stopped_forked_and_deleted() {
    let home = Home::new();
    let id = home.start("tiny.toml", &["--set", "stage.2.steps=4000", "--keep-every", "2"]);
    until(|| (home.steps(&id) > 4).then_some(()));
    assert!(!home.run(&["runs", "delete", &id, "--yes"]).status.success(), "it is under way");
    let waits = home.start("tiny.toml", &[]);
    home.said(&["runs", "pause", &id]);
    until(|| (home.state(&id) == "paused").then_some(()));
    assert_eq!(home.state(&waits), "queued", "a paused run keeps its turn");
    home.said(&["runs", "stop", &waits]);
    assert_eq!(home.state(&waits), "stopped");
    home.said(&["runs", "resume", &id]);
    let steps = home.steps(&id);
    until(|| (home.steps(&id) > steps).then_some(()));
    // Paused again, and its supervisor gone: it has to be woken to save and end.
    home.said(&["runs", "pause", &id]);
    until(|| (home.state(&id) == "paused").then_some(()));
    kill(home.process(&id, "supervisor"));
    home.said(&["runs", "resume", &id]);
    until(|| (home.state(&id) == "running").then_some(()));
    let kept = until(|| {
        let kept = home.card(&id)["forks"].as_array()?.first()?.as_u64()?;
        home.folder(&id).join("kept").join(kept.to_string()).exists().then_some(kept)
    });
    home.said(&["runs", "stop", &id]);
    assert_eq!(home.ends(&id), "stopped");
    let step = kept.to_string();
    let fork = home.said(&["runs", "fork", &id, "--step", &step, "--set", &format!("stage.2.steps={kept}")]);
    let fork = fork.trim();
    assert_eq!(home.ends(fork), "finished");
    assert_eq!(home.card(fork)["parent"][1].as_u64(), Some(kept));
    assert!(home.said(&["runs", "compare", &id, fork]).contains(&format!("+steps = {kept}")));
    home.said(&["runs", "note", fork, "shorter"]);
    home.said(&["runs", "tag", fork, "small", "short"]);
    assert!(home.said(&["runs", "list"]).contains("#small #short  shorter"));
    home.said(&["runs", "delete", &id, "--yes"]);
    assert!(!home.folder(&id).exists() && home.folder(fork).join("model").exists());
    let files = fs::read_dir(home.folder(fork)).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(files.into_iter().any(|name| name.to_string_lossy().starts_with("events.out.tfevents.")));
}

#[test]
fn what_fails_says_why_in_its_own_words_and_the_next_one_starts() {
    let home = Home::new();
    let wild = RECIPE.replace("clip = 1.0", "clip = 0.0").replace("learning_rate = 1e-2", "learning_rate = 1e30");
    home.recipe("wild.toml", &wild);
    home.recipe("wrong.toml", &RECIPE.replace("batch = 2", "bitch = 2"));
    let (wild, wrong, right) =
        (home.start("wild.toml", &[]), home.start("wrong.toml", &[]), home.start("tiny.toml", &[]));
    assert_eq!(home.ends(&wild), "failed");
    let why = home.card(&wild)["why"].clone();
    assert!(why["what"].as_str().unwrap().contains("diverged"), "{why}");
    assert!(why["try_this"].as_str().unwrap().contains("learning rate"), "{why}");
    assert_eq!(home.ends(&wrong), "failed");
    assert!(home.card(&wrong)["why"]["what"].as_str().unwrap().contains("bitch"));
    assert_eq!(home.ends(&right), "finished");
    let watched = home.run(&["runs", "watch", &wild]);
    assert_eq!(watched.status.code(), Some(3), "who watches is told too");
    assert!(home.said(&["runs", "watch", &right]).contains("finished"));
}

/// Two tales, a few words each, by a model that is there and one that is not; a demand that cannot be held.
const SUITE: &str = "# Small.\nformat = 1\nname = \"tiny suite\"\n[sequences]\nworld = { count = 3 }\n[telling]\nmax_new_tokens = 8\n\
    [[models]]\nname = \"ours\"\nmodel = \"embedded\"\n[[models]]\nname = \"theirs\"\nmodel = \"not here\"\noptional = true\n\
    [[gates]]\nmeasure = \"words\"\nat_most = 0\n";

#[test]
fn an_evaluation_runs_in_the_background_and_the_shelf_keeps_it_with_all_that_repeats_it() {
    let home = Home::new();
    home.recipe("suite.toml", SUITE);
    let id = home.start("suite.toml", &["--set", "sequences.world.count=2"]);
    assert_eq!(home.ends(&id), "finished", "{}", home.card(&id));
    let card = home.card(&id);
    assert_eq!((card["kind"].as_str(), card["step"].as_u64(), card["of"].as_u64()), (Some("eval"), Some(2), Some(2)));
    let listed: Value = serde_json::from_str(&home.said(&["eval", "list", "--json"])).unwrap();
    let only = &listed.as_array().unwrap()[..];
    assert_eq!((only.len(), &only[0]["models"], &only[0]["missed"]), (1, &serde_json::json!(["ours"]), &1.into()));
    let id = only[0]["id"].as_str().unwrap();
    let found: Value = serde_json::from_str(&home.said(&["eval", "show", id, "--format", "json"])).unwrap();
    let folder = home.0.path().join("evaluations/tiny-suite");
    let written: Value = serde_json::from_slice(&fs::read(folder.join("results.json")).unwrap()).unwrap();
    assert_eq!(found, written);
    assert_eq!(home.said(&["eval", "show", "tiny suite", "--format", "csv"]), read(&folder.join("table.csv")));
    assert_eq!(home.said(&["eval", "show", &id[..12], "--format", "md"]), read(&folder.join("table.md")));
    assert_eq!(home.said(&["eval", "show", id, "--format", "tex"]), read(&folder.join("table.tex")));
    // Its suite makes it again, and nothing is told anew.
    let again = home.recipe("again.toml", &home.said(&["eval", "show", id, "--suite"])).display().to_string();
    let told = read(&folder.join("kept.jsonl"));
    assert_eq!(home.run(&["eval", "run", &again]).status.code(), Some(4));
    assert_eq!(read(&folder.join("kept.jsonl")), told);
    let listed: Value = serde_json::from_str(&home.said(&["eval", "list", "--json"])).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    // The page has its frames again, drawn from their seeds.
    let out = home.0.path().join("out");
    home.said(&["eval", "show", id, "--out", &out.display().to_string(), "--samples", "1"]);
    assert!(read(&out.join("report.html")).contains("data:image"));
    let wrong = home.run(&["eval", "show", "nothing"]);
    assert!(!wrong.status.success() && String::from_utf8_lossy(&wrong.stderr).contains("no evaluation 'nothing'"));
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
