//! Keys, the mouse and pasted text: what they mean where the visitor is, and what lays itself over the reader.

use super::action::Action;
use super::app::App;
use super::effect::Effect;
use super::event::Template;
use super::key::{Key, KeyCode};
use super::layer::{Layer, compare, loops, train};
use super::mouse::{Did, Mouse};
use super::place::Place;
use super::screens::annotate::Annotate;
use super::screens::compare::Compare;
use super::screens::descent::Descent;
use super::screens::evaluate::Evaluate;
use super::screens::help::Help;
use super::screens::history::History;
use super::screens::inspector::Inspector;
use super::screens::log::LogPane;
use super::screens::loops::Loops;
use super::screens::models::Models;
use super::screens::palette::{Palette, Picked};
use super::screens::sampling::SamplingForm;
use super::screens::train::Train;
use super::screens::turn::Turn;
use super::screens::writing::Writing;
use super::widgets::bars;
use crate::story::Whose;

impl App {
    /// Where keys are heard.
    pub(super) fn place(&self) -> Place {
        match (self.layers.last(), &self.reader) {
            (Some(layer), _) => layer.place(),
            (None, None) if self.rate.is_some() => Place::Rate,
            (None, Some(_)) => Place::Reader,
            (None, None) => Place::Gallery,
        }
    }

    pub(super) fn paste(&mut self, pasted: &str) {
        match (&mut self.palette, self.layers.last_mut()) {
            (Some(palette), _) => palette.paste(pasted),
            (None, Some(layer)) => drop(layer.paste(pasted)),
            (None, None) if self.rate.is_some() => drop(self.rate.as_mut().map(|rate| rate.paste(pasted))),
            (None, None) if self.reader.is_none() && !self.looks_only => self.gallery.paste(pasted),
            (None, None) => {}
        }
    }

