//! Records of a JSON list or of JSON lines, one at a time: one that is wrong does not spoil the others.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::row::{Found, Row};

/// A record, or what it was instead.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Loose<T> {
    Right(T),
    Wrong(Value),
}

impl<T: DeserializeOwned> Loose<T> {
    /// The record, or in words what is wrong with it.
    pub(super) fn read(self) -> Result<T, String> {
        match self {
            Loose::Right(record) => Ok(record),
            // Read again, as the first try did not keep its reason.
            Loose::Wrong(value) => T::deserialize(value).map_err(|error| error.to_string()),
        }
    }
}

/// A record with its number from 1: an element of a list, or a line of the file.
pub(super) type Numbered<T> = (usize, Result<T, String>);

/// The records of a list or of lines.
///
/// # Errors
/// A list that is no JSON as a whole.
pub(super) fn records<T: DeserializeOwned>(bytes: &[u8]) -> Result<Vec<Numbered<T>>, String> {
    let bytes = without_mark(bytes);
    if bytes.trim_ascii_start().starts_with(b"[") {
        let list: Vec<Loose<T>> = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        return Ok((1..).zip(list.into_iter().map(Loose::read)).collect());
    }
    let lines = (1..).zip(bytes.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty());
    Ok(lines.map(|(n, line)| (n, serde_json::from_slice(line).map_err(|error| broken(&error)))).collect())
}

/// The rows of a list or of lines: each record by its own id, or by its number where it has none.
///
/// # Errors
/// As [`records`].
pub(super) fn found<T: DeserializeOwned>(
    bytes: &[u8],
    id: impl Fn(&T) -> Option<&String>,
    row: impl Fn(T, &str) -> Result<Row, String>,
) -> Result<Vec<Found>, String> {
    let found = |(number, record): Numbered<T>| match record {
        Ok(record) => {
            let id = id(&record).map_or_else(|| number.to_string(), String::clone);
            Found { number, row: row(record, &id), id }
        }
        Err(why) => Found { number, id: String::new(), row: Err(why) },
    };
    Ok(records(bytes)?.into_iter().map(found).collect())
}

/// Without the line number that serde gives, which is always 1 within a line.
fn broken(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let words = words.rsplit_once(" at line ").map_or(words.as_str(), |(words, _)| words);
    match error.classify() {
        serde_json::error::Category::Data => words.to_owned(),
        _ => format!("no JSON: {words} at column {}", error.column()),
    }
}

/// Without the mark that some editors put before UTF-8.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// An id or a number as text: published files write both.
pub(super) fn word<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(word) => Some(word),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// The same of what was read already; anything else is no word.
pub(super) fn as_word(value: &Value) -> String {
    match value {
        Value::String(word) => word.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// One path or a list of them; nothing is no path.
#[derive(Default, Deserialize)]
#[serde(untagged)]
pub(super) enum Paths {
    One(String),
    Many(Vec<String>),
    #[default]
    Nothing,
}

impl Paths {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Paths::One(path) => vec![path],
            Paths::Many(paths) => paths,
            Paths::Nothing => Vec::new(),
        }
    }
}
