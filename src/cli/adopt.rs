//! `storyloom adopt`: what a run made is used from now on, until that is taken back.

use clap::Args;

use super::outcome::{Outcome, printable};
use crate::config::Config;
use crate::studio::{AdoptOrder, Studio};

/// Let what a run made tell from now on, or choose as the reward model
#[derive(Debug, Args)]
#[command(after_help = "\
Its weights are copied below home. A model is taken only if it comes of the one that tells now, and a reward model only if
its card says that it sides with the raters more often than chance; --anyway takes it all the same. Studios and servers that
are open go over to it with their next story.

Examples:
  storyloom adopt policy-20261127-074112
  storyloom adopt runs/reward --name careful
  storyloom adopt --undo")]
pub struct Adopt {
    /// A run, by name, or its folder or a model's
    #[arg(required_unless_present = "undo")]
    run: Option<String>,
    /// Call it this; without it, as its recipe is called
    #[arg(long, conflicts_with = "undo")]
    name: Option<String>,
    /// Whatever it comes of, and whatever its card says
    #[arg(long, conflicts_with = "undo")]
    anyway: bool,
    /// Take the last adoption back
    #[arg(long, conflicts_with = "run")]
    undo: bool,
}

/// Does what was asked.
pub async fn run(args: Adopt, config: &Config) -> Outcome {
    let studio = Studio::at_rest(config).await?;
    match args.run {
        Some(from) => {
            let order = AdoptOrder { from, name: args.name, anyway: args.anyway };
            println!("{}", printable(&studio.adopt(order).await?.words()));
            eprintln!("take it back: storyloom adopt --undo");
        }
        None => {
            println!("{}", printable(&studio.undo_adoption().await?.words()));
        }
    }
    Ok(())
}
