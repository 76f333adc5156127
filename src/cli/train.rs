//! `storyloom train sft`: a run in a folder, with a progress bar; Ctrl-C and SIGTERM save and end it.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, Subcommand};
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use super::outcome::Outcome;
use super::runtime::runtime;
use super::span::span;
use super::train_bar::CourseBar;
use super::train_external::{self, ExternalArgs};
use super::train_trial;
use crate::exchange::LeftOut;
use crate::story::Notice;
use crate::train::course::Hearer;
use crate::train::forecast::{StageForecast, forecast};
use crate::train::policy;
use crate::train::policy_recipe::PolicyRecipe;
use crate::train::preference;
use crate::train::preference_recipe::PreferenceRecipe;
use crate::train::reward;
use crate::train::reward_recipe::RewardRecipe;
use crate::train::sft::{self, Ending};
use crate::train::{Listener, Recipe, SourceReport, Step, TrainError};

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
        after_help = "Examples:\n  storyloom train sft configs/recipes/storyteller.toml --run runs/storyteller\n  storyloom train sft runs/storyteller/recipe.toml --run runs/storyteller   (goes on where it stopped)\n  storyloom train sft configs/recipes/books-lora.toml --data picture-books --run runs/books\n  storyloom train sft configs/recipes/storyteller.toml --dry-run"
    )]
    Sft {
        #[command(flatten)]
        course: CourseArgs,
        /// The folder of books or the file to train on, instead of the one that the recipe names
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// Reinforcement learning: a policy learns from rewards for its own stories
    #[command(
        after_help = "Example:\n  storyloom train policy configs/recipes/policy-truth.toml --run runs/policy-truth"
    )]
    Policy(CourseArgs),
    /// A reward model: what raters preferred becomes a number for every story
    #[command(after_help = "Example:\n  storyloom train reward configs/recipes/reward.toml --run runs/reward")]
    Reward(VotesArgs),
    /// Direct preference optimisation: a policy learns from pairs, without a reward model
    #[command(after_help = "Example:\n  storyloom train preference configs/recipes/dpo.toml --run runs/dpo")]
    Preference(VotesArgs),
    /// Hand a training over to TRL, ms-swift or LLaMA-Factory, here, at Slurm or at Ray
    #[command(
        after_help = "Examples:\n  storyloom train external elsewhere.toml --dry-run\n  storyloom train external elsewhere.toml --engine trl --snapshot snapshots/first --run runs/elsewhere\n  storyloom train external elsewhere.toml --engine ms-swift --engine slurm --run runs/elsewhere\n\nIt writes the frozen snapshot in the trainer's format with its configuration, hands the job over, keeps its id, follows its\nfigures into the run's charts, and fetches the adapter. docs/remote.md shows a recipe."
    )]
    External(ExternalArgs),
}

/// What every recipe takes.
#[derive(Debug, Args)]
struct CourseArgs {
    /// The recipe, a TOML file
    recipe: PathBuf,
    /// The run's folder; one that exists is taken up where it stopped
    #[arg(long, required_unless_present = "dry_run")]
    run: Option<PathBuf>,
    /// Try a few steps, say what time, memory and disk the whole will take, and leave nothing behind
    #[arg(long)]
    dry_run: bool,
    /// The model to start from, a folder or `embedded`, instead of the one that the recipe names
    #[arg(long)]
    base: Option<PathBuf>,
}

impl CourseArgs {
    /// The folder; none where the recipe is only tried.
    fn run(&self) -> Option<&Path> {
        self.run.as_deref().filter(|_| !self.dry_run)
    }
}

