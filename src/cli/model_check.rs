//! `storyloom model check`: what a folder holds, what it lacks, how much memory it takes, and whether it tells.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::outcome::{Outcome, printable};
use crate::config::Config;
use crate::model::plan::gigabytes;
use crate::story::Notice;
use crate::writer::check::{Checked, Trial, check};
use crate::writer::format;

pub const AFTER_HELP: &str = "\
Reads the config, the headers of the weights and the processor's files. Where all is there the model is loaded, in the bits of
--quant or as it is stored, and tried on a grey picture. A folder with config.json alone is told the plan of its memory.
The plan is that of five frames and a story, at most what the model reads.

Examples:
  storyloom model check ./my-smolvlm
  storyloom model check ./my-smolvlm --quant q4
  storyloom model check ./my-smolvlm --no-trial --json";

/// Names shown of a long list.
const SHOWN: usize = 6;

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// A model's folder
    folder: PathBuf,
    /// Only look, do not load it
    #[arg(long)]
    no_trial: bool,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// Runs the verb: an error where the model cannot be told with.
pub fn run(args: &CheckArgs, config: &Config) -> Outcome {
    let checked = check(&args.folder, config.quant.and_then(format), !args.no_trial).map_err(Notice::from)?;
    let mut out = io::stdout().lock();
    if args.json {
        let text = serde_json::to_string_pretty(&checked).map_err(|error| Notice::ours(error.to_string()))?;
        writeln!(out, "{text}")?;
    } else {
        write!(out, "{}", page(&checked))?;
    }
    if checked.sound() {
        return Ok(());
    }
    let what = format!("{} cannot be told with as it is", printable(&args.folder.display().to_string()));
    Err(Notice::yours(what, "fetch what is missing; a whole folder is as it was published").into())
}

fn page(checked: &Checked) -> String {
    let stored = checked.stored.map_or("no weights".to_owned(), |format| format!("stored as {format}"));
    let millions = checked.parameters as f64 / 1e6;
    let mut lines = vec![format!("{}, {millions:.1}M parameters, {stored}", checked.family)];
    let mut row = |name: &str, said: String| lines.push(format!("{name:<12}{said}"));
    for (name, list) in [
        ("not read", &checked.files),
        ("missing", &checked.missing),
        ("unexpected", &checked.unexpected),
        ("other sides", &checked.misshapen),
    ] {
        row(name, listed(list));
    }
    row("licence", checked.licence.as_deref().map_or("none found".to_owned(), printable));
    for (i, plan) in checked.plans.iter().enumerate() {
        let fits = match checked.free {
            Some(free) if plan.total() > free => ", more than is free",
            _ => "",
        };
        row(if i == 0 { "memory" } else { "" }, format!("{plan}{fits}"));
    }
    row("free", checked.free.map_or("the system does not say".to_owned(), gigabytes));
    row(
        "trial",
        match &checked.trial {
            Trial::Passed(how) => format!("passed: {how}"),
            Trial::Failed(why) => format!("failed: {}", printable(why)),
            Trial::LeftOut(why) => format!("left out: {}", printable(why)),
        },
    );
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        return "none".to_owned();
    }
    let mut shown: Vec<String> = names.iter().take(SHOWN).map(|name| printable(name)).collect();
    if names.len() > SHOWN {
        shown.push(format!("and {} more", names.len() - SHOWN));
    }
    shown.join("; ")
}
