//! `storyloom runs`: training in the background. Also the verbs, shown to nobody, by which a run leaves its terminal.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, Subcommand};

use super::outcome::Outcome;
use super::run_lines::{list, show, watch};
use super::runtime::runtime;
use crate::config::Config;
use crate::runs::{NewRun, Runs, Share, attempt, compare, execute, launch, supervise};
use crate::story::Notice;

/// Train in the background: start, watch, stop and resume runs
#[derive(Debug, Args)]
#[command(after_help = "\
A RUN is named by its folder below the home, by the beginning of that, or by its recipe's name (the newest one of it).
A run outlives this terminal, the studio and the server. One is under way at a time (runs.at_once in the configuration);
the others wait.

Examples:
  storyloom runs start storyteller
  storyloom runs list
  storyloom runs watch storyteller
  storyloom runs stop storyteller")]
pub struct RunsArgs {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// List all runs, those under way first
    #[command(after_help = "Example:\n  storyloom runs list")]
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// Start a run by a recipe, or let it wait for its turn
    #[command(after_help = "\
Examples:
  storyloom runs start storyteller
  storyloom runs start configs/recipes/books-lora.toml --data picture-books
  storyloom runs start storyteller --set stage.1.steps=200 --set seed=8 --keep-every 500
  storyloom runs start quick --set sequences.world.count=24")]
    Start {
        /// A recipe: a TOML file, or the name of one that comes with the program; or a suite, to evaluate in the background
        recipe: String,
        /// Change a value of it; stages and sources are counted from 1
        #[arg(long, value_name = "PATH=VALUE")]
        set: Vec<String>,
        /// Keep a checkpoint to fork from every so many steps; each takes the room of one
        #[arg(long, value_name = "STEPS", value_parser = clap::value_parser!(u64).range(1..))]
        keep_every: Option<u64>,
        /// The folder of books or the file to train on, instead of the one that the recipe names
        #[arg(long)]
        data: Option<PathBuf>,
        /// The model folder to start from, instead of the one that the recipe names
        #[arg(long)]
        base: Option<PathBuf>,
    },
    /// What is known of one run
    #[command(after_help = "Example:\n  storyloom runs show storyteller")]
    Show {
        run: String,
        /// One JSON object
        #[arg(long)]
        json: bool,
    },
    /// Follow a run until it ends; leaving does not stop it
    #[command(after_help = "Example:\n  storyloom runs watch storyteller")]
    Watch { run: String },
    /// End a run after the step under way, once it has saved
    #[command(after_help = "Examples:\n  storyloom runs stop storyteller\n  storyloom runs stop storyteller --kill")]
    Stop {
        run: String,
        /// At once: what it did since its last checkpoint is lost
        #[arg(long)]
        kill: bool,
    },
    /// Halt a run where it is: it uses no processor, and keeps its memory and its turn
    #[command(after_help = "Example:\n  storyloom runs pause storyteller")]
    Pause { run: String },
    /// Let a paused run go on, or one that stopped, failed or was lost
    #[command(after_help = "Example:\n  storyloom runs resume storyteller")]
    Resume { run: String },
    /// A new run that begins where another one was
    #[command(after_help = "\
It can begin after the last checkpoint, or after one that was kept (start --keep-every).

Example:
  storyloom runs fork storyteller --step 500 --set stage.1.learning_rate=5e-4")]
    Fork {
        run: String,
        /// The step; its last checkpoint if absent
        #[arg(long)]
        step: Option<u64>,
        /// Change a value of its recipe
        #[arg(long, value_name = "PATH=VALUE")]
        set: Vec<String>,
    },
    /// What the recipes of two runs do not have in common
    #[command(
        after_help = "Example:\n  storyloom runs compare storyteller-20261127-074112 storyteller-20261127-081500"
    )]
    Compare { first: String, second: String },
    /// Write a note on a run, or take it away
    #[command(after_help = "Example:\n  storyloom runs note storyteller 'wider vision tower'")]
    Note {
        run: String,
        #[arg(default_value = "")]
        text: String,
    },
    /// Give a run these tags instead of those it has
    #[command(after_help = "Example:\n  storyloom runs tag storyteller baseline wide")]
    Tag { run: String, tags: Vec<String> },
    /// Delete a run with all that it made
    #[command(after_help = "Example:\n  storyloom runs delete storyteller-20261127-074112 --yes")]
    Delete {
        run: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Put a waiting run before all others, and show the queue
    #[command(after_help = "Example:\n  storyloom runs queue storyteller")]
    Queue {
        /// The run that comes first now
        run: Option<String>,
    },
    #[command(hide = true, after_help = "Example:\n  storyloom runs launch FOLDER")]
    Launch { folder: PathBuf },
    #[command(hide = true, after_help = "Example:\n  storyloom runs supervise FOLDER")]
    Supervise { folder: PathBuf },
    #[command(hide = true, after_help = "Example:\n  storyloom runs execute FOLDER")]
    Execute { folder: PathBuf },
    #[command(hide = true, after_help = "Example:\n  storyloom runs try sft RECIPE")]
    Try { kind: String, recipe: PathBuf },
}

