//! `storyloom results`: what the votes of a campaign say, as tables and plots, as JSON, as SVG files or as one HTML page.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::outcome::{Outcome, printable};
use crate::app::results_plots::Signs;
use crate::app::results_text::{account, disputes, rater_by_rater};
use crate::config::Config;
use crate::exchange::{plots, report};
use crate::stats::votes_needed;
use crate::story::{Notice, Results, Wished};
use crate::studio::Studio;

/// What raters' votes say
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom results
  storyloom results first --disputed
  storyloom results first --difference 0.6
  storyloom results first --html first.html
  storyloom results first --svg plots --simulated
  storyloom results first --json

Strengths are Bradley-Terry's with ties after Davidson, in logits, with side and length as covariates; +- is one standard
error, clustered by raters and sequences; lines in plots are 95 %. Alpha is Krippendorff's, its interval drawn from the
pairs anew.")]
pub struct ResultsArgs {
    /// The campaign; not needed where there is only one
    campaign: Option<String>,
    /// Count the votes of programs too
    #[arg(long)]
    simulated: bool,
    /// The pairs that raters disagree on most, with what each said
    #[arg(long, conflicts_with_all = ["json", "raters"])]
    disputed: bool,
    /// How far every two raters agree
    #[arg(long, conflicts_with = "json")]
    raters: bool,
    /// How many more votes it takes to show that one of two systems wins this share of votes without ties, such as 0.6
    #[arg(long, value_name = "SHARE", value_parser = difference)]
    difference: Option<f64>,
    /// JSON, with everything
    #[arg(long)]
    json: bool,
    /// Write the plots into this folder, as SVG files
    #[arg(long, value_name = "FOLDER")]
    svg: Option<PathBuf>,
    /// Write a report of one page, with the plots and all numbers in it
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// A share over a half.
fn difference(typed: &str) -> Result<f64, String> {
    match typed.parse() {
        Ok(share) if share > 0.5 && share < 1.0 => Ok(share),
        _ => Err("a share above 0.5 and below 1, such as 0.6: six of ten".to_owned()),
    }
}

/// Prints the account, or writes it.
pub async fn run(args: ResultsArgs, config: &Config) -> Outcome {
    let studio = Studio::at_rest(config).await?;
    let campaign = studio.campaign(args.campaign.as_deref()).await?;
    let mut results = studio.results(&campaign, args.simulated).await?;
    results.provenance.command = Some(command(&results));
    results.wished = args.difference.and_then(|win| {
        let there = results.decided();
        votes_needed(win).map(|needed| Wished { win, needed, there })
    });
    let mut written = Vec::new();
    if let Some(folder) = &args.svg {
        written.extend(write_plots(&results, folder)?);
    }
    if let Some(path) = &args.html {
        fs::write(path, report(&results)).map_err(|error| unwritten(path, &error))?;
        written.push(path.clone());
    }
    let mut out = io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&results).map_err(|e| Notice::ours(e.to_string()))?)?;
        return Ok(());
    }
    let view = args.disputed || args.raters;
    if !written.is_empty() && !view {
        written.iter().try_for_each(|path| writeln!(out, "{}", printable(&path.to_string_lossy())))?;
        return Ok(());
    }
    let signs = if config.ascii || !has_signs(&|name| std::env::var(name).ok()) { Signs::ASCII } else { Signs::DRAWN };
    let text = match (args.disputed, args.raters) {
        (true, _) => disputes(&results),
        (_, true) => rater_by_rater(&results, signs),
        _ => account(&results, signs),
    };
    Ok(write!(out, "{text}")?)
}

/// How to get the same again. It is made anew instead of repeated: what was typed may hold a password or a path of this machine.
fn command(results: &Results) -> String {
    let simulated = if results.simulated { " --simulated" } else { "" };
    let name = &results.campaign;
    let plain = !name.starts_with('-') && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
    match plain {
        true => format!("storyloom results {name}{simulated}"),
        false => format!("storyloom results{simulated} -- '{}'", name.replace('\'', "'\\''")),
    }
}

fn write_plots(results: &Results, folder: &Path) -> Result<Vec<PathBuf>, Notice> {
    let plots = plots(results);
    if plots.is_empty() {
        let what = format!("'{}' has no votes to draw", results.campaign);
        return Err(Notice::yours(what, "rate first; --simulated counts the votes of programs"));
    }
    fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
    let write = |plot: crate::exchange::PlotFile| {
        let path = folder.join(&plot.name);
        fs::write(&path, plot.svg).map_err(|error| unwritten(&path, &error))?;
        Ok(path)
    };
    plots.into_iter().map(write).collect()
}

fn unwritten(path: &Path, error: &io::Error) -> Notice {
    Notice::outside(format!("{} cannot be written: {error}", path.display()), "name another place, or make room")
}

/// Whether a terminal is likely to have signs beyond ASCII. Where nobody says what it has, as in many containers, it is taken to.
fn has_signs(environment: &dyn Fn(&str) -> Option<String>) -> bool {
    let said = |name: &str| environment(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(said);
    let unicode = locale.is_none_or(|locale| locale.to_lowercase().replace('-', "").contains("utf8"));
    unicode && said("TERM").is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_that_says_so_gets_ascii() {
        let has = |pairs: &[(&str, &str)]| {
            has_signs(&|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert!(has(&[]) && has(&[("LANG", "de_DE.UTF-8")]) && has(&[("LC_ALL", ""), ("LANG", "C.utf8")]));
        assert!(
            !has(&[("TERM", "dumb")])
                && !has(&[("LANG", "C")])
                && !has(&[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")])
        );
    }

    #[test]
    fn the_command_can_be_typed_again_whatever_the_name() {
        let mut results = crate::story::sample_results();
        assert_eq!(command(&results), "storyloom results first");
        results.simulated = true;
        results.campaign = "it's; rm".into();
        assert_eq!(command(&results), "storyloom results --simulated -- 'it'\\''s; rm'");
    }
}
