//! The plans that a loop can be begun by, with the fields that people change before they begin one.

use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::plan::LoopPlan;
use super::state::names;
use crate::story::{LoopField, LoopPlanCard, Notice};

const SHIPPED: [(&str, &str); 1] = [("small", include_str!("../../../configs/loops/small.toml"))];
/// Where somebody keeps plans: here, and in the home folder.
const FOLDERS: [&str; 2] = ["configs/loops", "plans"];

/// What is shown of a plan, and what it means.
const FIELDS: [(&str, &str); 15] = [
    ("name", "what the loop is called; its campaigns begin with it"),
    ("sequences", "paths, bundled names or ids; none: all that come with the program"),
    ("collect.votes", "votes that are waited for"),
    ("collect.pairs", "so many of all pairs, drawn by chance; empty: all"),
    ("collect.simulated", "whether votes of programs count too"),
    ("reward.recipe", "how the reward model is trained: a name or a path"),
    ("reward.accuracy", "gate: least lower bound of how often it sides with the raters"),
    ("reward.calibration", "gate: most calibration error"),
    ("reward.fooled", "gate: how often a spoilt story may be worth more"),
    ("policy.recipe", "how the policy is trained: a name or a path"),
    ("policy.gain", "gate: least rise of its reward on held-out tales"),
    ("policy.moved", "gate: most nats a story that it may move"),
    ("trial.votes", "votes of the blind trial that are waited for"),
    ("trial.won", "gate: least lower bound of the share of votes it must win"),
    ("trial.adopt", "whether it is adopted where it wins, unasked"),
];

/// Plans there are: those of the folders, then those that come with the program. A name that a loop bears already is given a
/// number.
pub fn plans(home: &Path) -> Vec<LoopPlanCard> {
    let mut found: Vec<(String, String)> = Vec::new();
    for folder in [Path::new(FOLDERS[0]).to_owned(), home.join(FOLDERS[1])] {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<_> = entries.filter(|path| path.extension().is_some_and(|end| end == "toml")).collect();
        paths.sort();
        let read = |path: std::path::PathBuf| Some((path.display().to_string(), fs::read_to_string(path).ok()?));
        found.extend(paths.into_iter().filter_map(read));
    }
    let shipped = SHIPPED.map(|(name, text)| (name.to_owned(), text.to_owned()));
    found.extend(
        shipped.into_iter().filter(|(_, text)| !found.iter().any(|(_, known)| known == text)).collect::<Vec<_>>(),
    );
    let taken = names(home);
    found.into_iter().filter_map(|(source, text)| card(source, &text, &taken)).collect()
}

/// What is shown of a plan; `None` where it is none.
fn card(source: String, text: &str, taken: &[String]) -> Option<LoopPlanCard> {
    let mut table: Table = text.parse().ok()?;
    let plan = parsed(&table, &source).ok()?;
    let numbered = (2..).map(|n| format!("{}-{n}", plan.name));
    let name = std::iter::once(plan.name.clone()).chain(numbered).find(|name| !taken.contains(name))?;
    table.insert("name".to_owned(), Value::String(name));
    let field = |(key, meaning): (&str, &'static str)| {
        let value = at(&table, key).map(typed).unwrap_or_default();
        LoopField { key: key.to_owned(), value, meaning }
    };
    let about = text.lines().next().and_then(|line| line.strip_prefix("# ")).unwrap_or(&plan.name).to_owned();
    Some(LoopPlanCard { source, about, fields: FIELDS.map(field).to_vec() })
}

/// A plan with these fields in place of its own.
///
/// # Errors
/// A plan that cannot be read, or a value that its field cannot have.
pub fn plan_of(source: &str, fields: &[(String, String)]) -> Result<LoopPlan, Notice> {
    let shipped = SHIPPED.iter().find(|(name, _)| *name == source && !Path::new(source).exists());
    let text = match shipped {
        Some((_, text)) => (*text).to_owned(),
        None => fs::read_to_string(source)
            .map_err(|error| Notice::yours(format!("the plan {source} cannot be read: {error}"), "name a TOML file"))?,
    };
    let original: Table = text.parse().map_err(|error: toml::de::Error| wrong(source, error.message()))?;
    let mut table = original.clone();
    for (key, value) in fields {
        set(&mut table, key, value).ok_or_else(|| wrong(source, &format!("it has no place for {key}")))?;
        // One that is wrong is named: where several are changed, the error alone does not tell which.
        let mut alone = original.clone();
        if set(&mut alone, key, value).is_some() && parsed(&original, source).is_ok() {
            parsed(&alone, &format!("{source}, {key} = {}", value.trim()))?;
        }
    }
    parsed(&table, source)
}

