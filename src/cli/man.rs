//! `storyloom man`: the manual page, from the same declaration as the help.

use std::io::{self, Write};

use clap::Command;
use clap_mangen::Man;

use super::outcome::Outcome;

/// Write the manual page to stdout
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  storyloom man > ~/.local/share/man/man1/storyloom.1
  storyloom man tell | man -l -")]
pub struct ManPage {
    /// The page of this verb
    verb: Option<String>,
}

/// Writes the page of `command`, or of one of its verbs.
pub fn run(page: &ManPage, command: Command) -> Outcome {
    let asked = match &page.verb {
        None => command,
        Some(verb) => {
            let found = command.find_subcommand(verb).cloned();
            let found = found.ok_or_else(|| {
                let verbs: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
                crate::story::Notice::yours(
                    format!("there is no verb '{verb}'"),
                    format!("one of {}", verbs.join(", ")),
                )
            })?;
            found.display_name(format!("storyloom-{verb}")).bin_name(format!("storyloom {verb}"))
        }
    };
    let mut roff = Vec::new();
    Man::new(asked).render(&mut roff)?;
    Ok(io::stdout().lock().write_all(&roff)?)
}
