//! The app: one visitor's screens. `update` takes an event and gives effects; `view` draws. Both are pure.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::action::Action;
use super::card::Card;
use super::effect::Effect;
use super::event::Event;
use super::key::Key;
use super::keymap::{Keymap, Place};
use super::look::{Look, spinner};
use super::screens::gallery::Gallery;
use super::screens::help::Help;
use super::screens::reader::Reader;
use super::screens::turn::Turn;
use super::screens::zoom;
use super::setting::Setting;
use super::text;
use super::widgets::bars;
use crate::canvas::{Canvas, CellSize};
use crate::story::{ModelState, Notice, SamplingPatch, SequenceId, Task};

/// The least window that makes sense.
const LEAST: (u16, u16) = (60, 16);

/// One visitor's app.
pub struct App {
    setting: Setting,
    gallery: Gallery,
    reader: Option<Reader>,
    zoomed: bool,
    help: Option<Help>,
    /// Number of the next telling.
    next: u64,
    /// The task last chosen stays from one sequence to the next.
    task: Task,
}

impl App {
    /// An app with an empty gallery. The first thing it asks for is in `begin`.
    pub fn new(look: Look, sampling: SamplingPatch, columns: u16, rows: u16, cell: CellSize) -> App {
        let setting = Setting {
            columns,
            rows,
            cell,
            now: std::time::Duration::ZERO,
            model: None,
            sampling,
            look,
            keymap: Keymap::default(),
        };
        App {
            setting,
            gallery: Gallery::default(),
            reader: None,
            zoomed: false,
            help: None,
            next: 1,
            task: Task::Story,
        }
    }

    /// What a session does first.
    pub fn begin(&self) -> Vec<Effect> {
        vec![Effect::LoadGallery]
    }

    /// Something here changes with time alone: a session sends the clock a few times a second while this holds.
    pub fn is_waiting(&self) -> bool {
        let loading = self.setting.model.as_ref().is_some_and(|model| model.state == ModelState::Loading);
        loading || self.gallery.is_waiting() || self.reader.as_ref().is_some_and(Reader::is_waiting)
    }

