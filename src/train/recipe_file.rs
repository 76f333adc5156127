//! What every recipe is as a file: TOML of one kind, read with the file's name in what is wrong, and kept in its run.

use std::path::Path;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::error::{Result, TrainError};
use super::files::write;

/// Which training a recipe is for: the verb of `storyloom train`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    #[default]
    Sft,
    Reward,
    Preference,
    Policy,
}

/// Reads a file with what parses its text.
pub fn open<T>(path: &Path, parse: impl FnOnce(&str) -> Result<T>) -> Result<T> {
    let text = std::fs::read_to_string(path).map_err(|source| TrainError::File { path: path.to_owned(), source })?;
    parse(&text).map_err(|e| match e {
        TrainError::Recipe(what) => TrainError::Recipe(format!("{}: {what}", path.display())),
        other => other,
    })
}

/// A recipe of this kind from its text.
///
/// # Errors
/// Unknown keys, and a recipe of another kind.
pub fn parse<T: DeserializeOwned>(text: &str, kind: Kind) -> Result<T> {
    #[derive(Deserialize)]
    struct Said {
        #[serde(default)]
        kind: Kind,
    }
    let wrong = |e: toml::de::Error| TrainError::Recipe(e.to_string());
    let said = toml::from_str::<Said>(text).map_err(wrong)?.kind;
    if said != kind {
        let word = format!("{said:?}").to_lowercase();
        return Err(TrainError::Recipe(format!("it is a recipe for `storyloom train {word}`")));
    }
    toml::from_str(text).map_err(wrong)
}

/// Keeps the recipe in its run's folder.
pub fn keep(recipe: &impl Serialize, run: &Path) -> Result<()> {
    let text = toml::to_string(recipe).map_err(|e| TrainError::Recipe(e.to_string()))?;
    write(&run.join("recipe.toml"), text.as_bytes())
}
