//! `storyloom campaign new`: systems tell sequences, or stories of systems that are not here are read, and a campaign begins.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::campaign_line::line;
use super::left_out;
use super::outcome::{Outcome, printable};
use crate::config::{Config, Key};
use crate::exchange::Choose;
use crate::story::{Notice, Plan, SamplingPatch};
use crate::studio::{BUNDLED, NewCampaign, Studio, System};

#[derive(Debug, Args)]
pub struct New {
    /// What to call it
    name: String,
    /// Paths, bundled sequences by name or sequences by id; without any: all bundled ones
    sequences: Vec<String>,
    /// A system that takes part; may be given several times
    #[arg(long, value_name = "SYSTEM")]
    system: Vec<String>,
    /// How it asks: overlap, gold, repeats, quota, deadline, criteria, guideline and more (docs/ratings.md)
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
    /// Begin at once: stories are told while they are rated, each when somebody comes to it first
    #[arg(long)]
    live: bool,
}

/// Begins a campaign.
pub async fn begin(studio: &Studio, new: New, config: &Config) -> Outcome {
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
                    "its keys: overlap, gold, repeats, uncertain, uncertain_by, quota, deadline, criteria, guideline, guideline_version, \
                     lease_seconds, needs_pictures, sight",
                )
            })?
        }
    };
    let named = match new.system.is_empty() {
        true => vec!["plain".to_owned(), "warm:temperature=1".to_owned()],
        false => new.system,
    };
    let mut systems = Vec::new();
    for said in &named {
        systems.push(match of_file(said) {
            Some((label, file)) => read(studio, label, file).await?,
            None => system(said, &config.sampling)?,
        });
    }
    let mut sequences = Vec::new();
    let of_files: BTreeSet<_> = systems.iter().flat_map(|s| &s.elsewhere).flat_map(|e| e.stories.keys()).collect();
    match new.sequences.is_empty() {
        true if !of_files.is_empty() => sequences.extend(of_files.into_iter().cloned()),
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
        live: new.live,
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

/// LABEL=@FILE: stories that were told elsewhere.
fn of_file(said: &str) -> Option<(&str, &Path)> {
    let (label, file) = said.split_once("=@")?;
    (!label.contains([':', '@'])).then_some((label.trim(), Path::new(file)))
}

async fn read(studio: &Studio, label: &str, file: &Path) -> Result<System, Notice> {
    if label.is_empty() {
        return Err(Notice::yours("a system without a label", "write LABEL=@FILE, such as theirs=@stories.jsonl"));
    }
    let elsewhere = studio.elsewhere(file).await?;
    left_out::say(&elsewhere.left_out);
    let (label, sampling) = (label.to_owned(), SamplingPatch::default());
    Ok(System { label, model: None, sampling, elsewhere: Some(elsewhere) })
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
    Ok(System { label: label.trim().to_owned(), model, sampling, elsewhere: None })
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
        assert_eq!(of_file("theirs=@a:b.jsonl"), Some(("theirs", Path::new("a:b.jsonl"))));
        assert_eq!((of_file("warm:stop=@x"), of_file("old@small")), (None, None));
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
