//! `storyloom eval world`: how much of what a model tells about held-out tales is true, looking and with other frames.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Map, Value, json};

use super::eval_card::{self, EvalCard};
use super::eval_duel::{self, Duel};
use super::eval_fool::{self, EvalFool};
use super::eval_judge::{self, JudgeArgs};
use super::eval_list::{self, ListEvaluations, ShowEvaluation};
use super::eval_reward::{self, RewardArgs};
use super::eval_suite::{self, RunSuite};
use super::outcome::Outcome;
use super::tellers::{open_any, source, stop_on_interrupt};
use crate::config::Config;
use crate::evaluate::{Asked, FIGURES, Figure, Paper, examine, figures};
use crate::story::Notice;
use crate::writer::Tells;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  storyloom eval world --count 200")]
pub struct EvalArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Held-out tales of the picture world, told greedily and held against their facts
    #[command(
        after_help = "Examples:\n  storyloom eval world --count 100\n  storyloom eval world --model runs/storyteller/model --seed 9001 --count 400 --json\n\nEach tale is told and two questions about a jumble of pictures are asked; of every fourth tale four stories are drawn at\ntemperature 1. Other frames: the same stories held against another sequence, and the questions asked over it. Blind: all\nof it told anew with the pictures of another sequence. Intervals hold 95 %: a bootstrap over stories, for distinct2 a\njackknife over ten groups of them."
    )]
    World {
        /// So many tales
        #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
        count: u64,
        /// Seed of the first tale; held-out tales are never those of training, whatever the seed
        #[arg(long, value_name = "N", default_value_t = 9001)]
        seed: u64,
        /// Print so many of the stories
        #[arg(long, value_name = "N", default_value_t = 0)]
        stories: u64,
        /// Write the figures as JSON
        #[arg(long)]
        json: bool,
    },
    /// Two models tell the same held-out tales, and the facts say whose story is truer
    #[command(
        after_help = "Examples:\n  storyloom eval duel --model runs/policy-truth/best --against embedded --count 400\n  storyloom eval duel --model runs/policy-truth/best --against embedded --temperature 0.8 --count 400\n\nTies count as halves. The interval holds 95 % (Wilson, over tales)."
    )]
    Duel(Duel),
    /// A reward model is held against votes that it did not learn from
    #[command(
        after_help = "Examples:\n  storyloom eval reward runs/reward/best --snapshot snapshots/second\n  storyloom eval reward runs/reward/best --snapshot snapshots/second --json\n\nAll pairs of the snapshot count as held out: see to it that none of its sequences was learnt from."
    )]
    Reward(RewardArgs),
    /// A suite: models by sequences by measures, as a table with intervals
    #[command(
        after_help = "Examples:\n  storyloom eval run configs/suites/paper.toml\n  storyloom eval run quick --count 24 --format md\n\nWhat is told is kept and never told again: stopped by Ctrl-C and run again, it goes on. The folder has the table as CSV, JSON,\nMarkdown and LaTeX, and report.html with plots and stories; the shelf keeps the evaluation (eval list). Ends with 4 where a demand of the suite is missed.\nIn the background: storyloom runs start quick, or V in the studio."
    )]
    Run(RunSuite),
    /// Evaluations that were made, the newest first
    #[command(after_help = "Examples:\n  storyloom eval list\n  storyloom eval list --json")]
    List(ListEvaluations),
    /// An evaluation that was made, in any form
    #[command(
        after_help = "Examples:\n  storyloom eval show quick\n  storyloom eval show paper-20261127-0741 --format tex\n  storyloom eval show paper --out again\n  storyloom eval show paper --suite > paper-again.toml"
    )]
    Show(ShowEvaluation),
    /// Whether a reward model is fooled by stories made worse
    #[command(
        after_help = "Example:\n  storyloom eval fool runs/reward/best --count 200 --at-most 0.2 --upper 0.3\n\nThe stories are narrations of held-out tales of the picture world, each spoilt in eight ways."
    )]
    Fool(EvalFool),
    /// A suite's figures into the card of a model's folder
    #[command(
        after_help = "Example:\n  storyloom eval card ~/.local/share/storyloom/evaluations/paper embedded --into models/mine"
    )]
    Card(EvalCard),
    /// A judge reads stories, alone or two at a time, and is held against people
    #[command(
        after_help = "Examples:\n  storyloom eval judge --by strong --stories mine=told.jsonl --stories theirs=others.jsonl\n  storyloom eval judge --by strong --stories mine=told.jsonl --stories theirs=others.jsonl --pairs --price 0.15,0.60\n  storyloom eval judge --by reward:runs/reward/best --campaign spring\n  storyloom eval judge --by facts --campaign spring --simulated --json\n\nA remote model is asked by a versioned prompt: for four numbers from 1 to 10 of one story, or which of two is better, in\nboth orders; orders that disagree count as a tie. Answers are kept by what was asked, so the same is never paid twice and\nwhat was stopped goes on. On a campaign it is held against the votes; intervals hold 95 %, over sequences or by Wilson."
    )]
    Judge(JudgeArgs),
}

