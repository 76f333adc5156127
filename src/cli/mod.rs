//! What people type: one file per verb. Parse, build, run; the only exit codes.
//!
//! A verb gets its arguments and the configuration and gives back an `Outcome`. It leaves out every decision that is not
//! about the command line: those are the studio's.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod adopt;
mod arguments;
mod backup;
mod begin_campaign;
mod bench;
mod bench_drift;
mod bench_gallery;
mod bench_keys;
mod bench_pictures;
mod bench_shapes;
mod bench_steps;
mod best_of;
mod campaign;
mod campaign_line;
mod completions;
mod doctor;
mod eval;
mod eval_card;
mod eval_duel;
mod eval_fool;
mod eval_judge;
mod eval_keep;
mod eval_list;
mod eval_models;
mod eval_output;
mod eval_progress;
mod eval_reward;
mod eval_suite;
mod eval_table;
mod export;
mod figure;
mod frames;
mod import_campaign;
mod judge_report;
mod left_out;
mod lineage;
mod log;
mod looping;
mod man;
mod model;
mod model_check;
mod model_mix;
mod outcome;
mod rate;
mod rater;
mod results;
mod reward;
mod run_lines;
mod runs;
mod runtime;
mod serve;
mod show;
mod simulate;
mod simulate_over_ssh;
mod sitting;
mod span;
mod subjects;
mod tell;
mod tellers;
mod terminal_report;
mod train;
mod train_bar;
mod train_external;
mod train_trial;
mod world;

use std::io::{self, IsTerminal, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{Command, CommandFactory, Parser};

use arguments::{Cli, Verb};
use outcome::{Outcome, finish};
use runtime::{limit_threads, runtime};

use crate::config::Config;
use crate::story::Notice;

/// Runs the program.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(answer) => {
            // Help and version come this way too, with 0. A closed pipe is no reason to complain.
            let _ = answer.print();
            return ExitCode::from(u8::try_from(answer.exit_code()).unwrap_or(2));
        }
    };
    finish(run(cli))
}

/// The command line as it is declared: every verb, every flag.
pub fn command() -> Command {
    Cli::command()
}

fn run(cli: Cli) -> Outcome {
    match &cli.verb {
        // They need no configuration, so a broken one does not keep a shell from starting.
        Some(Verb::Completions(completions)) => return completions::run(completions, command()),
        Some(Verb::Man(page)) => return man::run(page, command()),
        _ => {}
    }
    let config = Config::load(cli.everywhere.flags())?;
    if cli.everywhere.print_config {
        return Ok(io::stdout().lock().write_all(config.print().as_bytes())?);
    }
    if cli.everywhere.print_keymap {
        return Ok(io::stdout().lock().write_all(crate::session::keymap(&config)?.print().as_bytes())?);
    }
    limit_threads(config.threads);
    let log = log::begin(&config.home);
    let outcome = catch_unwind(AssertUnwindSafe(|| obey(cli.verb, &config)));
    let outcome =
        outcome.unwrap_or_else(|_| Err(Notice::ours("something happened that should not be possible").into()));
    outcome.map_err(|failure| failure.with_log(log.as_deref()))
}

fn obey(verb: Option<Verb>, config: &Config) -> Outcome {
    match verb {
        Some(Verb::Model(model)) => runtime()?.block_on(model::run(model, config)),
        Some(Verb::Doctor(doctor)) => runtime()?.block_on(doctor::run(&doctor, config)),
        Some(Verb::Tell(args)) => runtime()?.block_on(tell::run(*args, config)),
        Some(Verb::Show(show)) => show::run(show, config),
        Some(Verb::Export(args)) => runtime()?.block_on(export::run(args, config)),
        Some(Verb::Campaign(args)) => runtime()?.block_on(campaign::run(args, config)),
        Some(Verb::Rater(args)) => runtime()?.block_on(rater::run(args, config)),
        Some(Verb::Rate(args)) => runtime()?.block_on(rate::run(args, config)),
        Some(Verb::Serve(args)) => runtime()?.block_on(serve::run(args, config)),
        Some(Verb::Reward(args)) => runtime()?.block_on(reward::run(args, config)),
        Some(Verb::Results(args)) => runtime()?.block_on(results::run(args, config)),
        Some(Verb::Backup(args)) => runtime()?.block_on(backup::back_up(args, config)),
        Some(Verb::Restore(args)) => runtime()?.block_on(backup::restore(args, config)),
        Some(Verb::World(args)) => world::run(args),
        Some(Verb::Eval(args)) => eval::run(args, config),
        Some(Verb::Bench(args)) => bench::run(&args),
        Some(Verb::Train(args)) => train::run(args),
        Some(Verb::Runs(args)) => runs::run(args, config),
        Some(Verb::Adopt(args)) => runtime()?.block_on(adopt::run(args, config)),
        Some(Verb::Loop(args)) => runtime()?.block_on(looping::run(args, config)),
        Some(Verb::Lineage(args)) => runtime()?.block_on(lineage::run(args, config)),
        Some(Verb::Completions(completions)) => completions::run(&completions, command()),
        Some(Verb::Man(page)) => man::run(&page, command()),
        None if io::stdout().is_terminal() => runtime()?.block_on(studio(config)),
        None => runtime()?.block_on(tell::first_bundled(config)),
    }
}

/// The studio in this terminal.
async fn studio(config: &Config) -> Outcome {
    let studio = crate::studio::Studio::open(config).await?;
    let left = crate::session::local(studio.clone(), config).await;
    studio.settle().await;
    Ok(left?)
}
