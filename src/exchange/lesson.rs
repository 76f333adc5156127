//! An annotated sequence as training data: a folder with `book.json`, its pictures and `facts.json`, which `library` reads.

use serde_json::json;

use super::publish::{Leaf, picture_kind};
use crate::pixels::Picture;
use crate::story::{NoteKind, Notes, Notice, Sequence};

/// The files of one book below `folder`. Of captions, emotions and characters those kinds are written that every frame has.
///
/// # Errors
/// Where the reference story lacks a line, which every page needs; it says of which frames.
pub fn lesson(sequence: &Sequence, pictures: &[Picture], notes: &Notes, folder: &str) -> Result<Vec<Leaf>, Notice> {
    let frames = pictures.len();
    let missing = notes.missing(NoteKind::Story, frames);
    if !missing.is_empty() {
        let places: Vec<String> = missing.iter().map(|place| (place + 1).to_string()).collect();
        let what = format!("the reference story of '{}' has no line for frame {}", sequence.title, places.join(", "));
        return Err(Notice::yours(what, "write it in the studio (a in the reader), or have the model suggest it"));
    }
    let name = |place: usize| -> Result<String, Notice> {
        Ok(format!("{:02}.{}", place + 1, picture_kind(&pictures[place])?.0))
    };
    let page = |place: usize| Ok(json!({ "image": name(place)?, "text": notes.get(NoteKind::Story, place) }));
    let pages = (0..frames).map(page).collect::<Result<Vec<_>, Notice>>()?;
    let book = json!({
        "title": sequence.title,
        "source": sequence.credits,
        "cast": sequence.cast,
        "world": sequence.in_world,
        "pages": pages,
    });
    let whole = |kind: NoteKind| match notes.missing(kind, frames).is_empty() {
        true => (0..frames).map(|place| notes.get(kind, place)).collect(),
        false => Vec::new(),
    };
    let facts = json!({
        "captions": whole(NoteKind::Caption),
        "emotions": whole(NoteKind::Emotion),
        "consistency": whole(NoteKind::Characters),
        "events": whole(NoteKind::Event),
    });
    let pretty = |value: &serde_json::Value| {
        serde_json::to_vec_pretty(value).map_err(|error| Notice::ours(format!("notes cannot be written: {error}")))
    };
    let mut files =
        vec![(format!("{folder}/book.json"), pretty(&book)?), (format!("{folder}/facts.json"), pretty(&facts)?)];
    for (place, picture) in pictures.iter().enumerate() {
        files.push((format!("{folder}/{}", name(place)?), picture.bytes().to_vec()));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::{Words, open_library};
    use crate::pixels::Rgb;
    use crate::story::{CastMember, SequenceId};

    #[test]
    fn what_is_written_is_what_training_reads() {
        let picture = |shade: u8| Picture::from_rgb(&Rgb { width: 8, height: 8, data: vec![shade; 192] }).unwrap();
        let pictures = [picture(10), picture(200)];
        let cast = vec![CastMember { name: "Mia".into(), species: "fox".into() }];
        let sequence = Sequence {
            id: SequenceId("seq".into()),
            title: "Rain".into(),
            source: "test".into(),
            credits: None,
            cast: cast.clone(),
            frames: vec![],
            in_world: false,
        };
        let mut notes = Notes::default();
        notes.set(NoteKind::Story, 0, "It rained.".into());
        notes.set(NoteKind::Caption, 0, "A fox.".into());
        let lacks = lesson(&sequence, &pictures, &notes, "rain").unwrap_err();
        assert!(lacks.what.contains("frame 2"), "{lacks}");
        notes.set(NoteKind::Story, 1, "The sun came.".into());
        notes.set(NoteKind::Emotion, 0, "The fox is sad.".into());
        notes.set(NoteKind::Emotion, 1, "The fox is glad.".into());

        let home = tempfile::tempdir().unwrap();
        for (name, content) in lesson(&sequence, &pictures, &notes, "rain").unwrap() {
            let path = home.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, content).unwrap();
        }
        let library = open_library(home.path()).unwrap();
        assert!(library.left_out.is_empty());
        let row = &library.rows[0];
        let Words::Lines(lines) = &row.words else { panic!("{:?}", row.words) };
        assert_eq!((row.title.as_str(), &row.cast, row.images.len()), ("Rain", &cast, 2));
        assert_eq!(lines.story, ["It rained.", "The sun came."]);
        assert_eq!((lines.captions.len(), lines.emotions.len()), (0, 2), "captions of half the frames are none");
    }
}
