//! Heads that teach the eyes patch by patch: what each patch shows, and of a head how it feels and what it wears.
//!
//! A frame as a whole gives a tower a dozen labels; its patches give hundreds, each right where the answer is seen. Attribute
//! heads over whole frames (`attributes`) then learn several times faster. Thrown away when training ends.

use candle_core::Tensor;

use super::attributes::cross_entropy;
use super::error::Result;
use crate::model::linear::Linear;
use crate::model::params::Params;
use crate::world::{Accessory, Drawn, Emotion, FrameFacts, Hue, Region, Species, Thing};

const EMOTIONS: usize = Emotion::ALL.len();
const ACCESSORIES: usize = Accessory::ALL.len();
const HUES: usize = Hue::ALL.len();
/// The head of each species, each thing, and neither.
const WHATS: usize = Species::ALL.len() + Thing::ALL.len() + 1;
/// Most patches show neither; together they weigh this much of what shows something.
const BACKGROUND: f64 = 0.3;

/// One linear layer over a patch: what | emotion | accessory | hue.
pub struct Pointing {
    head: Linear,
    side: usize,
}

/// Labels of all patches of a batch, `None` where a question makes no sense.
#[derive(Default)]
struct Labels {
    shown: Vec<Option<usize>>,
    background: Vec<Option<usize>>,
    emotion: Vec<Option<usize>>,
    accessory: Vec<Option<usize>>,
    hue: Vec<Option<usize>>,
}

impl Pointing {
    /// `hidden` is the tower's width, `side` its patches along one side.
    pub fn load(params: &Params, hidden: usize, side: usize) -> Result<Self> {
        let head = params.linear("attributes.patches", WHATS + EMOTIONS + ACCESSORIES + HUES, hidden, true)?;
        Ok(Self { head, side })
    }

    /// `patches` (frames, side², hidden) and what those frames show -> mean loss, nats, and the share of head patches whose
    /// emotion is right.
    pub fn loss(&self, patches: &Tensor, facts: &[FrameFacts], regions: &[Vec<Region>]) -> Result<(Tensor, f32)> {
        let logits = self.head.forward(patches)?.flatten_to(1)?; // (frames * side², outputs)
        let labels = self.labels(facts, regions);
        let mut at = 0;
        let mut part = |width: usize| -> Result<Tensor> {
            let part = logits.narrow(1, at, width)?;
            at += width;
            Ok(part)
        };
        let (what, emotion, accessory, hue) = (part(WHATS)?, part(EMOTIONS)?, part(ACCESSORIES)?, part(HUES)?);
        let (shown, _) = cross_entropy(&what, &labels.shown)?;
        let (background, _) = cross_entropy(&what, &labels.background)?;
        let (emotion, right) = cross_entropy(&emotion, &labels.emotion)?;
        let (accessory, _) = cross_entropy(&accessory, &labels.accessory)?;
        let (hue, _) = cross_entropy(&hue, &labels.hue)?;
        Ok((((((shown + (background * BACKGROUND)?)? + emotion)? + accessory)? + hue)?, right))
    }

    fn labels(&self, facts: &[FrameFacts], regions: &[Vec<Region>]) -> Labels {
        let mut labels = Labels::default();
        let unit = 100.0 / self.side as f32;
        for (frame, regions) in facts.iter().zip(regions) {
            for place in 0..self.side * self.side {
                let x = ((place % self.side) as f32 + 0.5) * unit;
                let y = ((place / self.side) as f32 + 0.5) * unit;
                let inside = |r: &&Region| (r.x - x).powi(2) + (r.y - y).powi(2) < r.radius.powi(2);
                // What is drawn later lies above.
                let seen = regions.iter().rev().find(inside).map(|region| region.what);
                labels.push(frame, seen);
            }
        }
        labels
    }
}

impl Labels {
    fn push(&mut self, frame: &FrameFacts, seen: Option<Drawn>) {
        let head = match seen {
            Some(Drawn::Head(at)) => frame.seen.get(at),
            _ => None,
        };
        let thing = frame.thing.filter(|_| seen == Some(Drawn::Thing));
        let what = head.map(|h| h.species.index()).or(thing.map(|t| Species::ALL.len() + t.index()));
        self.shown.push(what);
        self.background.push(if what.is_none() { Some(WHATS - 1) } else { None });
        self.emotion.push(head.map(|h| h.emotion.index()));
        self.accessory.push(head.map(|h| h.accessory.index()));
        let worn = head.filter(|h| h.accessory != Accessory::None).map(|h| h.hue);
        self.hue.push(worn.or(frame.hue.filter(|_| thing.is_some())).map(Hue::index));
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Device};

    use super::*;
    use crate::model::weights::Weights;
    use crate::world::{Split, Tale};

    #[test]
    fn patches_are_labelled_where_things_are_drawn() {
        let params = Params::new(Weights::fresh(1), DType::F32, Device::Cpu);
        let pointing = Pointing::load(&params, 16, 12).unwrap();
        for seed in 0..40 {
            let tale = Tale::new(seed, Split::Train);
            for (at, frame) in tale.facts.frames.iter().enumerate() {
                let (_, regions) = tale.draw_and_point(at, 48);
                assert_eq!(regions.len(), frame.seen.len() + usize::from(frame.thing.is_some()));
                let labels = pointing.labels(std::slice::from_ref(frame), &[regions]);
                for seen in &frame.seen {
                    let heads = labels.shown.iter().filter(|l| **l == Some(seen.species.index())).count();
                    assert!(heads >= 3, "{heads} patches of the {}'s head in frame {at} of {seed}", seen.species);
                }
                assert_eq!(labels.emotion.iter().flatten().count(), labels.accessory.iter().flatten().count());
                assert!(labels.background.iter().flatten().count() > 72);
            }
        }
    }
}
