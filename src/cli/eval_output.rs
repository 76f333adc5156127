//! The forms that an evaluation is given out in: printed, and as files of a folder.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::ValueEnum;

use super::eval_table::print_table;
use super::outcome::Outcome;
use crate::exchange::{SampleStories, evaluation_csv, evaluation_latex, evaluation_markdown, evaluation_page};
use crate::story::{Evaluation, Notice};

/// What is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Table,
    Csv,
    Json,
    Md,
    Tex,
}

/// The name of the results among the files of a suite.
pub const RESULTS: &str = "results.json";

/// Prints an evaluation.
pub fn print(evaluation: &Evaluation, format: Format) -> Outcome {
    let mut out = std::io::stdout().lock();
    match format {
        Format::Table => print_table(&mut out, evaluation)?,
        Format::Csv => out.write_all(evaluation_csv(evaluation).as_bytes())?,
        Format::Json => writeln!(out, "{}", json(evaluation)?)?,
        Format::Md => out.write_all(evaluation_markdown(evaluation).as_bytes())?,
        Format::Tex => out.write_all(evaluation_latex(evaluation).as_bytes())?,
    }
    Ok(())
}

/// Writes it in every form, with the suite that it was made by.
pub fn write(folder: &Path, evaluation: &Evaluation, samples: &[SampleStories<'_>]) -> Result<(), Notice> {
    fs::create_dir_all(folder).map_err(|error| cannot_write(folder, &error))?;
    let files = [
        ("suite.toml", evaluation.origin.suite.clone()),
        (RESULTS, json(evaluation)?),
        ("table.csv", evaluation_csv(evaluation)),
        ("table.md", evaluation_markdown(evaluation)),
        ("table.tex", evaluation_latex(evaluation)),
        ("report.html", evaluation_page(evaluation, samples)),
    ];
    for (name, content) in files {
        fs::write(folder.join(name), content).map_err(|error| cannot_write(&folder.join(name), &error))?;
    }
    Ok(())
}

fn json(evaluation: &Evaluation) -> Result<String, Notice> {
    serde_json::to_string_pretty(evaluation).map_err(|error| Notice::ours(error.to_string()))
}

pub fn cannot_write(path: &Path, error: &std::io::Error) -> Notice {
    Notice::outside(format!("{} cannot be written: {error}", path.display()), "choose another folder: --out")
}
