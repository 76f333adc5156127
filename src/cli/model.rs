//! `storyloom model`: add, list, choose and remove the models that tell.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use super::outcome::{Outcome, printable, tell as say};
use super::{model_check, model_mix};
use crate::config::Config;
use crate::shelf::Shelf;
use crate::story::{ModelCard, Notice};
use crate::studio::models::{AddModel, AddRemote, Fetching, Hub, Registry, SCHEME};
use crate::writer::remote::Remote;

/// Add, list, choose and remove models
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom model list
  storyloom model add ./my-smolvlm --name mine
  storyloom model check ./my-smolvlm
  storyloom model use mine")]
pub struct Model {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Add a model or an adapter: from a folder, which is linked, from a hub, which is fetched, or one that an engine serves
    #[command(after_help = "\
A folder is used where it lies, unless --copy. A hub id is fetched into the cache that all tools of that hub share
(HF_HOME); a broken download goes on where it stopped, and every large file is held against its checksum.
HF_TOKEN, HF_ENDPOINT, HTTPS_PROXY and NO_PROXY are followed.
openai:URL is a model behind anything that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp's server, Ollama,
mistral.rs, hosted services. --model is its name over there. The key is read from the variable at each request and kept
nowhere.

Examples:
  storyloom model add ./my-smolvlm
  storyloom model add HuggingFaceTB/SmolVLM-256M-Instruct --name small
  storyloom model add owner/name@v2 --copy
  storyloom model add ./my-smolvlm --quant q8
  storyloom model add ./my-adapter --base small
  storyloom model add openai:http://host:8000/v1 --model Qwen/Qwen2.5-VL-7B-Instruct
  storyloom model add openai:https://api.example.com/v1 --model large --key-env EXAMPLE_KEY --name hosted")]
    Add {
        /// A folder, owner/name[@revision] on a hub, or openai:URL
        from: String,
        /// Call it this; without it, as the folder or the repository is called
        #[arg(long)]
        name: Option<String>,
        /// Copy the files into the home folder
        #[arg(long)]
        copy: bool,
        /// The model that an adapter stands on, by its name in the list
        #[arg(long, value_name = "NAME")]
        base: Option<String>,
        #[command(flatten)]
        remote: RemoteArgs,
    },
    /// List the models; * marks the one that tells
    #[command(after_help = "\
Examples:
  storyloom model list
  storyloom model list --json | jq -r '.[].name'")]
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// Forget a model; a copy in the home folder is deleted, a linked folder is left alone
    #[command(after_help = "Example:\n  storyloom model remove small")]
    Remove {
        /// Its name in the list
        name: String,
    },
    /// Say whether a folder holds a whole model, how much memory it takes, and try it
    #[command(after_help = model_check::AFTER_HELP)]
    Check(model_check::CheckArgs),
    /// Write the model that lies between two of one line
    #[command(after_help = model_mix::AFTER_HELP)]
    Mix(model_mix::MixArgs),
    /// Let this model tell from now on
    #[command(after_help = "\
Examples:
  storyloom model use small
  storyloom model use small --quant q4
  storyloom model use embedded")]
    Use {
        /// Its name in the list
        name: String,
    },
}

/// What is said of a model behind openai:URL.
#[derive(Debug, Args)]
#[command(next_help_heading = "Behind openai:URL")]
struct RemoteArgs {
    /// The environment variable that holds the key
    #[arg(long, value_name = "VAR")]
    key_env: Option<String>,
    /// Send no pictures: it tells from the words of the question alone
    #[arg(long)]
    blind: bool,
    /// Frames a request at most; longer sequences are told in chapters
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    frames: Option<u16>,
    /// Longest side of a picture that is sent, in pixels
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u32).range(32..=4096))]
    side: Option<u32>,
    /// Add it without asking the engine, which may not run yet
    #[arg(long)]
    unchecked: bool,
}

/// Does what was asked.
pub async fn run(model: Model, config: &Config) -> Outcome {
    match &model.verb {
        Verb::Check(args) => return model_check::run(args, config),
        Verb::Mix(args) => return model_mix::run(args),
        _ => {}
    }
    let shelf = Shelf::open(&config.home, config.database.as_deref()).await.map_err(Notice::from)?;
    let registry = Registry::new(shelf.clone());
    let mut out = io::stdout().lock();
    match model.verb {
        Verb::Check(_) | Verb::Mix(_) => {}
        Verb::Add { from, name, remote, .. } if from.starts_with(SCHEME) => {
            let url = from.trim_start_matches(SCHEME).to_owned();
            add_remote(&registry, remote.order(url, name, config.model.clone()), &mut out).await?;
        }
        Verb::Add { remote: RemoteArgs { key_env: Some(_), .. }, .. } => {
            let try_this = "write openai:URL for a model behind an engine, or leave --key-env out";
            return Err(Notice::yours("a folder or a hub's model takes no --key-env", try_this).into());
        }
        Verb::Add { from, name, copy, base, .. } => {
            let mut bar = Bar::default();
            let order = AddModel { from, name, copy, base };
            let added = registry.add(order, Hub::from_environment(), move |step| bar.show(step)).await?;
            if let Some(quant) = config.quant {
                registry.set_quant(&added.name, quant).await?;
            }
            writeln!(out, "added {}", describe(&added))?;
            writeln!(out, "tell with it: storyloom model use {}", printable(&added.name))?;
        }
        Verb::List { json } => {
            let cards = registry.list(config.model.as_deref()).await?;
            if json {
                let text = serde_json::to_string_pretty(&cards).map_err(|error| Notice::ours(error.to_string()))?;
                writeln!(out, "{text}")?;
            } else {
                write!(out, "{}", table(&cards))?;
            }
        }
        Verb::Remove { name } => {
            registry.remove(&name).await?;
            writeln!(out, "removed {}; the stories it told stay", printable(&name))?;
        }
        Verb::Use { name } => {
            let (card, _) = registry.choose(&name).await?;
            if let Some(quant) = config.quant {
                registry.set_quant(&card.name, quant).await?;
            }
            let kept = registry.quant(&card.name, config.quant).await?;
            let kept = kept.map_or(String::new(), |quant| format!(", weights kept: {quant}"));
            writeln!(out, "{} tells from now on{kept}", describe(&card))?;
        }
    }
    shelf.close().await;
    Ok(())
}

