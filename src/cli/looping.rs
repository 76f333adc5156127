//! `storyloom loop`: from votes to a better storyteller and to new votes, stage by stage; it stops where somebody must decide.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

use super::outcome::{Failure, Outcome, printable};
use crate::config::Config;
use crate::story::Notice;
use crate::studio::{Advance, HeldLoop, LoopPlan, Studio};

/// Close the loop: tell, collect votes, train a reward model, improve the policy, try it blind
#[derive(Debug, Args)]
#[command(after_help = "\
A loop is a plan (configs/loops has one) and where it stands, below home. Its trainings are runs like any other. It waits for
votes as long as they take: Ctrl-C leaves it where it is, and storyloom loop go goes on. Where a gate fails it stops and asks.
One program at a time goes on with a loop; the studio's training screen (T, then c) shows them all and starts one that outlives it.

Examples:
  storyloom loop start configs/loops/small.toml
  storyloom loop go small
  storyloom loop go small --accept
  storyloom loop status small")]
pub struct Loop {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Begin a loop by a plan, and go on with it
    #[command(after_help = "Example:\n  storyloom loop start configs/loops/small.toml")]
    Start { plan: PathBuf },
    /// Go on with a loop until it is over or asks
    #[command(after_help = "\
Examples:
  storyloom loop go small
  storyloom loop go small --accept
  storyloom loop go small --again")]
    Go {
        name: String,
        /// Through the gate that failed, all the same; after a trial: adopt
        #[arg(long)]
        accept: bool,
        /// Begin another round
        #[arg(long, conflicts_with = "accept")]
        again: bool,
        /// Leave the terminal: for programs that start this one
        #[arg(long, hide = true)]
        detached: bool,
    },
    /// Where loops stand, and what happened
    #[command(after_help = "Examples:\n  storyloom loop status\n  storyloom loop status small --json")]
    Status {
        name: Option<String>,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
}

/// How often runs and votes are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Does what was asked.
pub async fn run(args: Loop, config: &Config) -> Outcome {
    if let Verb::Go { detached: true, .. } = &args.verb {
        // Whoever leads a group already was started by hand, and stays where it is.
        let _ = rustix::process::setsid();
    }
    let studio = Studio::at_rest(config).await?;
    match args.verb {
        Verb::Start { plan } => {
            let text = std::fs::read_to_string(&plan).map_err(|error| {
                Notice::yours(format!("the plan {} cannot be read: {error}", plan.display()), "name a TOML file")
            })?;
            let plan: LoopPlan = toml::from_str(&text).map_err(|error| {
                Notice::yours(
                    format!("the plan {}: {}", plan.display(), error.message()),
                    "compare it with configs/loops",
                )
            })?;
            let state = studio.start_loop(plan).await?;
            let held = studio.hold_loop(&state.plan.name).await?;
            go(&studio, &state.plan.name, &held).await
        }
        Verb::Go { name, accept, again, detached: _ } => {
            let held = studio.hold_loop(&name).await?;
            if accept || again {
                studio.answer_loop(&name, accept).await?;
            }
            go(&studio, &name, &held).await
        }
        Verb::Status { name, json } => status(&studio, name, json),
    }
}

/// Goes on, and keeps why where it cannot.
async fn go(studio: &Studio, name: &str, held: &HeldLoop) -> Outcome {
    let outcome = advance(studio, name, held).await;
    if let Err(Failure::Told(notice)) = &outcome
        && studio.loop_state(name).is_ok_and(|state| state.asks.is_none())
    {
        held.fail(notice);
    }
    outcome
}

async fn advance(studio: &Studio, name: &str, held: &HeldLoop) -> Outcome {
    let mut stop = signal(SignalKind::interrupt())
        .map_err(|error| Notice::outside(format!("signals cannot be heard: {error}"), "end other programs"))?;
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{msg}  {bar:28} {pos}/{len}, {eta} left") {
        bar.set_style(style);
    }
    loop {
        bar.set_message(printable(&studio.loop_state(name)?.stage.words()));
        let mut watch = |done: usize, of: usize| {
            bar.set_length(of as u64);
            bar.set_position(done as u64);
        };
        let advanced = tokio::select! {
            advanced = studio.advance_loop(name, &mut watch) => advanced?,
            _ = stop.recv() => return left(&bar, name),
            () = asked_to_leave(held) => return left(&bar, name),
        };
        match advanced {
            Advance::Moved(said) => {
                bar.suspend(|| println!("{}", printable(&said)));
                bar.reset();
            }
            Advance::Waits { done, of } => {
                bar.set_length(of);
                bar.set_position(done);
                tokio::select! {
                    () = tokio::time::sleep(LOOK) => {}
                    _ = stop.recv() => return left(&bar, name),
                    () = asked_to_leave(held) => return left(&bar, name),
                }
            }
            Advance::Asks(notice) => {
                bar.finish_and_clear();
                return Err(notice.into());
            }
            Advance::Over => {
                bar.finish_and_clear();
                println!("{}", printable(&studio.loop_state(name)?.stage.words()));
                println!("another round: storyloom loop go {} --again", printable(name));
                return Ok(());
            }
        }
    }
}

/// Until somebody asks in the studio that the loop be left.
async fn asked_to_leave(held: &HeldLoop) {
    while !held.is_to_leave() {
        tokio::time::sleep(LOOK / 4).await;
    }
}

fn left(bar: &ProgressBar, name: &str) -> Outcome {
    bar.finish_and_clear();
    let name = printable(name);
    println!("left where it is; runs go on by themselves: storyloom loop go {name}");
    Err(Failure::Stopped("the loop goes on where it stands"))
}

fn status(studio: &Studio, name: Option<String>, json: bool) -> Outcome {
    let names = match name {
        Some(name) => vec![name],
        None => studio.loops(),
    };
    for name in names {
        let state = studio.loop_state(&name)?;
        if json {
            println!("{}", serde_json::to_string_pretty(&state).map_err(|error| Notice::ours(error.to_string()))?);
            continue;
        }
        println!("{}, round {}: {}", printable(&name), state.round, printable(&state.stage.words()));
        state.told.iter().for_each(|line| println!("  {}", printable(line)));
        if let Some(asks) = state.asks {
            println!("  asks: {}; {}", printable(&asks.what), printable(&asks.try_this));
        }
    }
    Ok(())
}
