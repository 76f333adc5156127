//! `storyloom campaign`: see how one stands, pause it, take its votes away as data, hold its log against itself. Beginning one
//! and importing one have files of their own.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::begin_campaign::{New, begin};
use super::campaign_line::line;
use super::import_campaign::{Import, import};
use super::outcome::{Outcome, printable, tell as say};
use crate::config::Config;
use crate::exchange::PreferenceFormat;
use crate::shelf::Chain;
use crate::story::{Campaign as Known, CampaignState, Notice};
use crate::studio::{Exported, Studio};

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
LABEL=@FILE is a system that is not here: a file of its stories, as JSON lines or a table with commas, with text and either
sequence (an id, or a bundled sequence) or images (file names beside the file).

Examples:
  storyloom campaign new first
  storyloom campaign new second ../holiday ../zoo --system plain --system warm:temperature=1,seed=7
  storyloom campaign new third --system old@small --system new@small-tuned --plan plan.toml --pairs 100
  storyloom campaign new fourth --system ours --system theirs=@stories.jsonl
  storyloom campaign new fifth --live")]
    New(Box<New>),
    /// Make a campaign of votes that were given elsewhere
    #[command(after_help = "\
Read are Label Studio (JSON export of a pairwise project), Argilla (records whose question compares two texts), FastChat battles,
human edits as in VIST-Edit, and a table with commas: first, second, first_system, second_system, verdict or strength, and images,
sequence or prompt (all columns: docs/ratings.md). Rows that cannot be used are named and left out; the same row comes in only once.

Examples:
  storyloom campaign import theirs export.json --pictures pictures
  storyloom campaign import arena battles.json --format fastchat --dry-run
  storyloom campaign import again votes/votes.csv")]
    Import(Box<Import>),
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
        /// trl, ms-swift, llama-factory, openrlhf, openai, hh-rlhf, parquet: pairs with the preferred story; csv: every vote
        #[arg(long, value_name = "FORM", default_value = "trl", value_parser = ["trl", "ms-swift", "llama-factory", "openrlhf", "openai", "hh-rlhf", "parquet", "csv"])]
        format: String,
        /// Write into this folder
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// Take the votes of programs along
        #[arg(long)]
        simulated: bool,
    },
    /// Freeze the votes as they stand now, for a training to learn from
    #[command(after_help = "\
Example:
  storyloom campaign snapshot first --out snapshots/first
  storyloom train reward configs/recipes/reward.toml --snapshot snapshots/first --run runs/reward")]
    Snapshot {
        /// Its name; not needed where there is only one
        name: Option<String>,
        /// Write into this folder
        #[arg(long, value_name = "FOLDER")]
        out: PathBuf,
        /// Take the votes of programs along
        #[arg(long)]
        simulated: bool,
    },
    /// Give a campaign another guideline: raters are asked to agree to it before their next pair
    #[command(after_help = "Example:\n  storyloom campaign guideline first guideline.txt")]
    Guideline {
        name: String,
        /// A text file; - reads it from stdin
        file: PathBuf,
    },
    /// Have the reward model in use say which pairs it is least sure of, for turns that are drawn by that
    #[command(after_help = "\
A campaign whose plan says uncertain_by = \"reward\" does this when it begins; do it again once another reward model is in use.

Example:
  storyloom campaign doubts first")]
    Doubts { name: String },
    /// Hold every vote against the chain of hashes
    #[command(after_help = "Example:\n  storyloom campaign verify")]
    Verify,
}

/// A text from a file, or from stdin.
fn text_of(file: &Path) -> Result<String, Notice> {
    let read = match file.to_str() {
        Some("-") => io::read_to_string(io::stdin()),
        _ => std::fs::read_to_string(file),
    };
    read.map_err(|error| Notice::yours(format!("{} cannot be read: {error}", file.display()), "give UTF-8 text"))
}

/// Does what was asked.
pub async fn run(args: Campaign, config: &Config) -> Outcome {
    let studio = Studio::at_rest(config).await?;
    let mut out = io::stdout();
    match args.verb {
        Verb::New(new) => begin(&studio, *new, config).await?,
        Verb::Import(args) => import(&studio, *args).await?,
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
        Verb::Snapshot { name, out: folder, simulated } => {
            let campaign = studio.campaign(name.as_deref()).await?;
            let card = studio.freeze_votes(&campaign, &folder, simulated).await?;
            let (pairs, votes, sequences) = (card.pairs, card.votes, card.sequences);
            writeln!(out, "{votes} votes on {pairs} pairs of {sequences} sequences in {}", folder.display())?;
            for (reason, count) in &card.excluded {
                writeln!(out, "  {count} votes left out: {reason}")?;
            }
        }
        Verb::Guideline { name, file } => {
            let campaign = studio.campaign(Some(&name)).await?;
            let version = studio.change_guideline(&campaign, &text_of(&file)?).await?;
            writeln!(out, "version {version} from now on; every rater is asked to agree to it before their next pair")?;
        }
        Verb::Doubts { name } => {
            let campaign = studio.campaign(Some(&name)).await?;
            let bar = indicatif::ProgressBar::new(0);
            let mut watch = |done: usize, of: usize| {
                bar.set_length(of as u64);
                bar.set_position(done as u64);
            };
            let read = studio.doubt_by_reward(&campaign, &mut watch).await?;
            bar.finish_and_clear();
            writeln!(out, "{read} pairs were read")?;
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
        say(&Notice::yours(what, "trl, ms-swift, llama-factory and parquet take them along"));
    }
    Ok(())
}

async fn set(studio: &Studio, name: &str, state: CampaignState) -> Outcome {
    let campaign = studio.campaign(Some(name)).await?;
    Ok(studio.set_campaign(&campaign, state).await?)
}
