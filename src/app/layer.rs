//! What lies over the gallery and the reader. The topmost layer is seen and hears the keys; leaving it shows what is below.

use ratatui::buffer::Buffer;
use ratatui::layout::Position;

use super::action::Action;
use super::key::Key;
use super::log::Log;
use super::place::Place;
use super::screens::annotate::Annotate;
use super::screens::campaigns::Campaigns;
use super::screens::compare::Compare;
use super::screens::descent::Descent;
use super::screens::evaluate::Evaluate;
use super::screens::help::Help;
use super::screens::history::History;
use super::screens::inspector::Inspector;
use super::screens::log::LogPane;
use super::screens::loops::Loops;
use super::screens::models::Models;
use super::screens::reader::Reader;
use super::screens::sampling::SamplingForm;
use super::screens::train::Train;
use super::screens::turn::Turn;
use super::screens::writing::Writing;
use super::screens::zoom;
use super::setting::Setting;
use crate::canvas::Canvas;

/// What layers show that is not theirs.
#[derive(Clone, Copy)]
pub struct Below<'a> {
    pub reader: Option<&'a Reader>,
    pub log: &'a Log,
}

/// One layer.
pub enum Layer {
    /// The reader's frame on the whole screen: the state is the reader's.
    Zoom,
    Annotate(Box<Annotate>),
    Campaigns(Box<Campaigns>),
    Compare(Box<Compare>),
    Descent(Box<Descent>),
    Evaluate(Box<Evaluate>),
    Help(Help),
    History(History),
    Inspector(Box<Inspector>),
    Log(LogPane),
    Loops(Box<Loops>),
    Models(Models),
    Sampling(SamplingForm),
    Train(Box<Train>),
    Writing(Box<Writing>),
}

impl Layer {
    /// Where its keys are looked up.
    pub fn place(&self) -> Place {
        match self {
            Layer::Zoom => Place::Zoom,
            Layer::Annotate(_) => Place::Annotate,
            Layer::Campaigns(_) => Place::Campaigns,
            Layer::Compare(_) => Place::Compare,
            Layer::Descent(_) => Place::Lineage,
            Layer::Evaluate(_) => Place::Evaluate,
            Layer::Help(_) => Place::Help,
            Layer::Log(_) => Place::Log,
            Layer::Loops(_) => Place::Loops,
            Layer::History(_) => Place::History,
            Layer::Inspector(_) => Place::Inspector,
            Layer::Models(_) => Place::Models,
            Layer::Sampling(_) => Place::Sampling,
            Layer::Train(_) => Place::Train,
            Layer::Writing(_) => Place::Writing,
        }
    }

    /// A key that is typed here; `None`: it is to be looked up.
    pub fn type_key(&mut self, key: Key, bound: Option<Action>) -> Option<Turn> {
        match self {
            Layer::Annotate(annotate) => annotate.press(key),
            Layer::Loops(loops) => loops.press(key),
            Layer::Evaluate(evaluate) => evaluate.press(key),
            Layer::Sampling(form) => form.press(key),
            Layer::Train(train) => train.press(key),
            Layer::Writing(writing) if bound.is_none() => {
                writing.press(key);
                Some(Turn::Stay)
            }
            _ => None,
        }
    }

    /// Pasted text; false where it has no place.
    pub fn paste(&mut self, pasted: &str) -> bool {
        match self {
            Layer::Annotate(annotate) => {
                annotate.paste(pasted);
                true
            }
            Layer::Writing(writing) => {
                writing.paste(pasted);
                true
            }
            Layer::Loops(loops) => {
                loops.paste(pasted);
                true
            }
            Layer::Train(train) => {
                train.paste(pasted);
                true
            }
            Layer::Evaluate(evaluate) => {
                evaluate.paste(pasted);
                true
            }
            _ => false,
        }
    }

    /// A click, where it chooses something.
    pub fn click(&mut self, at: Position, setting: &Setting) {
        if let Layer::Inspector(inspector) = self {
            inspector.click(at, setting);
        }
    }

    /// `number` is for a telling, should the action begin one. The layers over the reader's state are the app's.
    pub fn act(&mut self, action: Action, number: u64, setting: &Setting) -> Turn {
        match self {
            Layer::Zoom => Turn::Stay,
            Layer::Annotate(annotate) => annotate.act(action, number, setting),
            Layer::Campaigns(campaigns) => campaigns.act(action),
            Layer::Compare(compare) => compare.act(action, number, setting),
            Layer::Descent(descent) => descent.act(action, setting),
            Layer::Evaluate(evaluate) => evaluate.act(action, setting),
            Layer::Help(help) => help.act(action, setting),
            Layer::Log(log) => log.act(action),
            Layer::Loops(loops) => loops.act(action),
            Layer::History(history) => history.act(action, setting),
            Layer::Inspector(inspector) => inspector.act(action, number, setting),
            Layer::Models(models) => models.act(action, setting),
            Layer::Sampling(form) => form.act(action),
            Layer::Train(train) => train.act(action, setting),
            Layer::Writing(writing) => writing.act(action),
        }
    }

