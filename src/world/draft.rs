//! What happens in a tale, before its words: who, which plot, which places, things and feelings.

use crate::world::beat::{Beat, Cast, Plot, Slot};
use crate::world::chance::Chance;
use crate::world::facts::{FrameFacts, Member, Seen};
use crate::world::narrate::Told;
use crate::world::plots::{PLOTS, WAY};
use crate::world::words::{
    Accessory, Action, Emotion, Hue, NAMES, Place, Pronoun, Species, Thing, Weather, held_out_place,
};

/// Chances in a hundred that a feeling is drawn at random instead of from the plot: a model that does not look cannot
/// know it.
const TWIST: usize = 25;

/// What a twist is drawn from: the feelings that plots seldom ask for come twice.
const TWISTS: [Emotion; 8] = [
    Emotion::Happy,
    Emotion::Sad,
    Emotion::Angry,
    Emotion::Angry,
    Emotion::Scared,
    Emotion::Scared,
    Emotion::Surprised,
    Emotion::Calm,
];

/// A tale before its words.
pub struct Draft {
    pub cast: Vec<Member>,
    pub plot: &'static Plot,
    pub beats: Vec<&'static Beat>,
    pub frames: Vec<FrameFacts>,
    /// The plot's two things.
    pub things: [Thing; 2],
    pub held_out: bool,
}

impl Draft {
    /// What is narrated where the frames show this.
    pub fn told<'a>(&'a self, frames: &'a [FrameFacts]) -> Told<'a> {
        Told { cast: &self.cast, beats: &self.beats, frames, held_out: self.held_out }
    }
}

/// Draws a tale; one that is held out shows a species at its `held_out_place` at least once, another never.
pub fn draft(held_out: bool, chance: &mut Chance) -> Draft {
    loop {
        let cast = cast(chance);
        let plot = &PLOTS[chance.below(PLOTS.len())];
        let beats = beats(plot, chance);
        let Some(places) = places(plot, &cast, held_out, chance) else { continue };
        let (frames, things) = frames(plot, &beats, places, &cast, chance);
        let unseen = frames.iter().any(|f| f.seen.iter().any(|s| held_out_place(s.species) == f.place));
        if unseen == held_out {
            return Draft { cast, plot, beats, frames, things, held_out };
        }
    }
}

/// Two characters of different species with different names.
fn cast(chance: &mut Chance) -> Vec<Member> {
    let mut cast: Vec<Member> = Vec::with_capacity(2);
    while cast.len() < 2 {
        let member = cast_member(&cast, chance);
        if cast.iter().all(|other| other.species != member.species) {
            cast.push(member);
        }
    }
    cast
}

/// Somebody with a name of their own.
pub fn cast_member(cast: &[Member], chance: &mut Chance) -> Member {
    let species = chance.pick(&Species::ALL);
    let fits = |&(name, pronoun): &(&str, Pronoun)| {
        let free = cast.iter().all(|other| other.name != name);
        free && (species != Species::Girl || pronoun == Pronoun::She)
    };
    let names: Vec<(&str, Pronoun)> = NAMES.into_iter().filter(fits).collect();
    let (name, pronoun) = chance.pick(&names);
    let accessory = chance.pick(&Accessory::ALL);
    let hue = chance.pick(&Hue::ALL);
    Member { name: name.to_owned(), species, pronoun, accessory, hue }
}

/// The beats of a tale of three to six frames, mostly five.
fn beats(plot: &'static Plot, chance: &mut Chance) -> Vec<&'static Beat> {
    let count = match chance.below(100) {
        0..10 => 3,
        10..25 => 4,
        25..85 => 5,
        _ => 6,
    };
    let mut beats: Vec<&'static Beat> = plot.beats.iter().collect();
    while beats.len() > count {
        let optional: Vec<usize> = (0..beats.len()).filter(|&i| beats[i].optional).collect();
        if optional.is_empty() {
            break;
        }
        beats.remove(chance.pick(&optional));
    }
    if count > beats.len() && count == 6 {
        let at = 1 + chance.below(beats.len() - 1);
        beats.insert(at, &WAY);
    }
    beats
}

/// Three different places; in training none where one of the cast must not be seen.
fn places(plot: &Plot, cast: &[Member], held_out: bool, chance: &mut Chance) -> Option<[Place; 3]> {
    let mut chosen: Vec<Place> = Vec::with_capacity(3);
    for allowed in plot.places {
        let open: Vec<Place> = allowed
            .iter()
            .copied()
            .filter(|place| !chosen.contains(place))
            .filter(|place| held_out || cast.iter().all(|m| held_out_place(m.species) != *place))
            .collect();
        if open.is_empty() {
            return None;
        }
        chosen.push(chance.pick(&open));
    }
    chosen.try_into().ok()
}

/// What each beat shows, and the plot's two things.
fn frames(
    plot: &Plot,
    beats: &[&Beat],
    places: [Place; 3],
    cast: &[Member],
    chance: &mut Chance,
) -> (Vec<FrameFacts>, [Thing; 2]) {
    let first = chance.pick(plot.first);
    let others: Vec<Thing> = plot.second.iter().copied().filter(|thing| *thing != first).collect();
    let things = [first, chance.pick(&others)];
    let hues = [chance.pick(&Hue::ALL), chance.pick(&Hue::ALL)];
    let mut weather: Option<Weather> = None;
    let mut frames = Vec::with_capacity(beats.len());
    for beat in beats {
        let stays = weather.filter(|now| beat.sky.contains(now) && chance.percent(60));
        let now = stays.unwrap_or_else(|| chance.pick(beat.sky));
        weather = Some(now);
        let members: &[usize] = match beat.cast {
            Cast::A => &[0],
            Cast::B => &[1],
            Cast::Both => &[0, 1],
        };
        let seen = members
            .iter()
            .enumerate()
            .map(|(i, &member)| {
                let action = beat.acts[i];
                let usual = chance.pick(beat.feels[i]);
                // A sleeper's eyes are shut: nothing but calm could be seen.
                let drawn = chance.pick(&TWISTS);
                let twist = action != Action::Sleep && chance.percent(TWIST) && !beat.feels[i].contains(&drawn);
                let Member { species, accessory, hue, .. } = cast[member];
                let emotion = if twist { drawn } else { usual };
                Seen { member, species, emotion, twist, action, accessory, hue }
            })
            .collect();
        let slot = match beat.thing {
            Slot::Nothing => None,
            Slot::First => Some(0),
            Slot::Second => Some(1),
        };
        let thing = slot.map(|slot| things[slot]);
        let hue = slot.filter(|&slot| things[slot].coloured()).map(|slot| hues[slot]);
        frames.push(FrameFacts { seen, place: places[beat.place], weather: now, thing, hue });
    }
    (frames, things)
}
