//! `storyloom campaign`: begin one, see how it stands, pause it, take its votes away as data, hold its log against itself.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::outcome::{Outcome, printable, tell as say};
use crate::config::{Config, Key};
use crate::exchange::{Choose, PreferenceFormat};
use crate::shelf::Chain;
use crate::story::{Campaign as Known, CampaignState, Notice, Plan, SamplingPatch};
use crate::studio::{BUNDLED, Exported, NewCampaign, Studio, System};

/// Begin and manage campaigns of blind side-by-side ratings
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom campaign new first
  storyloom campaign status first
  storyloom campaign pause first")]
pub struct Campaign {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Have systems tell sequences, and pair their stories
    #[command(after_help = "\
A system is LABEL[@MODEL][:key=value,..] with the keys of [sampling]. Without --system: the model as it asks to be sampled
against the same at temperature 1. Raters see neither labels nor models.

Examples:
  storyloom campaign new first
  storyloom campaign new second ../holiday ../zoo --system plain --system warm:temperature=1,seed=7
  storyloom campaign new third --system old@small --system new@small-tuned --plan plan.toml --pairs 100")]
    New(Box<New>),
    /// List all campaigns
    #[command(after_help = "Example:\n  storyloom campaign list")]
    List {
        /// One JSON array
        #[arg(long)]
        json: bool,
    },
    /// How far a campaign is
    #[command(after_help = "Example:\n  storyloom campaign status first")]
    Status {
        /// Its name; not needed where there is only one
        name: Option<String>,
    },
    /// Give out no more pairs
    #[command(after_help = "Example:\n  storyloom campaign pause first")]
    Pause { name: String },
    /// Go on giving out pairs
    #[command(after_help = "Example:\n  storyloom campaign resume first")]
    Resume { name: String },
    /// Take the votes away: as preferences with their pictures, or all of them as a table
    #[command(after_help = "\
Examples:
  storyloom campaign export first --out preferences
  storyloom campaign export first --format csv --out votes
  storyloom campaign export first --format llama-factory --simulated --out data")]
    Export {
        /// Its name; not needed where there is only one
        name: Option<String>,
        /// trl, ms-swift, llama-factory, openai, hh-rlhf: pairs with the preferred story; csv: every vote
        #[arg(long, value_name = "FORM", default_value = "trl", value_parser = ["trl", "ms-swift", "llama-factory", "openai", "hh-rlhf", "csv"])]
        format: String,
        /// Write into this folder
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// Take the votes of programs along
        #[arg(long)]
        simulated: bool,
    },
    /// Hold every vote against the chain of hashes
    #[command(after_help = "Example:\n  storyloom campaign verify")]
    Verify,
}

