//! Suites as text: where they are, and what they ask for in a few words. An evaluation by a suite runs in the background as a
//! training does; what a suite may say is for the evaluation that reads it.

use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

use crate::story::{Notice, SuiteCard};

/// The kind of run that evaluates by a suite.
pub const KIND: &str = "eval";

const SHIPPED: [(&str, &str); 3] = [
    ("paper", include_str!("../../configs/suites/paper.toml")),
    ("quick", include_str!("../../configs/suites/quick.toml")),
    ("rewards", include_str!("../../configs/suites/rewards.toml")),
];
/// Where somebody keeps suites: here, and in the home folder. Paths in those that come with the program count from the first.
const FOLDERS: [&str; 2] = ["configs/suites", "suites"];

/// Suites there are: those of the folders, then those that come with the program.
pub fn suites(home: &Path) -> Vec<SuiteCard> {
    let mut found: Vec<SuiteCard> = Vec::new();
    for folder in [Path::new(FOLDERS[0]).to_owned(), home.join(FOLDERS[1])] {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
        paths.sort();
        for path in paths {
            let source = std::path::absolute(&path).unwrap_or(path).display().to_string();
            found.extend(fs::read_to_string(&source).ok().and_then(|text| card(&source, text)));
        }
    }
    for (name, text) in SHIPPED {
        if !found.iter().any(|card| card.name == name) {
            found.extend(card(name, text.to_owned()));
        }
    }
    found
}

/// The words of the suite that comes with the program under this name, where no file is called so.
pub fn shipped(source: &str) -> Option<&'static str> {
    SHIPPED.iter().find(|(name, _)| *name == source && !Path::new(source).exists()).map(|(_, text)| *text)
}

/// A suite by its path, or by the name of one that comes with the program; and the folder from which paths in it count.
///
/// # Errors
/// Where there is none.
pub fn open_suite(source: &str) -> Result<(String, PathBuf), Notice> {
    let text = match shipped(source) {
        Some(text) => text.to_owned(),
        None => fs::read_to_string(source).map_err(|error| {
            let names = SHIPPED.map(|(name, _)| name).join(", ");
            let what = format!("the suite {source} cannot be read: {error}");
            Notice::yours(what, format!("name a suite's file, or one of {names}"))
        })?,
    };
    Ok((text, folder(source)))
}

/// The folder from which paths in a suite count.
pub fn folder(source: &str) -> PathBuf {
    let folder = match shipped(source) {
        Some(_) => Path::new(FOLDERS[0]),
        None => Path::new(source).parent().unwrap_or(Path::new("")),
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}

/// Whether this is a suite and no recipe.
pub fn is_suite(table: &Table) -> bool {
    let list = |key: &str| table.get(key).is_some_and(Value::is_array);
    table.get("format").is_some_and(Value::is_integer) && (list("models") || list("rewards"))
}

fn card(source: &str, text: String) -> Option<SuiteCard> {
    let table: Table = text.parse().ok().filter(is_suite)?;
    let word = |key: &str| table.get(key).and_then(Value::as_str).map(str::to_owned);
    let list = |key: &str| table.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let names = |key: &str| {
        let name = |entry: &Value| Some(entry.get("name")?.as_str()?.to_owned());
        list(key).iter().filter_map(name).collect()
    };
    let sequences = table.get("sequences").and_then(Value::as_table);
    let asked = |key: &str| sequences.and_then(|sequences| sequences.get(key));
    let tales = asked("world").and_then(|world| world.get("count")).and_then(Value::as_integer);
    Some(SuiteCard {
        source: source.to_owned(),
        name: word("name")?,
        about: word("about").unwrap_or_default().trim().to_owned(),
        tales: tales.and_then(|tales| u64::try_from(tales).ok()),
        files: asked("files").and_then(Value::as_array).map_or(0, Vec::len),
        models: names("models"),
        rewards: names("rewards"),
        gates: list("gates").len(),
        text,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_of_the_home_come_before_those_of_the_program_and_recipes_are_none() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("suites")).unwrap();
        let own = "format = 1\nname = \"own\"\n[sequences]\nfiles = [\"a\"]\n[[models]]\nname = \"m\"\nmodel = \"m\"\n";
        fs::write(home.path().join("suites/own.toml"), own).unwrap();
        fs::write(home.path().join("suites/recipe.toml"), "name = \"sft\"\n[[data]]\nkind = \"books\"\n").unwrap();
        let found = suites(home.path());
        let mine = found.iter().find(|card| card.name == "own").unwrap();
        assert_eq!((mine.tales, mine.files, mine.models.as_slice()), (None, 1, &["m".to_owned()][..]));
        assert_eq!(folder(&mine.source), home.path().join("suites"));
        let quick = found.iter().find(|card| card.name == "quick").unwrap();
        assert_eq!((quick.tales, quick.models.len()), (Some(48), 1));
        assert!(found.iter().all(|card| card.name != "sft"));
    }

    #[test]
    fn a_suite_is_opened_by_its_name_and_what_is_none_is_told() {
        let (text, folder) = open_suite("paper").unwrap();
        assert!(text.contains("name = \"paper\"") && folder.ends_with("configs/suites") && folder.is_absolute());
        let fault = open_suite("no such suite").unwrap_err();
        assert!(fault.what.contains("no such suite") && fault.try_this.contains("quick"));
    }
}
