//! The rows of a snapshot in a trainer's format, with absolute paths of pictures: of pairs, or of the preferred stories alone.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::recipe::{Stage, Trainer};
use crate::exchange::{Judged, PreferenceFormat, Snapshot, preferences};
use crate::story::Notice;

/// Writes them below `folder`; how many there are, and pairs that nobody could decide.
///
/// # Errors
/// A snapshot without a decided pair, or a disk that is full.
pub fn write(snapshot: &Snapshot, trainer: Trainer, stage: Stage, folder: &Path) -> Result<(usize, usize), Notice> {
    let format = match trainer {
        Trainer::Trl => PreferenceFormat::Trl,
        Trainer::Swift => PreferenceFormat::Swift,
        Trainer::LlamaFactory => PreferenceFormat::LlamaFactory,
    };
    let full = |error: io::Error| {
        Notice::outside(format!("{} cannot be written: {error}", folder.display()), "make room, then start it again")
    };
    fs::create_dir_all(folder.join("images")).map_err(full)?;
    let absolute = folder.canonicalize().map_err(full)?;
    let mut judged = Vec::with_capacity(snapshot.pairs.len());
    for pair in &snapshot.pairs {
        let mut images = Vec::with_capacity(pair.images.len());
        for image in &pair.images {
            let name = Path::new(image).file_name().unwrap_or_default();
            let to = absolute.join("images").join(name);
            if !to.exists() {
                fs::copy(snapshot.folder.join(image), &to).map_err(full)?;
            }
            images.push(to.display().to_string());
        }
        judged.push(Judged {
            pair: pair.pair.clone(),
            sequence: pair.sequence.clone(),
            images,
            prompt: pair.prompt.clone(),
            first: (pair.first.system.clone(), pair.first.text.clone()),
            second: (pair.second.system.clone(), pair.second.text.clone()),
            votes: pair.votes,
            share: pair.target,
            strength: pair.strength,
            left: None,
            both_bad: pair.both_bad,
        });
    }
    let (files, undecided) = preferences(&judged, format)?;
    let rows = judged.len() - undecided;
    if rows == 0 {
        return Err(Notice::yours(
            "no pair of the snapshot is decided",
            "have more votes given, then freeze them anew",
        ));
    }
    for (name, content) in files {
        let content = match stage {
            Stage::Sft => preferred(&name, &content)?,
            _ => content,
        };
        fs::write(folder.join(&name), content).map_err(full)?;
    }
    Ok((rows, undecided))
}

/// The same files with the preferred story as the answer and nothing of the other.
fn preferred(name: &str, content: &[u8]) -> Result<Vec<u8>, Notice> {
    let ours = |error: serde_json::Error| Notice::ours(format!("a row cannot be written: {error}"));
    match name {
        "data.json" => {
            let mut rows: Vec<Value> = serde_json::from_slice(content).map_err(ours)?;
            rows.iter_mut().for_each(alone);
            serde_json::to_vec_pretty(&rows).map_err(ours)
        }
        "dataset_info.json" => {
            let info = json!({ "storyloom": {
                "file_name": "data.json", "formatting": "sharegpt",
                "columns": { "messages": "conversations", "images": "images" },
            } });
            serde_json::to_vec_pretty(&info).map_err(ours)
        }
        _ => {
            let mut lines = Vec::new();
            for line in content.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let mut row: Value = serde_json::from_slice(line).map_err(ours)?;
                alone(&mut row);
                serde_json::to_writer(&mut lines, &row).map_err(ours)?;
                lines.push(b'\n');
            }
            Ok(lines)
        }
    }
}

fn alone(row: &mut Value) {
    let Some(row) = row.as_object_mut() else { return };
    for name in ["rejected", "rejected_response", "margin"] {
        row.remove(name);
    }
    if let Some(chosen) = row.remove("chosen") {
        match row.get_mut("conversations").and_then(Value::as_array_mut) {
            Some(talk) => talk.push(chosen),
            None => drop(row.insert("completion".to_owned(), chosen)),
        }
    }
}
