//! Heads that teach the eyes: from a frame's rows to who is there, how each feels, where, what weather, which thing.
//!
//! Cross-entropy for each character present, so that rare things are not drowned out; thrown away when training ends.

use candle_core::{D, DType, Device, Tensor};
use candle_nn::ops::{log_softmax, sigmoid};

use super::error::Result;
use crate::model::linear::Linear;
use crate::model::params::Params;
use crate::world::{Accessory, Emotion, FrameFacts, Hue, Place, Species, Thing, Weather};

const SPECIES: usize = Species::ALL.len();
const EMOTIONS: usize = Emotion::ALL.len();
const ACCESSORIES: usize = Accessory::ALL.len();
const HUES: usize = Hue::ALL.len();
/// Things, and none.
const THINGS: usize = Thing::ALL.len() + 1;

/// The heads, one linear layer: presence | emotion, accessory and its colour by species | place | weather | thing.
pub struct Attributes {
    head: Linear,
}

/// How well the heads did on a batch; shares of frames or characters.
#[derive(Clone, Copy, Debug, Default, serde::Serialize)]
pub struct Seen {
    pub species: f32,
    pub emotion: f32,
    pub place: f32,
    pub accessory: f32,
    pub hue: f32,
    pub thing: f32,
}

impl Attributes {
    /// `name` tells heads apart; `hidden` is the width of what they read.
    pub fn load(params: &Params, name: &str, hidden: usize) -> Result<Self> {
        let outputs = SPECIES * (1 + EMOTIONS + ACCESSORIES + HUES) + Place::ALL.len() + Weather::ALL.len() + THINGS;
        Ok(Self { head: params.linear(name, outputs, hidden, true)? })
    }

    /// `features` (frames, tokens, hidden) and the facts of those frames -> mean loss and the shares right.
    pub fn loss(&self, features: &Tensor, facts: &[FrameFacts]) -> Result<(Tensor, Seen)> {
        let n = facts.len();
        let tokens = features.dim(1)? as f64;
        let logits = self.head.forward(&(features.sum(1)? / tokens)?)?; // (frames, outputs)
        let mut at = 0;
        let mut part = |width: usize| -> Result<Tensor> {
            let part = logits.narrow(1, at, width)?;
            at += width;
            Ok(part)
        };
        let presence = part(SPECIES)?;
        let emotion = part(SPECIES * EMOTIONS)?.reshape((n * SPECIES, EMOTIONS))?;
        let accessory = part(SPECIES * ACCESSORIES)?.reshape((n * SPECIES, ACCESSORIES))?;
        let hue = part(SPECIES * HUES)?.reshape((n * SPECIES, HUES))?;
        let (place, weather, thing) = (part(Place::ALL.len())?, part(Weather::ALL.len())?, part(THINGS)?);

        let mut present = vec![0f32; n * SPECIES];
        let mut feeling = vec![None; n * SPECIES];
        let mut wearing = vec![None; n * SPECIES];
        let mut coloured = vec![None; n * SPECIES];
        for (i, frame) in facts.iter().enumerate() {
            for seen in &frame.seen {
                let slot = i * SPECIES + seen.species.index();
                present[slot] = 1.0;
                feeling[slot] = Some(seen.emotion.index());
                wearing[slot] = Some(seen.accessory.index());
                coloured[slot] = Some(seen.hue.index()).filter(|_| seen.accessory != Accessory::None);
            }
        }
        let places: Vec<_> = facts.iter().map(|f| Some(f.place.index())).collect();
        let weathers: Vec<_> = facts.iter().map(|f| Some(f.weather.index())).collect();
        let things: Vec<_> = facts.iter().map(|f| Some(f.thing.map_or(THINGS - 1, Thing::index))).collect();

        let present = Tensor::from_vec(present, (n, SPECIES), &Device::Cpu)?;
        // Binary cross-entropy from logits; the small number keeps log away from 0.
        let p = sigmoid(&presence)?;
        let yes = (&present * (&p + 1e-7)?.log()?)?;
        let no = ((1.0 - &present)? * ((1.0 - &p)? + 1e-7)?.log()?)?;
        let presence_loss = (yes + no)?.mean_all()?.neg()?;
        let (emotion_loss, emotion_right) = cross_entropy(&emotion, &feeling)?;
        let (accessory_loss, accessory_right) = cross_entropy(&accessory, &wearing)?;
        let (hue_loss, hue_right) = cross_entropy(&hue, &coloured)?;
        let (place_loss, place_right) = cross_entropy(&place, &places)?;
        let (weather_loss, _) = cross_entropy(&weather, &weathers)?;
        let (thing_loss, thing_right) = cross_entropy(&thing, &things)?;
        // Presence is a mean over eight questions; twice its sum weighs it like the others.
        let loss = ((presence_loss * 8.0)? + emotion_loss)?;
        let loss = ((((loss + accessory_loss)? + hue_loss)? + (place_loss + weather_loss)?)? + thing_loss)?;
        let guessed = presence.gt(0.0)?.to_dtype(DType::F32)?;
        let wrong = (guessed - present)?.abs()?.sum(1)?.to_vec1::<f32>()?;
        let species = wrong.iter().filter(|w| **w == 0.0).count() as f32 / n.max(1) as f32;
        let seen = Seen {
            species,
            emotion: emotion_right,
            place: place_right,
            accessory: accessory_right,
            hue: hue_right,
            thing: thing_right,
        };
        Ok((loss, seen))
    }
}

/// Mean cross-entropy of the rows that have a label, and the share of them that is right.
pub fn cross_entropy(logits: &Tensor, labels: &[Option<usize>]) -> Result<(Tensor, f32)> {
    let rows: Vec<u32> = (0u32..).zip(labels).filter(|(_, l)| l.is_some()).map(|(i, _)| i).collect();
    let labels: Vec<u32> = labels.iter().flatten().map(|l| *l as u32).collect();
    let count = rows.len();
    if count == 0 {
        return Ok((logits.zeros_like()?.sum_all()?, 1.0));
    }
    let logits = logits.contiguous()?.index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?;
    let guesses = logits.argmax(D::Minus1)?.to_vec1::<u32>()?;
    let right = guesses.iter().zip(&labels).filter(|(a, b)| a == b).count() as f32 / count.max(1) as f32;
    let picked = log_softmax(&logits, D::Minus1)?.gather(&Tensor::from_vec(labels, (count, 1), &Device::Cpu)?, 1)?;
    Ok((picked.mean_all()?.neg()?, right))
}
