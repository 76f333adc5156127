//! `storyloom eval run`: a suite from its file to its table. Stopped and run again, it goes on where it was.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use super::eval_fool::{open_rewards, probe};
use super::eval_table::print_table;
use super::outcome::{Failure, Outcome, tell};
use super::subjects::subjects;
use super::tellers::{open, source, stop_on_interrupt};
use crate::config::Config;
use crate::evaluate::Subject;
use crate::evaluate::suite::{Done, Judged, Kept, ModelPlan, Plan, Working, examine_suite, jobs, tabulate};
use crate::exchange::{SampleStories, evaluation_csv, evaluation_latex, evaluation_markdown, evaluation_page, slug};
use crate::story::{Evaluation, EvaluationOrigin, Notice};

#[derive(Debug, Args)]
pub struct RunSuite {
    /// The suite's file
    suite: PathBuf,
    /// Keep what is told and the results here; without it below the home folder, by the suite's name
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// At most so many sequences, for a first look
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000))]
    count: Option<u64>,
    /// What is printed; files of every format are written beside it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Sequences whose stories the page shows
    #[arg(long, value_name = "N", default_value_t = 4)]
    samples: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
    Md,
    Tex,
}

/// The name of the results among the files of a suite.
pub const RESULTS: &str = "results.json";

/// Runs the verb.
pub fn run(args: &RunSuite, config: &Config) -> Outcome {
    let text = fs::read_to_string(&args.suite).map_err(|error| {
        let what = format!("the suite {} cannot be read: {error}", args.suite.display());
        Notice::yours(what, "name a suite's file; configs/suites has some")
    })?;
    let folder = args.suite.parent().unwrap_or(Path::new("."));
    let mut plan = Plan::parse(&text, folder)?;
    if let (Some(count), Some(world)) = (args.count, &mut plan.sequences.world) {
        world.count = world.count.min(count);
    }
    let conditions = plan.conditions()?;
    let out = args.out.clone().unwrap_or_else(|| config.home.join("evaluations").join(slug(&plan.name)));
    fs::create_dir_all(&out).map_err(|error| cannot_write(&out, &error))?;
    let kept = Kept::open(&out.join("kept.jsonl"))?;
    let began_at = now();
    let mut notes = Vec::new();
    let (subjects, problems) = subjects(&plan, args.count)?;
    notes.extend(problems);
    if subjects.len() < 2 && (plan.measures.weigh || !conditions.is_empty()) && !plan.models.is_empty() {
        return Err(
            Notice::yours("frames of another sequence are needed, and there is one alone", "add sequences").into()
        );
    }
    let stop = stop_on_interrupt()?;
    let working = Working { plan: &plan, subjects: &subjects, kept: &kept, conditions: &conditions };
    let mut models: Vec<Done> = Vec::new();
    for model in &plan.models {
        if let Some(done) = one_model(model, &working, config, &stop, &mut notes)? {
            models.push(done);
        }
    }
    let mut rewards: Vec<Judged> = Vec::new();
    for reward in &plan.rewards {
        let stories = args.count.map_or(reward.stories, |count| count.min(reward.stories));
        match open_rewards(&reward.folder, stories) {
            Ok(mut copies) => {
                let seed = plan.sequences.world.map_or(9001, |world| world.seed);
                rewards.push((reward.name.clone(), probe(&mut copies, (seed, stories), &stop)?));
            }
            Err(notice) if reward.optional => notes.push(format!("{} is left out: {}", reward.name, notice.what)),
            Err(notice) => return Err(notice.into()),
        }
    }
    if stop.load(Ordering::Relaxed) {
        return Err(Failure::Stopped("what was told is kept, and the same command goes on from there"));
    }
    if models.is_empty() && rewards.is_empty() {
        return Err(Notice::yours("none of the suite's models is here", "storyloom model list shows which are").into());
    }
    let origin = EvaluationOrigin {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: std::env::args().collect::<Vec<_>>().join(" "),
        suite_hash: blake3::hash(text.as_bytes()).to_hex().to_string(),
        suite: text,
        sequences: subjects.len(),
        sequences_hash: sequences_hash(&subjects),
        began_at,
        ended_at: now(),
    };
    if let Some(count) = args.count {
        notes.push(format!("cut to {count} sequences by --count"));
    }
    let evaluation = tabulate(&plan, &conditions, &subjects, &models, &rewards, (notes, origin));
    write(&out, &evaluation, &samples(args.samples, &subjects, &models))?;
    let mut stdout = std::io::stdout().lock();
    match args.format {
        Format::Table => print_table(&mut stdout, &evaluation)?,
        Format::Csv => stdout.write_all(evaluation_csv(&evaluation).as_bytes())?,
        Format::Json => writeln!(stdout, "{}", json(&evaluation)?)?,
        Format::Md => stdout.write_all(evaluation_markdown(&evaluation).as_bytes())?,
        Format::Tex => stdout.write_all(evaluation_latex(&evaluation).as_bytes())?,
    }
    eprintln!("written: {}", out.join("report.html").display());
    match evaluation.gates.iter().filter(|gate| !gate.held).count() {
        0 => Ok(()),
        missed => Err(Failure::Missed(missed)),
    }
}

