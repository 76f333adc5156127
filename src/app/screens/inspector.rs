//! The inspector: one story token by token. How sure the model was of each, what else might have come, which frames it
//! looked at; and from any token another way on.

use std::sync::Arc;

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::{Ask, Effect};
use crate::app::setting::Setting;
use crate::story::{Gaze, Notice, Piece, Request, Sequence, Story, Telling};

/// Alternatives shown for a token.
pub const ALTERNATIVES: usize = 8;
/// From this entropy on, in bits, a token was a choice: as between two that are equally likely.
const CHOICE: f32 = 1.0;
/// One story, looked into.
#[derive(Clone, Debug)]
pub struct Inspector {
    pub(super) sequence: Arc<Sequence>,
    pub(super) story: Story,
    pub(super) pieces: Vec<Piece>,
    /// Where patches were looked at too.
    closely: bool,
    /// The story is being read over under this number: these are the pieces so far.
    pub(super) reading: Option<(u64, Vec<Piece>)>,
    pub(super) fault: Option<Notice>,
    /// The token looked at, and the alternative chosen for it.
    pub(super) at: usize,
    pub(super) choice: usize,
    /// Show a frame under the veil of what was looked at: this one, or the one looked at most.
    pub(super) heat: bool,
    frame: Option<usize>,
}

impl Inspector {
    /// Looks into a story. `pieces` are those it was told with, if they are still known.
    pub fn new(sequence: Arc<Sequence>, story: Story, pieces: Vec<Piece>) -> Inspector {
        let known = pieces.len() == story.tokens.len() && pieces.iter().all(|piece| !piece.alternatives.is_empty());
        Inspector {
            sequence,
            story,
            pieces: if known { pieces } else { Vec::new() },
            closely: false,
            reading: None,
            fault: None,
            at: 0,
            choice: 0,
            heat: false,
            frame: None,
        }
    }

    /// What has to be asked for before there is something to see.
    pub fn begin(&mut self, number: u64, setting: &Setting) -> Turn {
        if self.pieces.is_empty() { self.read_over(number, setting) } else { Turn::Stay }
    }

    /// Has the model read the story over, watching closely: nothing is drawn, and nothing is kept.
    fn read_over(&mut self, number: u64, setting: &Setting) -> Turn {
        let writer = &self.story.writer;
        if let Some(model) = setting.model.as_ref().filter(|model| model.name != writer.model) {
            let what = format!("{} told this story, and the model at work is {}", writer.model, model.name);
            self.fault = Some(Notice::yours(what, format!("press M and choose {} to look inside", writer.model)));
            return Turn::Stay;
        }
        self.reading = Some((number, Vec::new()));
        let request = Request {
            opening: self.story.tokens.clone(),
            alternatives: ALTERNATIVES,
            gaze: Gaze::Patches,
            ..self.story.request()
        };
        let window = Some(self.story.origin.window);
        let ask = Ask { window, keep: false, ..Ask::new(self.story.sequence.clone(), request) };
        Turn::Do(Effect::Tell { number, ask: Box::new(ask) })
    }

    /// A reading brings something; what to do about it.
    pub fn hear(&mut self, number: u64, telling: Telling) -> Turn {
        let Some((under_way, read)) = self.reading.as_mut().filter(|(under_way, _)| *under_way == number) else {
            return Turn::Stay;
        };
        let number = *under_way;
        match telling {
            Telling::Piece { which: 0, piece } => read.push(piece),
            Telling::Failed { notice } => {
                self.fault = Some(notice);
                self.reading = None;
            }
            _ => {}
        }
        let whole = self.story.tokens.len();
        match self.reading.take_if(|(_, read)| read.len() == whole) {
            Some((_, read)) => {
                (self.pieces, self.closely) = (read, true);
                // A story that was cut short would be told on.
                Turn::Do(Effect::StopTelling(number))
            }
            None => Turn::Stay,
        }
    }

    /// The reading has ended, be it too early.
    pub fn over(&mut self, number: u64) {
        if self.reading.take_if(|(under_way, _)| *under_way == number).is_some() {
            self.fault = Some(Notice::ours("reading the story over ended early"));
        }
    }

