//! What a plot is made of: five beats, each with who is in it, what they may feel and do, with which thing, at which of
//! three places, in which weather, and several ways to say it. The plots themselves are in `bonds` and `quests`.
//!
//! In the sentences: `{A}` `{B}` the characters, `{sA}` she/he, `{oA}` her/him, `{pA}` her/his, `{t}` the thing (with its
//! article), `{in}` the place. No sentence names what its frame does not show, or a feeling.

use crate::world::words::{Action, Emotion, Place, Thing, Weather};
use Place::*;
use Weather::*;

/// Who is in a beat.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    A,
    B,
    Both,
}

/// Which of the plot's two things is seen.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    Nothing,
    First,
    Second,
}

/// One step of a plot.
pub struct Beat {
    pub cast: Cast,
    /// What the first (or only) character may feel, and the second.
    pub feels: [&'static [Emotion]; 2],
    pub acts: [Action; 2],
    pub thing: Slot,
    /// Which of the plot's places, 0..3.
    pub place: usize,
    pub sky: &'static [Weather],
    /// The plot is still understood without it.
    pub optional: bool,
    /// Ways to say it; the last is kept out of training.
    pub says: &'static [&'static str],
    /// What somebody may say aloud then; the last is kept out of training. Empty where nobody speaks.
    pub talks: &'static [&'static str],
}

/// A plot.
pub struct Plot {
    pub word: &'static str,
    /// `{A}`, `{B}` and `{t}` (without article) are filled in.
    pub title: &'static str,
    pub places: [&'static [Place]; 3],
    pub first: &'static [Thing],
    pub second: &'static [Thing],
    pub beats: [Beat; 5],
}

pub const OUT: &[Place] = &[Forest, Beach, Town, Snow, Meadow, Lake];
pub const IN: &[Place] = &[Kitchen, Bedroom];
pub const ANY: &[Place] = &[Forest, Beach, Kitchen, Town, Snow, Meadow, Lake, Bedroom];
pub const FAIR: &[Weather] = &[Sunny, Sunset];
pub const DARK: &[Weather] = &[Night];
pub const WET: &[Weather] = &[Rain, Storm];
pub const ALL: &[Weather] = &[Sunny, Rain, Storm, Night, Sunset];
pub const TOYS: &[Thing] = &[Thing::Kite, Thing::Ball, Thing::Boat, Thing::Balloon, Thing::Book];
const NO: &[Emotion] = &[];

#[expect(clippy::too_many_arguments, reason = "a row of a table: the plots are read, not called")]
pub const fn solo(
    cast: Cast,
    feels: &'static [Emotion],
    act: Action,
    thing: Slot,
    place: usize,
    sky: &'static [Weather],
    optional: bool,
    says: &'static [&'static str],
    talks: &'static [&'static str],
) -> Beat {
    Beat { cast, feels: [feels, NO], acts: [act, act], thing, place, sky, optional, says, talks }
}

#[expect(clippy::too_many_arguments, reason = "a row of a table: the plots are read, not called")]
pub const fn duo(
    feels: [&'static [Emotion]; 2],
    acts: [Action; 2],
    thing: Slot,
    place: usize,
    sky: &'static [Weather],
    optional: bool,
    says: &'static [&'static str],
    talks: &'static [&'static str],
) -> Beat {
    Beat { cast: Cast::Both, feels, acts, thing, place, sky, optional, says, talks }
}
