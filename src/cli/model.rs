//! `storyloom model`: add, list, choose and remove the models that tell.

use std::io::{self, Write};

use clap::{Args, Subcommand};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use super::model_check;
use super::outcome::{Outcome, printable};
use crate::config::Config;
use crate::shelf::Shelf;
use crate::story::{ModelCard, Notice};
use crate::studio::models::{AddModel, Fetching, Hub, Registry};

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
    /// Add a model or an adapter: from a folder, which is linked, or from a hub, which is fetched
    #[command(after_help = "\
A folder is used where it lies, unless --copy. A hub id is fetched into the cache that all tools of that hub share
(HF_HOME); a broken download goes on where it stopped, and every large file is held against its checksum.
HF_TOKEN, HF_ENDPOINT, HTTPS_PROXY and NO_PROXY are followed.

Examples:
  storyloom model add ./my-smolvlm
  storyloom model add HuggingFaceTB/SmolVLM-256M-Instruct --name small
  storyloom model add owner/name@v2 --copy
  storyloom model add ./my-smolvlm --quant q8
  storyloom model add ./my-adapter --base small")]
    Add {
        /// A folder, or owner/name[@revision] on a hub
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

/// Does what was asked.
pub async fn run(model: Model, config: &Config) -> Outcome {
    if let Verb::Check(args) = model.verb {
        return model_check::run(&args, config);
    }
    let shelf = Shelf::open(&config.home, config.database.as_deref()).await.map_err(Notice::from)?;
    let registry = Registry::new(shelf.clone());
    let mut out = io::stdout().lock();
    match model.verb {
        Verb::Check(_) => {}
        Verb::Add { from, name, copy, base } => {
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

fn describe(card: &ModelCard) -> String {
    let (millions, size) = (card.parameters as f64 / 1e6, HumanBytes(card.bytes));
    format!("{}: {}, {millions:.1}M parameters, {}, {size}", printable(&card.name), card.family, card.dtype)
}

fn table(cards: &[ModelCard]) -> String {
    let mut rows = vec![["", "NAME", "FAMILY", "PARAMETERS", "TYPE", "SIZE", "FROM"].map(str::to_owned)];
    rows.extend(cards.iter().map(|card| {
        [
            if card.current { "*" } else { "" }.to_owned(),
            printable(&card.name),
            card.family.clone(),
            format!("{:.1}M", card.parameters as f64 / 1e6),
            card.dtype.clone(),
            HumanBytes(card.bytes).to_string(),
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
