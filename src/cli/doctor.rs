//! `storyloom doctor`: what this terminal can show, what this machine offers, how the home folder is.

use std::io::{self, Write};

use clap::Args;
use indicatif::HumanBytes;
use serde::Serialize;

use super::outcome::{Outcome, printable};
use super::terminal_report::TerminalReport;
use crate::config::Config;
use crate::shelf::Shelf;
use crate::story::{ModelCard, Notice};
use crate::studio::machine::{Machine, free_space};
use crate::studio::models::Registry;

/// Say what this terminal can show and what this machine offers
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom doctor
  storyloom doctor --json > doctor.json      to add to a report of a defect")]
pub struct Doctor {
    /// One JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Report {
    version: &'static str,
    terminal: TerminalReport,
    machine: Machine,
    home: Home,
    models: Vec<ModelLine>,
}

#[derive(Serialize)]
struct Home {
    folder: String,
    /// Bytes left on its disk; `None` where the system does not say.
    free: Option<u64>,
    /// Which database, its version and where it is; `None` if it could not be opened.
    database: Option<String>,
    sequences: u64,
    images: u64,
    stories: u64,
    /// What is wrong with it, if anything.
    trouble: Option<String>,
}

#[derive(Serialize)]
struct ModelLine {
    #[serde(flatten)]
    card: ModelCard,
    /// Memory it takes to tell with it, in bytes: an estimate.
    needs: u64,
    fits: bool,
}

/// Looks at everything and says it. What is wrong is part of the report, so it does not fail because of it.
pub async fn run(doctor: &Doctor, config: &Config) -> Outcome {
    let machine = Machine::look();
    let (home, models) = home(config, &machine).await;
    let report = Report { version: env!("CARGO_PKG_VERSION"), terminal: TerminalReport::look(), machine, home, models };
    let mut out = io::stdout().lock();
    if doctor.json {
        let text = serde_json::to_string_pretty(&report).map_err(|error| Notice::ours(error.to_string()))?;
        writeln!(out, "{text}")?;
    } else {
        write_plainly(&report, &mut out)?;
    }
    Ok(())
}

async fn home(config: &Config, machine: &Machine) -> (Home, Vec<ModelLine>) {
    let mut home = Home {
        folder: config.home.display().to_string(),
        free: free_space(&config.home),
        database: None,
        sequences: 0,
        images: 0,
        stories: 0,
        trouble: None,
    };
    let looked = async {
        let shelf = Shelf::open(&config.home, config.database.as_deref()).await?;
        let health = shelf.health().await?;
        home.database = Some(health.database);
        (home.sequences, home.images, home.stories) = (health.sequences, health.images, health.stories);
        home.trouble = health.damage.map(|damage| format!("the database is not sound: {damage}"));
        Registry::new(shelf).list(config.model.as_deref()).await
    };
    let cards = looked.await.unwrap_or_else(|notice: Notice| {
        home.trouble = Some(notice.to_string());
        Vec::new()
    });
    let line = |card: ModelCard| {
        let needs = needs(&card);
        ModelLine { fits: needs <= machine.memory_free, needs, card }
    };
    (home, cards.into_iter().map(line).collect())
}

/// Weights are computed with as f32, and what grows while telling takes about a fifth more.
fn needs(card: &ModelCard) -> u64 {
    card.parameters * 4 * 6 / 5
}

fn write_plainly(report: &Report, out: &mut impl Write) -> io::Result<()> {
    let Report { version, terminal, machine, home, models } = report;
    let yes = |there: bool| if there { "yes" } else { "no" };
    let mut say = |name: &str, value: String| writeln!(out, "  {name:<14}{}", printable(&value));
    say("storyloom", (*version).to_owned())?;
    say("", "-- terminal".to_owned())?;
    if terminal.terminal {
        let cell = terminal.cell.map_or("not known".to_owned(), |(width, height)| format!("{width}x{height} pixels"));
        say("size", format!("{} columns, {} rows, a cell is {cell}", terminal.columns, terminal.rows))?;
    } else {
        say("size", "stdout is not a terminal".to_owned())?;
    }
    let program = terminal.program.as_deref().unwrap_or("does not say its name");
    say("kind", format!("{} ({program})", terminal.term))?;
    let why = if terminal.no_color { " (NO_COLOR is set)" } else { "" };
    say("colours", format!("{}{why}", terminal.colours))?;
    say("unicode", yes(terminal.unicode).to_owned())?;
    say("between", format!("{}, ssh {}", terminal.multiplexer.unwrap_or("no multiplexer"), yes(terminal.ssh)))?;
    say("", "-- machine".to_owned())?;
    say("system", machine.system.clone())?;
    say("processor", format!("{}, {} cores", machine.processor, machine.cores))?;
    say("instructions", machine.instructions.join(" "))?;
    say("memory", format!("{} free of {}", HumanBytes(machine.memory_free), HumanBytes(machine.memory)))?;
    say("", "-- home".to_owned())?;
    let free = home.free.map_or("free space not known".to_owned(), |free| format!("{} free", HumanBytes(free)));
    say("folder", format!("{} ({free})", home.folder))?;
    let sound = if home.trouble.is_none() { ": sound" } else { "" };
    if let Some(database) = &home.database {
        say("database", format!("{database}{sound}"))?;
    }
    let sequences = count(home.sequences, "sequence", "sequences");
    let (images, stories) = (count(home.images, "image", "images"), count(home.stories, "story", "stories"));
    say("holds", format!("{sequences}, {images}, {stories}"))?;
    if let Some(trouble) = &home.trouble {
        say("trouble", trouble.clone())?;
    }
    say("", "-- models".to_owned())?;
    for ModelLine { card, needs, fits } in models {
        let fits = if *fits { "fits" } else { "does NOT fit" };
        let current = if card.current { ", tells now" } else { "" };
        say(&card.name, format!("needs about {}, {fits}{current}", HumanBytes(*needs)))?;
    }
    Ok(())
}

fn count(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}
