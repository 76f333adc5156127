//! `storyloom completions`: what a shell needs to complete our command line.

use std::io::{self, Write};

use clap::Command;
use clap_complete::Shell;

use super::outcome::Outcome;

/// Write completions for a shell to stdout
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  storyloom completions bash > ~/.local/share/bash-completion/completions/storyloom
  storyloom completions zsh > ~/.zfunc/_storyloom
  storyloom completions fish > ~/.config/fish/completions/storyloom.fish")]
pub struct Completions {
    /// The shell
    shell: Shell,
}

/// Writes the script for `command`, the whole command line.
pub fn run(completions: &Completions, mut command: Command) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(completions.shell, &mut command, "storyloom", &mut script);
    Ok(io::stdout().lock().write_all(&script)?)
}
