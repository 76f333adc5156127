//! `storyloom train external`: a training is handed over to somebody else's trainer and followed to its end.

use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use clap::Args;
use clap::builder::PossibleValuesParser;

use super::outcome::{Failure, Outcome, printable};
use crate::handover::{Ended, ExternalRecipe, Place, Trainer, describe, hand_over};
use crate::story::Notice;

const ENGINES: [&str; 5] = ["trl", "ms-swift", "llamafactory", "slurm", "ray"];

#[derive(Debug, Args)]
pub struct ExternalArgs {
    /// The recipe, a TOML file
    recipe: PathBuf,
    /// The run's folder; one that exists is taken up where it stopped
    #[arg(long, required_unless_present = "dry_run")]
    run: Option<PathBuf>,
    /// Say what would be handed over, and leave nothing behind
    #[arg(long)]
    dry_run: bool,
    /// Whose trainer, or where it runs, instead of what the recipe says; may be given twice: --engine trl --engine slurm
    #[arg(long, value_name = "ENGINE", value_parser = PossibleValuesParser::new(ENGINES))]
    engine: Vec<String>,
    /// The snapshot to learn from, instead of the one that the recipe names
    #[arg(long)]
    snapshot: Option<PathBuf>,
    /// The model to start from, a folder or an id that the trainer fetches, instead of the one that the recipe names
    #[arg(long)]
    base: Option<String>,
}

/// Runs the verb. Ctrl-C and SIGTERM end the job over there too.
pub fn run(args: &ExternalArgs, stop: &AtomicBool) -> Outcome {
    let mut recipe = ExternalRecipe::open(&args.recipe)?;
    for engine in &args.engine {
        match engine.as_str() {
            "trl" => recipe.trainer = Trainer::Trl,
            "ms-swift" => recipe.trainer = Trainer::Swift,
            "llamafactory" => recipe.trainer = Trainer::LlamaFactory,
            "slurm" => recipe.place = Place::Slurm,
            _ => recipe.place = Place::Ray,
        }
    }
    recipe.snapshot = args.snapshot.clone().unwrap_or(recipe.snapshot);
    recipe.base = args.base.clone().unwrap_or(recipe.base);
    let Some(run) = args.run.as_deref().filter(|_| !args.dry_run) else {
        return Ok(writeln!(std::io::stdout(), "{}", describe(&recipe)?)?);
    };
    let mut says = |line: &str| eprintln!("{}", printable(line));
    match hand_over(&recipe, run, stop, &mut says)? {
        Ended::Succeeded(Some(adapter)) => {
            eprintln!("finished: adapter in {}", adapter.display());
            eprintln!("adopt it: storyloom model add {} --base NAME", adapter.display());
            Ok(())
        }
        Ended::Succeeded(None) => {
            let what = "the trainer ended well and left no adapter";
            Err(Notice::outside(what, "look for what it made in the run's external/out").into())
        }
        Ended::Cancelled => Err(Failure::Stopped("the job over there was ended; the same command hands it over anew")),
    }
}
