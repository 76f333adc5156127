//! What happened during one visit, for its visitor alone.

use std::collections::VecDeque;
use std::time::Duration;

use super::event::Event;
use super::screens::history::what_wrote;
use crate::story::{ModelState, Notice, Telling};

/// Entries that are kept.
const MOST: usize = 500;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Since the visit began.
    pub at: Duration,
    pub fault: bool,
    pub words: String,
}

/// The last things that happened.
#[derive(Clone, Debug, Default)]
pub struct Log {
    entries: VecDeque<Entry>,
}

impl Log {
    /// Notes an event, if it is worth a line.
    pub fn hear(&mut self, event: &Event, now: Duration) {
        match event {
            Event::Opened { result: Ok(opened), .. } => {
                let (title, frames) = (&opened.sequence.title, opened.sequence.frames.len());
                self.note(now, format!("opened {title}, {frames} frames"));
                opened.problems.iter().for_each(|notice| self.fault(now, notice));
            }
            Event::Added(Ok((_, problems))) => problems.iter().for_each(|notice| self.fault(now, notice)),
            Event::Telling { telling: Telling::Done { story, .. }, .. } => {
                let timing = &story.timing;
                let words = format!(
                    "told: {} · {} tokens, {:.1} tok/s, first token {:.0} ms",
                    what_wrote(story),
                    timing.new_tokens,
                    timing.tokens_per_second(),
                    timing.first_token_ms
                );
                self.note(now, words);
            }
            Event::Model(card) => {
                let state = match card.state {
                    ModelState::Resting => "rests",
                    ModelState::Loading => "is being loaded",
                    ModelState::Ready => "is ready",
                    ModelState::Broken => "cannot be loaded",
                };
                self.note(now, format!("model {} {state}", card.name));
            }
            Event::Exported(Ok(path)) => self.note(now, format!("written to {path}")),
            Event::Best(_, Ok((_, words))) => self.note(now, words.clone()),
            Event::Kept(Ok(_)) => self.note(now, "kept a story changed by hand".to_owned()),
            Event::Opened { result: Err(notice), .. }
            | Event::Gallery(Err(notice))
            | Event::Added(Err(notice))
            | Event::Models(Err(notice))
            | Event::Kept(Err(notice))
            | Event::Best(_, Err(notice))
            | Event::Exported(Err(notice))
            | Event::NotesLost(notice)
            | Event::Telling { telling: Telling::Failed { notice }, .. } => self.fault(now, notice),
            _ => {}
        }
    }

    fn note(&mut self, at: Duration, words: String) {
        self.push(Entry { at, fault: false, words });
    }

    fn fault(&mut self, at: Duration, notice: &Notice) {
        self.push(Entry { at, fault: true, words: format!("{}\n→ {}", notice.what, notice.try_this) });
    }

    fn push(&mut self, entry: Entry) {
        if self.entries.len() == MOST {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    pub fn newest_first(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().rev()
    }
}
