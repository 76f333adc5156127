//! A telling again in the same words but for a few that are wrong: whoever reads both learns what a mistake is and nothing else,
//! as nothing else tells them apart. Feelings, names, things and places are exchanged, which is what storytellers take for another:
//! most often they see both feelings and tell each of the wrong one, and no word of such a line is strange by itself.

use crate::world::chance::Chance;
use crate::world::draft::Draft;
use crate::world::facts::{FrameFacts, Member};
use crate::world::mistaken::{Retold, other};
use crate::world::narrate::{article, capital, phrase};
use crate::world::phrases;
use crate::world::reading::read;
use crate::world::words::{Emotion, NAMES, Place, Thing};

/// The same telling with so many mistakes more, each in a line that was right, as far as there are such lines with a word to exchange.
pub fn slipped(draft: &Draft, told: &Retold, mistakes: usize, chance: &mut Chance) -> Retold {
    let mut slipped = told.clone();
    let mut free: Vec<usize> = (0..told.lines.len().min(draft.frames.len())).filter(|&at| told.right[at]).collect();
    let mut left = mistakes;
    while left > 0 && !free.is_empty() {
        let at = free.swap_remove(chance.below(free.len()));
        let crossed = crossed_feelings(&slipped.lines[at], &draft.frames[at], draft.held_out, chance);
        if crossed.is_none() && free.len() >= left && chance.percent(EASY) {
            continue;
        }
        // Feelings are what is hardest to see; names are what is hardest to keep, and cost most.
        let first = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3][chance.below(11)];
        let wrong = crossed.filter(|_| chance.percent(CROSSED)).or_else(|| {
            (0..KINDS).find_map(|next| slip((first + next) % KINDS, &slipped.lines[at], draft, at, chance))
        });
        if let Some(wrong) = wrong {
            slipped.lines[at] = wrong;
            slipped.right[at] = false;
            left -= 1;
        }
    }
    slipped
}

/// The frame with the feelings that a line tells of, where that is all it would take for the line to be right about it. In front of
/// that frame the line is right and the one that it was made from is not: what is plausible tells the two apart no longer.
pub fn as_told(line: &str, frame: &FrameFacts, cast: &[Member]) -> Option<FrameFacts> {
    let said = read(line, cast);
    let mut shown = frame.clone();
    for seen in &mut shown.seen {
        let mut felt = said.feelings.iter().filter(|(member, _)| *member == seen.member).map(|(_, emotion)| *emotion);
        let (emotion, None) = (felt.next()?, felt.next()) else { return None };
        seen.emotion = emotion;
    }
    let rest = said.names.right == said.names.of && said.places.iter().all(|place| *place == frame.place);
    let things = said.things.iter().all(|thing| Some(*thing) == frame.thing);
    (rest && things && shown != *frame).then_some(shown)
}

const KINDS: usize = 4;
/// Chances in a hundred that a line is passed over in which no feelings can be crossed, as long as there are others.
const EASY: usize = 50;
/// Chances in a hundred that feelings are crossed where they can be.
const CROSSED: usize = 75;

/// A line with one thing exchanged; `None` where it has no word of that kind.
fn slip(kind: usize, line: &str, draft: &Draft, at: usize, chance: &mut Chance) -> Option<String> {
    let frame = &draft.frames[at];
    match kind {
        0 => other_feeling(line, frame, draft.held_out, chance),
        1 if chance.percent(30) => crossed_names(line, &draft.cast),
        1 => other_name(line, &draft.cast, chance),
        2 => other_thing(line, frame.thing?, chance),
        _ => other_place(line, frame.place, draft.held_out, chance),
    }
}

/// Each of two feels what the other one does. Not where the line gives a reason, which would belong to the wrong one.
fn crossed_feelings(line: &str, frame: &FrameFacts, held_out: bool, chance: &mut Chance) -> Option<String> {
    let [one, two] = &frame.seen[..] else { return None };
    if one.emotion == two.emotion || line.contains("because") || line.contains(", for ") {
        return None;
    }
    let mut both = Vec::new();
    for (own, theirs) in [(one.emotion, two.emotion), (two.emotion, one.emotion)] {
        let lists =
            [(phrases::adjectives(own), phrases::adjectives(theirs)), (phrases::signs(own), phrases::signs(theirs))];
        both.push(lists.into_iter().find_map(|(list, wrong)| {
            let (place, words) = list.iter().find_map(|words| Some((find(line, words)?, *words)))?;
            let fitting: Vec<&'static str> = wrong.iter().copied().filter(|words| !words.contains('%')).collect();
            Some((place, words, phrase(&fitting, held_out, chance)))
        })?);
    }
    // From behind, so that what is exchanged first moves nothing.
    both.sort_by_key(|(place, ..)| std::cmp::Reverse(*place));
    Some(both.into_iter().fold(line.to_owned(), |line, (place, words, wrong)| exchanged(&line, place, words, wrong)))
}

