//! Human edits of machine stories as in VIST-Edit: for each album `photo_sequence_ids`, `auto_story_text_normalized`, `model`
//! and `edited_stories` of `worker_id` and `edited_story_text`. A file a story, a folder of such files, a JSON list or JSON lines.
//!
//! Layout: the released data of VIST-Edit (arXiv:1906.01764). Whoever edits a story prefers their own text to it; how much is
//! not said. There was no screen with two sides. Photos lie where VIST unpacks them: `train/123.jpg`, or all in one folder.

use serde::Deserialize;
use serde_json::Value;

use super::find_image::Finder;
use super::judged_row::{FoundVote, JudgedRow, Shown, WON};
use super::records::{Loose, as_word, records, without_mark, word};
use super::vist::places;
use crate::story::Verdict;

#[derive(Deserialize)]
struct Album {
    #[serde(default, alias = "photo_sequence_id")]
    photo_sequence_ids: Value,
    auto_story_text_normalized: String,
    edited_stories: Vec<Loose<Edit>>,
    #[serde(default, deserialize_with = "word")]
    model: Option<String>,
    #[serde(default, deserialize_with = "word")]
    album_id: Option<String>,
    #[serde(default)]
    data_split: Option<String>,
}

#[derive(Deserialize)]
struct Edit {
    #[serde(default, deserialize_with = "word")]
    worker_id: Option<String>,
    edited_story_text: String,
}

/// `first` is the number of the file's first record: in a folder, the place of the file.
pub(super) fn rows(bytes: &[u8], finder: &Finder, first: usize) -> Result<Vec<FoundVote>, String> {
    // A file of one story may be written over several lines, which are no JSON lines.
    let albums = match serde_json::from_slice::<Value>(without_mark(bytes)) {
        Ok(album @ Value::Object(_)) => vec![(1, Album::deserialize(album).map_err(|error| error.to_string()))],
        _ => records::<Album>(bytes)?,
    };
    let mut found = Vec::new();
    for (place, album) in albums {
        let number = first + place - 1;
        match album {
            Err(why) => found.push(FoundVote { number, id: String::new(), row: Err(why) }),
            Ok(mut album) => {
                let id = album.album_id.clone().unwrap_or_default();
                let edits = std::mem::take(&mut album.edited_stories);
                if edits.is_empty() {
                    found.push(FoundVote { number, id: id.clone(), row: Err("nobody has edited it".to_owned()) });
                }
                found.extend(edits.into_iter().map(|edit| {
                    let row = edit.read().and_then(|edit: Edit| row(&album, &edit, finder));
                    FoundVote { number, id: id.clone(), row }
                }));
            }
        }
    }
    Ok(found)
}

fn row(album: &Album, edit: &Edit, finder: &Finder) -> Result<JudgedRow, String> {
    let machine = album.model.as_deref().filter(|model| !model.trim().is_empty()).unwrap_or("machine");
    let split = album.data_split.as_deref().unwrap_or_default();
    let photos: Vec<String> = match &album.photo_sequence_ids {
        Value::Array(list) => list.iter().map(as_word).collect(),
        // Several in one word, divided by what no id holds.
        other => as_word(other).split([',', ' ', '_']).map(str::to_owned).collect(),
    };
    let photos: Vec<&String> = photos.iter().filter(|photo| !photo.is_empty()).collect();
    if photos.is_empty() {
        return Err("it names no photos".to_owned());
    }
    let find = |photo: &&String| finder.first(places(photo, split));
    let shown = Shown::Files(photos.iter().map(find).collect::<Result<_, _>>()?);
    let (edited, told) = (format!("{machine}, edited"), album.auto_story_text_normalized.as_str());
    let row = JudgedRow::new(shown, "", (&edited, &edit.edited_story_text), (machine, told), Verdict::Prefer(WON))?;
    Ok(row.by(edit.worker_id.as_deref().unwrap_or_default()))
}
