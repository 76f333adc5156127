//! `storyloom reward serve`: a reward model over HTTP, for trainers that are elsewhere.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

use super::outcome::{Outcome, printable};
use crate::config::Config;
use crate::scoring::{Serve, Service};
use crate::story::Notice;
use crate::studio::Studio;

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  storyloom reward serve runs/reward/best")]
pub struct RewardArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Serve a reward model over HTTP
    #[command(after_help = "\
Examples:
  storyloom reward serve runs/reward/best
  storyloom reward serve small-folder --adapter runs/reward-lora/best --listen 0.0.0.0:5000 --key-env REWARD_KEY

POST /get_reward takes OpenRLHF's {\"query\", \"prompts\", \"labels\"}; a label is the id of the sequence on this shelf that the
story is about, as that form has no place for pictures. POST /score takes {\"text\", \"sequence\"} or {\"text\", \"images\"}, or
several as {\"items\": [..]}. GET /health and GET /metrics say how it goes. assets/shims has reward functions for TRL,
ms-swift and verl. Without a key it listens only where this machine alone can ask.")]
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// The reward model's folder; with --adapter the model that it stands on
    folder: PathBuf,
    /// An adapter that saves its head whole
    #[arg(long, value_name = "FOLDER")]
    adapter: Option<PathBuf>,
    /// Address and port to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5000")]
    listen: SocketAddr,
    /// The environment variable that holds the key that requests must bear
    #[arg(long, value_name = "VAR")]
    key_env: Option<String>,
}

/// Runs the verb.
pub async fn run(args: RewardArgs, config: &Config) -> Outcome {
    let What::Serve(ServeArgs { folder, adapter, listen, key_env }) = args.what;
    let key = key_env.map(|name| key(&name)).transpose()?;
    let studio = Studio::at_rest(config).await?;
    let service = Service::open(Serve { studio: studio.clone(), model: folder, adapter, listen, key }).await?;
    let address = service.address()?;
    let criteria = service.criteria.iter().map(|name| printable(name)).collect::<Vec<_>>().join(", ");
    // Whoever stops listening to what it prints does not stop the service.
    let _ = writeln!(io::stdout(), "rewards at http://{address}: {criteria}");
    let heard = |kind| {
        signal(kind).map_err(|error| Notice::outside(format!("signals cannot be heard: {error}"), "end other programs"))
    };
    let (mut term, mut int) = (heard(SignalKind::terminate())?, heard(SignalKind::interrupt())?);
    let end = async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    };
    service.run(end).await;
    studio.settle().await;
    Ok(())
}

fn key(name: &str) -> Result<String, Notice> {
    let key = std::env::var(name).unwrap_or_default().trim().to_owned();
    match key.is_empty() {
        true => Err(Notice::yours(format!("{name} is not set"), format!("export {name}=..., or leave --key-env out"))),
        false => Ok(key),
    }
}
