//! `storyloom results`: what the votes of a campaign say, as tables or as JSON.

use std::io::{self, Write};

use clap::Args;

use super::outcome::{Outcome, printable};
use crate::config::Config;
use crate::story::Notice;
use crate::studio::{RaterStanding, Results, Standing, Studio};

/// What raters' votes say
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom results
  storyloom results first --json
  storyloom results first --simulated

Strengths are Bradley-Terry's with ties after Davidson, in logits, with side and length as covariates; +- is one standard
error, clustered by raters and sequences. Alpha is Krippendorff's.")]
pub struct ResultsArgs {
    /// The campaign; not needed where there is only one
    campaign: Option<String>,
    /// Count the votes of programs too
    #[arg(long)]
    simulated: bool,
    /// JSON
    #[arg(long)]
    json: bool,
}

/// Prints the account.
pub async fn run(args: ResultsArgs, config: &Config) -> Outcome {
    let studio = Studio::at_rest(config).await?;
    let campaign = studio.campaign(args.campaign.as_deref()).await?;
    let results = studio.results(&campaign, args.simulated).await?;
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&results).map_err(|e| Notice::ours(e.to_string()))?)?;
        return Ok(());
    }
    if results.votes == 0 {
        let left_out = match results.simulated_left_out {
            0 => String::new(),
            n => format!(" ({n} of programs are left out; --simulated counts them)"),
        };
        return Ok(writeln!(out, "{} has no votes yet{left_out}", printable(&results.campaign))?);
    }
    Ok(print(&results, &mut out)?)
}

fn print(results: &Results, out: &mut impl Write) -> io::Result<()> {
    let Results { votes, ties, both_bad, cannot_judge, flagged, .. } = results;
    writeln!(
        out,
        "{}: {votes} votes, {ties} of them ties, {both_bad} both bad, {cannot_judge} could not judge, {flagged} flagged",
        printable(&results.campaign)
    )?;
    for (name, board) in &results.boards {
        writeln!(out, "\n{}", printable(name))?;
        board.iter().try_for_each(|standing| writeln!(out, "{}", standing_line(standing)))?;
    }
    let figure = |(value, error): (f64, f64)| match value.is_nan() {
        true => "not known".to_owned(),
        false => format!("{value:+.2} +- {error:.2} logits"),
    };
    let share = |value: Option<f64>| value.map_or("undefined".to_owned(), |value| format!("{value:.2}"));
    writeln!(
        out,
        "\nagreement: alpha {} of the steps, {} of who is better",
        share(results.alpha_ordinal),
        share(results.alpha_nominal)
    )?;
    writeln!(out, "the left side: {}; the longer story: {}", figure(results.side), figure(results.length))?;
    if !results.connected {
        writeln!(out, "! a system never lost or never won: its strength is a guess until more votes are there")?;
    }
    let voted = results.raters.iter().filter(|rater| rater.votes > 0).count();
    if voted < 5 {
        writeln!(out, "! {voted} raters are few: errors are likely to be larger than they look")?;
    }
    if let Some(flip) = results.to_flip {
        writeln!(out, "another system leads once {flip} votes are left out")?;
    }
    if let Some(needed) = results.needed {
        writeln!(out, "a difference like that of the first two needs about {needed} votes without ties to be shown")?;
    }
    writeln!(out, "\nraters")?;
    results.raters.iter().try_for_each(|rater| writeln!(out, "{}", rater_line(rater)))
}

fn standing_line(standing: &Standing) -> String {
    let Standing { strength, error, elo, won, won_low, won_high, votes, .. } = standing;
    let bar = "█".repeat((won * 20.0).round().max(0.0) as usize);
    format!(
        "  {:<16} {strength:+.2} +- {error:.2}  Elo {elo:4.0}  won {won:.2} ({won_low:.2} to {won_high:.2}) of {votes:4}  {bar}",
        printable(&standing.system)
    )
}

fn rater_line(rater: &RaterStanding) -> String {
    let share = |value: Option<f64>| value.map_or("   -".to_owned(), |value| format!("{value:4.2}"));
    let mut marks = Vec::new();
    if rater.left_p < 0.05 {
        marks.push("prefers a side");
    }
    if rater.hasty {
        marks.push("faster than anybody reads");
    }
    let time = if rater.seconds > 0.0 { format!("{:5.1} s", rater.seconds) } else { "      -".to_owned() };
    format!(
        "  {}  {:4} votes  left {}  with themselves {}  known answers {}  {time}  {}",
        rater.rater,
        rater.votes,
        share(rater.left),
        share(rater.consistent),
        share(rater.gold),
        marks.join(", ")
    )
}
