//! Argilla's records as JSON or JSON lines: `fields` with two texts, and `responses` to a question that compares them. A label
//! names the better field; a ranking is a list of `value` and `rank`, ties of equal rank.
//!
//! Layout: the record guides of github.com/argilla-io/argilla. Since version 2 `responses` is a map from the question to a list
//! of `value`, `user_id` and `status`; before, it was a list of `user_id`, `status` and `values`. Only what was submitted is
//! taken. Pictures are in fields or metadata whose name begins with `image`, systems in metadata such as `response1_model`.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::find_image::Finder;
use super::judged_row::{FoundVote, JudgedRow, Shown, WON};
use super::records::{as_word, records};
use crate::story::Verdict;

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    id: Value,
    fields: Map<String, Value>,
    #[serde(default)]
    metadata: Value,
    responses: Value,
}

/// One answer of one person.
struct Answer<'a> {
    question: String,
    value: &'a Value,
    user: String,
    status: String,
}

pub(super) fn rows(bytes: &[u8], finder: &Finder) -> Result<Vec<FoundVote>, String> {
    let mut found = Vec::new();
    for (number, record) in records::<Record>(bytes)? {
        let wrong = |id: &str, why: String| FoundVote { number, id: id.to_owned(), row: Err(why) };
        let record = match record {
            Ok(record) => record,
            Err(why) => {
                found.push(wrong("", why));
                continue;
            }
        };
        let id = as_word(&record.id);
        let Some((first, second)) = compared(&record.fields) else {
            found.push(wrong(&id, "no two fields are named alike but for the last letter, such as response1".into()));
            continue;
        };
        // Other questions about the same texts (a rating, a comment) compare nothing.
        let answers = answers(&record.responses);
        let mut any = false;
        for answer in &answers {
            let Some(verdict) = verdict(answer.value, &first, &second) else { continue };
            any = true;
            let row = match answer.status.as_str() {
                "" | "submitted" => row(&record, (&first, &second), verdict, finder).map(|row| row.by(&answer.user)),
                status => Err(format!("the response is {status}, not submitted")),
            };
            found.push(FoundVote { number, id: id.clone(), row });
        }
        if !any {
            let asked: Vec<&str> = answers.iter().map(|answer| answer.question.as_str()).collect();
            let why = match asked.is_empty() {
                true => "nobody has answered it".to_owned(),
                false => format!("no answer compares {first} and {second} (questions: {})", asked.join(", ")),
            };
            found.push(wrong(&id, why));
        }
    }
    Ok(found)
}

fn row(record: &Record, (first, second): (&str, &str), verdict: Verdict, finder: &Finder) -> Result<JudgedRow, String> {
    let text = |field: &str| record.fields.get(field).and_then(Value::as_str).unwrap_or_default();
    let system = |field: &str| {
        let keys =
            [format!("{field}_model"), format!("{field}-model"), format!("{field}_system"), format!("model_{field}")];
        let named = keys.iter().map(|key| as_word(&record.metadata[key])).find(|name| !name.is_empty());
        named.unwrap_or_else(|| field.to_owned())
    };
    let mut names = Vec::new();
    let metadata = record.metadata.as_object();
    for (key, value) in record.fields.iter().chain(metadata.into_iter().flatten()) {
        match value {
            _ if !key.to_lowercase().starts_with("image") => {}
            Value::Array(list) => names.extend(list.iter().map(as_word)),
            value => names.extend(as_word(value).split(';').map(|name| name.trim().to_owned())),
        }
    }
    names.retain(|name| !name.is_empty());
    let shown = match names.is_empty() {
        true => Shown::Nothing,
        false => Shown::Files(names.iter().map(|name| finder.find(name)).collect::<Result<_, _>>()?),
    };
    let asked =
        ["prompt", "instruction", "question", "input"].iter().map(|key| text(key)).find(|text| !text.is_empty());
    JudgedRow::new(
        shown,
        asked.unwrap_or_default(),
        (&system(first), text(first)),
        (&system(second), text(second)),
        verdict,
    )
}

/// The fields that are compared: two texts whose names differ in the last letter only, such as response1 and response2.
fn compared(fields: &Map<String, Value>) -> Option<(String, String)> {
    const ENDS: [(&str, &str); 4] = [("1", "2"), ("a", "b"), ("A", "B"), ("0", "1")];
    let texts: Vec<&String> = fields.iter().filter(|(_, value)| value.is_string()).map(|(name, _)| name).collect();
    texts.iter().find_map(|first| {
        let second = ENDS.iter().find_map(|(one, other)| {
            let second = format!("{}{other}", first.strip_suffix(one)?);
            texts.iter().any(|name| **name == second).then_some(second)
        })?;
        Some(((*first).clone(), second))
    })
}

/// What an answer says of the two fields; nothing for the answer to another question.
fn verdict(value: &Value, first: &str, second: &str) -> Option<Verdict> {
    let is = |said: &str, field: &str| plain(said) == plain(field);
    match value {
        Value::String(said) if is(said, first) => Some(Verdict::Prefer(WON)),
        Value::String(said) if is(said, second) => Some(Verdict::Prefer(-WON)),
        Value::String(said) => match plain(said).as_str() {
            "tie" | "same" | "equal" | "both" | "bothgood" => Some(Verdict::Prefer(0)),
            "bothbad" | "neither" => Some(Verdict::BothBad),
            _ => None,
        },
        Value::Array(ranked) => {
            let rank = |field: &str| {
                let own = ranked.iter().find(|one| one["value"].as_str().is_some_and(|said| is(said, field)))?;
                own["rank"].as_i64()
            };
            let (one, other) = (rank(first)?, rank(second)?);
            // The first rank is the best.
            Some(Verdict::Prefer(WON * other.cmp(&one) as i8))
        }
        _ => None,
    }
}

/// "Response 1" and "response-1" are the field response1.
fn plain(word: &str) -> String {
    word.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Every answer of a record, in either version's layout.
fn answers(responses: &Value) -> Vec<Answer<'_>> {
    let mut answers = Vec::new();
    match responses {
        Value::Object(questions) => {
            for (question, given) in questions {
                for one in given.as_array().into_iter().flatten() {
                    let (user, status) = (as_word(&one["user_id"]), as_word(&one["status"]));
                    answers.push(Answer { question: question.clone(), value: &one["value"], user, status });
                }
            }
        }
        Value::Array(people) => {
            for one in people {
                for (question, given) in one["values"].as_object().into_iter().flatten() {
                    let (user, status) = (as_word(&one["user_id"]), as_word(&one["status"]));
                    answers.push(Answer { question: question.clone(), value: &given["value"], user, status });
                }
            }
        }
        _ => {}
    }
    answers
}
