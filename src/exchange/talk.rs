//! Conversations of any format: who speaks in turn, and where in the questions the pictures stand.

use super::row::{Part, Speaker, Turn, said};

/// Stands for a picture in a text, in LLaVA's files and in all that follow them.
const TAG: &str = "<image>";

/// Speakers by the words that published files use for them.
pub(super) fn speaker(word: &str) -> Result<Speaker, String> {
    match word {
        "human" | "user" => Ok(Speaker::Person),
        "gpt" | "assistant" => Ok(Speaker::Model),
        "system" => Ok(Speaker::System),
        other => Err(format!("'{other}' speaks, which is neither a person nor the model")),
    }
}

/// A text cut at its tags; what is empty between them is left out.
pub(super) fn parts(text: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    for (i, piece) in text.split(TAG).enumerate() {
        if i > 0 {
            parts.push(Part::Picture);
        }
        if !piece.trim().is_empty() {
            parts.push(Part::Text(said(piece)?));
        }
    }
    if parts.is_empty() { Err("a text is empty".to_owned()) } else { Ok(parts) }
}

/// The turns, if they can be learnt from: a system text if any, then questions and answers in turn, with as many places
/// for pictures as there are pictures. Without any place they stand before the first question, as TRL puts them.
pub(super) fn turns(mut turns: Vec<Turn>, pictures: usize) -> Result<Vec<Turn>, String> {
    let first = usize::from(turns.first().is_some_and(|turn| turn.speaker == Speaker::System));
    for (i, turn) in turns[first..].iter().enumerate() {
        let expected = if i % 2 == 0 { Speaker::Person } else { Speaker::Model };
        if turn.speaker != expected {
            return Err(format!("turn {} is not spoken in turn: a person asks, then the model answers", first + i + 1));
        }
    }
    if turns.len() < first + 2 || (turns.len() - first) % 2 == 1 {
        return Err("the last question has no answer".to_owned());
    }
    let places = |turn: &Turn| turn.parts.iter().filter(|part| **part == Part::Picture).count();
    if turns.iter().any(|turn| turn.speaker != Speaker::Person && places(turn) > 0) {
        return Err(format!("{TAG} stands outside the questions"));
    }
    match turns.iter().map(places).sum::<usize>() {
        0 => drop(turns[first].parts.splice(0..0, vec![Part::Picture; pictures])),
        found if found == pictures => {}
        found => return Err(format!("it has {found} times {TAG} for {pictures} pictures")),
    }
    Ok(turns)
}

/// What is held out together with others: the same pictures, whatever is asked about them.
pub(super) fn group(images: &[String]) -> String {
    images.join("\n")
}
