//! `storyloom rater`: who may rate, and by what they come in; and raters that are programs, to try the machinery.

use std::io::{self, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::outcome::{Outcome, printable};
use super::simulate::{Simulation, simulate};
use crate::config::Config;
use crate::shelf::Entrance;
use crate::story::{Notice, Rater as Known, Role};
use crate::studio::Studio;

/// Let people rate, list them, let them go
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom rater add Ada --key ada.pub
  storyloom rater list
  storyloom rater simulate first --votes 100")]
pub struct Rater {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Let somebody in: by their public key, or by an invitation that is good once
    #[command(after_help = "\
Examples:
  storyloom rater add Ada --key ada.pub
  storyloom rater add Bo
  storyloom rater add Cleo --role owner --key ~/.ssh/id_ed25519.pub")]
    Add {
        /// The person's name; votes know a pseudonym only
        name: String,
        /// Their public key, as OpenSSH writes it; without it an invitation is printed
        #[arg(long, value_name = "FILE")]
        key: Option<PathBuf>,
        /// rater, inspector (looks, changes nothing) or owner
        #[arg(long, default_value = "rater", value_parser = ["rater", "inspector", "owner"])]
        role: String,
    },
    /// List all
    #[command(after_help = "Example:\n  storyloom rater list")]
    List,
    /// Let somebody in no more; their votes stay
    #[command(after_help = "Example:\n  storyloom rater revoke Ada")]
    Revoke { who: String },
    /// Forget who somebody is: votes stay under a pseudonym that leads nowhere
    #[command(after_help = "Example:\n  storyloom rater forget Ada")]
    Forget { who: String },
    /// Have programs rate by the facts of the picture world, with noise; such votes are kept apart
    #[command(after_help = "\
Examples:
  storyloom rater simulate first
  storyloom rater simulate first --raters 8 --votes 400 --noise 1 --left 0.3
  storyloom rater simulate first --ssh 127.0.0.1:2222 --pause 200")]
    Simulate(Simulation),
}

/// Does what was asked.
pub async fn run(args: Rater, config: &Config) -> Outcome {
    let studio = Studio::at_rest(config).await?;
    let mut out = io::stdout();
    match args.verb {
        Verb::Add { name, key, role } => {
            let role = match role.as_str() {
                "owner" => Role::Owner,
                "inspector" => Role::Inspector,
                _ => Role::Rater,
            };
            let (entrance, said) = match key {
                Some(path) => {
                    let (key, fingerprint) = read_key(&path)?;
                    let said = format!("comes in with {fingerprint}");
                    (Entrance::Key { key, fingerprint }, said)
                }
                None => {
                    let token = format!("{:032x}", rand::random::<u128>());
                    let said = format!("comes in once with the invitation {token}");
                    (Entrance::Invite { token }, said)
                }
            };
            let rater = studio.shelf().add_rater(&name, role, &entrance, false).await.map_err(Notice::from)?;
            writeln!(out, "{} is {} and {said}", printable(&name), rater.id)?;
        }
        Verb::List => {
            for rater in studio.shelf().raters().await.map_err(Notice::from)? {
                let name = rater.name.as_deref().map_or_else(|| "(forgotten)".to_owned(), printable);
                let marks = [(rater.simulated, "simulated"), (rater.revoked, "revoked")];
                let marks: Vec<&str> = marks.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
                let by = rater.fingerprint.as_deref().unwrap_or("");
                writeln!(out, "{}  {:<9}  {name}  {by} {}", rater.id, rater.role.word(), marks.join(", "))?;
            }
        }
        Verb::Revoke { who } => {
            let rater = find(&studio, &who).await?;
            studio.shelf().revoke_rater(&rater.id).await.map_err(Notice::from)?;
        }
        Verb::Forget { who } => {
            let rater = find(&studio, &who).await?;
            studio.shelf().forget_rater(&rater.id).await.map_err(Notice::from)?;
            writeln!(out, "{} is forgotten; votes stay under {}", printable(&who), rater.id)?;
        }
        Verb::Simulate(simulation) => simulate(&studio, &simulation).await?,
    }
    Ok(())
}

async fn find(studio: &Studio, who: &str) -> Result<Known, Notice> {
    let found = studio.shelf().rater(who).await.map_err(Notice::from)?;
    found.ok_or_else(|| Notice::yours(format!("there is no rater '{who}'"), "storyloom rater list shows all"))
}

/// A public key and its fingerprint, as `ssh-keygen -l` writes it.
fn read_key(path: &std::path::Path) -> Result<(String, String), Notice> {
    let wrong = |why: String| {
        Notice::yours(format!("{} is no public key: {why}", path.display()), "name a file such as id_ed25519.pub")
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let key = russh::keys::PublicKey::from_openssh(text.trim()).map_err(|error| wrong(error.to_string()))?;
    let bare = key.to_openssh().map_err(|error| wrong(error.to_string()))?;
    Ok((bare, key.fingerprint(russh::keys::HashAlg::Sha256).to_string()))
}
