//! Raters that are programs, to try the whole machinery. They take the same turns as people, here or at the end of an SSH line,
//! and their votes are marked.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use clap::Args;

use super::outcome::Outcome;
use super::simulate_over_ssh::{Line, sit_at_the_end};
use super::sitting::{Known, Sitting};
use crate::evaluate::{Said, SimulatedRater, Temper};
use crate::exchange::Choose;
use crate::shelf::Entrance;
use crate::story::{Asked, Better, Finish, Notice, Pairing, Preference, Rater, Role, Verdict};
use crate::studio::{BUNDLED, Studio};
use crate::world::Facts;

#[derive(Debug, Args)]
pub struct Simulation {
    /// The campaign; not needed where there is only one
    campaign: Option<String>,
    /// So many raters, voting at the same time
    #[arg(long, value_name = "N", default_value_t = 4)]
    raters: usize,
    /// So many votes at most, of all of them
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    votes: u64,
    /// Folders that `storyloom world` wrote: what their tales show is known too
    #[arg(long, value_name = "FOLDER")]
    world: Option<PathBuf>,
    /// Come in over SSH, at a server of this home, and read the stories off the screen
    #[arg(long, value_name = "ADDRESS")]
    ssh: Option<SocketAddr>,
    /// Spread of what they feel about a pair, in logits
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    noise: f64,
    /// A taste for the left side, in logits
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    left: f64,
    /// Share of votes that are given without looking
    #[arg(long, value_name = "P", default_value_t = 0.02)]
    lapses: f64,
    /// Milliseconds that each looks at a pair
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pause: u64,
    #[arg(long, value_name = "N", default_value_t = 1, help = "Of their chance")]
    seed: u64,
}

/// Votes until nothing is left, or as many as asked for.
pub async fn simulate(studio: &Studio, args: &Simulation) -> Outcome {
    let sitting = Sitting {
        studio: studio.clone(),
        campaign: studio.campaign(args.campaign.as_deref()).await?,
        facts: Arc::new(facts(studio, args.world.as_deref()).await?),
        pause: std::time::Duration::from_millis(args.pause),
        left: Arc::new(AtomicU64::new(args.votes)),
    };
    let line = match args.ssh {
        Some(address) => Some(Arc::new(Line::new(&sitting, address).await?)),
        None => None,
    };
    let temper = Temper { noise: args.noise, left: args.left, lapses: args.lapses };
    let mut tasks = Vec::new();
    for n in 0..args.raters {
        let mind = SimulatedRater::new(temper, args.seed.wrapping_mul(1_000_003).wrapping_add(n as u64));
        let name = format!("simulated {n} of seed {}", args.seed);
        let (sitting, line) = (sitting.clone(), line.clone());
        tasks.push(tokio::spawn(async move {
            match line {
                Some(line) => sit_at_the_end(&sitting, &line, &name, mind).await,
                None => sit(&sitting, &rater(&sitting.studio, &name).await?, mind).await,
            }
        }));
    }
    let mut votes = 0;
    for task in tasks {
        votes += task.await.map_err(|error| Notice::ours(error.to_string()))??;
    }
    println!("{votes} votes by {} programs; storyloom results --simulated counts them", args.raters);
    Ok(())
}

/// The program of this name, added if it is not there.
async fn rater(studio: &Studio, name: &str) -> Result<Rater, Notice> {
    match studio.shelf().rater(name).await? {
        Some(rater) => Ok(rater),
        None => Ok(studio.shelf().add_rater(name, Role::Rater, &Entrance::Here, true).await?),
    }
}

/// The facts of the bundled tales, and of those in a folder.
pub async fn facts(studio: &Studio, world: Option<&Path>) -> Result<Known, Notice> {
    let read = |text: &str| serde_json::from_str::<Facts>(text).map_err(|error| Notice::ours(error.to_string()));
    let bundled = BUNDLED.iter().map(|bundled| read(bundled.facts).map(|facts| (bundled.id().0, facts)));
    let mut known = bundled.collect::<Result<Known, Notice>>()?;
    let Some(world) = world else { return Ok(known) };
    let unread = |error: std::io::Error| {
        let what = format!("{} cannot be read: {error}", world.display());
        Notice::yours(what, "name a folder that `storyloom world --out` wrote")
    };
    for entry in std::fs::read_dir(world).map_err(unread)? {
        let folder = entry.map_err(unread)?.path();
        let Ok(text) = std::fs::read_to_string(folder.join("facts.json")) else { continue };
        let (card, _) = studio.open_path(&folder, &Choose::default()).await?;
        known.insert(card.id.0, read(&text)?);
    }
    Ok(known)
}

/// One rater's votes, given in this process.
async fn sit(sitting: &Sitting, rater: &Rater, mut mind: SimulatedRater) -> Result<u64, Notice> {
    let Sitting { studio, campaign, .. } = sitting;
    let mut votes = 0;
    loop {
        let pairing = match studio.asked(campaign, rater, "program").await? {
            Asked::Consent { version, .. } => {
                studio.agree(campaign, rater, version).await?;
                continue;
            }
            Asked::Nothing { .. } | Asked::Sight(_) => return Ok(votes),
            Asked::Pairing(pairing) => pairing,
        };
        if !sitting.one_more() {
            return Ok(votes);
        }
        let mut pairing = pairing;
        // A program reads to the end.
        for story in [&mut pairing.first, &mut pairing.second] {
            if story.finish == Finish::Awaited {
                *story = studio.grown(story).await?;
            }
        }
        let facts = sitting.facts_of(&pairing.sequence.id.0)?;
        tokio::time::sleep(sitting.pause).await;
        let (left, right) = match pairing.first_is_left {
            true => (&pairing.first.text, &pairing.second.text),
            false => (&pairing.second.text, &pairing.first.text),
        };
        let said = mind.prefer(left, right, facts, pairing.criteria.len());
        studio.keep_vote(campaign, rater, (&pairing.id, &pairing.event), &preference(&pairing, said)).await?;
        votes += 1;
    }
}

/// What was said of left and right, as it is kept: of first and second.
fn preference(pairing: &Pairing, said: Said) -> Preference {
    let turned = if pairing.first_is_left { 1 } else { -1 };
    let better = |side: i8| match side * turned {
        1 => Better::First,
        0 => Better::Same,
        _ => Better::Second,
    };
    Preference {
        verdict: Verdict::Prefer(said.strength * turned),
        criteria: said.criteria.into_iter().map(better).collect(),
        reason: String::new(),
        marks: Vec::new(),
        better: None,
        flagged: false,
        active_ms: 0,
        wall_ms: 0,
        screen: "simulated".to_owned(),
        guideline: pairing.guideline_version,
        so_far: None,
        imported: None,
    }
}
