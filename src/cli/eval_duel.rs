//! `storyloom eval duel`: a model against another, tale by tale.

use std::io::Write;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::outcome::Outcome;
use super::tellers::{open_any, source, stop_on_interrupt};
use crate::config::Config;
use crate::evaluate::{DuelAsked, Standing, duel};
use crate::story::Notice;
use crate::writer::Tells;

#[derive(Debug, Args)]
pub struct Duel {
    /// The other model: a folder, or one of the list
    #[arg(long, value_name = "MODEL", default_value = "embedded")]
    against: String,
    /// So many tales
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    count: u64,
    /// Seed of the first tale; held-out tales are never those of training, whatever the seed
    #[arg(long, value_name = "N", default_value_t = 9001)]
    seed: u64,
    /// Draw with this temperature and nothing else; 0 always takes the likeliest word
    #[arg(long, value_name = "T", default_value_t = 0.0, value_parser = warm)]
    temperature: f64,
    /// Write the figures as JSON
    #[arg(long)]
    json: bool,
}

fn warm(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.0..=5.0).contains(&value) { Ok(value) } else { Err("give a number from 0 to 5".to_owned()) }
}

/// Runs the verb. Ctrl-C ends it with the tales that are done.
pub fn run(args: &Duel, config: &Config) -> Outcome {
    let both = [source(config, config.model.as_deref())?, source(config, Some(&args.against))?];
    let [first, second] = both.map(|source| open_any(&source, config.quant, args.count).map_err(Notice::from));
    let mut couples: Vec<_> = first?.into_iter().zip(second?).map(|(first, second)| [first, second]).collect();
    let names = [0, 1].map(|side: usize| couples[0][side].name().to_owned());
    let bar = ProgressBar::new(args.count);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} tales  {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let stop = stop_on_interrupt()?;
    let asked = DuelAsked { first_seed: args.seed, count: args.count, temperature: args.temperature };
    let bouts = duel(&mut couples, asked, &stop, |_| bar.inc(1));
    bar.finish_and_clear();
    let bouts = bouts.map_err(Notice::from)?;
    let Standing { wins, ties, losses, win_rate, truths } = Standing::of(&bouts);
    let mut out = std::io::stdout().lock();
    if args.json {
        let value = json!({
            "models": names, "tales": bouts.len(), "seed": args.seed, "temperature": args.temperature, "wins": wins,
            "ties": ties, "losses": losses, "win_rate": win_rate.value, "interval": [win_rate.low, win_rate.high],
            "truths": truths,
        });
        return Ok(writeln!(out, "{value}")?);
    }
    writeln!(out, "{} against {}, {} held-out tales from seed {}", names[0], names[1], bouts.len(), args.seed)?;
    writeln!(out, "win rate {:.3} [{:.3}, {:.3}]", win_rate.value, win_rate.low, win_rate.high)?;
    writeln!(out, "{wins} won, {ties} tied, {losses} lost; truth {:.3} and {:.3}", truths[0], truths[1])?;
    Ok(())
}