    /// Takes an event. Effects come in the order they should be carried out.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Key(key) => return self.press(key),
            Event::Paste(pasted) => {
                if self.place() == Place::Gallery {
                    self.gallery.paste(&pasted);
                }
            }
            Event::Resized { columns, rows, cell } => {
                (self.setting.columns, self.setting.rows, self.setting.cell) = (columns, rows, cell);
                self.gallery.show_chosen(&self.setting);
            }
            Event::Clock(now) => self.setting.now = now,
            Event::Gallery(listed) => {
                self.gallery.list(listed);
                self.gallery.show_chosen(&self.setting);
            }
            Event::Added(added) => {
                let (added, problems) = match added {
                    Ok((card, problems)) => (Ok(card), problems),
                    Err(notice) => (Err(notice), Vec::new()),
                };
                let card = self.gallery.add(added);
                self.gallery.show_chosen(&self.setting);
                // The visitor may be reading something else by now.
                if let Some(card) = card.filter(|_| self.reader.is_none()) {
                    return self.read(card, problems);
                }
            }
            Event::Opened { id, result } => {
                if let Some(reader) = self.reader_of(&id) {
                    reader.take(result);
                }
            }
            Event::Telling { number, telling } => {
                let setting = &self.setting;
                if let Some(reader) = &mut self.reader
                    && reader.hear(number, telling, setting)
                {
                    self.count_story();
                }
            }
            Event::TellingOver(number) => {
                if let Some(reader) = &mut self.reader {
                    reader.over(number);
                }
            }
            Event::Model(card) => self.setting.model = Some(card),
        }
        Vec::new()
    }

    fn reader_of(&mut self, id: &SequenceId) -> Option<&mut Reader> {
        self.reader.as_mut().filter(|reader| reader.card.id == *id)
    }

    /// Where keys are heard.
    fn place(&self) -> Place {
        match (&self.help, &self.reader) {
            (Some(_), _) => Place::Help,
            (None, Some(_)) if self.zoomed => Place::Zoom,
            (None, Some(_)) => Place::Reader,
            (None, None) => Place::Gallery,
        }
    }

    fn press(&mut self, key: Key) -> Vec<Effect> {
        let place = self.place();
        let action = self.setting.keymap.action(place, key);
        // While a line is typed only these two are heard beside it.
        let always = action.filter(|action| matches!(action, Action::Quit | Action::Suspend) && key.ctrl);
        if place == Place::Gallery && self.gallery.is_typing() && always.is_none() {
            let turn = self.gallery.press(key, &self.setting);
            return self.turn(turn);
        }
        let Some(action) = action else { return Vec::new() };
        match (action, place) {
            (Action::Quit, _) => {
                let mut effects = self.leave_telling();
                effects.push(Effect::Quit);
                return effects;
            }
            (Action::Suspend, _) => return vec![Effect::Suspend],
            (Action::Help, Place::Gallery | Place::Reader | Place::Zoom) => {
                self.help = Some(Help::default());
                return Vec::new();
            }
            (Action::Zoom, _) | (Action::Back, Place::Zoom) => {
                self.zoom();
                return Vec::new();
            }
            _ => {}
        }
        let turn = match (&mut self.help, &mut self.reader) {
            (Some(help), _) => help.act(action, &self.setting),
            (None, Some(reader)) => reader.act(action, self.next, &self.setting),
            (None, None) => self.gallery.act(action, &self.setting),
        };
        self.turn(turn)
    }

    fn zoom(&mut self) {
        let Some(reader) = self.reader.as_mut().filter(|reader| reader.opened.is_some()) else { return };
        reader.focus.get_or_insert(0);
        self.zoomed = !self.zoomed;
    }

    fn turn(&mut self, turn: Turn) -> Vec<Effect> {
        match turn {
            Turn::Stay => Vec::new(),
            Turn::Do(effect) => {
                match effect {
                    Effect::Tell { .. } => self.next += 1,
                    Effect::StopTelling(_) => self.count_stopped(),
                    _ => {}
                }
                vec![effect]
            }
            Turn::Read(card) => self.read(*card, Vec::new()),
            Turn::Neighbour(step) => {
                let neighbour = self.reader.as_ref().and_then(|reader| self.gallery.neighbour(&reader.card.id, step));
                neighbour.map(|card| self.read(card, Vec::new())).unwrap_or_default()
            }
            Turn::Leave if self.help.is_some() => {
                self.help = None;
                Vec::new()
            }
            Turn::Leave => {
                let effects = self.leave_telling();
                self.reader = None;
                self.gallery.show_chosen(&self.setting);
                effects
            }
        }
    }

    /// Opens a sequence; the telling of the one before loses its listener.
    fn read(&mut self, card: Card, problems: Vec<Notice>) -> Vec<Effect> {
        let mut effects = self.leave_telling();
        effects.push(Effect::Open(card.id.clone()));
        self.zoomed = false;
        self.reader = Some(Reader::new(card, self.task, problems));
        effects
    }

    fn leave_telling(&mut self) -> Vec<Effect> {
        let Some(reader) = &self.reader else { return Vec::new() };
        self.task = reader.task();
        let stopped = reader.telling().map(Effect::StopTelling);
        if stopped.is_some() {
            self.count_stopped();
        }
        stopped.into_iter().collect()
    }

    /// One more story of the sequence being read is on the shelf.
    fn count_story(&mut self) {
        if let Some(reader) = &mut self.reader {
            reader.card.stories += 1;
            self.gallery.count_story(&reader.card.id);
        }
    }

    /// Of a telling that is stopped the studio keeps what was told, if only a word; nobody hears of it any more.
    fn count_stopped(&mut self) {
        if self.reader.as_ref().is_some_and(Reader::has_words) {
            self.count_story();
        }
    }

    /// Draws the screen; pictures come from the canvas, which notes the ones it misses.
    pub fn view(&self, frame: &mut Frame<'_>, canvas: &Canvas) {
        let setting = &self.setting;
        let buffer = frame.buffer_mut();
        let window = setting.window().intersection(buffer.area);
        if window.width < LEAST.0 || window.height < LEAST.1 {
            view_small(window, buffer);
            return;
        }
        self.view_header(buffer);
        match (&self.help, &self.reader) {
            (Some(help), _) => help.view(setting, buffer),
            (None, Some(reader)) if self.zoomed => zoom::view(reader, setting, canvas, buffer),
            (None, Some(reader)) => reader.view(setting, canvas, buffer),
            (None, None) => self.gallery.view(setting, canvas, buffer),
        }
        let foot = Rect { y: setting.rows - 1, height: 1, ..window };
        let reader = self.reader.as_ref().filter(|_| self.help.is_none());
        let can = |action| reader.is_none_or(|reader| reader.can(action));
        bars::footer(foot, self.place(), &can, setting, buffer);
    }

    /// Who we are, what is being read, and how the model is.
    fn view_header(&self, buffer: &mut Buffer) {
        let setting = &self.setting;
        let look = &setting.look;
        let area = Rect { x: 1, y: 0, width: setting.columns - 2, height: 1 };
        let mut left = vec![Span::styled("storyloom", look.chosen)];
        if self.help.is_some() {
            left.push(Span::styled("  help", look.strong));
        } else if let Some(reader) = &self.reader {
            left.push(Span::styled(format!("  {}", reader.card.title), look.strong));
            if let Some((place, of)) = self.gallery.place_of(&reader.card.id) {
                left.push(Span::styled(format!("  {place}/{of}"), look.quiet));
            }
            let about = [Some(reader.card.counts()), reader.card.credits.clone()];
            for words in about.into_iter().flatten() {
                left.push(Span::styled(format!(" · {words}"), look.quiet));
            }
        }
        bars::row(area, left, self.model(), buffer);
    }

    fn model(&self) -> Vec<Span<'static>> {
        let look = &self.setting.look;
        let Some(model) = &self.setting.model else { return vec![] };
        let (sign, style) = match model.state {
            ModelState::Ready => ("●".to_owned(), look.good),
            ModelState::Resting => ("○".to_owned(), look.quiet),
            ModelState::Loading => (spinner(self.setting.now.as_millis() / 125).to_string(), look.lit),
            ModelState::Broken => ("✗ broken:".to_owned(), look.fault),
        };
        let name = text::clip(&text::clean_line(&model.name), 28);
        vec![Span::styled(sign, style), Span::styled(format!(" {name}"), look.quiet)]
    }
}

/// A window too small for anything but saying so.
fn view_small(window: Rect, buffer: &mut Buffer) {
    let columns = usize::from(window.width.max(2));
    let size = format!("This window has {}x{} cells. ", window.width, window.height);
    let words = format!("{size}storyloom needs {}x{}: make it larger, or its letters smaller.", LEAST.0, LEAST.1);
    let lines: Vec<Line<'_>> = text::wrap(&words, columns).into_iter().map(Line::from).collect();
    let top = window.y + window.height.saturating_sub(lines.len() as u16) / 2;
    let area = Rect { y: top, height: window.bottom() - top, ..window };
    bars::write_lines(area, &lines, buffer);
}
