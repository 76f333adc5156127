//! A jumble: four to six unrelated scenes with a small cast. Nothing follows from anything, so that what is asked about it
//! can be answered by looking only. A species may occur twice in the cast, never in one frame.

use crate::world::caption;
use crate::world::chance::Chance;
use crate::world::draft::cast_member;
use crate::world::facts::{Facts, FrameFacts, Member, Seen};
use crate::world::tale::Split;
use crate::world::words::{Accessory, Action, Emotion, Hue, Place, Thing, Weather, held_out_place};

/// What one may do alone, and what two do together.
const ALONE: [Action; 7] =
    [Action::Walk, Action::Run, Action::Dance, Action::Hold, Action::Stand, Action::Search, Action::Find];
const TOGETHER: [[Action; 2]; 7] = [
    [Action::Walk, Action::Walk],
    [Action::Dance, Action::Dance],
    [Action::Stand, Action::Stand],
    [Action::Hold, Action::Stand],
    [Action::Give, Action::Stand],
    [Action::Hug, Action::Hug],
    [Action::Quarrel, Action::Quarrel],
];

/// The facts of a jumble; its title and story are empty.
pub fn facts(seed: u64, split: Split, chance: &mut Chance) -> Facts {
    loop {
        let cast = cast(chance);
        let count = 4 + chance.below(3);
        let frames: Vec<FrameFacts> = (0..count).map(|_| frame(&cast, split, chance)).collect();
        let unseen = frames.iter().any(|f| f.seen.iter().any(|s| held_out_place(s.species) == f.place));
        if unseen != (split == Split::HeldOut) {
            continue;
        }
        let held_out = split == Split::HeldOut;
        let captions = frames.iter().map(|frame| caption::caption(frame, held_out, chance)).collect();
        let emotions = frames.iter().map(caption::emotions).collect();
        let consistency = frames.iter().map(|frame| caption::consistency(frame, &cast)).collect();
        let (title, plot) = (String::new(), "jumble".to_owned());
        return Facts { seed, title, plot, cast, frames, story: Vec::new(), captions, emotions, consistency };
    }
}

/// Two to four characters who can be told apart by what they wear, two of them mostly of one species.
fn cast(chance: &mut Chance) -> Vec<Member> {
    let count = 2 + chance.below(3);
    let mut cast: Vec<Member> = Vec::with_capacity(count);
    while cast.len() < count {
        let mut member = cast_member(&cast, chance);
        if cast.len() == 1 && chance.percent(85) {
            member.species = cast[0].species;
            member.pronoun = cast[0].pronoun;
            // The same kind of thing in another colour, or another thing in the same colour.
            match chance.below(3) {
                0 if cast[0].accessory != Accessory::None => member.accessory = cast[0].accessory,
                1 => member.hue = cast[0].hue,
                _ => {}
            }
        }
        let alike = |other: &Member| {
            let looks =
                other.accessory == member.accessory && (other.hue == member.hue || member.accessory == Accessory::None);
            other.species == member.species && looks
        };
        if !cast.iter().any(alike) {
            cast.push(member);
        }
    }
    cast
}

fn frame(cast: &[Member], split: Split, chance: &mut Chance) -> FrameFacts {
    let first = chance.below(cast.len());
    let others: Vec<usize> = (0..cast.len()).filter(|&i| cast[i].species != cast[first].species).collect();
    let pair = !others.is_empty() && chance.percent(35);
    let members = if pair { vec![first, chance.pick(&others)] } else { vec![first] };
    let acts = if pair { chance.pick(&TOGETHER) } else { [chance.pick(&ALONE); 2] };
    let seen: Vec<Seen> = members
        .iter()
        .zip(acts)
        .map(|(&member, action)| {
            let Member { species, accessory, hue, .. } = cast[member];
            Seen { member, species, emotion: chance.pick(&Emotion::ALL), twist: true, action, accessory, hue }
        })
        .collect();
    let place = loop {
        let place = chance.pick(&Place::ALL);
        if split == Split::HeldOut || seen.iter().all(|s| held_out_place(s.species) != place) {
            break place;
        }
    };
    let needed = acts.iter().any(|act| matches!(act, Action::Hold | Action::Give | Action::Find));
    let thing = (needed || chance.percent(50)).then(|| chance.pick(&Thing::ALL));
    let hue = thing.filter(|thing| thing.coloured()).map(|_| chance.pick(&Hue::ALL));
    FrameFacts { seen, place, weather: chance.pick(&Weather::ALL), thing, hue }
}
