//! `storyloom eval fool`: whether a reward model can be fooled by stories made worse.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::outcome::{Failure, Outcome};
use super::tellers::stop_on_interrupt;
use crate::evaluate::probes::{REWARD_PROBES_VERSION, RewardProbed, probe_rewards};
use crate::story::Notice;
use crate::writer::reward_model::RewardModel;

#[derive(Debug, Args)]
pub struct EvalFool {
    /// The reward model's folder, or that of an adapter that saves a head
    folder: PathBuf,
    /// Stories that are spoilt
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    count: u64,
    /// Seed of the first tale
    #[arg(long, value_name = "N", default_value_t = 9001)]
    seed: u64,
    /// End with code 4 where spoilt stories of any kind win more often than this
    #[arg(long, value_name = "SHARE")]
    at_most: Option<f64>,
    /// End with code 4 where the upper end of an interval is above this
    #[arg(long, value_name = "SHARE")]
    upper: Option<f64>,
    /// Write the figures as JSON
    #[arg(long)]
    json: bool,
}

/// Bytes of a model up to which there is a copy for each core.
const SMALL: u64 = 64 << 20;

/// Runs the verb. Ctrl-C ends it with the figures of the stories that are done.
pub fn run(args: &EvalFool) -> Outcome {
    let mut copies = open_rewards(&args.folder, args.count)?;
    let stop = stop_on_interrupt()?;
    let probed = probe(&mut copies, (args.seed, args.count), &stop)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let way = |fooled: &crate::evaluate::probes::Fooled| {
            let (way, wins) = (fooled.way, fooled.wins);
            json!({
                "way": way.key(), "wins": wins.value, "interval": [wins.low, wins.high], "of": fooled.of,
                "margin": fooled.margin,
            })
        };
        let ways: Vec<_> = probed.ways.iter().map(way).collect();
        let value = json!({
            "version": REWARD_PROBES_VERSION, "stories": probed.stories, "seed": args.seed, "ways": ways,
            "padded_apart": probed.padded_apart,
        });
        writeln!(out, "{value}")?;
    } else {
        let stories = probed.stories;
        writeln!(
            out,
            "{stories} stories from seed {}; how often the spoilt one is given more, ties as halves",
            args.seed
        )?;
        writeln!(out, "{:<42}{:>7}{:>18}{:>6}{:>9}", "", "wins", "95 % interval", "of", "margin")?;
        for fooled in &probed.ways {
            let wins = fooled.wins;
            let interval = format!("{:.3} – {:.3}", wins.low, wins.high);
            let (words, of, margin) = (fooled.way.words(), fooled.of, fooled.margin);
            writeln!(out, "{words:<42}{:>7.3}{interval:>18}{of:>6}{margin:>9.2}", wins.value)?;
        }
        writeln!(out, "a story alone and beside longer ones: {:.1e} apart at most", probed.padded_apart)?;
    }
    let over = |share: f64, most: Option<f64>| most.is_some_and(|most| share > most || share.is_nan());
    let missed =
        probed.ways.iter().filter(|fooled| over(fooled.wins.value, args.at_most) || over(fooled.wins.high, args.upper));
    match missed.count() {
        0 => Ok(()),
        missed => Err(Failure::Missed(missed)),
    }
}

/// The reward model, once for each core where it is small.
///
/// # Errors
/// A folder that is no reward model.
pub fn open_rewards(folder: &Path, count: u64) -> Result<Vec<RewardModel>, Notice> {
    let mut copies = vec![RewardModel::open(folder, None)?];
    let weights = std::fs::metadata(folder.join("model.safetensors")).map_or(u64::MAX, |about| about.len());
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    if weights <= SMALL {
        for _ in 1..cores.min(count) {
            copies.push(RewardModel::open(folder, None)?);
        }
    }
    Ok(copies)
}

/// Probes it with a bar.
///
/// # Errors
/// What scoring fails with.
pub fn probe(copies: &mut [RewardModel], tales: (u64, u64), stop: &AtomicBool) -> Result<RewardProbed, Notice> {
    let bar = ProgressBar::new(tales.1);
    if let Ok(style) = ProgressStyle::with_template("reward model     {bar:30} {pos}/{len}  {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let probed = probe_rewards(copies, tales, stop, || bar.inc(1));
    bar.finish_and_clear();
    Ok(probed?)
}
