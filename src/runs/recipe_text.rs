//! Recipes as text: where they are, what they are called, and single values changed.
//!
//! What a recipe may say is for the training that reads it; here only `name` and `kind` are known. A suite is taken as well.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::suites;
use crate::story::{Notice, RecipeCard};

const SHIPPED: [(&str, &str); 7] = [
    ("books-lora", include_str!("../../configs/recipes/books-lora.toml")),
    ("dpo", include_str!("../../configs/recipes/dpo.toml")),
    ("policy", include_str!("../../configs/recipes/policy.toml")),
    ("policy-truth", include_str!("../../configs/recipes/policy-truth.toml")),
    ("reward", include_str!("../../configs/recipes/reward.toml")),
    ("reward-start", include_str!("../../configs/recipes/reward-start.toml")),
    ("storyteller", include_str!("../../configs/recipes/storyteller.toml")),
];
/// Where somebody keeps recipes: here, and in the home folder.
const FOLDERS: [&str; 2] = ["configs/recipes", "recipes"];

/// Recipes there are: those of the folders, then those that come with the program.
pub fn recipes(home: &Path) -> Vec<RecipeCard> {
    let mut found: Vec<RecipeCard> = Vec::new();
    for folder in [Path::new(FOLDERS[0]).to_owned(), home.join(FOLDERS[1])] {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
        paths.sort();
        for path in paths {
            let card = fs::read_to_string(&path).ok().and_then(|text| card(&path.display().to_string(), text).ok());
            found.extend(card);
        }
    }
    for (name, text) in SHIPPED {
        if !found.iter().any(|card| card.name == name) {
            found.extend(card(name, text.to_owned()).ok());
        }
    }
    found
}

/// A recipe by its path, or by the name of one that comes with the program.
pub fn open(source: &str) -> Result<RecipeCard, Notice> {
    let shipped = SHIPPED.iter().find(|(name, _)| *name == source && !Path::new(source).exists());
    let text = match shipped.map(|(_, text)| *text).or_else(|| suites::shipped(source)) {
        Some(text) => text.to_owned(),
        None => fs::read_to_string(source).map_err(|error| {
            let names = SHIPPED.map(|(name, _)| name).join(", ");
            Notice::yours(
                format!("the recipe '{source}' cannot be read: {error}"),
                format!("a path, or one of {names}"),
            )
        })?,
    };
    card(source, text)
}

/// What a recipe is called, and what it trains.
pub fn card(source: &str, text: String) -> Result<RecipeCard, Notice> {
    let wrong = |what: String| Notice::yours(format!("{source}: {what}"), "compare it with those in configs/recipes");
    let table: Table = text.parse().map_err(|error: toml::de::Error| wrong(format!("no TOML: {}", error.message())))?;
    let word = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let name = word("name").ok_or_else(|| wrong("it has no name".to_owned()))?;
    if suites::is_suite(&table) {
        let kind = suites::KIND.to_owned();
        return Ok(RecipeCard { source: source.to_owned(), name, kind, text, data: None });
    }
    let kind = word("kind").unwrap_or_else(|| "sft".to_owned());
    if !["sft", "reward", "preference", "policy", "external"].contains(&kind.as_str()) {
        return Err(wrong(format!("there is no kind '{kind}'")));
    }
    let data = data_key(&table);
    Ok(RecipeCard { source: source.to_owned(), name, kind, text, data })
}

/// Where a recipe says what it learns from: the snapshot of votes, or the first source that has a path.
fn data_key(table: &Table) -> Option<String> {
    if table.get("votes").is_some_and(Value::is_table) {
        return Some("votes.snapshot".to_owned());
    }
    let sources = table.get("data")?.as_array()?.iter().enumerate();
    let key = |(at, source): (usize, &Value)| {
        let key = ["folder", "file"].into_iter().find(|key| source.get(key).is_some())?;
        Some(format!("data.{}.{key}", at + 1))
    };
    sources.filter_map(key).next()
}

/// The recipe with one value changed: `optimiser.clip=0.5`, `stage.1.steps=40` (stages and sources are counted from 1).
pub fn set(text: &str, change: &str) -> Result<String, Notice> {
    let wrong = |what: String| Notice::yours(what, "--set stage.1.learning_rate=1e-4");
    let (path, value) = change.split_once('=').ok_or_else(|| wrong(format!("'{change}' has no =")))?;
    let table: Table = text.parse().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
    let said = format!("value = {}", value.trim()).parse::<Table>().ok().and_then(|mut table| table.remove("value"));
    let value = said.unwrap_or_else(|| Value::String(value.trim().to_owned()));
    let mut whole = Value::Table(table);
    let mut at = &mut whole;
    let mut steps = path.trim().split('.').peekable();
    while let Some(step) = steps.next() {
        let place = match at {
            Value::Array(list) => step.parse::<usize>().ok().and_then(|n| list.get_mut(n.checked_sub(1)?)),
            Value::Table(table) if steps.peek().is_none() => {
                table.insert(step.to_owned(), value);
                return toml::to_string_pretty(&whole).map_err(|error| Notice::ours(error.to_string()));
            }
            Value::Table(table) => table.get_mut(step),
            _ => None,
        };
        at = place.ok_or_else(|| wrong(format!("the recipe has no '{path}'")))?;
    }
    Err(wrong(format!("'{path}' is not one value")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_changed_by_their_path() {
        let text = "name = \"a\"\n[optimiser]\nclip = 1.0\n[[stage]]\nsteps = 4\n[[stage]]\nsteps = 9\n";
        let changed = set(&set(text, "stage.2.steps=40").unwrap(), "optimiser.clip = 0.5").unwrap();
        assert!(changed.contains("steps = 40") && changed.contains("steps = 4\n") && changed.contains("clip = 0.5"));
        assert!(set(text, "name=b c").unwrap().contains("\"b c\""));
        for wrong in ["stage.3.steps=1", "nothing", "stage.0.steps=1", "name.x=1"] {
            assert!(set(text, wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shipped_recipes_have_names_and_kinds() {
        for ((name, text), kind) in
            SHIPPED.into_iter().zip(["sft", "preference", "policy", "policy", "reward", "reward", "sft"])
        {
            let card = card(name, text.to_owned()).unwrap();
            assert_eq!((card.name.as_str(), card.kind.as_str()), (name, kind));
            let data = match name {
                "reward" | "dpo" => Some("votes.snapshot"),
                "books-lora" => Some("data.1.folder"),
                _ => None,
            };
            assert_eq!(card.data.as_deref(), data, "{name}");
        }
        assert!(card("x", "name = 'x'\nkind = 'magic'".into()).unwrap_err().what.contains("magic"));
        assert!(open("nowhere.toml").unwrap_err().try_this.contains("storyteller"));
    }
}
