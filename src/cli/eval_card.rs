//! `storyloom eval card`: a suite's figures go into the card of a model's folder, between two marks; what stands around them stays.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use clap::Args;

use super::eval_output::RESULTS;
use super::outcome::Outcome;
use crate::exchange::{CARD_MARKS, evaluation_card};
use crate::story::{Evaluation, Notice};

#[derive(Debug, Args)]
pub struct EvalCard {
    /// The folder of a suite's results
    results: PathBuf,
    /// The model or reward model, by its name in the suite
    name: String,
    /// Into the README.md of this folder; without it the card is printed
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// Runs the verb.
pub fn run(args: &EvalCard) -> Outcome {
    let path = args.results.join(RESULTS);
    let wrong = |what: String| Notice::yours(what, "name the folder that storyloom eval run wrote");
    let bytes = fs::read(&path).map_err(|error| wrong(format!("{} cannot be read: {error}", path.display())))?;
    let evaluation: Evaluation = serde_json::from_slice(&bytes)
        .map_err(|error| wrong(format!("{} holds no results: {error}", path.display())))?;
    let Some(card) = evaluation_card(&evaluation, &args.name) else {
        let names = evaluation.models.iter().map(|model| model.name.as_str());
        let names: Vec<&str> = names.chain(evaluation.rewards.iter().map(|reward| reward.name.as_str())).collect();
        let what = format!("the results have no model '{}'", args.name);
        return Err(Notice::yours(what, format!("one of: {}", names.join(", "))).into());
    };
    let Some(folder) = &args.into else {
        return Ok(std::io::stdout().lock().write_all(card.as_bytes())?);
    };
    let readme = folder.join("README.md");
    let outside = |error: std::io::Error| {
        Notice::outside(format!("{} cannot be read or written: {error}", readme.display()), "name the model's folder")
    };
    let before = match fs::read_to_string(&readme) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound && folder.is_dir() => String::new(),
        Err(error) => return Err(outside(error).into()),
    };
    fs::write(&readme, with_card(&before, &card)).map_err(outside)?;
    eprintln!("written: {}", readme.display());
    Ok(())
}

/// A card's text with these figures in place of earlier ones, or at its end.
fn with_card(text: &str, card: &str) -> String {
    let [begin, end] = CARD_MARKS;
    if let Some((before, rest)) = text.split_once(begin)
        && let Some((_, behind)) = rest.split_once(end)
    {
        return format!("{before}{}{}", card.trim_end(), behind);
    }
    let gap = if text.is_empty() { "" } else { "\n\n" };
    format!("{}{gap}{card}", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_replaces_its_elder_and_leaves_the_rest() {
        let [begin, end] = CARD_MARKS;
        let card = format!("{begin}\nnew\n{end}\n");
        let first = with_card("# Model\nWords.\n", &format!("{begin}\nold\n{end}\n"));
        assert_eq!(first, format!("# Model\nWords.\n\n{begin}\nold\n{end}\n"));
        assert_eq!(with_card(&format!("{first}More.\n"), &card), format!("# Model\nWords.\n\n{card}More.\n"));
        assert_eq!(with_card("", &card), card);
    }
}
