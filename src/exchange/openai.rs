//! Messages as OpenAI has them, with `images` beside: `role` (system, user, assistant) and `content`, a text with `<image>`
//! for each picture (LLaMA-Factory, ms-swift) or a list of typed parts (TRL). A JSON list, or JSON lines.
//!
//! Layouts: data/README.md of github.com/hiyouga/LLaMA-Factory, docs/source/dataset_formats.md of huggingface/trl. Pictures
//! inside the file (`image_url` with data) are not read: they belong into the folder of pictures.

use serde::Deserialize;

use super::find_image::Finder;
use super::records::{Paths, found, word};
use super::row::{Found, Part, Row, Turn, Words, name, said};
use super::talk::{group, parts, speaker, turns};

#[derive(Deserialize)]
struct Record {
    #[serde(default, deserialize_with = "word")]
    id: Option<String>,
    #[serde(default)]
    images: Paths,
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Message {
    role: String,
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Typed>),
}

#[derive(Deserialize)]
struct Typed {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

pub(super) fn rows(bytes: &[u8], finder: &Finder) -> Result<Vec<Found>, String> {
    found(bytes, |record: &Record| record.id.as_ref(), |record, id| row(record, id, finder))
}

fn row(record: Record, id: &str, finder: &Finder) -> Result<Row, String> {
    let names = record.images.into_vec();
    let images = finder.all(names.iter().map(String::as_str))?;
    let mut said_so = Vec::new();
    for Message { role, content } in record.messages {
        let parts = match content {
            Content::Text(text) => parts(&text)?,
            Content::Parts(typed) => typed.into_iter().map(part).collect::<Result<_, _>>()?,
        };
        said_so.push(Turn { speaker: speaker(&role)?, parts });
    }
    let words = Words::Turns(turns(said_so, images.len())?);
    Ok(Row { id: name(id), group: group(&names), title: String::new(), cast: Vec::new(), images, words })
}

fn part(typed: Typed) -> Result<Part, String> {
    match (typed.kind.as_str(), typed.text) {
        ("image", _) => Ok(Part::Picture),
        ("text", Some(text)) => Ok(Part::Text(said(&text)?)),
        (kind, _) => Err(format!("a part of the type '{kind}' is not read here")),
    }
}
