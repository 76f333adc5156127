//! `storyloom lineage`: from a model back to the votes that it came of, and forth to its stories and their votes.

use std::io::{self, Write};

use clap::Args;

use super::outcome::{Outcome, printable};
use crate::config::Config;
use crate::story::Notice;
use crate::studio::Studio;

/// Where a model comes from, and what came of it
#[derive(Debug, Args)]
#[command(after_help = "\
The newest stands above: votes on its stories, the stories, the model, and below it what it was trained from, each further in
than what came of it.

Examples:
  storyloom lineage
  storyloom lineage policy --json")]
pub struct LineageArgs {
    /// A model of the list; without it the one that tells
    model: Option<String>,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Does what was asked.
pub async fn run(args: LineageArgs, config: &Config) -> Outcome {
    let studio = Studio::at_rest(config).await?;
    let line = studio.line_of(args.model.as_deref()).await?;
    let mut out = io::stdout().lock();
    if args.json {
        let text = serde_json::to_string_pretty(&line).map_err(|error| Notice::ours(error.to_string()))?;
        return Ok(writeln!(out, "{text}")?);
    }
    line.lines().iter().try_for_each(|line| writeln!(out, "{}", printable(line)))?;
    if let Some((name, _)) = studio.reward_model().await? {
        writeln!(out, "reward model in use: {}", printable(&name))?;
    }
    Ok(())
}