    /// Whether an action would do something now.
    pub fn can(&self, action: Action) -> bool {
        match self {
            Layer::Annotate(annotate) => annotate.can(action),
            Layer::Campaigns(campaigns) => campaigns.can(action),
            Layer::Compare(compare) => compare.can(action),
            Layer::Descent(descent) => descent.can(action),
            Layer::Evaluate(evaluate) => evaluate.can(action),
            Layer::History(history) => history.can(action),
            Layer::Inspector(inspector) => inspector.can(action),
            Layer::Loops(loops) => loops.can(action),
            Layer::Models(models) => models.can(action),
            Layer::Train(train) => train.can(action),
            _ => true,
        }
    }

    /// Something here changes with time alone.
    pub fn is_waiting(&self) -> bool {
        match self {
            Layer::Annotate(annotate) => annotate.is_waiting(),
            Layer::Campaigns(campaigns) => campaigns.is_waiting(),
            Layer::Compare(compare) => compare.is_waiting(),
            Layer::Descent(descent) => descent.is_waiting(),
            Layer::Loops(loops) => loops.is_waiting(),
            Layer::Evaluate(evaluate) => evaluate.is_waiting(),
            Layer::Models(models) => models.is_waiting(),
            Layer::Train(train) => train.is_waiting(),
            Layer::Inspector(inspector) => inspector.reading().is_some(),
            _ => false,
        }
    }

    /// A word for the header.
    pub fn title(&self) -> &'static str {
        match self {
            Layer::Zoom => "",
            Layer::Annotate(_) => "annotate",
            Layer::Campaigns(_) => "campaigns",
            Layer::Compare(_) => "compare",
            Layer::Descent(_) => "lineage",
            Layer::Evaluate(_) => "evaluate",
            Layer::Help(_) => "help",
            Layer::Log(_) => "log",
            Layer::Loops(_) => "loops",
            Layer::History(_) => "all stories",
            Layer::Inspector(_) => "inspector",
            Layer::Models(_) => "models",
            Layer::Sampling(_) => "sampling",
            Layer::Train(_) => "training",
            Layer::Writing(_) => "by hand",
        }
    }

    pub fn view(&self, below: Below<'_>, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        match self {
            Layer::Zoom => {
                if let Some(reader) = below.reader {
                    zoom::view(reader, setting, canvas, buffer);
                }
            }
            Layer::Annotate(annotate) => annotate.view(setting, canvas, buffer),
            Layer::Campaigns(campaigns) => campaigns.view(setting, buffer),
            Layer::Compare(compare) => compare.view(setting, canvas, buffer),
            Layer::Descent(descent) => descent.view(setting, buffer),
            Layer::Evaluate(evaluate) => evaluate.view(setting, canvas, buffer),
            Layer::Help(help) => help.view(setting, buffer),
            Layer::Log(log) => log.view(below.log, setting, buffer),
            Layer::Loops(loops) => loops.view(setting, buffer),
            Layer::History(history) => history.view(setting, buffer),
            Layer::Inspector(inspector) => inspector.view(setting, canvas, buffer),
            Layer::Models(models) => models.view(setting, buffer),
            Layer::Sampling(form) => form.view(setting, buffer),
            Layer::Train(train) => train.view(setting, canvas, buffer),
            Layer::Writing(writing) => writing.view(setting, buffer),
        }
    }
}

/// The campaigns among the layers, if they are open.
pub(super) fn campaigns(layers: &mut [Layer]) -> Option<&mut Campaigns> {
    layers.iter_mut().find_map(|layer| match layer {
        Layer::Campaigns(campaigns) => Some(campaigns.as_mut()),
        _ => None,
    })
}

/// Evaluations among the layers, if they are open.
pub(super) fn evaluate(layers: &mut [Layer]) -> Option<&mut Evaluate> {
    layers.iter_mut().find_map(|layer| match layer {
        Layer::Evaluate(evaluate) => Some(evaluate.as_mut()),
        _ => None,
    })
}

/// Training among the layers, if it is open.
pub(super) fn train(layers: &mut [Layer]) -> Option<&mut Train> {
    layers.iter_mut().find_map(|layer| match layer {
        Layer::Train(train) => Some(train.as_mut()),
        _ => None,
    })
}

/// The loops among the layers, if they are open.
pub(super) fn loops(layers: &mut [Layer]) -> Option<&mut Loops> {
    layers.iter_mut().find_map(|layer| match layer {
        Layer::Loops(loops) => Some(loops.as_mut()),
        _ => None,
    })
}

/// The notes among the layers, if they are open.
pub(super) fn annotate(layers: &mut [Layer]) -> Option<&mut Annotate> {
    layers.iter_mut().find_map(|layer| match layer {
        Layer::Annotate(annotate) => Some(annotate.as_mut()),
        _ => None,
    })
}

/// The comparison among the layers, if there is one.
pub(super) fn compare(layers: &mut [Layer]) -> Option<&mut Compare> {
    layers.iter_mut().find_map(|layer| match layer {
        Layer::Compare(compare) => Some(compare.as_mut()),
        _ => None,
    })
}