/// The runs of the configured home.
pub fn runs_of(config: &Config) -> Runs {
    let nice = i32::try_from(config.runs_nice).unwrap_or_default();
    let share = Share { at_once: config.runs_at_once, nice, threads: config.runs_threads };
    Runs::new(&config.home, share).with_database(config.database.clone())
}

/// Does what was asked.
pub fn run(args: RunsArgs, config: &Config) -> Outcome {
    let runs = runs_of(config);
    let (home, share) = (runs.home().to_owned(), runs.share());
    let outside = |error: io::Error| Notice::outside(error.to_string(), "its log.txt has more");
    match args.verb {
        Verb::Launch { folder } => return Ok(launch(&home, &folder).map_err(outside)?),
        Verb::Execute { folder } => return Ok(execute(&home, &folder, share).map_err(outside)?),
        Verb::Try { kind, recipe } => return Ok(attempt(&home, &kind, &recipe, share).map_err(outside)?),
        Verb::Supervise { folder } => {
            let asked = Arc::new(AtomicBool::new(false));
            hear_signals(asked.clone())?;
            return Ok(supervise(&home, &folder, share, &asked).map_err(outside)?);
        }
        _ => {}
    }
    // Whoever looks in starts what a machine that went down left waiting.
    runs.advance()?;
    let find = |word: &str| runs.find(word).map(|card| card.id);
    match args.verb {
        Verb::List { json } => list(&runs.list(), json)?,
        Verb::Start { recipe, set, keep_every, data, base } => {
            let pair = |flag: &str, path: Option<PathBuf>| {
                path.map(|path| [flag.to_owned(), path.display().to_string()]).into_iter().flatten()
            };
            let arguments = pair("--data", data).chain(pair("--base", base)).collect();
            let id = runs.start(&NewRun { recipe, changes: set, arguments, keep_every })?;
            let card = runs.find(&id)?;
            println!("{id} {}", card.state.word());
            eprintln!("storyloom runs watch {id}");
        }
        Verb::Show { run, json } => show(&runs, &runs.find(&run)?, json)?,
        Verb::Watch { run } => watch(&runs, &find(&run)?)?,
        Verb::Stop { run, kill: true } => runs.kill(&find(&run)?)?,
        Verb::Stop { run, kill: false } => runs.stop(&find(&run)?)?,
        Verb::Pause { run } => runs.pause(&find(&run)?)?,
        Verb::Resume { run } => runs.resume(&find(&run)?)?,
        Verb::Fork { run, step, set } => println!("{}", runs.fork(&find(&run)?, step, &set)?),
        Verb::Compare { first, second } => {
            let lines = compare(&runs.recipe(&find(&first)?)?, &runs.recipe(&find(&second)?)?);
            if lines.is_empty() {
                println!("the recipes say the same");
            }
            lines.iter().for_each(|line| println!("{line}"));
        }
        Verb::Note { run, text } => runs.remark(&find(&run)?, Some(text), None)?,
        Verb::Tag { run, tags } => runs.remark(&find(&run)?, None, Some(tags))?,
        Verb::Delete { run, yes } => delete(&runs, &find(&run)?, yes)?,
        Verb::Queue { run } => {
            if let Some(run) = run {
                runs.first(&find(&run)?)?;
            }
            let waiting: Vec<_> = runs.list().into_iter().filter(|card| card.place.is_some()).collect();
            list(&waiting, false)?;
        }
        Verb::Launch { .. } | Verb::Supervise { .. } | Verb::Execute { .. } | Verb::Try { .. } => {}
    }
    Ok(())
}

fn delete(runs: &Runs, id: &str, yes: bool) -> Outcome {
    if !yes {
        if !io::stdin().is_terminal() {
            return Err(Notice::yours("nobody is there to be asked", "say --yes").into());
        }
        print!("Delete {id} with its checkpoints and its model? Type yes: ");
        io::stdout().flush()?;
        let mut answer = String::new();
        io::stdin().read_line(&mut answer)?;
        if answer.trim() != "yes" {
            println!("nothing was deleted");
            return Ok(());
        }
    }
    Ok(runs.delete(id)?)
}

/// A supervisor that is asked to end, as at the machine's end, has the training save first.
fn hear_signals(asked: Arc<AtomicBool>) -> Result<(), Notice> {
    let runtime = runtime()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            if let (Ok(mut terminate), Ok(mut hangup)) = (signal(SignalKind::terminate()), signal(SignalKind::hangup()))
            {
                loop {
                    tokio::select! {
                        _ = terminate.recv() => asked.store(true, Ordering::Relaxed),
                        // The terminal it was started from is no business of it any more.
                        _ = hangup.recv() => {}
                    }
                }
            }
        });
    });
    Ok(())
}
