//! Label Studio's JSON export of a project with a `Pairwise` tag: tasks of `data` and `annotations`, each with the `result`
//! `{"type": "pairwise", "to_name": "answer1,answer2", "value": {"selected": "left"}}`.
//!
//! Layout: labelstud.io/guide/task_format and /tags/pairwise. Left is the text that is named first. The project's template
//! decides where that one stands on the screen, and is not in the export: the side is not known. A text area of the same
//! annotation is the reason; a `choices` result over the same two texts can say that they are the same.

use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::find_image::Finder;
use super::judged_row::{FoundVote, JudgedRow, Shown, WON, milliseconds};
use super::names::last_part;
use super::records::{as_word, records};
use crate::story::Verdict;

#[derive(Deserialize)]
struct Labelled {
    #[serde(default)]
    id: Value,
    data: Map<String, Value>,
    annotations: Vec<Value>,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(default)]
    completed_by: Value,
    #[serde(default)]
    was_cancelled: bool,
    #[serde(default)]
    lead_time: Option<f64>,
    #[serde(default)]
    result: Vec<Given>,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    to_name: Value,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    value: Value,
}

/// How the data of a task may call what was asked, and its pictures.
const PROMPTS: [&str; 4] = ["prompt", "question", "instruction", "text"];

pub(super) fn rows(bytes: &[u8], finder: &Finder) -> Result<Vec<FoundVote>, String> {
    let mut found = Vec::new();
    for (number, task) in records::<Labelled>(bytes)? {
        let task = match task {
            Ok(task) => task,
            Err(why) => {
                found.push(FoundVote { number, id: String::new(), row: Err(why) });
                continue;
            }
        };
        let id = as_word(&task.id);
        if task.annotations.is_empty() {
            found.push(FoundVote { number, id: id.clone(), row: Err("nobody has annotated it".to_owned()) });
        }
        for annotation in &task.annotations {
            let read = Annotation::deserialize(annotation).map_err(|error| error.to_string());
            let row = read.and_then(|annotation| row(&task.data, &annotation, finder));
            found.push(FoundVote { number, id: id.clone(), row });
        }
    }
    Ok(found)
}

fn row(data: &Map<String, Value>, annotation: &Annotation, finder: &Finder) -> Result<JudgedRow, String> {
    if annotation.was_cancelled {
        return Err("the annotation was cancelled".to_owned());
    }
    let pairwise = annotation.result.iter().find(|given| given.kind == "pairwise");
    let choices = annotation.result.iter().find(|given| given.kind == "choices" && targets(given).len() == 2);
    let given = pairwise.or(choices).ok_or("the annotation has no pairwise result")?;
    let names = targets(given);
    let [left, right] = names.as_slice() else {
        return Err(format!("a pairwise result compares two texts, and this one {}", names.len()));
    };
    let text = |name: &str| {
        let text = data.get(name).and_then(Value::as_str);
        text.ok_or_else(|| format!("the task's data has no text '{name}': name the tags of the template as the data"))
    };
    let (first, second) = (text(left)?, text(right)?);
    let said = match given.value["selected"].as_str() {
        Some(selected) => selected.to_owned(),
        None => given.value["choices"].as_array().and_then(|all| all.first()).map(as_word).unwrap_or_default(),
    };
    let verdict = match said.trim().to_lowercase().as_str() {
        "left" => Verdict::Prefer(WON),
        "right" => Verdict::Prefer(-WON),
        chosen if chosen == left.to_lowercase() => Verdict::Prefer(WON),
        chosen if chosen == right.to_lowercase() => Verdict::Prefer(-WON),
        "tie" | "same" | "equal" | "both" | "none" => Verdict::Prefer(0),
        other => return Err(format!("'{other}' is neither left nor right nor a tie")),
    };
    let named = |name: &str| {
        let keys = [format!("{name}_model"), format!("{name}_system"), format!("model_{name}")];
        keys.iter().find_map(|key| data.get(key)?.as_str()).unwrap_or(name).to_owned()
    };
    let prompt = PROMPTS.iter().filter(|key| *key != left && *key != right).find_map(|key| data.get(*key)?.as_str());
    let shown = shown(data, finder)?;
    let (one, other) = (named(left), named(right));
    let row = JudgedRow::new(shown, prompt.unwrap_or_default(), (&one, first), (&other, second), verdict)?;
    let reason = annotation.result.iter().find(|given| given.kind == "textarea").map(|given| &given.value["text"]);
    let reason = match reason {
        Some(Value::Array(lines)) => lines.iter().map(as_word).collect::<Vec<_>>().join(" "),
        Some(value) => as_word(value),
        None => String::new(),
    };
    let wall_ms = milliseconds(annotation.lead_time.unwrap_or(0.0) * 1000.0);
    Ok(JudgedRow { reason, wall_ms, ..row.by(&rater(&annotation.completed_by)) })
}

/// The texts that a result is about: "answer1,answer2", or a list.
fn targets(given: &Given) -> Vec<String> {
    match &given.to_name {
        Value::String(names) => names.split(',').map(|name| name.trim().to_owned()).collect(),
        Value::Array(names) => names.iter().map(as_word).collect(),
        _ => Vec::new(),
    }
}

/// The pictures of a task: whatever its data calls an image.
fn shown(data: &Map<String, Value>, finder: &Finder) -> Result<Shown, String> {
    let mut names = Vec::new();
    for (_, value) in data.iter().filter(|(key, _)| key.to_lowercase().starts_with("image")) {
        match value {
            Value::String(name) => names.push(name.clone()),
            Value::Array(list) => names.extend(list.iter().map(as_word)),
            _ => {}
        }
    }
    match names.is_empty() {
        true => Ok(Shown::Nothing),
        false => names.iter().map(|name| picture(name, finder)).collect::<Result<_, _>>().map(Shown::Files),
    }
}

/// Label Studio serves its pictures at addresses: `/data/upload/3/1a2b3c4d-fox.png`, `/data/local-files/?d=set/fox.png`. The file
/// is looked for by what comes last, with and without what an upload puts before the name.
fn picture(name: &str, finder: &Finder) -> Result<PathBuf, String> {
    let path = name.rsplit_once("?d=").map_or(name, |(_, path)| path);
    let last = last_part(path).to_owned();
    let bare = last.split_once('-').filter(|(mark, _)| mark.len() == 8).map(|(_, name)| name.to_owned());
    let relative = Some(path.to_owned()).filter(|path| !path.contains("://") && !path.starts_with('/'));
    finder.first(relative.into_iter().chain([last]).chain(bare))
}

fn rater(value: &Value) -> String {
    match value {
        Value::Object(person) => ["email", "username", "id"].iter().find_map(|key| person.get(*key)).map(as_word),
        other => Some(as_word(other)),
    }
    .unwrap_or_default()
}