fn parsed(table: &Table, source: &str) -> Result<LoopPlan, Notice> {
    table.clone().try_into().map_err(|error: toml::de::Error| {
        wrong(source, &error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
    })
}

fn wrong(source: &str, what: &str) -> Notice {
    Notice::yours(format!("the plan {source}: {what}"), "compare it with configs/loops")
}

fn at<'a>(table: &'a Table, key: &str) -> Option<&'a Value> {
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    match rest {
        Some(rest) => at(table.get(first)?.as_table()?, rest),
        None => table.get(first),
    }
}

/// A value as somebody types it: words without quotes, several of them with commas between.
fn typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(typed).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// Puts what was typed in place of a value; empty: it is not said, and a list holds nothing.
fn set(table: &mut Table, key: &str, text: &str) -> Option<()> {
    if let Some((first, rest)) = key.split_once('.') {
        return set(table.get_mut(first)?.as_table_mut()?, rest, text);
    }
    let text = text.trim();
    let value = match table.get(key) {
        Some(Value::Array(_)) => {
            let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
            Value::Array(words.map(|word| Value::String(word.to_owned())).collect())
        }
        Some(Value::String(_)) => Value::String(text.to_owned()),
        _ if text.is_empty() => {
            table.remove(key);
            return Some(());
        }
        _ => {
            let read = format!("value = {text}").parse::<Table>().ok().and_then(|mut table| table.remove("value"));
            read.unwrap_or_else(|| Value::String(text.to_owned()))
        }
    };
    table.insert(key.to_owned(), value);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(key: &str, value: &str) -> Result<LoopPlan, Notice> {
        plan_of("small", &[(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn the_shipped_plan_is_read_shown_and_read_back_the_same() {
        let home = tempfile::tempdir().unwrap();
        let named = || -> Vec<LoopPlanCard> {
            let small = |card: &LoopPlanCard| card.fields[0].value.starts_with("small");
            plans(home.path()).into_iter().filter(small).collect()
        };
        let cards = named();
        // In the project's own folder the shipped one is found as a file, once.
        assert_eq!(cards.len(), 1, "{cards:?}");
        let card = &cards[0];
        assert_eq!(card.fields.len(), FIELDS.len());
        let value = |key: &str| card.fields.iter().find(|field| field.key == key).unwrap().value.clone();
        assert_eq!((value("name").as_str(), value("collect.votes").as_str()), ("small", "400"));
        assert_eq!((value("sequences").as_str(), value("collect.pairs").as_str()), ("", ""));
        let fields: Vec<_> = card.fields.iter().map(|field| (field.key.clone(), field.value.clone())).collect();
        assert_eq!(plan_of("small", &fields).unwrap(), toml::from_str(SHIPPED[0].1).unwrap());
        std::fs::create_dir_all(home.path().join("loops/small")).unwrap();
        std::fs::write(home.path().join("loops/small/state.json"), "{}").unwrap();
        assert_eq!(named()[0].fields[0].value, "small-2");
    }

    #[test]
    fn fields_are_changed_and_wrong_values_named() {
        assert_eq!(changed("collect.votes", "12").unwrap().collect.votes, 12);
        assert_eq!(changed("collect.pairs", "9").unwrap().collect.pairs, Some(9));
        assert_eq!(changed("collect.pairs", "").unwrap().collect.pairs, None);
        assert_eq!(changed("sequences", "a-gift-for-ben, x").unwrap().sequences, ["a-gift-for-ben", "x"]);
        assert_eq!(changed("name", "7").unwrap().name, "7");
        assert!(changed("trial.adopt", "true").unwrap().trial.adopt);
        assert!(changed("collect.votes", "many").unwrap_err().what.contains("votes"));
        assert!(changed("nowhere.votes", "1").unwrap_err().what.contains("nowhere.votes"));
        assert!(plan_of("nowhere.toml", &[]).unwrap_err().what.contains("cannot be read"));
    }
}
