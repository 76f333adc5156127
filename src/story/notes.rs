//! What people write down about a sequence, frame by frame: the kinds of data that arXiv:2407.02586 is trained on.

use serde::{Deserialize, Serialize};

use super::Task;

/// A kind of note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteKind {
    /// What the frame shows.
    Caption,
    /// How each character feels.
    Emotion,
    /// Who is there, by names that stay the same.
    Characters,
    /// What happens.
    Event,
    /// The frame's line of a reference story.
    Story,
}

impl NoteKind {
    pub const ALL: [NoteKind; 5] =
        [NoteKind::Caption, NoteKind::Emotion, NoteKind::Characters, NoteKind::Event, NoteKind::Story];

    pub fn word(self) -> &'static str {
        match self {
            NoteKind::Caption => "caption",
            NoteKind::Emotion => "emotions",
            NoteKind::Characters => "characters",
            NoteKind::Event => "event",
            NoteKind::Story => "story",
        }
    }

    /// The task by which a model can suggest it.
    pub fn task(self) -> Option<Task> {
        match self {
            NoteKind::Caption => Some(Task::Caption),
            NoteKind::Emotion => Some(Task::Emotion),
            NoteKind::Characters => Some(Task::Consistency),
            NoteKind::Event => None,
            NoteKind::Story => Some(Task::Story),
        }
    }
}

/// The notes of one sequence: of each kind a line a frame, empty where nothing was written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    pub captions: Vec<String>,
    pub emotions: Vec<String>,
    pub characters: Vec<String>,
    pub events: Vec<String>,
    pub story: Vec<String>,
}

impl Notes {
    pub fn lines(&self, kind: NoteKind) -> &[String] {
        match kind {
            NoteKind::Caption => &self.captions,
            NoteKind::Emotion => &self.emotions,
            NoteKind::Characters => &self.characters,
            NoteKind::Event => &self.events,
            NoteKind::Story => &self.story,
        }
    }

    /// The note of a frame, by its place from 0.
    pub fn get(&self, kind: NoteKind, place: usize) -> &str {
        self.lines(kind).get(place).map_or("", String::as_str)
    }

    pub fn set(&mut self, kind: NoteKind, place: usize, text: String) {
        let lines = match kind {
            NoteKind::Caption => &mut self.captions,
            NoteKind::Emotion => &mut self.emotions,
            NoteKind::Characters => &mut self.characters,
            NoteKind::Event => &mut self.events,
            NoteKind::Story => &mut self.story,
        };
        if lines.len() <= place {
            lines.resize(place + 1, String::new());
        }
        lines[place] = text;
    }

    /// Places, from 0, of `frames` that lack a note of this kind.
    pub fn missing(&self, kind: NoteKind, frames: usize) -> Vec<usize> {
        (0..frames).filter(|place| self.get(kind, *place).trim().is_empty()).collect()
    }

    pub fn is_empty(&self) -> bool {
        NoteKind::ALL.iter().all(|kind| self.lines(*kind).iter().all(|line| line.trim().is_empty()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_kept_by_frame_and_what_is_missing_is_known() {
        let mut notes = Notes::default();
        assert!(notes.is_empty());
        notes.set(NoteKind::Event, 2, "It rains.".into());
        assert_eq!((notes.get(NoteKind::Event, 2), notes.get(NoteKind::Event, 7)), ("It rains.", ""));
        assert_eq!(notes.missing(NoteKind::Event, 4), [0, 1, 3]);
        assert!(!notes.is_empty());
    }
}
