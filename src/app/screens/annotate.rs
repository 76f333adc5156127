//! Notes about a sequence, frame by frame: what is seen, felt, who is there, what happens, and a reference story. Written by
//! hand, or suggested by the model and corrected. Every change is kept at once and can be undone.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::Widget;
use ratatui_textarea::{CursorMove, TextArea, WrapMode};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::{Ask, Effect};
use crate::app::key::{Key, KeyCode};
use crate::app::live::{Live, Stage};
use crate::app::look::{HERE, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::picture::captioned;
use crate::app::widgets::typing::input;
use crate::canvas::{Canvas, fit};
use crate::story::{NoteKind, Notes, Notice, Request, Sequence, Telling};

/// Changes that can be undone.
const UNDO: usize = 100;
/// Rows of a note on the screen, its heading among them.
const ROWS: u16 = 4;

/// The notes of one sequence under a visitor's hands.
#[derive(Clone, Debug)]
pub struct Annotate {
    sequence: Arc<Sequence>,
    /// `None` until they have come.
    notes: Option<Notes>,
    frame: usize,
    kind: usize,
    editing: Option<TextArea<'static>>,
    /// Earlier states, the last one last.
    before: Vec<Notes>,
    suggesting: Option<(NoteKind, Live)>,
    notice: Option<Notice>,
}

impl Annotate {
    pub fn new(sequence: Arc<Sequence>, frame: usize) -> Annotate {
        let (notes, editing, before) = (None, None, Vec::new());
        Annotate { sequence, notes, frame, kind: 0, editing, before, suggesting: None, notice: None }
    }

    /// The notes have come, or cannot.
    pub fn take(&mut self, result: Result<Notes, Notice>) {
        match result {
            Ok(notes) => self.notes = Some(notes),
            Err(notice) => self.notice = Some(notice),
        }
    }

    /// A change could not be kept.
    pub fn fail(&mut self, notice: Notice) {
        self.notice = Some(notice);
    }

    /// The number of a suggestion under way.
    pub fn telling(&self) -> Option<u64> {
        self.suggesting.as_ref().map(|(_, live)| live.number)
    }

    fn chosen(&self) -> NoteKind {
        NoteKind::ALL[self.kind]
    }

    /// A suggestion brings something.
    pub fn hear(&mut self, number: u64, telling: Telling, setting: &Setting) -> Turn {
        let Some((kind, live)) = self.suggesting.as_mut().filter(|(_, live)| live.number == number) else {
            return Turn::Stay;
        };
        live.hear(telling, setting.now);
        match &live.stage {
            Stage::Failed(notice) => {
                self.notice = Some(notice.clone());
                self.suggesting = None;
                Turn::Stay
            }
            Stage::Ended(_) => {
                let (kind, lines) = (*kind, live.lines(self.sequence.frames.len()));
                self.suggesting = None;
                let mut notes = self.notes.clone().unwrap_or_default();
                // What somebody wrote is not written over.
                for place in notes.missing(kind, self.sequence.frames.len()) {
                    if let Some(line) = lines.iter().find(|line| line.frame == Some(place)) {
                        notes.set(kind, place, line.text.clone());
                    }
                }
                self.change(notes)
            }
            _ => Turn::Stay,
        }
    }

    /// The stream of a suggestion has ended.
    pub fn over(&mut self, number: u64) {
        self.suggesting.take_if(|(_, live)| live.number == number);
    }

    fn change(&mut self, notes: Notes) -> Turn {
        let old = self.notes.replace(notes.clone()).unwrap_or_default();
        if old == notes {
            return Turn::Stay;
        }
        if self.before.len() == UNDO {
            self.before.remove(0);
        }
        self.before.push(old);
        Turn::Do(Effect::KeepNotes(self.sequence.id.clone(), Box::new(notes)))
    }

    /// A key while a note is written; `None`: it is to be looked up.
    pub fn press(&mut self, key: Key) -> Option<Turn> {
        let area = self.editing.as_mut()?;
        match key.code {
            KeyCode::Esc => self.editing = None,
            KeyCode::Enter => {
                let text = area.lines().join(" ").trim().to_owned();
                self.editing = None;
                let mut notes = self.notes.clone().unwrap_or_default();
                notes.set(self.chosen(), self.frame, text);
                return Some(self.change(notes));
            }
            _ => drop(area.input(input(key))),
        }
        Some(Turn::Stay)
    }

    pub fn paste(&mut self, pasted: &str) {
        if let Some(area) = &mut self.editing {
            area.insert_str(text::clean_line(pasted));
        }
    }

    pub fn can(&self, action: Action) -> bool {
        let here = self.notes.is_some();
        match action {
            Action::Open | Action::Clear => here,
            Action::Suggest => here && self.suggesting.is_none() && self.chosen().task().is_some(),
            Action::Undo => !self.before.is_empty(),
            _ => true,
        }
    }

    /// `number` is for a telling, should the action begin one.
    pub fn act(&mut self, action: Action, number: u64, setting: &Setting) -> Turn {
        if !self.can(action) {
            return Turn::Stay;
        }
        self.notice = None;
        let last = self.sequence.frames.len().saturating_sub(1);
        match action {
            Action::Left => self.frame = self.frame.saturating_sub(1),
            Action::Right => self.frame = (self.frame + 1).min(last),
            Action::First => self.frame = 0,
            Action::Last => self.frame = last,
            Action::Up => self.kind = self.kind.saturating_sub(1),
            Action::Down => self.kind = (self.kind + 1).min(NoteKind::ALL.len() - 1),
            Action::Open => {
                let now = self.notes.as_ref().map_or("", |notes| notes.get(self.chosen(), self.frame));
                let mut area = TextArea::from([now.to_owned()]);
                area.set_wrap_mode(WrapMode::WordOrGlyph);
                area.set_cursor_line_style(Style::new());
                area.move_cursor(CursorMove::End);
                self.editing = Some(area);
            }
            Action::Clear => {
                let mut notes = self.notes.clone().unwrap_or_default();
                notes.set(self.chosen(), self.frame, String::new());
                return self.change(notes);
            }
            Action::Undo => {
                let notes = self.before.pop().unwrap_or_default();
                self.notes = Some(notes.clone());
                return Turn::Do(Effect::KeepNotes(self.sequence.id.clone(), Box::new(notes)));
            }
            Action::Suggest => {
                let Some(task) = self.chosen().task() else { return Turn::Stay };
                self.suggesting = Some((self.chosen(), Live::new(number, task, setting.now)));
                let template = setting.template(task).and_then(|template| template.own.clone());
                let request = Request { task, template, sampling: setting.sampling.clone(), ..Request::default() };
                let ask = Ask { keep: false, ..Ask::new(self.sequence.id.clone(), request) };
                return Turn::Do(Effect::Tell { number, ask: Box::new(ask) });
            }
            Action::Back | Action::Annotate => return Turn::Leave,
            _ => {}
        }
        Turn::Stay
    }

    /// Something here changes with time alone.
    pub fn is_waiting(&self) -> bool {
        self.suggesting.is_some() || (self.notes.is_none() && self.notice.is_none())
    }

    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let Some(frame) = self.sequence.frames.get(self.frame) else { return };
        let width = (body.width * 2 / 5).max(24);
        let room = body.height.saturating_sub(1);
        let rows = fit((frame.width, frame.height), width - 2, room, setting.cell).map_or(room, |fit| fit.rows);
        let slot = Rect { x: body.x + 1, width: width - 2, height: rows + 1, ..body };
        let head = format!("of {}", self.sequence.frames.len());
        captioned(canvas, frame, (true, &head), slot, look, buffer);
        let fields = Rect { x: body.x + width + 1, width: body.width - width - 2, ..body };
        // The note that is written gets what rows the others leave.
        let rows = (fields.height / NoteKind::ALL.len() as u16).clamp(2, ROWS);
        let spare = fields.height.saturating_sub(rows * NoteKind::ALL.len() as u16);
        let mut y = fields.y;
        for (n, kind) in NoteKind::ALL.into_iter().enumerate() {
            let here = n == self.kind;
            let height = if here { rows + spare.min(6) } else { rows };
            let height = height.min(fields.bottom().saturating_sub(y));
            self.view_note(kind, here, Rect { y, height, ..fields }, setting, buffer);
            y += height;
        }
        self.view_status(setting, buffer);
    }

    fn view_note(&self, kind: NoteKind, here: bool, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        if area.height == 0 {
            return;
        }
        let sign = if here { HERE } else { " " };
        let style = if here { look.chosen } else { look.quiet };
        let mut head = vec![Span::styled(format!("{sign} {}", kind.word()), style)];
        if let Some((_, live)) = self.suggesting.as_ref().filter(|(suggested, _)| *suggested == kind) {
            let words = format!("  {} suggesting, {} tokens", spinner(setting.now.as_millis() / 125), live.tokens);
            head.push(Span::styled(words, look.lit));
        }
        buffer.set_line(area.x, area.y, &Line::from(head), area.width);
        let page = Rect { x: area.x + 2, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height - 1 };
        if let Some(editing) = self.editing.as_ref().filter(|_| here) {
            let mut editing = editing.clone();
            editing.set_style(look.text);
            editing.set_cursor_style(look.chosen_bar);
            (&editing).render(page, buffer);
            return;
        }
        let note = self.notes.as_ref().map_or("", |notes| notes.get(kind, self.frame));
        let (words, style) = match note.trim().is_empty() {
            true if here && kind.task().is_some() => ("enter writes; g has the model suggest it", look.hollow),
            true if here => ("enter writes", look.hollow),
            true => ("–", look.hollow),
            false => (note, look.text),
        };
        let lines: Vec<Line<'static>> =
            text::wrap(words, usize::from(page.width)).into_iter().map(|row| Line::styled(row, style)).collect();
        bars::write_lines(page, &lines, buffer);
    }

    /// How much of each kind is written, or what went wrong.
    fn view_status(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        if let Some(notice) = &self.notice {
            let words = format!("{} · {}", text::clean_line(&notice.what), text::clean_line(&notice.try_this));
            bars::row(line, vec![Span::styled(words, look.fault)], vec![], buffer);
            return;
        }
        let frames = self.sequence.frames.len();
        let mut spans = Vec::new();
        for kind in NoteKind::ALL {
            let missing = self.notes.as_ref().map_or(frames, |notes| notes.missing(kind, frames).len());
            let style = if missing == 0 { look.good } else { look.quiet };
            let gap = if spans.is_empty() { "" } else { " · " };
            spans.push(Span::styled(format!("{gap}{} {}/{frames}", kind.word(), frames - missing), style));
        }
        bars::row(line, spans, vec![], buffer);
    }
}
