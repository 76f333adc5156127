//! The job's folder: data, configuration, and `run.sh`, which every place runs: it trains, writes a log, and leaves its code.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::recipe::{ExternalRecipe, Place, Stage, Trainer};
use super::rows;
use crate::exchange::open_snapshot;
use crate::story::Notice;

/// Our own small program for TRL: it takes `job.json`.
const TRL: &str = include_str!("../../assets/handover/trl_train.py");

/// The job's folder within the run's.
pub const FOLDER: &str = "external";

/// What was written.
pub struct Written {
    pub rows: usize,
    pub undecided: usize,
    pub command: Vec<String>,
}

/// In a sentence, what would be handed over; nothing is left behind.
///
/// # Errors
/// A snapshot that cannot be handed over.
pub fn describe(recipe: &ExternalRecipe) -> Result<String, Notice> {
    let beside =
        tempfile::tempdir().map_err(|error| Notice::outside(error.to_string(), "make room in the temporary folder"))?;
    let Written { rows, undecided, command } = write(recipe, beside.path())?;
    let program = command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let program = program.replace(&beside.path().display().to_string(), "RUN");
    Ok(format!("{rows} rows ({undecided} pairs are undecided and left out)\n{program}"))
}

/// Writes the job below a run's folder: whole, or not there.
///
/// # Errors
/// A snapshot that cannot be handed over, or a disk that is full.
pub fn write(recipe: &ExternalRecipe, run: &Path) -> Result<Written, Notice> {
    let full = |error: io::Error| {
        Notice::outside(format!("the job's folder cannot be written: {error}"), "make room, then start it again")
    };
    fs::create_dir_all(run).map_err(full)?;
    // The trainer may run elsewhere, in another folder.
    let run = run.canonicalize().map_err(full)?;
    let job = run.join(FOLDER);
    if job.exists() {
        // Of an attempt that ended before it was handed over.
        fs::remove_dir_all(&job).map_err(full)?;
    }
    fs::create_dir_all(job.join("out")).map_err(full)?;
    let snapshot = open_snapshot(&recipe.snapshot)?;
    let (rows, undecided) = rows::write(&snapshot, recipe.trainer, recipe.stage, &job.join("data"))?;
    let settings = serde_json::to_value(&recipe.settings).map_err(|error| Notice::ours(error.to_string()))?;
    let settings = settings.as_object().cloned().unwrap_or_default();
    let command = match recipe.trainer {
        Trainer::Trl => trl(recipe, &job, &settings),
        Trainer::Swift => Ok(swift(recipe, &job, &settings)),
        Trainer::LlamaFactory => llama_factory(recipe, &job, &settings),
    }
    .map_err(full)?;
    fs::write(job.join("run.sh"), script(recipe, &job, &command)).map_err(full)?;
    Ok(Written { rows, undecided, command })
}

fn trl(recipe: &ExternalRecipe, job: &Path, settings: &Map<String, Value>) -> io::Result<Vec<String>> {
    let order = json!({
        "stage": recipe.stage, "base": recipe.base_for_it(), "data": job.join("data/preferences.jsonl"), "out": job.join("out"),
        "settings": settings,
    });
    fs::write(job.join("job.json"), serde_json::to_vec_pretty(&order)?)?;
    fs::write(job.join("trl_train.py"), TRL)?;
    Ok(vec![recipe.python.clone(), text(&job.join("trl_train.py")), text(&job.join("job.json"))])
}

fn swift(recipe: &ExternalRecipe, job: &Path, settings: &Map<String, Value>) -> Vec<String> {
    let mut command = vec![beside(&recipe.python, "swift")];
    match recipe.stage {
        Stage::Sft => command.push("sft".to_owned()),
        Stage::Dpo => command.extend(["rlhf", "--rlhf_type", "dpo"].map(str::to_owned)),
        Stage::Reward => command.extend(["rlhf", "--rlhf_type", "rm"].map(str::to_owned)),
    }
    let mut say = |name: &str, value: String| command.extend([format!("--{name}"), value]);
    say("model", recipe.base_for_it());
    say("dataset", text(&job.join("data/preferences.jsonl")));
    say("output_dir", text(&job.join("out")));
    if !settings.contains_key("tuner_type") && !settings.contains_key("train_type") {
        say("tuner_type", "lora".to_owned());
    }
    if !settings.contains_key("logging_steps") {
        say("logging_steps", "1".to_owned());
    }
    for (name, value) in settings {
        say(name, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
    }
    command
}

fn llama_factory(recipe: &ExternalRecipe, job: &Path, settings: &Map<String, Value>) -> io::Result<Vec<String>> {
    let stage = match recipe.stage {
        Stage::Sft => "sft",
        Stage::Dpo => "dpo",
        Stage::Reward => "rm",
    };
    let mut said = Map::new();
    let own = json!({
        "stage": stage, "do_train": true, "finetuning_type": "lora", "model_name_or_path": recipe.base_for_it(),
        "dataset": "storyloom", "dataset_dir": job.join("data"), "output_dir": job.join("out"), "logging_steps": 1,
        "overwrite_output_dir": true,
    });
    said.extend(own.as_object().cloned().unwrap_or_default());
    said.extend(settings.clone());
    // A JSON value is a YAML value.
    let lines: String = said.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    fs::write(job.join("train.yaml"), lines)?;
    Ok(vec![beside(&recipe.python, "llamafactory-cli"), "train".to_owned(), text(&job.join("train.yaml"))])
}

/// A program of the same environment as a Python that is named by its path.
fn beside(python: &str, program: &str) -> String {
    let path = PathBuf::from(python);
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => text(&folder.join(program)),
        None => program.to_owned(),
    }
}

fn script(recipe: &ExternalRecipe, job: &Path, command: &[String]) -> String {
    let folder = quoted(&text(job));
    let mut lines = vec!["#!/bin/sh".to_owned()];
    if recipe.place == Place::Slurm {
        // Slurm's own words of the job, apart from the trainer's log.
        lines.push(format!("#SBATCH --output={}", text(&job.join("slurm-%j.log"))));
        lines.extend(recipe.slurm.directives.iter().map(|directive| format!("#SBATCH {directive}")));
        lines.extend(recipe.slurm.setup.iter().cloned());
    }
    lines.push(format!("cd {folder} || exit 97"));
    lines.push("rm -f exit".to_owned());
    lines.push(format!("{} >>log.txt 2>&1", command.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")));
    lines.push("code=$?".to_owned());
    lines.push("echo $code >exit.new && mv exit.new exit".to_owned());
    lines.push("exit $code".to_owned());
    lines.join("\n") + "\n"
}

/// A word as a shell takes it for one.
pub fn quoted(word: &str) -> String {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_./=:,+@%".contains(sign);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
