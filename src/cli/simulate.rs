//! Raters that are programs: they prefer the story that is truer to the facts of its frames, with noise, a taste for a side,
//! and lapses. They vote through the same turns as people, and their votes are marked.

use std::collections::HashMap;

use clap::Args;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::outcome::Outcome;
use crate::shelf::Entrance;
use crate::story::{Asked, Better, Notice, Pairing, Preference, Rater, Role, Verdict};
use crate::studio::{BUNDLED, Studio};
use crate::world::{Facts, Judgement, judge};

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
    /// Spread of what they feel about a pair, in logits
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    noise: f64,
    /// A taste for the left side, in logits
    #[arg(long, value_name = "X", default_value_t = 0.0)]
    left: f64,
    /// Share of votes that are given without looking
    #[arg(long, value_name = "P", default_value_t = 0.02)]
    lapses: f64,
    #[arg(long, value_name = "N", default_value_t = 1, help = "Of their chance")]
    seed: u64,
}

/// Logits between a story that is right in everything and one that is wrong in everything.
const SPAN: f64 = 8.0;
/// A difference smaller than this is a tie; each step of the scale begins so much further.
const STEP: f64 = 0.5;

/// Votes until nothing is left, or as many as asked for.
pub async fn simulate(studio: &Studio, args: &Simulation) -> Outcome {
    let campaign = studio.campaign(args.campaign.as_deref()).await?;
    let facts = std::sync::Arc::new(facts()?);
    let shared = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(args.votes));
    let mut tasks = Vec::new();
    for n in 0..args.raters {
        let name = format!("simulated {n} of seed {}", args.seed);
        let rater = match studio.shelf().rater(&name).await.map_err(Notice::from)? {
            Some(rater) => rater,
            None => {
                let added = studio.shelf().add_rater(&name, Role::Rater, &Entrance::Here, true).await;
                added.map_err(Notice::from)?
            }
        };
        let mind = Mind {
            noise: args.noise,
            left: args.left,
            lapses: args.lapses,
            chance: ChaCha8Rng::seed_from_u64(args.seed.wrapping_mul(1_000_003).wrapping_add(n as u64)),
        };
        let (studio, campaign, facts, shared) = (studio.clone(), campaign.clone(), facts.clone(), shared.clone());
        tasks.push(tokio::spawn(async move { sit(&studio, &campaign, &rater, mind, &facts, &shared).await }));
    }
    let mut votes = 0;
    for task in tasks {
        votes += task.await.map_err(|error| Notice::ours(error.to_string()))??;
    }
    println!("{votes} votes by {} programs; storyloom results --simulated counts them", args.raters);
    Ok(())
}

/// The facts of the bundled tales, by their title.
fn facts() -> Result<HashMap<String, Facts>, Notice> {
    let read = |text: &str| serde_json::from_str::<Facts>(text).map_err(|error| Notice::ours(error.to_string()));
    BUNDLED.iter().map(|bundled| read(bundled.facts).map(|facts| (bundled.id().0, facts))).collect()
}

/// One rater's votes.
async fn sit(
    studio: &Studio,
    campaign: &crate::story::Campaign,
    rater: &Rater,
    mut mind: Mind,
    facts: &HashMap<String, Facts>,
    left: &std::sync::atomic::AtomicU64,
) -> Result<u64, Notice> {
    use std::sync::atomic::Ordering;
    let mut votes = 0;
    loop {
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
            return Ok(votes);
        }
        let pairing = match studio.asked(campaign, rater, "program").await? {
            Asked::Consent { version, .. } => {
                studio.agree(campaign, rater, version).await?;
                left.fetch_add(1, Ordering::SeqCst);
                continue;
            }
            Asked::Nothing { .. } | Asked::Sight(_) => return Ok(votes),
            Asked::Pairing(pairing) => pairing,
        };
        let Some(facts) = facts.get(&pairing.sequence.id.0) else {
            let what = format!("nothing is known of what '{}' shows", pairing.sequence.title);
            return Err(Notice::yours(what, "programs rate the bundled tales only"));
        };
        let preference = mind.prefer(&pairing, facts);
        studio.keep_vote(campaign, rater, (&pairing.id, &pairing.event), &preference).await?;
        votes += 1;
    }
}

/// What goes on in a program that rates.
struct Mind {
    noise: f64,
    left: f64,
    lapses: f64,
    chance: ChaCha8Rng,
}

impl Mind {
    fn prefer(&mut self, pairing: &Pairing, facts: &Facts) -> Preference {
        let (first, second) = (judge(&pairing.first.text, facts), judge(&pairing.second.text, facts));
        let side = if pairing.first_is_left { self.left } else { -self.left };
        let mut feel = |difference: f64| {
            let u: f64 = self.chance.random_range(1e-9..1.0 - 1e-9);
            let lapse = self.chance.random::<f64>() < self.lapses;
            let clear = if lapse { 0.0 } else { SPAN * difference + side };
            clear + self.noise * (u / (1.0 - u)).ln()
        };
        let overall = feel(quality(&first) - quality(&second));
        let steps = (overall.abs() / STEP).floor().min(3.0) as i8;
        let aspects = [
            first.consistent.value() - second.consistent.value(),
            first.place.value() - second.place.value(),
            first.emotion.value() - second.emotion.value(),
        ];
        let criteria = (0..pairing.criteria.len())
            .map(|n| match feel(aspects[n % aspects.len()]) {
                felt if felt > STEP => Better::First,
                felt if felt < -STEP => Better::Second,
                _ => Better::Same,
            })
            .collect();
        Preference {
            verdict: Verdict::Prefer(if overall > 0.0 { steps } else { -steps }),
            criteria,
            reason: String::new(),
            marks: Vec::new(),
            better: None,
            flagged: false,
            active_ms: 0,
            wall_ms: 0,
            screen: "simulated".to_owned(),
            guideline: pairing.guideline_version,
            imported: None,
        }
    }
}

/// How true a story is, from 0 to 1; what nothing can be said about counts as a half.
fn quality(judgement: &Judgement) -> f64 {
    let known = |value: f64| if value.is_nan() { 0.5 } else { value };
    let right = [
        judgement.place.value(),
        judgement.emotion.value(),
        judgement.character_precision.value(),
        judgement.character_recall.value(),
        judgement.consistent.value(),
        1.0 - judgement.hallucination.value(),
    ];
    right.iter().map(|value| known(*value)).sum::<f64>() / right.len() as f64
}
