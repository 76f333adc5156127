//! `storyloom eval run`: a suite from its file to its table. Stopped and run again, it goes on where it was.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::eval_fool::{open_rewards, probe};
use super::eval_keep::keep;
use super::eval_models::{Watch, left_out, tell_all};
use super::eval_output::{Format, cannot_write, print, write};
use super::eval_progress::Steps;
use super::outcome::{Failure, Outcome};
use super::subjects::subjects;
use super::tellers::stop_on_interrupt;
use crate::config::Config;
use crate::evaluate::Subject;
use crate::evaluate::suite::{Done, Judged, Kept, Plan, Working, jobs, specimens, tabulate};
use crate::exchange::{SampleStories, slug};
use crate::runs::open_suite;
use crate::story::{EvaluationOrigin, Notice};

#[derive(Debug, Args)]
pub struct RunSuite {
    /// The suite: a TOML file, or the name of one that comes with the program (quick, paper, rewards)
    suite: String,
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
    /// The folder of a run in the background: how far it is is written there
    #[arg(long, hide = true, value_name = "DIR")]
    run: Option<PathBuf>,
    /// Paths in the suite count from here; without it from its own folder
    #[arg(long, hide = true, value_name = "DIR")]
    paths_from: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(args: &RunSuite, config: &Config) -> Outcome {
    let (text, folder) = open_suite(&args.suite)?;
    let mut plan = Plan::parse(&text, args.paths_from.as_deref().unwrap_or(&folder))?;
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
    let probed = |stories: u64| args.count.map_or(stories, |count| count.min(stories));
    let all = plan.models.iter().map(|model| jobs(model, &working)).sum::<u64>()
        + plan.rewards.iter().map(|reward| probed(reward.stories)).sum::<u64>();
    let steps = args.run.as_ref().map(|run| Steps::begin(run, all)).transpose()?;
    let watch = Watch { steps: steps.as_ref(), stop: &stop };
    let (models, missing) = tell_all(&working, config, watch)?;
    notes.extend(missing);
    let mut rewards: Vec<Judged> = Vec::new();
    for reward in &plan.rewards {
        let stories = probed(reward.stories);
        watch.stage(&reward.name);
        match open_rewards(&reward.folder, stories) {
            Ok(mut copies) => {
                let seed = plan.sequences.world.map_or(9001, |world| world.seed);
                rewards.push((reward.name.clone(), probe(&mut copies, (seed, stories), &stop)?));
                watch.done(stories, true);
            }
            Err(notice) if reward.optional => {
                notes.push(left_out(&reward.name, &notice, &reward.folder));
                watch.leave_out(stories);
            }
            Err(notice) => return Err(notice.into()),
        }
    }
    if stop.load(Ordering::Relaxed) {
        return match steps {
            // A run that ends when it is asked to has not failed.
            Some(_) => Ok(()),
            None => Err(Failure::Stopped("what was told is kept, and the same command goes on from there")),
        };
    }
    if models.is_empty() && rewards.is_empty() {
        return Err(Notice::yours("none of the suite's models is here", "storyloom model list shows which are").into());
    }
    let origin = EvaluationOrigin {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: without_database(std::env::args()),
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
    print(&evaluation, args.format)?;
    eprintln!("written: {}", out.join("report.html").display());
    let card = keep(&out, &evaluation, &specimens(&subjects, &models, &conditions), config)?;
    eprintln!("kept: storyloom eval show {}", card.id);
    if let Some(steps) = steps {
        // Demands that were missed are for whoever reads the table: the run has done what it was asked for.
        steps.finish();
        return Ok(());
    }
    if card.missed > 0 { Err(Failure::Missed(card.missed)) } else { Ok(()) }
}

/// The command line; the database's address may hold a password, and is nobody's who reads the table.
fn without_database(words: impl Iterator<Item = String>) -> String {
    let (mut said, mut hidden) = (Vec::new(), false);
    for word in words {
        let address = std::mem::replace(&mut hidden, word == "--database");
        said.push(match word.starts_with("--database=") {
            true => "--database=...".to_owned(),
            false if address => "...".to_owned(),
            false => word,
        });
    }
    said.join(" ")
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

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_database_is_not_kept_with_the_results() {
        let said = |line: &str| without_database(line.split(' ').map(str::to_owned));
        assert_eq!(said("s --database postgres://me:pw@h/x eval run q"), "s --database ... eval run q");
        assert_eq!(said("s --database=postgres://me:pw@h/x eval run q"), "s --database=... eval run q");
        assert_eq!(said("s eval run q"), "s eval run q");
    }
}
