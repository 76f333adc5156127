//! A tale told again with mistakes in it: what a reward model learns to tell from the truth before anybody has voted. Mistakes
//! are of the kinds that storytellers make: a feeling, a thing or a place that is not what the frame shows, a name that is the
//! other's, and lines that stand in the wrong place, twice or not at all.

use crate::world::chance::Chance;
use crate::world::draft::Draft;
use crate::world::facts::FrameFacts;
use crate::world::narrate;
use crate::world::words::{Emotion, NAMES, Place, Thing};

/// A narration, one line a frame unless a mistake took or added one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retold {
    pub lines: Vec<String>,
    /// Whether each line is right about the frame at its own place.
    pub right: Vec<bool>,
}

/// Tells a draft with so many mistakes, each in a line of its own as far as there are lines.
pub fn retold(draft: &Draft, mistakes: usize, chance: &mut Chance) -> Retold {
    let count = draft.frames.len();
    let mut frames = draft.frames.clone();
    let mut right = vec![true; count];
    let mut later = Vec::new();
    for _ in 0..mistakes.min(count) {
        let free: Vec<usize> = (0..count).filter(|&at| right[at]).collect();
        let at = chance.pick(&free);
        right[at] = false;
        // Three in four are of what the frame shows; the others of words and order, once there are words.
        if !(chance.percent(75) && misseen(&mut frames[at], chance)) {
            later.push(at);
        }
    }
    let lines = narrate::story(&draft.told(&frames), chance);
    let mut told = Retold { lines, right };
    for at in later {
        let names = [draft.cast[0].name.as_str(), draft.cast[1].name.as_str()];
        misworded(&mut told, at, names, chance);
    }
    told
}

/// Changes one thing that a frame shows; false where the chosen thing is not there.
fn misseen(frame: &mut FrameFacts, chance: &mut Chance) -> bool {
    match chance.below(10) {
        // Feelings are what is hardest to see.
        0..6 => {
            let who = chance.below(frame.seen.len());
            if let [a, b] = &mut frame.seen[..]
                && a.emotion != b.emotion
                && chance.percent(50)
            {
                std::mem::swap(&mut a.emotion, &mut b.emotion);
                return true;
            }
            frame.seen[who].emotion = other(&Emotion::ALL, frame.seen[who].emotion, chance);
            true
        }
        6..8 => {
            let Some(thing) = frame.thing else { return false };
            let thing = other(&Thing::ALL, thing, chance);
            frame.thing = Some(thing);
            frame.hue = frame.hue.filter(|_| thing.coloured());
            true
        }
        _ => {
            frame.place = other(&Place::ALL, frame.place, chance);
            true
        }
    }
}

pub(super) fn other<T: Copy + PartialEq>(all: &[T], not: T, chance: &mut Chance) -> T {
    let others: Vec<T> = all.iter().copied().filter(|one| *one != not).collect();
    chance.pick(&others)
}

/// A mistake of words: names exchanged in a line, or a name that is nobody's; lines exchanged, said twice, or left out.
fn misworded(told: &mut Retold, at: usize, names: [&str; 2], chance: &mut Chance) {
    let at = at.min(told.lines.len() - 1);
    let kind = chance.below(10);
    if let (0..6, Some(wrong)) = (kind, renamed(&told.lines[at], names, chance)) {
        told.lines[at] = wrong;
        told.right[at] = false;
        return;
    }
    match kind {
        0..8 if told.lines.len() > 1 => {
            let with = if at == 0 { 1 } else { at - 1 };
            told.lines.swap(at, with);
            (told.right[at], told.right[with]) = (false, false);
        }
        8 if told.lines.len() > 2 => {
            // What comes later then stands one frame too early.
            told.lines.remove(at);
            told.right.remove(at);
            told.right[at.min(told.lines.len() - 1)..].fill(false);
        }
        _ => {
            let again = told.lines[if at == 0 { told.lines.len() - 1 } else { at - 1 }].clone();
            told.lines[at] = again;
        }
    }
    told.right[at.min(told.lines.len() - 1)] = false;
}

/// A line with its names exchanged, or with a name that is nobody's; `None` where nobody is named.
fn renamed(line: &str, [one, two]: [&str; 2], chance: &mut Chance) -> Option<String> {
    if !line.contains(one) && !line.contains(two) {
        return None;
    }
    let strange: Vec<&str> = NAMES.iter().map(|(name, _)| *name).filter(|n| *n != one && *n != two).collect();
    let strange = if chance.percent(20) { Some(chance.pick(&strange)) } else { None };
    let kept = line.replace(one, "\u{1}").replace(two, strange.unwrap_or(one));
    Some(kept.replace('\u{1}', strange.unwrap_or(two)))
}
