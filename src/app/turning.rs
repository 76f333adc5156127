//! From what a screen answers to a key, a turn, to effects: reading, telling, leaving, and what is counted meanwhile.

use super::app::App;
use super::card::Card;
use super::effect::{Ask, Effect};
use super::event::Event;
use super::layer::{Layer, annotate, compare, evaluate, train};
use super::screens::evaluate::Evaluate;
use super::screens::loops::Loops;
use super::screens::reader::Reader;
use super::screens::train::Train;
use super::screens::turn::Turn;
use crate::story::Notice;

impl App {
    /// Does what a screen answered.
    pub(super) fn turn(&mut self, turn: Turn) -> Vec<Effect> {
        match turn {
            Turn::Stay => Vec::new(),
            Turn::Do(effect) => {
                match effect {
                    Effect::Tell { .. } => self.next += 1,
                    Effect::StopTelling(number) => self.count_stopped(number),
                    // What a run told of may be on no shelf here.
                    Effect::Open(ref id) if self.gallery.place_of(id).is_none() => return Vec::new(),
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
                Some(Layer::Train(_)) => self.unless_watched(Train::leave()),
                Some(Layer::Evaluate(_)) => self.unless_watched(Evaluate::leave()),
                Some(Layer::Loops(_)) => Loops::leave(),
                Some(Layer::Annotate(annotate)) => annotate.telling().map(Effect::StopTelling).into_iter().collect(),
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

    /// What a screen gives up, but for the list of runs where another one below it shows that too.
    fn unless_watched(&mut self, mut given_up: Vec<Effect>) -> Vec<Effect> {
        if train(&mut self.layers).is_some() || evaluate(&mut self.layers).is_some() {
            given_up.retain(|effect| *effect != Effect::WatchRuns(false));
        }
        given_up
    }

    /// Brings news of runs to the screens that show them. Where those were left by another way, nothing more is to be brought.
    pub(super) fn hear_of_runs(&mut self, event: Event) -> Vec<Effect> {
        let evaluated = evaluate(&mut self.layers).map(|evaluate| evaluate.take(&event));
        let trained = train(&mut self.layers).map(|train| train.take(event));
        match (evaluated, trained) {
            (None, None) => Train::leave(),
            (evaluated, trained) => evaluated.into_iter().chain(trained).flatten().collect(),
        }
    }

    /// Has the reader tell what a layer asks for.
    pub(super) fn tell(&mut self, ask: Ask) -> Vec<Effect> {
        let mut effects = self.leave_telling();
        self.layers.clear();
        let Some(reader) = &mut self.reader else { return effects };
        effects.push(reader.begin(self.next, ask, &self.setting));
        self.next += 1;
        effects
    }

    /// Opens a sequence; the telling of the one before loses its listener.
    pub(super) fn read(&mut self, card: Card, problems: Vec<Notice>) -> Vec<Effect> {
        let mut effects = self.leave_telling();
        effects.push(Effect::Open(card.id.clone()));
        self.layers.clear();
        self.reader = Some(Reader::new(card, self.task, problems));
        effects
    }

    pub(super) fn leave_telling(&mut self) -> Vec<Effect> {
        let read_over = self.inspector().and_then(|inspector| inspector.reading());
        let suggested = annotate(&mut self.layers).and_then(|annotate| annotate.telling());
        let Some(reader) = &self.reader else { return Vec::new() };
        self.task = reader.task();
        let stopped = reader.telling();
        if let Some(number) = stopped {
            self.count_stopped(number);
        }
        stopped.or(read_over).or(suggested).map(Effect::StopTelling).into_iter().collect()
    }

    /// One more story of the sequence being read is on the shelf.
    pub(super) fn count_story(&mut self) {
        if let Some(reader) = &mut self.reader {
            reader.card.stories += 1;
            self.gallery.count_story(&reader.card.id);
        }
    }

    /// Of a telling that is stopped the studio keeps what was told, if only a word; nobody hears of it any more.
    pub(super) fn count_stopped(&mut self, number: u64) {
        if self.reader.as_ref().is_some_and(|reader| reader.keeps(number)) {
            self.count_story();
        }
    }
}
