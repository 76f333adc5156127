//! A story as it is seen: told just now, piece by piece, or taken from the shelf. It knows which words belong to which frame.

use std::time::Duration;

use super::text;
use crate::story::{Finish, Notice, Piece, Story, Task, Telling};

/// Where a telling stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Waiting for the model or looking at the frames: `done` of `total`.
    Looking {
        done: usize,
        total: usize,
    },
    Writing,
    Ended(Finish),
    /// The stream ended without a last word.
    BrokenOff,
    Failed(Notice),
}

/// One line of the story and the frame it is about, where that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub frame: Option<usize>,
    pub text: String,
    /// Told before: the story that is being continued.
    pub before: bool,
}

/// A story in the reader.
#[derive(Clone, Debug, PartialEq)]
pub struct Live {
    pub number: u64,
    pub task: Task,
    pub stage: Stage,
    /// The story that this one goes on from.
    pub before: String,
    pub text: String,
    /// From which byte of the text on it is about which frame.
    marks: Vec<(usize, usize)>,
    /// Chapter, of how many, and its frames (first and last).
    pub chapter: Option<(usize, usize, usize, usize)>,
    pub tokens: usize,
    /// What it was told with, as it streamed; empty for a story from the shelf.
    pub pieces: Vec<Piece>,
    /// What is told should be this, word for word.
    pub again: Option<String>,
    /// Where attention is, a value a frame, averaged over the last words: for models that mark no frames.
    gaze: Vec<f32>,
    began: Duration,
    first: Option<Duration>,
    latest: Duration,
    /// The whole record, once told.
    pub story: Option<Story>,
}

impl Live {
    /// A telling that begins now.
    pub fn new(number: u64, task: Task, now: Duration) -> Live {
        Live {
            number,
            task,
            stage: Stage::Looking { done: 0, total: 0 },
            before: String::new(),
            text: String::new(),
            marks: Vec::new(),
            chapter: None,
            tokens: 0,
            pieces: Vec::new(),
            again: None,
            gaze: Vec::new(),
            began: now,
            first: None,
            latest: now,
            story: None,
        }
    }

    /// A story from the shelf.
    pub fn told(story: Story) -> Live {
        let mut live = Live::new(0, story.task, Duration::ZERO);
        live.text = text::clean(&story.text);
        live.stage = Stage::Ended(story.finish);
        live.tokens = story.timing.new_tokens;
        live.story = Some(story);
        live
    }

    /// Takes what a telling brings. `now` is when it arrived.
    pub fn hear(&mut self, telling: Telling, now: Duration) {
        match telling {
            Telling::Looking { done, total } => {
                if matches!(self.stage, Stage::Looking { .. }) {
                    self.stage = Stage::Looking { done, total };
                }
            }
            Telling::Chapter { number, of, first, last } => {
                if !self.text.is_empty() && !self.text.ends_with('\n') {
                    self.text.push('\n');
                }
                self.chapter = Some((number, of, first, last));
            }
            // The reader asks for one story at a time.
            Telling::Piece { which: 0, piece } => self.add(piece, now),
            Telling::Done { which: 0, story } => {
                self.stage = Stage::Ended(story.finish);
                self.tokens = story.timing.new_tokens;
                self.story = Some(*story);
            }
            Telling::Failed { notice } => self.stage = Stage::Failed(notice),
            Telling::Piece { .. } | Telling::Done { .. } => {}
        }
    }

    fn add(&mut self, piece: Piece, now: Duration) {
        self.stage = Stage::Writing;
        self.first.get_or_insert(now);
        self.latest = now;
        self.tokens += 1;
        self.follow(&piece);
        if let Some(frame) = piece.frame
            && self.marks.last().is_none_or(|(_, last)| *last != frame)
        {
            self.marks.push((self.text.len(), frame));
        }
        self.text.push_str(&text::clean(&piece.text));
        self.pieces.push(piece);
    }

    /// Attention jumps from word to word: what counts is where it has been for some of them.
    fn follow(&mut self, piece: &Piece) {
        const MEMORY: f32 = 0.85;
        self.gaze.resize(piece.attention.len(), 0.0);
        for (before, now) in self.gaze.iter_mut().zip(&piece.attention) {
            *before = MEMORY * *before + (1.0 - MEMORY) * now;
        }
    }

    /// Whether it came out as it was told before, if it is told again.
    pub fn is_the_same(&self) -> Option<bool> {
        let told = self.story.as_ref()?;
        self.again.as_ref().map(|again| *again == told.text)
    }

    /// All that was told, with what it goes on from.
    pub fn whole(&self) -> String {
        match self.before.trim_end() {
            "" => self.text.clone(),
            before => format!("{before}\n{}", self.text),
        }
    }

    /// The visitor asked to stop: what was told stays.
    pub fn stop(&mut self) {
        if self.is_under_way() {
            self.stage = Stage::Ended(Finish::Cancelled);
        }
    }

    /// The stream has ended; if nobody said why, say that.
    pub fn over(&mut self) {
        if self.is_under_way() {
            self.stage = Stage::BrokenOff;
        }
    }

    pub fn is_under_way(&self) -> bool {
        matches!(self.stage, Stage::Looking { .. } | Stage::Writing)
    }

