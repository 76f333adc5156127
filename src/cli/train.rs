//! `storyloom train sft`: a run in a folder, with a progress bar; Ctrl-C and SIGTERM save and end it.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::outcome::Outcome;
use super::runtime::runtime;
use crate::story::Notice;
use crate::train::sft::{self, Ending};
use crate::train::{Listener, Recipe, Step};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  storyloom train sft configs/recipes/storyteller.toml --run runs/storyteller")]
pub struct TrainArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Supervised fine-tuning by a recipe
    #[command(
        after_help = "Examples:\n  storyloom train sft configs/recipes/storyteller.toml --run runs/storyteller\n  storyloom train sft runs/storyteller/recipe.toml --run runs/storyteller   (goes on where it stopped)"
    )]
    Sft {
        /// The recipe, a TOML file
        recipe: PathBuf,
        /// The run's folder; one that exists is taken up where it stopped
        #[arg(long)]
        run: PathBuf,
    },
}

/// Runs the verb.
pub fn run(args: TrainArgs) -> Outcome {
    let What::Sft { recipe, run } = args.what;
    let recipe = Recipe::open(&recipe).map_err(Notice::from)?;
    let stop = Arc::new(AtomicBool::new(false));
    listen_for_signals(stop.clone())?;
    let mut bar = Bar::new(recipe.steps());
    let ending = sft::train(&recipe, &run, &stop, &mut bar).map_err(Notice::from)?;
    bar.bar.finish_and_clear();
    match ending {
        Ending::Finished => eprintln!("finished: {} steps, model in {}", recipe.steps(), run.display()),
        Ending::Stopped { step } => {
            eprintln!("stopped after step {step}; the same command goes on from there");
        }
    }
    Ok(())
}

fn listen_for_signals(stop: Arc<AtomicBool>) -> Result<(), Notice> {
    let runtime = runtime()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            if let Ok(mut terminate) = signal(SignalKind::terminate()) {
                tokio::select! {
                    _ = tokio::signal::ctrl_c() => {}
                    _ = terminate.recv() => {}
                }
            } else {
                let _ = tokio::signal::ctrl_c().await;
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
    Ok(())
}

/// A bar on a terminal; a line now and then elsewhere.
struct Bar {
    bar: ProgressBar,
    plain: bool,
    /// Smoothed loss, as single batches are noisy.
    loss: Option<f32>,
}

impl Bar {
    fn new(steps: usize) -> Self {
        let bar = ProgressBar::new(steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {per_sec}, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, plain: !std::io::stderr().is_terminal(), loss: None }
    }
}

impl Listener for Bar {
    fn step(&mut self, step: &Step) {
        if let Some(loss) = step.loss.or(step.attributes) {
            self.loss = Some(self.loss.map_or(loss, |old| 0.95 * old + 0.05 * loss));
        }
        let seen = match (step.species, step.emotion, step.place) {
            (Some(species), Some(emotion), Some(place)) => {
                format!("  who {:.0}% feels {:.0}% where {:.0}%", species * 100.0, emotion * 100.0, place * 100.0)
            }
            _ => String::new(),
        };
        let loss = self.loss.unwrap_or_default();
        let message = format!("{}  loss {loss:.3}{seen}  {:.0} tok/s", step.stage, step.tokens as f64 / step.seconds);
        self.bar.set_position(step.step as u64);
        if self.plain && (step.step % 25 == 1 || step.step == step.of) {
            eprintln!("{}/{}  {message}  {:.2} s/step", step.step, step.of, step.seconds);
        }
        self.bar.set_message(message);
    }

    fn saved(&mut self, step: usize) {
        if self.plain {
            eprintln!("saved after step {step}");
        }
    }
}
