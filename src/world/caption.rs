//! The lines of the other tasks: a caption of one frame, what each one feels, who is in it. No names but in the last.

use crate::world::chance::Chance;
use crate::world::facts::{FrameFacts, Member, Seen};
use crate::world::narrate::{article, capital, phrase};
use crate::world::words::{Accessory, Action, Place, Weather};

/// "A happy fox with a red scarf dances in the forest in the rain, next to a kite."
pub fn caption(frame: &FrameFacts, held_out: bool, chance: &mut Chance) -> String {
    let place = located(frame.place);
    let weather = phrase(weathers(frame.weather), held_out, chance);
    let mut thing = frame.thing.map(|thing| match frame.hue {
        Some(hue) => format!("a {hue} {thing}"),
        None => format!("{} {thing}", article(thing.word())),
    });
    let carried = frame.seen.iter().any(|seen| seen.action.carries());
    let together = matches!(&frame.seen[..], [a, b] if a.action == b.action);
    let who: Vec<String> = frame.seen.iter().map(described).collect();
    let doing = if together {
        let (_, verb) = verbs(frame.seen[0].action);
        format!("{} {verb}", who.join(" and "))
    } else {
        let each: Vec<String> = (frame.seen.iter().zip(&who))
            .map(|(seen, who)| match transitive(seen.action).and_then(|verb| thing.take().map(|thing| (verb, thing))) {
                Some((verb, thing)) => format!("{who} {verb} {thing}"),
                None => format!("{who} {}", verbs(seen.action).0),
            })
            .collect();
        each.join(" and ")
    };
    let with = thing.map_or(String::new(), |thing| format!(", {} {thing}", if carried { "with" } else { "next to" }));
    match chance.below(3) {
        0 => capital(&format!("{place}, {weather}, {doing}{with}.")),
        1 => capital(&format!("{weather}, {doing} {place}{with}.")),
        _ => capital(&format!("{doing} {place} {weather}{with}.")),
    }
}

/// "The fox is happy and the bear is sad."
pub fn emotions(frame: &FrameFacts) -> String {
    let each: Vec<String> = frame.seen.iter().map(|seen| format!("the {} is {}", seen.species, seen.emotion)).collect();
    capital(&format!("{}.", each.join(" and ")))
}

/// "The fox is Mia and the bear is Bo."
pub fn consistency(frame: &FrameFacts, cast: &[Member]) -> String {
    let each: Vec<String> =
        frame.seen.iter().map(|seen| format!("the {} is {}", seen.species, cast[seen.member].name)).collect();
    capital(&format!("{}.", each.join(" and ")))
}

/// "a happy fox with a red scarf".
fn described(seen: &Seen) -> String {
    format!("{} {} {}{}", article(seen.emotion.word()), seen.emotion, seen.species, with(seen))
}

/// "a fox with a red scarf".
pub fn dressed(seen: &Seen) -> String {
    format!("{} {}{}", article(seen.species.word()), seen.species, with(seen))
}

fn with(seen: &Seen) -> String {
    match seen.accessory {
        Accessory::None => String::new(),
        worn => format!(" with a {} {worn}", seen.hue),
    }
}

/// What one does with the thing.
fn transitive(action: Action) -> Option<&'static str> {
    match action {
        Action::Hold => Some("holds"),
        Action::Find => Some("finds"),
        Action::Give => Some("gives away"),
        _ => None,
    }
}

/// What one does, and what two do.
fn verbs(action: Action) -> (&'static str, &'static str) {
    match action {
        Action::Walk => ("walks", "walk"),
        Action::Run => ("runs", "run"),
        Action::Dance => ("dances", "dance"),
        Action::Cry => ("crouches", "crouch"),
        Action::Sleep => ("sleeps", "sleep"),
        Action::Search => ("searches", "search"),
        Action::Hug => ("hugs", "hug"),
        Action::Quarrel => ("quarrels", "quarrel"),
        Action::Stand | Action::Hold | Action::Find | Action::Give => ("stands", "stand"),
    }
}

fn located(place: Place) -> &'static str {
    match place {
        Place::Forest => "in the forest",
        Place::Beach => "on the beach",
        Place::Kitchen => "in the kitchen",
        Place::Town => "in the town",
        Place::Snow => "in the snow",
        Place::Meadow => "in the meadow",
        Place::Lake => "by the lake",
        Place::Bedroom => "in the bedroom",
    }
}

fn weathers(weather: Weather) -> &'static [&'static str] {
    match weather {
        Weather::Sunny => &["on a sunny day", "in the sunshine", "in bright sunshine"],
        Weather::Rain => &["in the rain", "on a rainy day", "while it rains"],
        Weather::Storm => &["in a storm", "on a stormy day", "during a storm"],
        Weather::Night => &["at night", "under the moon", "by night"],
        Weather::Sunset => &["at sunset", "in the evening", "in the evening glow"],
    }
}