/// Each of the two is called by the other's name throughout a line.
fn crossed_names(line: &str, cast: &[Member]) -> Option<String> {
    let (one, two) = (cast[0].name.as_str(), cast[1].name.as_str());
    let crossed = line.replace(one, "\u{1}").replace(two, one).replace('\u{1}', two);
    (crossed != line).then_some(crossed)
}

/// Mostly the feeling of the other one who is there, where it is another.
fn other_feeling(line: &str, frame: &FrameFacts, held_out: bool, chance: &mut Chance) -> Option<String> {
    let mut felt = Vec::new();
    for seen in &frame.seen {
        for list in [phrases::adjectives(seen.emotion), phrases::signs(seen.emotion)] {
            let said = list.iter().filter_map(|words| Some((find(line, words)?, *words, list.len() == ADJECTIVES)));
            felt.extend(said.map(|(place, words, adjective)| (place, words, adjective, seen.emotion)));
        }
    }
    if felt.is_empty() {
        return None;
    }
    let (place, words, adjective, emotion) = chance.pick(&felt);
    let theirs = frame.seen.iter().map(|seen| seen.emotion).find(|theirs| *theirs != emotion);
    let wrong = match theirs {
        Some(theirs) if chance.percent(80) => theirs,
        _ => other(&Emotion::ALL, emotion, chance),
    };
    let list = if adjective { phrases::adjectives(wrong) } else { phrases::signs(wrong) };
    // Signs that say whose tears they are would have to know it.
    let fitting: Vec<&'static str> = list.iter().copied().filter(|words| !words.contains('%')).collect();
    Some(exchanged(line, place, words, phrase(&fitting, held_out, chance)))
}

/// What tells a list of adjectives from one of signs.
const ADJECTIVES: usize = 5;

/// One of the names that a line says becomes the other's or nobody's, here once or throughout the line; or somebody is introduced as
/// what the other one is.
fn other_name(line: &str, cast: &[Member], chance: &mut Chance) -> Option<String> {
    let (one, two) = (&cast[0], &cast[1]);
    let introduced = [(one, two), (two, one)].into_iter().find_map(|(who, other)| {
        let ways: [fn(&str, &str) -> String; 3] = [
            |name, species| format!("{name} the {species}"),
            |name, species| format!("{name}, the {species}"),
            |name, species| format!("{species} called {name}"),
        ];
        ways.into_iter().find_map(|way| {
            let (own, wrong) = (way(&who.name, who.species.word()), way(&who.name, other.species.word()));
            line.contains(&own).then(|| line.replacen(&own, &wrong, 1))
        })
    });
    if let (Some(wrong), true) = (introduced, chance.percent(60)) {
        return Some(wrong);
    }
    let mut said: Vec<(usize, &str, &str)> = Vec::new();
    for (who, other) in [(one, two), (two, one)] {
        said.extend(line.match_indices(who.name.as_str()).map(|(at, name)| (at, name, other.name.as_str())));
    }
    if said.is_empty() {
        return None;
    }
    let (at, named, other) = chance.pick(&said);
    let strange: Vec<&str> = NAMES.iter().map(|(name, _)| *name).filter(|n| *n != named && *n != other).collect();
    let wrong = if chance.percent(25) { chance.pick(&strange) } else { other };
    let alone = !line.contains(other);
    Some(if alone && chance.percent(50) { line.replace(named, wrong) } else { exchanged(line, at, named, wrong) })
}

fn other_thing(line: &str, thing: Thing, chance: &mut Chance) -> Option<String> {
    let place = find(line, thing.word())?;
    let alike = |one: &Thing| one.coloured() == thing.coloured() && article(one.word()) == article(thing.word());
    let others: Vec<Thing> = Thing::ALL.iter().copied().filter(|one| *one != thing && alike(one)).collect();
    (!others.is_empty()).then(|| exchanged(line, place, thing.word(), chance.pick(&others).word()))
}

fn other_place(line: &str, place: Place, held_out: bool, chance: &mut Chance) -> Option<String> {
    let wrong = phrase(phrases::places(other(&Place::ALL, place, chance)), held_out, chance);
    phrases::places(place).iter().find_map(|said| {
        let begins = capital(said);
        match (find(line, said), find(line, &begins)) {
            (Some(at), _) => Some(exchanged(line, at, said, wrong)),
            (None, Some(at)) => Some(exchanged(line, at, &begins, &capital(wrong))),
            (None, None) => None,
        }
    })
}

/// Where words stand in a line as whole words.
fn find(line: &str, words: &str) -> Option<usize> {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphabetic);
    let whole = |(at, _): &(usize, &str)| {
        !letter(line[..*at].chars().next_back()) && !letter(line[at + words.len()..].chars().next())
    };
    line.match_indices(words).find(whole).map(|(at, _)| at)
}

fn exchanged(line: &str, at: usize, words: &str, with: &str) -> String {
    format!("{}{with}{}", &line[..at], &line[at + words.len()..])
}
