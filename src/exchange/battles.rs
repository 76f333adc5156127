//! Battles of a chatbot arena as FastChat cleans them: `model_a`, `model_b`, `winner` (model_a, model_b, tie, tie (bothbad)),
//! `conversation_a` and `conversation_b` of `role` and `content`, `judge`, `tstamp`; a JSON list, or JSON lines.
//!
//! Layout: fastchat/serve/monitor/clean_battle_data.py of github.com/lm-sys/FastChat. There model_a is the one that stood on
//! the left, and the judge is `arena_user_..`; files with other judges do not say the side. A judge that is a list, as in
//! the judgements of MT-Bench, is a model. What follows the first answer is joined to it: all answers are what was judged.

use serde::Deserialize;
use serde_json::Value;

use super::find_image::Finder;
use super::judged_row::{FoundVote, JudgedRow, Shown, WON, moment};
use super::records::{as_word, records};
use crate::story::Verdict;

#[derive(Deserialize)]
struct Battle {
    model_a: String,
    model_b: String,
    winner: String,
    #[serde(default)]
    judge: Value,
    #[serde(default)]
    conversation_a: Vec<Message>,
    #[serde(default)]
    conversation_b: Vec<Message>,
    #[serde(default)]
    tstamp: Value,
    #[serde(default)]
    question_id: Value,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Value,
}

pub(super) fn rows(bytes: &[u8], finder: &Finder) -> Result<Vec<FoundVote>, String> {
    let found = |(number, battle): (usize, Result<Battle, String>)| {
        let id = battle.as_ref().map(|battle| as_word(&battle.question_id)).unwrap_or_default();
        FoundVote { number, id, row: battle.and_then(|battle| row(&battle, finder)) }
    };
    Ok(records(bytes)?.into_iter().map(found).collect())
}

fn row(battle: &Battle, finder: &Finder) -> Result<JudgedRow, String> {
    let verdict = match battle.winner.trim().to_lowercase().as_str() {
        "model_a" => Verdict::Prefer(WON),
        "model_b" => Verdict::Prefer(-WON),
        "tie" => Verdict::Prefer(0),
        "tie (bothbad)" | "bothbad" | "both_bad" => Verdict::BothBad,
        other => return Err(format!("the winner '{other}' is none of model_a, model_b, tie, tie (bothbad)")),
    };
    if battle.conversation_a.is_empty() || battle.conversation_b.is_empty() {
        return Err("it has no conversations: only files with conversation_a and conversation_b hold the texts".into());
    }
    let (asked, first, mut pictures) = talk(&battle.conversation_a)?;
    let (asked_b, second, more) = talk(&battle.conversation_b)?;
    if asked != asked_b {
        return Err("the two conversations ask different things".to_owned());
    }
    if pictures.is_empty() {
        pictures = more;
    }
    let shown = match pictures.is_empty() {
        true => Shown::Nothing,
        false => Shown::Files(pictures.iter().map(|name| picture(name, finder)).collect::<Result<_, _>>()?),
    };
    let row = JudgedRow::new(shown, &asked, (&battle.model_a, &first), (&battle.model_b, &second), verdict)?;
    let judge = match &battle.judge {
        Value::Array(model) => model.iter().map(as_word).collect::<Vec<_>>().join(" "),
        other => as_word(other),
    };
    let left = judge.starts_with("arena_user").then_some(true);
    let said_at = battle.tstamp.as_f64().and_then(moment);
    Ok(JudgedRow { simulated: battle.judge.is_array(), first_is_left: left, said_at, ..row.by(&judge) })
}

/// What was asked, what was answered, and the pictures that were asked about.
fn talk(messages: &[Message]) -> Result<(String, String, Vec<String>), String> {
    let (mut asked, mut answered, mut pictures) = (Vec::new(), Vec::new(), Vec::new());
    for message in messages {
        let text = match &message.content {
            Value::String(text) => text.as_str(),
            // A text with the names of its pictures, as the arena for pictures keeps it.
            Value::Array(parts) => {
                let names = parts.get(1).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
                pictures.extend(names.map(str::to_owned));
                parts.first().and_then(Value::as_str).ok_or("the content of a message is no text")?
            }
            Value::Null => "",
            _ => return Err("the content of a message is no text".to_owned()),
        };
        match message.role.as_str() {
            "user" | "human" => asked.push(text.trim()),
            "assistant" | "gpt" => answered.push(text.trim()),
            "system" => {}
            other => return Err(format!("nobody knows the role '{other}'")),
        }
    }
    Ok((asked.join("\n\n"), answered.join("\n\n"), pictures))
}

/// The arena names its pictures by their hashes, and keeps them as PNG.
fn picture(name: &str, finder: &Finder) -> Result<std::path::PathBuf, String> {
    finder.first([name.to_owned(), format!("{name}.png"), format!("{name}.jpg")].into_iter())
}
