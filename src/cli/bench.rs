//! `storyloom bench`: how fast the engine and the pictures are on this machine, as medians over several runs.
//!
//! Shapes are named in the table; weights of the larger shapes are random, as only their size counts.

use std::hint::black_box;
use std::io::Write;
use std::time::Instant;

use clap::Args;

use super::bench_drift::drift;
use super::bench_gallery::gallery;
use super::bench_keys::keys;
use super::bench_pictures::pictures;
use super::bench_shapes::{seven_billion, shapes};
use super::bench_steps::steps;
use super::figure::{Figure, measure, since};
use super::outcome::Outcome;
use crate::pixels::Picture;
use crate::story::{Gaze, Notice, Sampling};
use crate::world::{Split, Tale};
use crate::writer::chat::Message;
use crate::writer::generation::{Generation, Wanted};
use crate::writer::prompts::{Filling, fill, template};
use crate::writer::{ModelSource, Storyteller, WriterError};

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  storyloom bench\n  storyloom bench --json > bench.json\n  storyloom bench --runs 9 --small\n  storyloom bench --pictures --runs 15\n  storyloom bench --gallery 2000\n  storyloom bench --keys 1000\n  storyloom bench --memory\n  storyloom bench --drift\n  storyloom bench --training\n  storyloom bench --training --only 'f32: LoRA step of 512, checkpointing'"
)]
pub struct BenchArgs {
    /// Runs of each measurement; the median is told
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    runs: u16,
    /// Leave out the shapes of 135 and 360 million parameters, which need up to 1.8 GB
    #[arg(long)]
    small: bool,
    /// Time training steps instead
    #[arg(long, conflicts_with = "pictures")]
    training: bool,
    /// Tell 16 tokens with the shapes of a 7-billion Llama in four bits, and say how much memory that took at most
    #[arg(long, conflicts_with_all = ["training", "pictures"])]
    memory: bool,
    /// How far the embedded storyteller's chances move when its weights are kept in fewer bits
    #[arg(long, conflicts_with_all = ["training", "pictures", "memory"])]
    drift: bool,
    /// Time pictures only
    #[arg(long)]
    pictures: bool,
    /// Time the gallery of a shelf of so many sequences, which is made for it in a temporary folder
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, conflicts_with_all = ["training", "pictures"])]
    gallery: usize,
    /// Time so many keys, from the key to the view that answers it, while a story streams and a model is loaded
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, conflicts_with_all = ["training", "pictures", "gallery"])]
    keys: usize,
    /// Of the training steps only those whose name has this in it; memory is counted best for one alone
    #[arg(long, value_name = "TEXT", default_value = "", requires = "training", hide_default_value = true)]
    only: String,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// Runs the verb.
pub fn run(args: &BenchArgs) -> Outcome {
    let figures = match (args.training, args.pictures) {
        (true, _) => steps(args.runs, &args.only).map_err(Notice::from)?,
        (false, true) => pictures(args.runs)?,
        (false, false) if args.drift => drift().map_err(Notice::from)?,
        (false, false) if args.memory => seven_billion().map_err(WriterError::from).map_err(Notice::from)?,
        (false, false) if args.keys > 0 => keys(args.keys)?,
        (false, false) if args.gallery > 0 => gallery(args.runs, args.gallery)?,
        (false, false) => telling(args)?,
    };
    if figures.is_empty() {
        let what = format!("no training step has '{}' in its name", args.only);
        return Err(Notice::yours(what, "leave --only out to see all of them").into());
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        let json = serde_json::to_string_pretty(&figures).map_err(|e| Notice::ours(e.to_string()))?;
        return Ok(writeln!(out, "{json}")?);
    }
    writeln!(out, "{:<58}{:>10}{:>10}{:>10}", format!("median of {}", args.runs), "median", "least", "most")?;
    for Figure { what, median, least, most, unit, gigabytes } in figures {
        let memory = gigabytes.map_or(String::new(), |gigabytes| format!("  {gigabytes:.2} GB at most"));
        writeln!(out, "{what:<58}{median:>10.1}{least:>10.1}{most:>10.1}  {unit}{memory}")?;
    }
    Ok(())
}

/// What a listener waits for.
fn telling(args: &BenchArgs) -> Result<Vec<Figure>, Notice> {
    let mut figures = embedded(args.runs).map_err(Notice::from)?;
    if !args.small {
        figures.extend(shapes(args.runs).map_err(WriterError::from).map_err(Notice::from)?);
    }
    figures.extend(pictures(args.runs)?);
    Ok(figures)
}

/// The embedded storyteller on a tale of five frames.
fn embedded(runs: u16) -> Result<Vec<Figure>, WriterError> {
    let load = measure("embedded: load", "ms", runs, || {
        let started = Instant::now();
        black_box(Storyteller::open(&ModelSource::Embedded, None)?);
        Ok::<_, WriterError>(since(started) * 1000.0)
    })?;
    let mut teller = Storyteller::open(&ModelSource::Embedded, None)?;
    let tale = (2_000_000_000..)
        .map(|seed| Tale::new(seed, Split::HeldOut))
        .find(|tale| tale.facts.frames.len() == 5)
        .ok_or_else(|| WriterError::Prompt("no tale of five frames".to_owned()))?;
    // Each run sees new pictures (another size), so that nothing comes from the cache of what was seen.
    let mut side = 400;
    let mut pictures = || -> Result<Vec<Picture>, WriterError> {
        side += 1;
        let picture = |i| Picture::from_rgb(&tale.draw(i, side)).map_err(|e| WriterError::Picture(e.to_string()));
        (0..5).map(picture).collect()
    };
    let filling = Filling { frames: 5, ..Default::default() };
    let message = [Message::user(5, &fill(template(Default::default()), &filling)?)];
    let wanted = |max_new_tokens, stories| Wanted {
        sampling: Sampling { max_new_tokens, ..Default::default() },
        stories,
        ends: vec![],
        suppressed: vec![],
        alternatives: 0,
        gaze: Gaze::Off,
        opening: vec![],
        alone: false,
    };
    let first = measure("embedded: five new frames to the first token", "ms", runs, || {
        let pictures = pictures()?;
        let started = Instant::now();
        let (reading, _) = teller.read(&message, &pictures, teller.processor.splits(), |_| ())?;
        let mut generation = Generation::start(&teller.model, &teller.processor.tokenizer, reading, wanted(1, 1))?;
        black_box(generation.next());
        Ok::<_, WriterError>(since(started) * 1000.0)
    })?;
    let vision = measure("embedded: vision, five frames with decoding", "ms", runs, || {
        let pictures = pictures()?;
        let started = Instant::now();
        black_box(teller.read(&message, &pictures, false, |_| ())?);
        Ok::<_, WriterError>(since(started) * 1000.0)
    })?;
    let seen = pictures()?;
    let mut decode = |what: &str, stories: usize| {
        measure(what, "tokens/s", runs, || {
            let (reading, _) = teller.read(&message, &seen, false, |_| ())?;
            let tokenizer = &teller.processor.tokenizer;
            let mut generation = Generation::start(&teller.model, tokenizer, reading, wanted(65, stories))?;
            black_box(generation.next());
            let started = Instant::now();
            let pieces = generation.count() as f64;
            Ok::<_, WriterError>(pieces / since(started))
        })
    };
    Ok(vec![load, first, vision, decode("embedded: decode", 1)?, decode("embedded: decode, 8 stories together", 8)?])
}