/// Has a model of the suite do its part; none where it is not here and need not be.
fn one_model(
    model: &ModelPlan,
    working: &Working<'_>,
    config: &Config,
    stop: &AtomicBool,
    notes: &mut Vec<String>,
) -> Result<Option<Done>, Failure> {
    let asked = jobs(model, working);
    let tellers = source(config, Some(&model.model))
        .and_then(|source| Ok(open(&source, config.quant, working.subjects.len() as u64)?));
    let mut tellers = match tellers {
        Ok(tellers) => tellers,
        Err(notice) if model.optional => {
            notes.push(format!("{} is left out: {}", model.name, notice.what));
            tell(&notice);
            return Ok(None);
        }
        Err(notice) => return Err(notice.into()),
    };
    let bar = ProgressBar::new(asked);
    if let Ok(style) = ProgressStyle::with_template("{prefix:16.16} {bar:30} {pos}/{len}  {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    bar.set_prefix(model.name.clone());
    let done = examine_suite(&mut tellers, model, working, stop, |anew| {
        bar.inc(1);
        // What was kept is read in no time, and says nothing of how long the rest takes.
        if !anew {
            bar.reset_eta();
        }
    });
    bar.finish_and_clear();
    Ok(Some(done?))
}

fn sequences_hash(subjects: &[Subject]) -> String {
    let mut hasher = blake3::Hasher::new();
    for subject in subjects {
        hasher.update(subject.key.as_bytes());
        for picture in subject.pictures.iter() {
            hasher.update(picture.hash().as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn samples<'a>(most: usize, subjects: &'a [Subject], models: &'a [Done]) -> Vec<SampleStories<'a>> {
    let sample = |(at, subject): (usize, &'a Subject)| SampleStories {
        title: &subject.sequence.title,
        pictures: &subject.pictures,
        stories: models.iter().filter_map(|model| Some((model.name.as_str(), model.story(at)?))).collect(),
    };
    subjects.iter().enumerate().take(most).map(sample).collect()
}

fn write(out: &Path, evaluation: &Evaluation, samples: &[SampleStories<'_>]) -> Result<(), Notice> {
    let files = [
        ("suite.toml", evaluation.origin.suite.clone()),
        (RESULTS, json(evaluation)?),
        ("table.csv", evaluation_csv(evaluation)),
        ("table.md", evaluation_markdown(evaluation)),
        ("table.tex", evaluation_latex(evaluation)),
        ("report.html", evaluation_page(evaluation, samples)),
    ];
    for (name, content) in files {
        fs::write(out.join(name), content).map_err(|error| cannot_write(&out.join(name), &error))?;
    }
    Ok(())
}

fn json(evaluation: &Evaluation) -> Result<String, Notice> {
    serde_json::to_string_pretty(evaluation).map_err(|error| Notice::ours(error.to_string()))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Notice {
    Notice::outside(format!("{} cannot be written: {error}", path.display()), "choose another folder: --out")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
