//! `storyloom eval list` and `eval show`: evaluations that were made, and one of them again, in every form.

use std::collections::HashMap;
use std::io::{self, Write};
use std::path::PathBuf;

use clap::Args;

use super::eval_output::{Format, print, write};
use super::outcome::{Outcome, printable};
use super::runtime::runtime;
use crate::config::Config;
use crate::exchange::{Opened, SampleStories};
use crate::story::{EvaluationCard, Notice, Specimen};
use crate::studio::Studio;

#[derive(Debug, Args)]
pub struct ListEvaluations {
    /// One JSON array
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ShowEvaluation {
    /// Its id, the beginning of that, or the suite's name for the newest one by it
    evaluation: String,
    /// What is printed
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Print the suite that it was made by, word for word
    #[arg(long, conflicts_with = "format")]
    suite: bool,
    /// Write the files of every format into this folder, and the page with stories
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Sequences whose stories the page shows
    #[arg(long, value_name = "N", default_value_t = 4)]
    samples: usize,
}

/// Lists them, the newest first.
pub fn list(args: &ListEvaluations, config: &Config) -> Outcome {
    let cards = runtime()?.block_on(async { Studio::at_rest(config).await?.evaluations().await })?;
    let mut out = io::stdout().lock();
    if args.json {
        let json = serde_json::to_string_pretty(&cards).map_err(|error| Notice::ours(error.to_string()))?;
        return Ok(writeln!(out, "{json}")?);
    }
    if cards.is_empty() {
        eprintln!("there is no evaluation yet: storyloom eval run SUITE makes one");
    }
    for card in &cards {
        writeln!(out, "{}", printable(&line(card)))?;
    }
    Ok(())
}

/// "paper-20261127-074112-9f3a   200 sequences  embedded, after RL  2 demands, 1 missed".
fn line(card: &EvaluationCard) -> String {
    let systems: Vec<&str> = card.models.iter().chain(&card.rewards).map(String::as_str).collect();
    let demands = match (card.gates, card.missed) {
        (0, _) => String::new(),
        (gates, 0) => format!("  {gates} demands held"),
        (gates, missed) => format!("  {gates} demands, {missed} missed"),
    };
    format!("{:<36}  {:>6} sequences  {}{demands}", card.id, card.sequences, systems.join(", "))
}

/// Shows one of them again.
pub fn show(args: &ShowEvaluation, config: &Config) -> Outcome {
    let runtime = runtime()?;
    let studio = runtime.block_on(Studio::at_rest(config))?;
    let (card, evaluation) = runtime.block_on(studio.evaluation(&args.evaluation))?;
    if args.suite {
        return Ok(io::stdout().lock().write_all(evaluation.origin.suite.as_bytes())?);
    }
    if let Some(folder) = &args.out {
        let (shown, missing) = runtime.block_on(stories(&studio, &card, args.samples));
        write(folder, &evaluation, &samples(&shown))?;
        for what in missing {
            eprintln!("left out of the page: {}", printable(&what));
        }
        eprintln!("written: {}", folder.join("report.html").display());
    }
    print(&evaluation, args.format)
}

/// Frames of a sequence, and what was told of it.
type Shown = (std::sync::Arc<Opened>, Vec<Specimen>);

/// The first sequences with their stories, and why others are left out.
async fn stories(studio: &Studio, card: &EvaluationCard, most: usize) -> (Vec<Shown>, Vec<String>) {
    let specimens = match studio.specimens(&card.id, None).await {
        Ok(specimens) => specimens,
        Err(notice) => return (Vec::new(), vec![notice.what]),
    };
    let (mut shown, mut missing, mut places): (Vec<Shown>, Vec<String>, HashMap<String, Option<usize>>) =
        Default::default();
    for specimen in specimens {
        let Some(id) = specimen.sequence.clone() else { continue };
        if !places.contains_key(&id.0) && places.len() < most {
            let place = match studio.frames_of(&id, &specimen.source).await {
                Ok(opened) => {
                    shown.push((opened, Vec::new()));
                    Some(shown.len() - 1)
                }
                Err(notice) => {
                    missing.push(notice.what);
                    None
                }
            };
            places.insert(id.0.clone(), place);
        }
        if let Some(Some(place)) = places.get(&id.0) {
            shown[*place].1.push(specimen);
        }
    }
    (shown, missing)
}

fn samples(shown: &[Shown]) -> Vec<SampleStories<'_>> {
    let mut samples = Vec::new();
    for (opened, specimens) in shown {
        let stories = specimens.iter().map(|told| (told.model.as_str(), told.text.as_str())).collect();
        samples.push(SampleStories { title: &opened.sequence.title, pictures: &opened.pictures, stories });
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_was_made_of_what() {
        let card = EvaluationCard {
            id: "paper-20261127-074112-9f3a".into(),
            suite: "paper".into(),
            folder: "/evaluations/paper".into(),
            models: vec!["embedded".into(), "after RL".into()],
            rewards: vec!["reward".into()],
            sequences: 200,
            gates: 2,
            missed: 1,
            version: "0.1.0".into(),
            ended_at: 0,
        };
        let said = line(&card);
        assert!(said.ends_with("200 sequences  embedded, after RL, reward  2 demands, 1 missed"), "{said}");
        assert!(line(&EvaluationCard { missed: 0, ..card }).ends_with("2 demands held"));
    }
}
