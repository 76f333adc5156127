//! A campaign in one line.

use super::outcome::printable;
use crate::story::{Campaign as Known, CampaignState};

/// Its name, how it stands and how far it is.
pub fn line(campaign: &Known) -> String {
    let share = if campaign.wanted == 0 { 0.0 } else { campaign.votes as f64 / campaign.wanted as f64 * 100.0 };
    let state = if campaign.state == CampaignState::Open { "open" } else { "paused" };
    format!(
        "{}: {state}, {} pairs, {} of {} votes ({share:.0} %)",
        printable(&campaign.name),
        campaign.pairs,
        campaign.votes,
        campaign.wanted
    )
}