    pub(super) fn mouse(&mut self, Mouse { at, did }: Mouse) -> Vec<Effect> {
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
                (None, None) if self.rate.is_some() => Vec::new(),
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

    pub(super) fn press(&mut self, key: Key) -> Vec<Effect> {
        let place = self.place();
        let action = self.setting.keymap.action(place, key);
        if key.code == KeyCode::Esc && self.tour.take().is_some() {
            return Vec::new();
        }
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
        if let (Some(rate), None, Place::Rate) = (&mut self.rate, always, place)
            && let Some(turn) = rate.press(key, &self.setting)
        {
            return self.turn(turn);
        }
        if let (Some(layer), None) = (self.layers.last_mut(), always)
            && let Some(turn) = layer.type_key(key, action)
        {
            return self.turn(turn);
        }
        action.map(|action| self.act(action, place)).unwrap_or_default()
    }

    pub(super) fn act(&mut self, action: Action, place: Place) -> Vec<Effect> {
        if self.is_closed(action, place) {
            return self.say_it_is_closed();
        }
        match (action, place) {
            (Action::Quit, _) => {
                let mut effects = self.leave_telling();
                effects.push(Effect::Quit);
                return effects;
            }
            (Action::Suspend, _) => return vec![Effect::Suspend],
            (Action::Shot, _) => return vec![Effect::Shot],
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
            (Action::Campaigns, place) if place != Place::Campaigns => {
                self.layers.push(Layer::Campaigns(Box::default()));
                return vec![Effect::LoadCampaigns];
            }
            (Action::Evaluate, place) if place != Place::Evaluate => {
                // There is one list of them, however one came to it.
                self.layers.retain(|layer| !matches!(layer, Layer::Evaluate(_)));
                self.layers.push(Layer::Evaluate(Box::default()));
                return Evaluate::begin();
            }
            (Action::Train, place) if place != Place::Train => {
                self.layers.retain(|layer| !matches!(layer, Layer::Train(_)));
                self.layers.push(Layer::Train(Box::default()));
                return Train::begin();
            }
            (Action::Loops, Place::Train) if self.can(action) => {
                self.layers.push(Layer::Loops(Box::default()));
                return Loops::begin();
            }
            (Action::Lineage, Place::Models | Place::Train) if self.can(action) => {
                let whose = match self.layers.last() {
                    Some(Layer::Models(models)) => models.whose(),
                    Some(Layer::Train(train)) => train.whose(),
                    _ => Whose::InUse,
                };
                self.layers.push(Layer::Descent(Box::new(Descent::of(whose.clone()))));
                return vec![Effect::LoadChain(whose)];
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
            (None, None) if self.rate.is_some() => {
                let rate = self.rate.as_mut().map(|rate| rate.act(action, &self.setting));
                rate.unwrap_or(Turn::Stay)
            }
            (None, None) => self.gallery.act(action, &self.setting),
        };
        self.turn(turn)
    }

    /// Actions of the reader that lay something over it; `None` if this is none of them.
    pub(super) fn over_reader(&mut self, action: Action) -> Option<Vec<Effect>> {
        let reader = self.reader.as_ref()?;
        let sequence = reader.opened.as_ref().map(|opened| opened.sequence.clone());
        let story = reader.live.as_ref().and_then(|live| live.story.clone());
        if !reader.can(action) {
            return Some(Vec::new());
        }
        let layer = match action {
            Action::History => Layer::History(History::new(reader.stories().to_vec(), story.map(|s| s.id).as_deref())),
            Action::Sampling => Layer::Sampling(SamplingForm::new(self.setting.sampling.clone())),
            Action::Annotate => {
                let id = reader.card.id.clone();
                let annotate = Annotate::new(sequence?, reader.focus.unwrap_or(0));
                self.layers.push(Layer::Annotate(Box::new(annotate)));
                return Some(vec![Effect::LoadNotes(id)]);
            }
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

    /// A rater rates: what names models, and what writes files, belongs to others, from wherever it is asked for. Somebody who
    /// looks changes nothing.
    fn is_closed(&self, action: Action, place: Place) -> bool {
        if self.rate.is_some() {
            return matches!(
                action,
                Action::Models | Action::Campaigns | Action::Evaluate | Action::Train | Action::Log | Action::Shot
            );
        }
        self.looks_only
            && match action {
                Action::Tell | Action::Best | Action::Continue | Action::Again | Action::Branch | Action::Compare => {
                    true
                }
                Action::Edit | Action::Prompt | Action::Annotate | Action::Sampling | Action::Task => true,
                Action::OpenPath | Action::Export | Action::Send | Action::Pause | Action::Shot | Action::Unload => {
                    true
                }
                Action::Start | Action::Resume | Action::Sooner | Action::Fork | Action::Adopt | Action::Unadopt => {
                    true
                }
                Action::Note | Action::Tag | Action::Delete => true,
                Action::NewLoop | Action::GoOn | Action::Accept | Action::Round | Action::LeaveLoop => true,
                Action::Stop => matches!(place, Place::Train | Place::Evaluate),
                // In the list of models it lets another one tell; in the inspector it goes on with the chosen alternative.
                Action::Open => matches!(place, Place::Models | Place::Inspector),
                _ => false,
            }
    }

    fn say_it_is_closed(&mut self) -> Vec<Effect> {
        if self.looks_only {
            let said = Ok("you are here to look: nothing is told or changed".to_owned());
            if let Some(Layer::Evaluate(evaluate)) = self.layers.last_mut() {
                evaluate.say(said);
                return Vec::new();
            }
            if let Some(loops) = loops(&mut self.layers) {
                loops.say(said);
                return Vec::new();
            }
            match (train(&mut self.layers), &mut self.reader) {
                (Some(train), _) => train.say(said),
                (None, Some(reader)) => reader.say(said),
                (None, None) => self.gallery.say(said),
            }
        }
        Vec::new()
    }

    /// What the palette offers: all that can be done here, with the sign of its key.
    pub(super) fn offered(&self) -> Vec<(Action, String)> {
        let rows = self.setting.keymap.rows(self.place());
        let rows = rows.filter(|row| self.can(row.action));
        let signs = rows.map(|row| (row.action, row.keys.iter().map(|key| key.sign()).collect::<Vec<_>>().join(" ")));
        signs.filter(|(action, _)| *action != Action::Palette).collect()
    }

    pub(super) fn can(&self, action: Action) -> bool {
        if self.is_closed(action, self.place()) {
            return false;
        }
        match (self.layers.last(), &self.reader) {
            (Some(Layer::Zoom), Some(reader)) => reader.can(action),
            (Some(layer), _) => layer.can(action),
            (None, Some(reader)) => reader.can(action),
            (None, None) => self.rate.as_ref().is_none_or(|rate| rate.can(action)),
        }
    }

    pub(super) fn zoom(&mut self) {
        let Some(reader) = self.reader.as_mut().filter(|reader| reader.opened.is_some()) else { return };
        reader.focus.get_or_insert(0);
        match self.layers.pop() {
            Some(Layer::Zoom) => {}
            other => self.layers.extend(other.into_iter().chain([Layer::Zoom])),
        }
    }
}