impl RemoteArgs {
    fn order(self, url: String, name: Option<String>, model: Option<String>) -> AddRemote {
        let RemoteArgs { key_env, blind, frames, side, unchecked } = self;
        AddRemote { url, model, key_env, name, unchecked, blind, frames: frames.map(usize::from), side }
    }
}

async fn add_remote(registry: &Registry, order: AddRemote, out: &mut impl Write) -> Outcome {
    let remote = Remote::new(&order.url, "?", order.key_env.as_deref())?;
    if remote.key_in_the_clear() {
        let what = format!("the key would go to {} in the clear", remote.at());
        say(&Notice::yours(
            what,
            "use https://, or a tunnel: ssh -L 8000:localhost:8000 HOST, then http://localhost:8000/v1",
        ));
    }
    let (blind, unchecked) = (order.blind, order.unchecked);
    let (added, sees) = registry.add_remote(order).await?;
    writeln!(out, "added {}", describe(&added))?;
    if sees == Some(false) && !blind {
        writeln!(out, "it sees no pictures, its engine says: it tells from the words of the question alone")?;
    } else if sees.is_none() && !blind && !unchecked {
        writeln!(out, "its engine does not say whether it sees pictures: they are sent; --blind leaves them out")?;
    }
    Ok(writeln!(out, "tell with it: storyloom model use {}", printable(&added.name))?)
}

fn describe(card: &ModelCard) -> String {
    if elsewhere(card) {
        return format!("{}: {} ({})", printable(&card.name), printable(&card.source), printable(&card.family));
    }
    let (millions, size) = (card.parameters as f64 / 1e6, HumanBytes(card.bytes));
    format!("{}: {}, {millions:.1}M parameters, {}, {size}", printable(&card.name), card.family, card.dtype)
}

/// A model that somebody else serves has no files here.
fn elsewhere(card: &ModelCard) -> bool {
    card.bytes == 0
}

fn table(cards: &[ModelCard]) -> String {
    let mut rows = vec![["", "NAME", "FAMILY", "PARAMETERS", "TYPE", "SIZE", "FROM"].map(str::to_owned)];
    rows.extend(cards.iter().map(|card| {
        [
            if card.current { "*" } else { "" }.to_owned(),
            printable(&card.name),
            printable(&card.family),
            if elsewhere(card) { "-".to_owned() } else { format!("{:.1}M", card.parameters as f64 / 1e6) },
            if elsewhere(card) { "-".to_owned() } else { card.dtype.clone() },
            if elsewhere(card) { "-".to_owned() } else { HumanBytes(card.bytes).to_string() },
            printable(&card.source),
        ]
    }));
    let widths: Vec<usize> =
        (0..7).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// A bar on stderr, if that is a terminal.
#[derive(Default)]
struct Bar {
    bar: Option<ProgressBar>,
}

impl Bar {
    fn show(&mut self, step: Fetching) {
        match step {
            Fetching::Plan { bytes, .. } => self.begin("fetching", bytes),
            Fetching::File { name } => self.with(|bar| bar.set_message(printable(&name))),
            Fetching::Bytes { done } => self.with(|bar| bar.set_position(done)),
            Fetching::Again { why } => self.with(|bar| bar.println(format!("{}; going on", printable(&why)))),
            Fetching::Reading { done, total } => self.step("checking", done, total),
            Fetching::Copying { done, total } => self.step("copying", done, total),
        }
    }

    fn step(&mut self, what: &'static str, done: u64, total: u64) {
        if self.bar.as_ref().is_none_or(|bar| bar.message() != what) {
            self.begin(what, total);
        }
        self.with(|bar| bar.set_position(done));
    }

    fn begin(&mut self, what: &'static str, bytes: u64) {
        let form = "{msg:28!} {wide_bar} {bytes:>10} of {total_bytes:<10} {bytes_per_sec:>12} {eta:>5}";
        let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
        self.with(ProgressBar::finish_and_clear);
        self.bar = Some(ProgressBar::new(bytes).with_style(style).with_message(what));
    }

    fn with(&self, act: impl FnOnce(&ProgressBar)) {
        if let Some(bar) = &self.bar {
            act(bar);
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.with(ProgressBar::finish_and_clear);
    }
}
