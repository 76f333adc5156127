//! `storyloom serve`: lets raters in over SSH.

use std::io::{self, Write};
use std::net::SocketAddr;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::outcome::{Outcome, printable};
use crate::config::Config;
use crate::serve::{Limits, Serve, Server};
use crate::story::Notice;
use crate::studio::Studio;

/// Let raters in over SSH
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom serve
  storyloom serve first --listen 0.0.0.0:2222

Raters come in with ssh -p 2222 HOST, by a key that storyloom rater add was given, or by an invitation. There is no shell
behind it. Who came and left stands in audit.jsonl in the home folder.")]
pub struct ServeArgs {
    /// The campaign; not needed where there is only one
    campaign: Option<String>,
    /// Address and port to listen at
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:2222")]
    listen: SocketAddr,
    /// Connections at once
    #[arg(long, value_name = "N", default_value_t = 600)]
    most: usize,
    /// Connections at once from one address
    #[arg(long, value_name = "N", default_value_t = 64)]
    most_each: usize,
}

/// Serves until a signal comes.
pub async fn run(args: ServeArgs, config: &Config) -> Outcome {
    let studio = Studio::at_rest(config).await?;
    let campaign = studio.campaign(args.campaign.as_deref()).await?;
    let limits = Limits { most: args.most, most_each: args.most_each, ..Limits::default() };
    let name = campaign.name.clone();
    let server = Server::open(Serve { studio: studio.clone(), campaign, listen: args.listen, limits }).await?;
    let address = server.address()?;
    // Whoever stops listening to what it prints does not stop the server.
    let mut out = io::stdout();
    let _ = writeln!(out, "campaign {} at {address}, host key {}", printable(&name), server.fingerprint);
    let _ = writeln!(out, "raters come in with: ssh -p {} {}", address.port(), address.ip());
    let heard = |kind| {
        signal(kind).map_err(|error| Notice::outside(format!("signals cannot be heard: {error}"), "end other programs"))
    };
    let (mut term, mut int) = (heard(SignalKind::terminate())?, heard(SignalKind::interrupt())?);
    tokio::select! {
        () = server.run() => {}
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    studio.settle().await;
    Ok(())
}