/// What the recipes that learn from votes take.
#[derive(Debug, Args)]
struct VotesArgs {
    #[command(flatten)]
    course: CourseArgs,
    /// The snapshot to learn from, instead of the one that the recipe names
    #[arg(long)]
    snapshot: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(args: TrainArgs) -> Outcome {
    let stop = Arc::new(AtomicBool::new(false));
    match args.what {
        What::External(args) => {
            listen_for_signals(stop.clone())?;
            train_external::run(&args, &stop)
        }
        What::Sft { course, data } => sft(&course, data.as_deref(), &stop),
        What::Policy(args) => {
            let mut recipe = PolicyRecipe::open(&args.recipe).map_err(Notice::from)?;
            recipe.base = args.base.clone().unwrap_or(recipe.base);
            course(&args, &stop, |run, hearer| policy::train(&recipe, run, &stop, hearer))
        }
        What::Reward(VotesArgs { course: args, snapshot }) => {
            let mut recipe = RewardRecipe::open(&args.recipe).map_err(Notice::from)?;
            recipe.base = args.base.clone().unwrap_or(recipe.base);
            recipe.learn_from(snapshot).map_err(Notice::from)?;
            course(&args, &stop, |run, hearer| reward::train(&recipe, run, &stop, hearer))
        }
        What::Preference(VotesArgs { course: args, snapshot }) => {
            let mut recipe = PreferenceRecipe::open(&args.recipe).map_err(Notice::from)?;
            recipe.base = args.base.clone().unwrap_or(recipe.base);
            recipe.votes.snapshot = snapshot.unwrap_or(recipe.votes.snapshot);
            course(&args, &stop, |run, hearer| preference::train(&recipe, run, &stop, hearer))
        }
    }
}

/// Runs a recipe that is not supervised, with its bar; or tries it.
fn course(
    args: &CourseArgs,
    stop: &Arc<AtomicBool>,
    train: impl FnOnce(&Path, &mut dyn Hearer) -> Result<Ending, TrainError>,
) -> Outcome {
    listen_for_signals(stop.clone())?;
    let Some(run) = args.run() else {
        return train_trial::foretell(stop, train);
    };
    let mut bar = CourseBar::new();
    let ending = train(run, &mut bar).map_err(Notice::from)?;
    bar.finish();
    tell_ending(ending, run);
    Ok(())
}

fn tell_ending(ending: Ending, run: &Path) {
    match ending {
        Ending::Finished => eprintln!("finished: model in {}", run.display()),
        Ending::Stopped { step } => eprintln!("stopped after step {step}; the same command goes on from there"),
    }
}

/// Supervised fine-tuning.
fn sft(args: &CourseArgs, data: Option<&Path>, stop: &Arc<AtomicBool>) -> Outcome {
    let mut recipe = Recipe::open(&args.recipe).map_err(Notice::from)?;
    if let Some(data) = data {
        point_at(&mut recipe, data)?;
    }
    if let Some(base) = args.base.clone() {
        if recipe.base.is_none() {
            return Err(Notice::yours(
                "--base is given, but the recipe makes a new model",
                "leave --base out, or take a recipe with a base",
            )
            .into());
        }
        recipe.base = Some(base);
    }
    listen_for_signals(stop.clone())?;
    let Some(run) = args.run() else { return foretell(&recipe, stop) };
    let mut bar = Bar::new(recipe.steps());
    let ending = sft::train(&recipe, run, stop, &mut bar).map_err(Notice::from)?;
    bar.bar.finish_and_clear();
    tell_ending(ending, run);
    Ok(())
}

/// Says what a run will take.
fn foretell(recipe: &Recipe, stop: &AtomicBool) -> Outcome {
    let spinner = ProgressBar::new_spinner().with_message("trying a few steps of each stage");
    spinner.enable_steady_tick(std::time::Duration::from_millis(120));
    let forecast = forecast(recipe, stop);
    spinner.finish_and_clear();
    let forecast = forecast.map_err(Notice::from)?;
    let mut out = std::io::stdout().lock();
    for source in &forecast.sources {
        writeln!(out, "{source}")?;
    }
    writeln!(out, "{:<24}{:>8}{:>12}{:>12}", "stage", "steps", "s/step", "time")?;
    for StageForecast { name, steps, step } in &forecast.stages {
        writeln!(out, "{name:<24}{steps:>8}{step:>12.2}{:>12}", span(step * *steps as f64))?;
    }
    if forecast.evaluation > 0.0 {
        writeln!(out, "{:<44}{:>12}", "looks at what is held out", span(forecast.evaluation))?;
    }
    writeln!(out, "{:<44}{:>12}", "all", span(forecast.seconds()))?;
    if let Some(memory) = forecast.memory {
        writeln!(out, "{:<44}{:>12}", "memory, at most", HumanBytes(memory).to_string())?;
    }
    writeln!(out, "{:<44}{:>12}", "disk, while it saves twice that", HumanBytes(forecast.disk).to_string())?;
    Ok(())
}

/// Puts `--data` in the place of the only source that has a path.
fn point_at(recipe: &mut Recipe, path: &Path) -> Result<(), Notice> {
    let count = recipe.data.iter().filter(|data| !data.is_world()).count();
    if count != 1 {
        return Err(Notice::yours(
            format!("--data can replace one source, and the recipe has {count} with a path"),
            "write the paths into a copy of the recipe",
        ));
    }
    recipe.data.iter_mut().for_each(|data| {
        data.point_at(path);
    });
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
    held_out: Option<f32>,
}

impl Bar {
    fn new(steps: usize) -> Self {
        let bar = ProgressBar::new(steps as u64);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len}  {msg}  {per_sec}, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, plain: !std::io::stderr().is_terminal(), loss: None, held_out: None }
    }
}

impl Listener for Bar {
    fn opened(&mut self, source: &SourceReport) {
        self.bar.suspend(|| eprintln!("{source}"));
    }

    fn left_out(&mut self, row: &LeftOut) {
        self.bar.suspend(|| eprintln!("{}: row {} ({}) is left out: {}", row.source, row.row, row.id, row.reason));
    }

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
        let news = step.held_out.is_some() || step.held_out_before.is_some();
        self.held_out = step.held_out.or(step.held_out_before).or(self.held_out);
        let held_out = self.held_out.map_or(String::new(), |loss| format!("  held out {loss:.3}"));
        let message =
            format!("{}  loss {loss:.3}{held_out}{seen}  {:.0} tok/s", step.stage, step.tokens as f64 / step.seconds);
        self.bar.set_position(step.step as u64);
        if self.plain && (news || step.step % 25 == 1 || step.step == step.of) {
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
