//! What is true of a tale: who is seen in each frame, how they feel, where, with what; and the texts that say so.
//!
//! This is what `facts.json` holds and what the judge believes. How it came about is in `tale`.

use serde::{Deserialize, Serialize};

use crate::world::words::{Accessory, Action, Emotion, Hue, Place, Pronoun, Species, Thing, Weather};

/// Somebody of the cast; looks and name stay the same through the tale.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub name: String,
    pub species: Species,
    pub pronoun: Pronoun,
    pub accessory: Accessory,
    /// Colour of the accessory; without meaning when there is none.
    pub hue: Hue,
}

/// One character in one frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Place in `Facts.cast`.
    pub member: usize,
    pub species: Species,
    pub emotion: Emotion,
    /// The emotion was drawn at random, against the plot: it can be known from the picture only.
    pub twist: bool,
    pub action: Action,
    pub accessory: Accessory,
    pub hue: Hue,
}

/// What one frame shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrameFacts {
    /// One or two characters, from left to right only by chance.
    pub seen: Vec<Seen>,
    pub place: Place,
    pub weather: Weather,
    pub thing: Option<Thing>,
    /// Colour of the thing, where its colour varies.
    pub hue: Option<Hue>,
}

/// What is true of a tale. `story`, `captions`, `emotions` and `consistency` have one line a frame each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    pub seed: u64,
    pub title: String,
    /// Which plot it follows, in one word.
    pub plot: String,
    /// Two characters of different species.
    pub cast: Vec<Member>,
    pub frames: Vec<FrameFacts>,
    /// The narration.
    pub story: Vec<String>,
    /// "A happy fox with a red scarf dances in the forest in the rain, holding a kite."
    pub captions: Vec<String>,
    /// "The fox is happy and the bear is sad."
    pub emotions: Vec<String>,
    /// "The fox is Mia and the bear is Bo."
    pub consistency: Vec<String>,
}