    /// The frame being told, while it is: as the model marks it, or where it looks most.
    pub fn frame(&self) -> Option<usize> {
        let writing = matches!(self.stage, Stage::Writing);
        let marked = self.marks.last().map(|(_, frame)| *frame);
        let most = |a: &usize, b: &usize| self.gaze[*a].total_cmp(&self.gaze[*b]);
        let looked_at = || (0..self.gaze.len()).max_by(most).filter(|frame| self.gaze[*frame] > 0.0);
        marked.or_else(looked_at).filter(|_| writing)
    }

    /// The story's lines, empty ones left out.
    ///
    /// Without marks, as many lines as the sequence has frames are taken for one line a frame.
    pub fn lines(&self, frames: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut start = 0;
        let told = |text: &str| !text.trim().is_empty();
        for old in self.before.split('\n').filter(|line| told(line)) {
            lines.push(Line { frame: None, text: old.trim().to_owned(), before: true });
        }
        let old = lines.len();
        for raw in self.text.split('\n') {
            let begin = start + raw.len() - raw.trim_start().len();
            start += raw.len() + 1;
            if !told(raw) {
                continue;
            }
            let frame = self.marks.iter().take_while(|(from, _)| *from <= begin).last().map(|(_, frame)| *frame);
            lines.push(Line { frame, text: raw.trim().to_owned(), before: false });
        }
        let told = &mut lines[old..];
        if self.marks.is_empty() && !self.is_under_way() && told.len() == frames && frames > 1 {
            for (place, line) in told.iter_mut().enumerate() {
                line.frame = Some(place);
            }
        }
        lines
    }

    /// From the order to the first piece, in milliseconds.
    pub fn first_token_ms(&self) -> Option<f64> {
        match &self.story {
            Some(story) => Some(story.timing.first_token_ms),
            None => self.first.map(|first| (first.saturating_sub(self.began)).as_secs_f64() * 1000.0),
        }
    }

    /// Tokens a second: of the whole story once told, so far while it is being told.
    pub fn tokens_per_second(&self) -> Option<f64> {
        if let Some(story) = &self.story {
            return Some(story.timing.tokens_per_second()).filter(|speed| *speed > 0.0);
        }
        let seconds = self.latest.saturating_sub(self.first?).as_secs_f64();
        (self.tokens > 1 && seconds > 0.0).then(|| (self.tokens - 1) as f64 / seconds)
    }

    /// Why it ended, in words; nothing while it is under way.
    pub fn ending(&self) -> Option<&'static str> {
        match &self.stage {
            Stage::Ended(Finish::End) => Some("the end"),
            Stage::Ended(Finish::Stop) => Some("met a stop word"),
            Stage::Ended(Finish::Length) => Some("cut at the token limit"),
            Stage::Ended(Finish::Cancelled) => Some("stopped"),
            Stage::BrokenOff => Some("broken off"),
            Stage::Failed(_) => Some("failed"),
            Stage::Looking { .. } | Stage::Writing | Stage::Ended(Finish::Awaited) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str, frame: Option<usize>) -> Telling {
        Telling::Piece { which: 0, piece: Piece { text: text.into(), frame, ..Default::default() } }
    }

    fn at(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn lines_know_their_frames_from_marks() {
        let mut live = Live::new(1, Task::Story, at(0));
        for (text, frame) in
            [("Mia the fox", Some(0)), (" woke.", Some(0)), ("\n", None), ("It rained", Some(1)), (".", None)]
        {
            live.hear(piece(text, frame), at(5));
        }
        let lines = live.lines(2);
        assert_eq!(lines[0], Line { frame: Some(0), text: "Mia the fox woke.".into(), before: false });
        assert_eq!(lines[1], Line { frame: Some(1), text: "It rained.".into(), before: false });
        assert_eq!(live.frame(), Some(1));
    }

    #[test]
    fn a_mark_on_the_line_end_belongs_to_the_next_line() {
        let mut live = Live::new(1, Task::Story, at(0));
        for (text, frame) in [("One.", Some(0)), ("\n", Some(1)), ("Two.", Some(1))] {
            live.hear(piece(text, frame), at(5));
        }
        assert_eq!(live.lines(2).iter().map(|line| line.frame).collect::<Vec<_>>(), [Some(0), Some(1)]);
    }

    #[test]
    fn without_marks_a_line_a_frame_is_recognised_only_at_the_end() {
        let mut live = Live::new(1, Task::Story, at(0));
        live.hear(piece("One.\nTwo.", None), at(5));
        assert!(live.lines(2).iter().all(|line| line.frame.is_none()));
        live.stop();
        assert_eq!(live.lines(2)[1].frame, Some(1));
        assert!(live.lines(3).iter().all(|line| line.frame.is_none()));
    }

    #[test]
    fn speed_and_first_token_are_measured_while_it_streams() {
        let mut live = Live::new(1, Task::Story, at(100));
        assert_eq!((live.first_token_ms(), live.tokens_per_second()), (None, None));
        for n in 0..=10 {
            live.hear(piece("a ", None), at(300 + n * 100));
        }
        assert_eq!(live.first_token_ms(), Some(200.0));
        assert_eq!(live.tokens_per_second(), Some(10.0));
    }

    #[test]
    fn what_could_steer_the_terminal_never_arrives() {
        let mut live = Live::new(1, Task::Story, at(0));
        live.hear(piece("\x1b", None), at(1));
        live.hear(piece("]0;title\x07.", None), at(2));
        assert_eq!(live.text, "]0;title.");
    }

    #[test]
    fn a_stream_that_ends_without_a_word_says_so() {
        let mut live = Live::new(1, Task::Story, at(0));
        live.over();
        assert_eq!(live.ending(), Some("broken off"));
    }
}
