//! `storyloom model mix`: a model between two of one line.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::outcome::{Outcome, printable};
use crate::story::Notice;
use crate::train::mix::mix;

pub const AFTER_HELP: &str = "\
Every weight lies the share of the way from the first model's to the second's. What rewards taught is kept for the most part, and
more of the first one's variety with it: measure both (storyloom eval world).

Examples:
  storyloom model mix embedded runs/policy/best --share 0.6 --out mixed
  storyloom model add ./mixed";

#[derive(Debug, Args)]
pub struct MixArgs {
    /// A model's folder, or embedded
    first: PathBuf,
    /// A model's folder that came of the first
    second: PathBuf,
    /// 0: the first, 1: the second
    #[arg(long, value_name = "SHARE")]
    share: f64,
    /// A folder that is not there yet
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

/// Runs the verb.
pub fn run(args: &MixArgs) -> Outcome {
    mix(&args.first, &args.second, args.share, &args.out).map_err(Notice::from)?;
    Ok(writeln!(io::stdout(), "mixed into {}", printable(&args.out.display().to_string()))?)
}
