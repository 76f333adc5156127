//! The app: one visitor's screens. `update` takes an event and gives effects; `view` draws. Both are pure.

use super::effect::{Effect, Rating};
use super::event::Event;
use super::keymap::Keymap;
use super::layer::{Layer, annotate, campaigns, compare, evaluate, loops, train};
use super::log::Log;
use super::look::Look;
use super::screens::gallery::Gallery;
use super::screens::inspector::Inspector;
use super::screens::loops::Loops;
use super::screens::palette::Palette;
use super::screens::rate::Rate;
use super::screens::reader::Reader;
use super::screens::turn::Turn;
use super::setting::Setting;
use super::tour::Tour;
use crate::canvas::{CellSize, Protocol};
use crate::story::{ModelState, SamplingPatch, SequenceId, Task, Telling};

/// The least window that makes sense.
pub(super) const LEAST: (u16, u16) = (60, 16);

/// One visitor's app.
pub struct App {
    pub(super) setting: Setting,
    pub(super) gallery: Gallery,
    pub(super) reader: Option<Reader>,
    /// A rater's screen: then there is no gallery and no reader.
    pub(super) rate: Option<Rate>,
    /// Somebody who looks at everything and changes nothing.
    pub(super) looks_only: bool,
    /// What lies over them, the topmost last.
    pub(super) layers: Vec<Layer>,
    pub(super) palette: Option<Palette>,
    pub(super) log: Log,
    pub(super) tour: Option<Tour>,
    /// Number of the next telling.
    pub(super) next: u64,
    /// The task last chosen stays from one sequence to the next.
    pub(super) task: Task,
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
            ascii: false,
            keymap: Keymap::default(),
        };
        let gallery = Gallery::default();
        let (layers, log) = (Vec::new(), Log::default());
        App {
            setting,
            gallery,
            reader: None,
            rate: None,
            looks_only: false,
            layers,
            palette: None,
            log,
            tour: None,
            next: 1,
            task: Task::Story,
        }
    }

    /// The same app with other keys.
    pub fn with_keys(mut self, keymap: Keymap) -> App {
        self.setting.keymap = keymap;
        self
    }

    /// The same app with ASCII for all its signs.
    pub fn with_ascii(mut self, ascii: bool) -> App {
        self.setting.ascii = ascii;
        self
    }

    /// The app of somebody who rates, on a terminal that shows pictures like this; `needs_pictures`: blocks of characters do
    /// not do for it.
    pub fn for_rater(mut self, protocol: Protocol, needs_pictures: bool) -> App {
        self.rate = Some(Rate::new(protocol, needs_pictures));
        self
    }

    /// The app of somebody who looks and changes nothing: what would change something is not offered.
    pub fn looking_only(mut self) -> App {
        self.looks_only = true;
        self
    }

    /// What a session does first.
    pub fn begin(&self) -> Vec<Effect> {
        if let Some(rate) = &self.rate {
            return if rate.sees() { vec![Effect::Rate(Rating::Next)] } else { Vec::new() };
        }
        vec![Effect::LoadGallery, Effect::LoadTemplates, Effect::AskFirstTime]
    }

    /// Something here changes with time alone: a session sends the clock a few times a second while this holds.
    pub fn is_waiting(&self) -> bool {
        let loading = self.setting.model.as_ref().is_some_and(|model| model.state == ModelState::Loading);
        let below = self.gallery.is_waiting() || self.reader.as_ref().is_some_and(Reader::is_waiting);
        let rating = self.rate.as_ref().is_some_and(Rate::is_waiting);
        if self.rate.is_some() {
            return rating;
        }
        loading || below || self.tour.is_some() || self.layers.iter().any(Layer::is_waiting)
    }

    /// Takes an event. Effects come in the order they should be carried out.
    pub fn update(&mut self, event: Event) -> Vec<Effect> {
        self.log.hear(&event, self.setting.now);
        match event {
            Event::Key(key) => {
                let mut effects = self.press(key);
                effects.extend(self.rate.as_mut().and_then(|rate| rate.hold(&self.setting)));
                return effects;
            }
            Event::Mouse(mouse) => return self.mouse(mouse),
            Event::Paste(pasted) => self.paste(&pasted),
            Event::Resized { columns, rows, cell } => {
                (self.setting.columns, self.setting.rows, self.setting.cell) = (columns, rows, cell);
                self.gallery.show_chosen(&self.setting);
            }
            Event::Clock(now) => {
                self.setting.now = now;
                self.tour.take_if(|tour| tour.line(now).is_none());
            }
            Event::FirstTime => self.tour = Some(Tour::new(self.setting.now)),
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
                if let Some(train) = train(&mut self.layers) {
                    train.opened(&id, &result);
                }
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
                if let Some(annotate) = annotate(&mut self.layers) {
                    let turn = annotate.hear(number, telling.clone(), setting);
                    if turn != Turn::Stay {
                        return self.turn(turn);
                    }
                }
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
                if let Some(annotate) = annotate(&mut self.layers) {
                    annotate.over(number);
                }
                if let Some(compare) = compare(&mut self.layers) {
                    compare.over(number);
                }
                if let Some(reader) = &mut self.reader {
                    reader.over(number);
                }
            }
            Event::Model(card) => self.setting.model = Some(card),
            Event::Gathering { done, of } => self.gallery.gather(done, of),
            Event::Gathered { count, group, problems } => {
                self.gallery.gathered(count, group, &problems);
                self.gallery.show_chosen(&self.setting);
            }
            Event::Models(listed) => {
                let mut effects = Vec::new();
                if let (Some(compare), Ok(cards)) = (compare(&mut self.layers), &listed) {
                    compare.list(cards);
                }
                for layer in &mut self.layers {
                    if let Layer::Models(models) = layer {
                        effects.extend(models.list(listed.clone()));
                    }
                }
                return effects;
            }
            Event::Asked(asked) => {
                if let Some(rate) = &mut self.rate {
                    rate.take(asked, &self.setting);
                }
            }
            Event::Growing(story, growth) => {
                return self.rate.as_mut().map(|rate| rate.grow(&story, growth)).unwrap_or_default();
            }
            Event::VoteKept(kept) => return self.rate.as_mut().map(|rate| rate.kept(kept)).unwrap_or_default(),
            Event::About(name, about) => {
                for layer in &mut self.layers {
                    if let Layer::Models(models) = layer {
                        models.take(name.clone(), about.clone());
                    }
                }
            }
            Event::Best(number, told) => {
                let stories = self.reader.as_mut().map_or(0, |reader| reader.best(number, told));
                (0..stories).for_each(|_| self.count_story());
            }
            Event::Kept(kept) => {
                let stories = self.reader.as_mut().map_or(0, |reader| reader.keep(kept));
                (0..stories).for_each(|_| self.count_story());
            }
            Event::Campaigns(listed) => {
                if let Some(campaigns) = campaigns(&mut self.layers) {
                    campaigns.list(listed);
                }
            }
            Event::Results(results) => {
                if let Some(campaigns) = campaigns(&mut self.layers) {
                    campaigns.count(results);
                }
            }
            Event::Runs(_)
            | Event::Run(_)
            | Event::Recipes(_)
            | Event::Forecast(_)
            | Event::RunVotes(_)
            | Event::Frozen(_)
            | Event::RunsCompared(_)
            | Event::RunWished(_) => {
                return self.hear_of_runs(event);
            }
            Event::Suites(_)
            | Event::Evaluations(_)
            | Event::Evaluation(..)
            | Event::Specimens { .. }
            | Event::Frames(..) => {
                return evaluate(&mut self.layers).map(|evaluate| evaluate.take(&event)).unwrap_or_default();
            }
            Event::Loops(_) | Event::LoopPlans(_) | Event::LoopWished(_) => {
                // As above.
                return loops(&mut self.layers).map_or_else(Loops::leave, |loops| loops.take(event));
            }
            Event::Chain(whose, chain) => {
                for layer in &mut self.layers {
                    if let Layer::Descent(descent) = layer {
                        descent.take(&whose, chain.clone());
                    }
                }
            }
            Event::Sent(sent) => {
                if let Some(compare) = compare(&mut self.layers) {
                    compare.sent(sent);
                }
            }
            Event::Exported(exported) => {
                let said = exported.map(|path| format!("written to {path}"));
                match &mut self.reader {
                    Some(reader) => reader.say(said),
                    None => self.gallery.say(said),
                }
            }
            Event::Notes(id, result) => {
                if let (Some(annotate), Some(reader)) = (annotate(&mut self.layers), &self.reader)
                    && reader.card.id == id
                {
                    annotate.take(result);
                }
            }
            Event::NotesLost(notice) => {
                if let Some(annotate) = annotate(&mut self.layers) {
                    annotate.fail(notice);
                }
            }
            Event::Templates(templates) => self.setting.templates = templates,
        }
        Vec::new()
    }

    fn reader_of(&mut self, id: &SequenceId) -> Option<&mut Reader> {
        self.reader.as_mut().filter(|reader| reader.card.id == *id)
    }

    pub(super) fn inspector(&mut self) -> Option<&mut Inspector> {
        self.layers.iter_mut().find_map(|layer| match layer {
            Layer::Inspector(inspector) => Some(inspector.as_mut()),
            _ => None,
        })
    }
}
