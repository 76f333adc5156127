//! `storyloom eval reward`: how good a reward model is by votes that it did not learn from.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::outcome::Outcome;
use crate::story::Notice;
use crate::train::course::{Hearer, Line};
use crate::train::reward_card::RewardCard;
use crate::writer::reward_model::RewardModel;

#[derive(Debug, Args)]
pub struct RewardArgs {
    /// The reward model's folder, or the folder of the model that its adapter stands on
    folder: PathBuf,
    /// The folder of an adapter that saves a head
    #[arg(long, value_name = "FOLDER")]
    adapter: Option<PathBuf>,
    /// The votes, as `storyloom campaign snapshot` froze them
    #[arg(long, value_name = "FOLDER")]
    snapshot: PathBuf,
    /// Write the card as JSON
    #[arg(long)]
    json: bool,
}

struct Bar(ProgressBar);

impl Hearer for Bar {
    fn looked(&mut self, done: usize, of: usize) {
        self.0.set_length(of as u64);
        self.0.set_position(done as u64);
    }

    fn line(&mut self, _: &Line) {}
}

/// Runs the verb.
pub fn run(args: &RewardArgs) -> Outcome {
    let model = RewardModel::open(&args.folder, args.adapter.as_deref()).map_err(Notice::from)?;
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("looking at sequences {bar:30} {pos}/{len}, {eta} left") {
        bar.set_style(style);
    }
    let mut bar = Bar(bar);
    let card = RewardCard::on(&model, &args.snapshot, &mut bar).map_err(Notice::from)?;
    bar.0.finish_and_clear();
    let mut out = std::io::stdout().lock();
    if args.json {
        let text = serde_json::to_string_pretty(&card).map_err(|error| Notice::ours(error.to_string()))?;
        return Ok(writeln!(out, "{text}")?);
    }
    Ok(write!(out, "{}", card.markdown())?)
}