/// Runs the verb. Ctrl-C ends it with the figures of the tales that are done; a second one ends it at once.
pub fn run(args: EvalArgs, config: &Config) -> Outcome {
    let (count, seed, stories, json) = match args.what {
        What::World { count, seed, stories, json } => (count, seed, stories, json),
        What::Duel(duel) => return eval_duel::run(&duel, config),
        What::Reward(reward) => return eval_reward::run(&reward),
        What::Run(suite) => return eval_suite::run(&suite, config),
        What::List(list) => return eval_list::list(&list, config),
        What::Show(show) => return eval_list::show(&show, config),
        What::Fool(fool) => return eval_fool::run(&fool),
        What::Card(card) => return eval_card::run(&card),
        What::Judge(args) => return eval_judge::run(&args, config),
    };
    let source = source(config, config.model.as_deref())?;
    let mut tellers = open_any(&source, config.quant, count).map_err(Notice::from)?;
    let name = tellers[0].name().to_owned();
    let bar = ProgressBar::new(count);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} tales  {per_sec}, {eta} left") {
        bar.set_style(style);
    }
    let stop = stop_on_interrupt()?;
    let shown = AtomicU64::new(0);
    let papers = examine(&mut tellers, Asked { first_seed: seed, count }, &stop, |[seeing, _]| {
        bar.inc(1);
        if shown.fetch_add(1, Ordering::Relaxed) < stories {
            bar.suspend(|| eprintln!("\n{} (seed {})\n{}", seeing.title, seeing.seed, seeing.text));
        }
    });
    bar.finish_and_clear();
    let papers = papers.map_err(Notice::from)?;
    let [seeing, blind] = [0, 1].map(|which| papers.iter().map(|both| &both[which]).collect::<Vec<&Paper>>());
    if (papers.len() as u64) < count {
        eprintln!("stopped after {} of {count} tales", papers.len());
    }
    let elsewhere: Vec<Paper> = papers.iter().map(|[seeing, blind]| seeing.of_other_frames(blind)).collect();
    let [own, other, blind] = [figures(&seeing), figures(&elsewhere.iter().collect::<Vec<_>>()), figures(&blind)];
    let questions: usize = seeing.iter().map(|paper| paper.feelings.of + paper.sameness.of).sum();
    let counts = (papers.len(), questions);
    let mut out = std::io::stdout().lock();
    if json {
        let mut value = keys(&own, counts);
        value.insert("model".to_owned(), json!(name));
        value.insert("seed".to_owned(), json!(seed));
        value.insert("other_frames".to_owned(), Value::Object(keys(&other, counts)));
        value.insert("blind".to_owned(), Value::Object(keys(&blind, counts)));
        return Ok(writeln!(out, "{}", Value::Object(value))?);
    }
    writeln!(out, "{} held-out tales from seed {seed}, {questions} questions · {name}", papers.len())?;
    writeln!(out, "{:<42}{:>9}{:>18}{:>15}{:>9}", "", "share", "95 % interval", "other frames", "blind")?;
    for (((row, figure), other), blind) in FIGURES.iter().zip(&own).zip(&other).zip(&blind) {
        let digits = if row.key == "words" { 0 } else { 3 };
        let said = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.digits$}"));
        let interval = figure.interval.map_or(String::new(), |[low, high]| format!("{low:.digits$} – {high:.digits$}"));
        let shares = (said(figure.value), said(other.value), said(blind.value));
        writeln!(out, "{:<42}{:>9}{interval:>18}{:>15}{:>9}", row.words, shares.0, shares.1, shares.2)?;
    }
    Ok(())
}

/// The figures by their keys, their intervals, and what they were counted on.
fn keys(figures: &[Figure], (stories, questions): (usize, usize)) -> Map<String, Value> {
    let mut map: Map<String, Value> =
        FIGURES.iter().zip(figures).map(|(row, figure)| (row.key.to_owned(), json!(figure.value))).collect();
    let intervals: Map<String, Value> =
        FIGURES.iter().zip(figures).map(|(row, figure)| (row.key.to_owned(), json!(figure.interval))).collect();
    map.insert("intervals".to_owned(), Value::Object(intervals));
    map.insert("stories".to_owned(), json!(stories));
    map.insert("questions".to_owned(), json!(questions));
    map
}