#[derive(Debug, Args)]
struct New {
    /// What to call it
    name: String,
    /// Paths, bundled sequences by name or sequences by id; without any: all bundled ones
    sequences: Vec<String>,
    /// A system that takes part; may be given several times
    #[arg(long, value_name = "SYSTEM")]
    system: Vec<String>,
    /// How it asks: overlap, gold, repeats, criteria, guideline, lease_seconds
    #[arg(long, value_name = "TOML")]
    plan: Option<PathBuf>,
    /// So many of all pairs, drawn by chance
    #[arg(long, value_name = "N")]
    pairs: Option<usize>,
    /// Pairs with a known answer, mixed in
    #[arg(long, value_name = "N", default_value_t = 6)]
    gold: usize,
    /// Pairs to practise on before the first vote
    #[arg(long, value_name = "N", default_value_t = 2)]
    practice: usize,
    /// Of what is drawn by chance
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// Does what was asked.
pub async fn run(args: Campaign, config: &Config) -> Outcome {
    let studio = Studio::at_rest(config).await?;
    let mut out = io::stdout();
    match args.verb {
        Verb::New(new) => begin(&studio, *new, config).await?,
        Verb::List { json: true } => {
            let all = studio.campaigns().await?;
            writeln!(out, "{}", serde_json::to_string_pretty(&all).map_err(|e| Notice::ours(e.to_string()))?)?;
        }
        Verb::List { json: false } => {
            for campaign in studio.campaigns().await? {
                writeln!(out, "{}", line(&campaign))?;
            }
        }
        Verb::Status { name } => {
            let campaign = studio.campaign(name.as_deref()).await?;
            writeln!(out, "{}", line(&campaign))?;
            for (rater, votes) in studio.votes_by_rater(&campaign).await? {
                writeln!(out, "  {rater}: {votes} votes")?;
            }
        }
        Verb::Pause { name } => set(&studio, &name, CampaignState::Paused).await?,
        Verb::Resume { name } => set(&studio, &name, CampaignState::Open).await?,
        Verb::Export { name, format, out, simulated } => {
            let campaign = studio.campaign(name.as_deref()).await?;
            export(&studio, &campaign, &format, &out, simulated).await?;
        }
        Verb::Verify => {
            let verified = studio.shelf().verify_votes().await.map_err(Notice::from)?;
            if let Some(broken) = verified.broken {
                let what = format!("the log of votes is not what it was: {broken}");
                return Err(
                    Notice::outside(what, "compare it with a backup; what lies before that event is sound").into()
                );
            }
            match &verified.chains[..] {
                [] => writeln!(out, "there are no events yet")?,
                [one] => writeln!(out, "{} events, each as it was written; the last is {}", one.events, one.head)?,
                several => {
                    let (events, servers) = (verified.events, several.len());
                    writeln!(out, "{events} events of {servers} servers, each as it was written")?;
                    for Chain { server, events, head } in several {
                        let server = if server.is_empty() { "without a name" } else { server };
                        writeln!(out, "  {server}: {events}, the last is {head}", server = printable(server))?;
                    }
                }
            }
        }
    }
    Ok(())
}

async fn export(studio: &Studio, campaign: &Known, format: &str, out: &Path, simulated: bool) -> Outcome {
    let known = PreferenceFormat::ALL.into_iter().find(|known| known.word() == format);
    let Some(known) = known else {
        let exported = studio.export_votes(campaign, out, simulated).await?;
        println!("{} votes in {}", exported.rows, out.join("votes.csv").display());
        return Ok(());
    };
    let Exported { rows, undecided } = studio.export_preferences(campaign, known, out, simulated).await?;
    println!("{rows} preferences in {}; {undecided} pairs are left out, as their votes decide nothing", out.display());
    if !known.has_images() {
        let what = format!("the form {format} has no place for pictures: they are left out");
        say(&Notice::yours(what, "trl, ms-swift and llama-factory take them along"));
    }
    Ok(())
}

async fn set(studio: &Studio, name: &str, state: CampaignState) -> Outcome {
    let campaign = studio.campaign(Some(name)).await?;
    Ok(studio.set_campaign(&campaign, state).await?)
}

fn line(campaign: &Known) -> String {
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

async fn begin(studio: &Studio, new: New, config: &Config) -> Outcome {
    let plan: Plan = match &new.plan {
        None => Plan::default(),
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Notice::yours(format!("the plan {} cannot be read: {error}", path.display()), "name a TOML file")
            })?;
            toml::from_str(&text).map_err(|error| {
                let what = format!("the plan {}: {}", path.display(), error.message());
                Notice::yours(
                    what,
                    "its keys: overlap, gold, repeats, criteria, guideline, guideline_version, \
                                     lease_seconds, needs_pictures",
                )
            })?
        }
    };
    let named = match new.system.is_empty() {
        true => vec!["plain".to_owned(), "warm:temperature=1".to_owned()],
        false => new.system,
    };
    let systems = named.iter().map(|said| system(said, &config.sampling)).collect::<Result<Vec<_>, _>>()?;
    let mut sequences = Vec::new();
    match new.sequences.is_empty() {
        true => sequences.extend(BUNDLED.iter().map(|bundled| bundled.id())),
        false => {
            for name in &new.sequences {
                sequences.push(studio.open_named(name, &Choose::default()).await?.0.id);
            }
        }
    }
    let order = NewCampaign {
        name: new.name,
        plan,
        sequences,
        systems,
        most_pairs: new.pairs,
        gold: new.gold,
        practice: new.practice,
        seed: new.seed,
    };
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("telling {bar:32} {pos}/{len}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let campaign = studio
        .begin_campaign(&order, &mut |told, of| {
            bar.set_length(of as u64);
            bar.set_position(told as u64);
        })
        .await?;
    bar.finish_and_clear();
    println!("{}", line(&campaign));
    println!("rate here: storyloom rate {}", printable(&campaign.name));
    println!("let others in: storyloom rater add NAME, then storyloom serve");
    Ok(())
}

/// LABEL[@MODEL][:key=value,..]
fn system(said: &str, below: &SamplingPatch) -> Result<System, Notice> {
    let wrong =
        |what: String| Notice::yours(what, "write LABEL[@MODEL][:key=value,..], such as warm@small:temperature=1");
    let (who, how) = said.split_once(':').unwrap_or((said, ""));
    let (label, model) = match who.split_once('@') {
        Some((label, model)) => (label, Some(model.to_owned())),
        None => (who, None),
    };
    if label.trim().is_empty() {
        return Err(wrong(format!("the system '{said}' has no label")));
    }
    let mut said_so_far = toml::Table::new();
    for part in how.split(',').filter(|part| !part.trim().is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(|| wrong(format!("'{part}' is no key=value")))?;
        let name = format!("sampling.{}", key.trim());
        let known = Key::find(&name).ok_or_else(|| wrong(format!("there is no sampling key '{}'", key.trim())))?;
        let value = known.read(value).ok_or_else(|| wrong(format!("'{value}' does not do for {key}")))?;
        known.check(&value).map_err(|fits| wrong(format!("'{part}' does not do: give {fits}")))?;
        said_so_far.insert(key.trim().to_owned(), value);
    }
    let patch: SamplingPatch = toml::Value::Table(said_so_far)
        .try_into()
        .map_err(|error: toml::de::Error| wrong(format!("'{how}' does not do: {}", error.message())))?;
    let sampling = patch.or(below.clone());
    Ok(System { label: label.trim().to_owned(), model, sampling })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_read_and_wrong_ones_say_what_is_wrong() {
        let read = |said: &str| system(said, &SamplingPatch { seed: Some(3), ..SamplingPatch::default() });
        let warm = read("warm@small:temperature=1.5,seed=7").unwrap();
        assert_eq!((warm.label.as_str(), warm.model.as_deref()), ("warm", Some("small")));
        assert_eq!((warm.sampling.temperature, warm.sampling.seed), (Some(1.5), Some(7)));
        assert_eq!(read("plain").unwrap().sampling.seed, Some(3), "the configuration lies below");
        for (said, word) in [
            ("", "no label"),
            ("a:hot=1", "hot"),
            ("a:temperature", "key=value"),
            ("a:seed=x", "'x'"),
            ("a:temperature=-1", "give"),
        ] {
            assert!(read(said).unwrap_err().what.contains(word), "{said}");
        }
    }
}