    pub fn reading(&self) -> Option<u64> {
        self.reading.as_ref().map(|(number, _)| *number)
    }

    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::Branch => self.branch_point().is_some(),
            _ => !self.pieces.is_empty() || matches!(action, Action::Back | Action::Help),
        }
    }

    /// The opening of a branch here, if another token than the story's own is chosen.
    fn branch_point(&self) -> Option<Vec<u32>> {
        let piece = self.pieces.get(self.at)?;
        let other = piece.alternatives.get(self.choice).filter(|other| other.token != piece.token)?;
        let mut opening: Vec<u32> = self.pieces[..self.at].iter().map(|piece| piece.token).collect();
        opening.push(other.token);
        Some(opening)
    }

    pub fn act(&mut self, action: Action, number: u64, setting: &Setting) -> Turn {
        let last = self.pieces.len().saturating_sub(1);
        let frames = self.sequence.frames.len();
        match action {
            Action::Left => self.go(self.at.saturating_sub(1)),
            Action::Right => self.go((self.at + 1).min(last)),
            Action::First => self.go(0),
            Action::Last => self.go(last),
            Action::PageUp | Action::PageDown => self.go(self.line_away(action == Action::PageDown)),
            Action::Next => self.go((self.at + 1..=last).find(|at| self.is_choice(*at)).unwrap_or(self.at)),
            Action::Previous => self.go((0..self.at).rev().find(|at| self.is_choice(*at)).unwrap_or(self.at)),
            Action::Up | Action::Down if self.heat => {
                let step = if action == Action::Up { -1 } else { 1 };
                let shown = self.shown_frame().unwrap_or(0);
                self.frame = Some(shown.saturating_add_signed(step).min(frames.saturating_sub(1)));
            }
            Action::Up => self.choice = self.choice.saturating_sub(1),
            Action::Down => {
                let count = self.pieces.get(self.at).map_or(0, |piece| piece.alternatives.len());
                self.choice = (self.choice + 1).min(count.saturating_sub(1));
            }
            Action::Zoom => {
                (self.heat, self.frame) = (!self.heat, None);
                if self.heat && !self.closely && self.reading.is_none() {
                    return self.read_over(number, setting);
                }
            }
            Action::Branch => {
                let Some(opening) = self.branch_point() else { return Turn::Stay };
                let request = Request { opening, ..self.story.request() };
                let window = Some(self.story.origin.window);
                let parent = Some(self.story.id.clone());
                let ask = Ask { window, parent, ..Ask::new(self.story.sequence.clone(), request) };
                return Turn::Tell(Box::new(ask));
            }
            Action::Back if self.heat => self.heat = false,
            Action::Back | Action::Inspect => return Turn::Leave,
            _ => {}
        }
        Turn::Stay
    }

    pub(super) fn go(&mut self, at: usize) {
        if at != self.at {
            (self.at, self.choice) = (at, 0);
        }
    }

    fn is_choice(&self, at: usize) -> bool {
        self.pieces.get(at).and_then(Piece::entropy).is_some_and(|bits| bits >= CHOICE)
    }

    /// The first token of the story's line before this one or after it.
    fn line_away(&self, down: bool) -> usize {
        let starts: Vec<usize> = (0..self.pieces.len())
            .filter(|at| *at == 0 || self.pieces[at - 1].text.contains('\n') || self.pieces[*at].frame.is_some())
            .collect();
        let found = match down {
            true => starts.into_iter().find(|start| *start > self.at),
            false => starts.into_iter().rev().find(|start| *start < self.at),
        };
        found.unwrap_or(self.at)
    }

    /// The frame under the veil.
    pub(super) fn shown_frame(&self) -> Option<usize> {
        let most = |piece: &Piece| {
            (0..piece.attention.len()).max_by(|a, b| piece.attention[*a].total_cmp(&piece.attention[*b]))
        };
        self.frame.or_else(|| self.pieces.get(self.at).and_then(most))
    }
}
