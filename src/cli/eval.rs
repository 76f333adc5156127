//! `storyloom eval world`: how much of what a model tells about held-out tales is true, looking and blind.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::outcome::Outcome;
use crate::evaluate::{Looking, worldly};
use crate::story::Notice;
use crate::world::{Judgement, Share};
use crate::writer::{ModelSource, Storyteller};

#[derive(Debug, Args)]
pub struct EvalArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Held-out tales of the picture world, told greedily and held against their facts
    #[command(
        after_help = "Examples:\n  storyloom eval world --count 200\n  storyloom eval world --folder runs/storyteller/model --count 50 --stories 3"
    )]
    World {
        /// A model folder; left out: the embedded storyteller
        #[arg(long, value_name = "FOLDER")]
        folder: Option<PathBuf>,
        /// So many tales, each told twice: looking, and blind (with another tale's frames)
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
        count: u64,
        /// Seed of the first tale; training uses none from 1000000000 on
        #[arg(long, value_name = "N", default_value_t = 3_000_000_000)]
        seed: u64,
        /// Print so many of the stories
        #[arg(long, value_name = "N", default_value_t = 0)]
        stories: u64,
        /// Write the counts as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the verb.
pub fn run(args: EvalArgs) -> Outcome {
    let What::World { folder, count, seed, stories, json } = args.what;
    let source = match folder {
        None => ModelSource::Embedded,
        Some(path) => ModelSource::Folder { name: path.display().to_string(), path, adapter: None },
    };
    let mut teller = Storyteller::open(&source, None).map_err(Notice::from)?;
    let bar = ProgressBar::new(count * 2);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} stories  {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let mut out = std::io::stdout().lock();
    let mut judged = Vec::new();
    for looking in [Looking::Seeing, Looking::Blind] {
        let mut left = if looking == Looking::Seeing { stories } else { 0 };
        let judgement = worldly(&mut teller, seed, count, looking, |tale, text| {
            bar.inc(1);
            if left > 0 {
                left -= 1;
                let title = &tale.facts.title;
                bar.suspend(|| eprintln!("\n{title} (seed {})\n{text}", tale.facts.seed));
            }
        });
        judged.push(judgement.map_err(Notice::from)?);
    }
    bar.finish_and_clear();
    if json {
        let value = serde_json::json!({"model": teller.name, "seed": seed, "seeing": judged[0], "blind": judged[1]});
        return Ok(writeln!(out, "{value}")?);
    }
    writeln!(out, "{} tales from seed {seed}, greedy · {}", count, teller.name)?;
    writeln!(out, "{:<34}{:>10}{:>10}", "", "looking", "blind")?;
    for (name, share) in ROWS {
        let [seeing, blind] = [&judged[0], &judged[1]].map(|j| 100.0 * share(j).value());
        writeln!(out, "{name:<34}{seeing:>9.1}%{blind:>9.1}%")?;
    }
    let words = |j: &Judgement| j.words as f64 / j.stories.max(1) as f64;
    Ok(writeln!(out, "{:<34}{:>10.0}{:>10.0}", "words a story", words(&judged[0]), words(&judged[1]))?)
}

type Row = (&'static str, fn(&Judgement) -> Share);

const ROWS: [Row; 12] = [
    ("characters: precision", |j| j.character_precision),
    ("characters: recall", |j| j.character_recall),
    ("place", |j| j.place),
    ("emotion", |j| j.emotion),
    ("emotion, one character in frame", |j| j.emotion_single),
    ("emotion, against the plot", |j| j.emotion_twist),
    ("visible thing named", |j| j.thing_recall),
    ("things named that are not there", |j| j.hallucinated_things),
    ("mentions of what is not there", |j| j.hallucination),
    ("one line a frame", |j| j.aligned),
    ("names right", |j| j.names),
    ("sentences repeated", |j| j.repeated),
];
