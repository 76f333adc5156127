//! `storyloom rate`: rate a campaign in this terminal, as its only visitor; also what sshd can be told to run for others.

use clap::Args;

use super::outcome::Outcome;
use crate::config::Config;
use crate::shelf::Entrance;
use crate::story::{Notice, Rater, Role};
use crate::studio::Studio;

/// Rate pairs of stories in this terminal
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom rate
  storyloom rate first --as Ada

With plain sshd: ForceCommand storyloom rate first")]
pub struct RateArgs {
    /// The campaign; not needed where there is only one
    campaign: Option<String>,
    /// Rate as this person; without it, as the user of this machine
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

/// Rates until the rater leaves.
pub async fn run(args: RateArgs, config: &Config) -> Outcome {
    let studio = Studio::at_rest(config).await?;
    let campaign = studio.campaign(args.campaign.as_deref()).await?;
    let user = || std::env::var("USER").ok().filter(|user| !user.trim().is_empty());
    let name = args.name.or_else(user).unwrap_or_else(|| "here".to_owned());
    let rater = rater(&studio, &name).await?;
    let left = crate::session::rate(studio.clone(), config, campaign, rater).await;
    studio.settle().await;
    Ok(left?)
}

/// The rater of this name; a new one, the first time.
async fn rater(studio: &Studio, name: &str) -> Result<Rater, Notice> {
    let shelf = studio.shelf();
    if let Some(rater) = shelf.rater(name).await.map_err(Notice::from)? {
        return match rater.revoked {
            true => Err(Notice::yours(format!("{name} may rate no more"), "ask whoever runs the campaign")),
            false => Ok(rater),
        };
    }
    shelf.add_rater(name, Role::Rater, &Entrance::Here, false).await.map_err(Notice::from)
}
