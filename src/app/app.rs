//! The app: one visitor's screens. `update` takes an event and gives effects; `view` draws. Both are pure.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::action::Action;
use super::card::Card;
use super::effect::{Ask, Effect};
use super::event::{Event, Template};
use super::key::Key;
use super::keymap::{Keymap, Place};
use super::layer::{Below, Layer};
use super::log::Log;
use super::look::{Look, spinner};
use super::mouse::{Did, Mouse};
use super::screens::compare::Compare;
use super::screens::gallery::Gallery;
use super::screens::help::Help;
use super::screens::history::History;
use super::screens::inspector::Inspector;
use super::screens::log::LogPane;
use super::screens::models::Models;
use super::screens::palette::{Palette, Picked};
use super::screens::reader::Reader;
use super::screens::sampling::SamplingForm;
use super::screens::turn::Turn;
use super::screens::writing::Writing;
use super::setting::Setting;
use super::text;
use super::widgets::bars;
use crate::canvas::{Canvas, CellSize};
use crate::story::{ModelState, Notice, SamplingPatch, SequenceId, Task, Telling};

/// The least window that makes sense.
const LEAST: (u16, u16) = (60, 16);

/// One visitor's app.
pub struct App {
    setting: Setting,
    gallery: Gallery,
    reader: Option<Reader>,
    /// What lies over them, the topmost last.
    layers: Vec<Layer>,
    palette: Option<Palette>,
    log: Log,
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
            templates: Vec::new(),
            look,
            keymap: Keymap::default(),
        };
        let gallery = Gallery::default();
        let (layers, log) = (Vec::new(), Log::default());
        App { setting, gallery, reader: None, layers, palette: None, log, next: 1, task: Task::Story }
    }

    /// The same app with other keys.
    pub fn with_keys(mut self, keymap: Keymap) -> App {
        self.setting.keymap = keymap;
        self
    }

    /// What a session does first.
    pub fn begin(&self) -> Vec<Effect> {
        vec![Effect::LoadGallery, Effect::LoadTemplates]
    }

    /// Something here changes with time alone: a session sends the clock a few times a second while this holds.
    pub fn is_waiting(&self) -> bool {
        let loading = self.setting.model.as_ref().is_some_and(|model| model.state == ModelState::Loading);
        let below = self.gallery.is_waiting() || self.reader.as_ref().is_some_and(Reader::is_waiting);
        loading || below || self.layers.iter().any(Layer::is_waiting)
    }

    /// Takes an event. Effects come in the order they should be carried out.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        self.log.hear(&event, self.setting.now);
        match event {
            Event::Key(key) => return self.press(key),
            Event::Mouse(mouse) => return self.mouse(mouse),
            Event::Paste(pasted) => self.paste(&pasted),
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
                if let Some(inspector) = self.inspector() {
                    let turn = inspector.hear(number, telling.clone());
                    if turn != Turn::Stay {
                        return self.turn(turn);
                    }
                }
                let setting = &self.setting;
                if let Some(compare) = compare(&mut self.layers)
                    && compare.hear(number, &telling, setting)
                {
                    if let (Telling::Done { story, .. }, Some(reader)) = (telling, &mut self.reader) {
                        reader.put(*story);
                    }
                    self.count_story();
                    return Vec::new();
                }
                if let Some(reader) = &mut self.reader
                    && reader.hear(number, telling, setting)
                {
                    self.count_story();
                }
            }
            Event::TellingOver(number) => {
                if let Some(inspector) = self.inspector() {
                    inspector.over(number);
                }
                if let Some(compare) = compare(&mut self.layers) {
                    compare.over(number);
                }
                if let Some(reader) = &mut self.reader {
                    reader.over(number);
                }
            }
            Event::Model(card) => self.setting.model = Some(card),
            Event::Models(listed) => {
                if let (Some(compare), Ok(cards)) = (compare(&mut self.layers), &listed) {
                    compare.list(cards);
                }
                for layer in &mut self.layers {
                    if let Layer::Models(models) = layer {
                        models.list(listed.clone());
                    }
                }
            }
            Event::Kept(kept) => {
                let stories = self.reader.as_mut().map_or(0, |reader| reader.keep(kept));
                (0..stories).for_each(|_| self.count_story());
            }
            Event::Exported(exported) => {
                if let Some(reader) = &mut self.reader {
                    reader.say(exported.map(|path| format!("written to {path}")));
                }
            }
            Event::Templates(templates) => self.setting.templates = templates,
        }
        Vec::new()
    }

    fn reader_of(&mut self, id: &SequenceId) -> Option<&mut Reader> {
        self.reader.as_mut().filter(|reader| reader.card.id == *id)
    }

    fn inspector(&mut self) -> Option<&mut Inspector> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Inspector(inspector) => Some(inspector.as_mut()),
            _ => None,
        })
    }

    /// Where keys are heard.
    fn place(&self) -> Place {
        match (self.layers.last(), &self.reader) {
            (Some(layer), _) => layer.place(),
            (None, Some(_)) => Place::Reader,
            (None, None) => Place::Gallery,
        }
    }

    fn paste(&mut self, pasted: &str) {
        match (&mut self.palette, self.layers.last_mut()) {
            (Some(palette), _) => palette.paste(pasted),
            (None, Some(layer)) => drop(layer.paste(pasted)),
            (None, None) if self.reader.is_none() => self.gallery.paste(pasted),
            (None, None) => {}
        }
    }

    fn mouse(&mut self, Mouse { at, did }: Mouse) -> Vec<Effect> {
        let place = self.place();
        if self.palette.is_some() || (place == Place::Gallery && self.gallery.is_typing()) {
            return Vec::new();
        }
        match did {
            Did::WheelUp => self.act(Action::Up, place),
            Did::WheelDown => self.act(Action::Down, place),
            Did::Click if at.y + 1 == self.setting.rows => {
                let hint = bars::hint_at(at.x, self.setting.foot(), place, &|action| self.can(action), &self.setting);
                hint.map(|action| self.act(action, place)).unwrap_or_default()
            }
            Did::Click => match (self.layers.last_mut(), &mut self.reader) {
                (None, None) => {
                    let turn = self.gallery.click(at, &self.setting);
                    self.turn(turn)
                }
                (None, Some(reader)) => {
                    if reader.click(at, &self.setting) {
                        self.zoom();
                    }
                    Vec::new()
                }
                (Some(Layer::Zoom), _) => self.act(Action::Back, place),
                (Some(layer), _) => {
                    layer.click(at, &self.setting);
                    Vec::new()
                }
            },
        }
    }

    fn press(&mut self, key: Key) -> Vec<Effect> {
        let place = self.place();
        let action = self.setting.keymap.action(place, key);
        // While a line is typed only these two are heard beside it.
        let always = action.filter(|action| matches!(action, Action::Quit | Action::Suspend) && key.ctrl);
        if let (Some(palette), None) = (&mut self.palette, always) {
            return match palette.press(key) {
                Picked::Nothing => Vec::new(),
                Picked::Leave => {
                    self.palette = None;
                    Vec::new()
                }
                Picked::Do(action) => {
                    self.palette = None;
                    self.act(action, place)
                }
            };
        }
        if place == Place::Gallery && self.gallery.is_typing() && always.is_none() {
            let turn = self.gallery.press(key, &self.setting);
            return self.turn(turn);
        }
        if let (Some(layer), None) = (self.layers.last_mut(), always)
            && let Some(turn) = layer.type_key(key, action)
        {
            return self.turn(turn);
        }
        action.map(|action| self.act(action, place)).unwrap_or_default()
    }

    fn act(&mut self, action: Action, place: Place) -> Vec<Effect> {
        match (action, place) {
            (Action::Quit, _) => {
                let mut effects = self.leave_telling();
                effects.push(Effect::Quit);
                return effects;
            }
            (Action::Suspend, _) => return vec![Effect::Suspend],
            (Action::Palette, _) => {
                self.palette = Some(Palette::new(self.offered()));
                return Vec::new();
            }
            (Action::Help, place) if place != Place::Help => {
                self.layers.push(Layer::Help(Help::of(place)));
                return Vec::new();
            }
            (Action::Models, place) if place != Place::Models => {
                self.layers.push(Layer::Models(Models::default()));
                return vec![Effect::LoadModels];
            }
            (Action::Log, place) if place != Place::Log => {
                self.layers.push(Layer::Log(LogPane::default()));
                return Vec::new();
            }
            (Action::Sampling, Place::Compare) if self.can(action) => {
                let sampling = compare(&mut self.layers).map(|compare| compare.sampling().clone());
                self.layers.push(Layer::Sampling(SamplingForm::new(sampling.unwrap_or_default())));
                return Vec::new();
            }
            (Action::Zoom, Place::Reader | Place::Zoom) | (Action::Back, Place::Zoom) => {
                self.zoom();
                return Vec::new();
            }
            (_, Place::Reader) => {
                if let Some(effects) = self.over_reader(action) {
                    return effects;
                }
            }
            _ => {}
        }
        let turn = match (self.layers.last_mut(), &mut self.reader) {
            (Some(Layer::Zoom), Some(reader)) => reader.act(action, self.next, &self.setting),
            (Some(layer), _) => layer.act(action, self.next, &self.setting),
            (None, Some(reader)) => reader.act(action, self.next, &self.setting),
            (None, None) => self.gallery.act(action, &self.setting),
        };
        self.turn(turn)
    }

    /// Actions of the reader that lay something over it; `None` if this is none of them.
    fn over_reader(&mut self, action: Action) -> Option<Vec<Effect>> {
        let reader = self.reader.as_ref()?;
        let sequence = reader.opened.as_ref().map(|opened| opened.sequence.clone());
        let story = reader.live.as_ref().and_then(|live| live.story.clone());
        if !reader.can(action) {
            return Some(Vec::new());
        }
        let layer = match action {
            Action::History => Layer::History(History::new(reader.stories().to_vec(), story.map(|s| s.id).as_deref())),
            Action::Sampling => Layer::Sampling(SamplingForm::new(self.setting.sampling.clone())),
            Action::Compare => {
                self.layers.push(Layer::Compare(Box::new(Compare::new(sequence?, reader.task(), &self.setting))));
                return Some(vec![Effect::LoadModels]);
            }
            Action::Prompt => {
                let Template { task, standard, own } = self.setting.template(reader.task())?.clone();
                Layer::Writing(Box::new(Writing::prompt(task, standard, own)))
            }
            Action::Edit => Layer::Writing(Box::new(Writing::story(story?))),
            Action::Inspect => {
                let pieces = reader.live.as_ref().map(|live| live.pieces.clone()).unwrap_or_default();
                let mut inspector = Inspector::new(sequence?, story?, pieces);
                let turn = inspector.begin(self.next, &self.setting);
                self.layers.push(Layer::Inspector(Box::new(inspector)));
                return Some(self.turn(turn));
            }
            _ => return None,
        };
        self.layers.push(layer);
        Some(Vec::new())
    }

    /// What the palette offers: all that can be done here, with the sign of its key.
    fn offered(&self) -> Vec<(Action, String)> {
        let rows = self.setting.keymap.rows(self.place()).filter(|row| self.can(row.action));
        let signs = rows.map(|row| (row.action, row.keys.iter().map(|key| key.sign()).collect::<Vec<_>>().join(" ")));
        signs.filter(|(action, _)| *action != Action::Palette).collect()
    }

    fn can(&self, action: Action) -> bool {
        match (self.layers.last(), &self.reader) {
            (Some(Layer::Zoom), Some(reader)) => reader.can(action),
            (Some(layer), _) => layer.can(action),
            (None, Some(reader)) => reader.can(action),
            (None, None) => true,
        }
    }

    fn zoom(&mut self) {
        let Some(reader) = self.reader.as_mut().filter(|reader| reader.opened.is_some()) else { return };
        reader.focus.get_or_insert(0);
        match self.layers.pop() {
            Some(Layer::Zoom) => {}
            other => self.layers.extend(other.into_iter().chain([Layer::Zoom])),
        }
    }

    fn turn(&mut self, turn: Turn) -> Vec<Effect> {
        match turn {
            Turn::Stay => Vec::new(),
            Turn::Do(effect) => {
                match effect {
                    Effect::Tell { .. } => self.next += 1,
                    Effect::StopTelling(number) => self.count_stopped(number),
                    _ => {}
                }
                vec![effect]
            }
            Turn::DoAll(effects) => effects.into_iter().flat_map(|effect| self.turn(Turn::Do(effect))).collect(),
            Turn::Read(card) => self.read(*card, Vec::new()),
            Turn::Neighbour(step) => {
                let neighbour = self.reader.as_ref().and_then(|reader| self.gallery.neighbour(&reader.card.id, step));
                neighbour.map(|card| self.read(card, Vec::new())).unwrap_or_default()
            }
            Turn::Tell(ask) => self.tell(*ask),
            Turn::Story(story) => {
                let effects = self.leave_telling();
                self.layers.clear();
                if let Some(reader) = &mut self.reader {
                    reader.show(*story);
                }
                effects
            }
            Turn::Sample(sampling) => {
                match compare(&mut self.layers) {
                    Some(compare) => compare.sample(*sampling),
                    None => self.setting.sampling = *sampling,
                }
                Vec::new()
            }
            Turn::LeaveAnd(then) => {
                let mut effects = self.turn(Turn::Leave);
                effects.extend(self.turn(Turn::DoAll(then)));
                effects
            }
            Turn::Leave => match self.layers.pop() {
                Some(Layer::Inspector(inspector)) => inspector.reading().map(Effect::StopTelling).into_iter().collect(),
                Some(_) => Vec::new(),
                None => {
                    let effects = self.leave_telling();
                    self.reader = None;
                    self.gallery.show_chosen(&self.setting);
                    effects
                }
            },
        }
    }

    /// Has the reader tell what a layer asks for.
    fn tell(&mut self, ask: Ask) -> Vec<Effect> {
        let mut effects = self.leave_telling();
        self.layers.clear();
        let Some(reader) = &mut self.reader else { return effects };
        effects.push(reader.begin(self.next, ask, &self.setting));
        self.next += 1;
        effects
    }

    /// Opens a sequence; the telling of the one before loses its listener.
    fn read(&mut self, card: Card, problems: Vec<Notice>) -> Vec<Effect> {
        let mut effects = self.leave_telling();
        effects.push(Effect::Open(card.id.clone()));
        self.layers.clear();
        self.reader = Some(Reader::new(card, self.task, problems));
        effects
    }

    fn leave_telling(&mut self) -> Vec<Effect> {
        let read_over = self.inspector().and_then(|inspector| inspector.reading());
        let Some(reader) = &self.reader else { return Vec::new() };
        self.task = reader.task();
        let stopped = reader.telling();
        if let Some(number) = stopped {
            self.count_stopped(number);
        }
        stopped.or(read_over).map(Effect::StopTelling).into_iter().collect()
    }

    /// One more story of the sequence being read is on the shelf.
    fn count_story(&mut self) {
        if let Some(reader) = &mut self.reader {
            reader.card.stories += 1;
            self.gallery.count_story(&reader.card.id);
        }
    }

    /// Of a telling that is stopped the studio keeps what was told, if only a word; nobody hears of it any more.
    fn count_stopped(&mut self, number: u64) {
        if self.reader.as_ref().is_some_and(|reader| reader.keeps(number)) {
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
        match (self.layers.last(), &self.reader) {
            (Some(layer), reader) => {
                layer.view(Below { reader: reader.as_ref(), log: &self.log }, setting, canvas, buffer);
            }
            (None, Some(reader)) => reader.view(setting, canvas, buffer),
            (None, None) => self.gallery.view(setting, canvas, buffer),
        }
        match &self.palette {
            Some(palette) => palette.view(setting, buffer),
            None => bars::footer(setting.foot(), self.place(), &|action| self.can(action), setting, buffer),
        }
    }

    /// Who we are, what is being read, and how the model is.
    fn view_header(&self, buffer: &mut Buffer) {
        let setting = &self.setting;
        let look = &setting.look;
        let area = Rect { x: 1, y: 0, width: setting.columns - 2, height: 1 };
        let mut left = vec![Span::styled("storyloom", look.chosen)];
        let title = self.layers.last().map(Layer::title).filter(|title| !title.is_empty());
        if let Some(title) = title {
            left.push(Span::styled(format!("  {title}"), look.strong));
        }
        if let Some(reader) = &self.reader {
            let style = if title.is_some() { look.quiet } else { look.strong };
            left.push(Span::styled(format!("  {}", reader.card.title), style));
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

/// The comparison among the layers, if there is one.
fn compare(layers: &mut [Layer]) -> Option<&mut Compare> {
    layers.iter_mut().find_map(|layer| match layer {
        Layer::Compare(compare) => Some(compare.as_mut()),
        _ => None,
    })
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
