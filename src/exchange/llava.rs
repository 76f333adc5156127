//! LLaVA's conversations: `id`, `image` (a path, or a list of them as in LLaVA-NeXT's interleaved data) and `conversations`
//! of `from` (human, gpt) and `value`, with one `<image>` in the text for each picture. A JSON list, or JSON lines.
//!
//! Layout: docs/Finetune_Custom_Data.md of github.com/haotian-liu/LLaVA. The same turns with `images` instead of `image` are
//! ShareGPT as LLaMA-Factory has it (data/README.md there), with the system text beside them; one reader serves both.

use serde::Deserialize;

use super::find_image::Finder;
use super::records::{Paths, found, word};
use super::row::{Found, Part, Row, Speaker, Turn, Words, name, said};
use super::talk::{group, parts, speaker, turns};

#[derive(Deserialize)]
struct Record {
    #[serde(default, deserialize_with = "word")]
    id: Option<String>,
    #[serde(default, alias = "images")]
    image: Paths,
    system: Option<String>,
    conversations: Vec<Said>,
}

#[derive(Deserialize)]
struct Said {
    from: String,
    value: String,
}

pub(super) fn rows(bytes: &[u8], finder: &Finder) -> Result<Vec<Found>, String> {
    found(bytes, |record: &Record| record.id.as_ref(), |record, id| row(record, id, finder))
}

fn row(record: Record, id: &str, finder: &Finder) -> Result<Row, String> {
    let names = record.image.into_vec();
    let images = finder.all(names.iter().map(String::as_str))?;
    let mut said_so = Vec::new();
    if let Some(system) = record.system.filter(|text| !text.trim().is_empty()) {
        said_so.push(Turn { speaker: Speaker::System, parts: vec![Part::Text(said(&system)?)] });
    }
    for Said { from, value } in &record.conversations {
        said_so.push(Turn { speaker: speaker(from)?, parts: parts(value)? });
    }
    let words = Words::Turns(turns(said_so, images.len())?);
    Ok(Row { id: name(id), group: group(&names), title: String::new(), cast: Vec::new(), images, words })
}
