//! The narration: one line a frame, of who does what where and how they feel. Compact on purpose: a small model is to
//! be fluent in it. Every line names the place, the visible thing and each character's feeling; none names anything else.

use crate::world::chance::Chance;
use crate::world::facts::{FrameFacts, Member, Seen};
use crate::world::phrases;
use crate::world::plots::{Beat, Cast};
use crate::world::words::{Action, Emotion, Hue, Thing};

/// What is to be told.
pub struct Told<'a> {
    pub cast: &'a [Member],
    pub beats: &'a [&'a Beat],
    pub frames: &'a [FrameFacts],
    /// Held-out phrasings may be used.
    pub held_out: bool,
}

/// What the listener knows already.
struct Known {
    met: [bool; 2],
    things: Vec<Thing>,
}

/// One line a frame.
pub fn story(told: &Told, chance: &mut Chance) -> Vec<String> {
    let mut known = Known { met: [false; 2], things: Vec::new() };
    (0..told.frames.len()).map(|at| line(told, at, &mut known, chance)).collect()
}

/// "Mia and the Lost Kite".
pub fn title(template: &str, cast: &[Member], thing: Thing) -> String {
    let mut letters = thing.word().chars();
    let word: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    template.replace("{A}", &cast[0].name).replace("{B}", &cast[1].name).replace("{t}", &word)
}

/// One of the phrases; the last one is kept out of training.
pub fn phrase(list: &[&'static str], held_out: bool, chance: &mut Chance) -> &'static str {
    let open = if held_out || list.len() == 1 { list.len() } else { list.len() - 1 };
    list[chance.below(open)]
}

fn line(told: &Told, at: usize, known: &mut Known, chance: &mut Chance) -> String {
    let frame = &told.frames[at];
    let beat = told.beats[at];
    let last = at + 1 == told.frames.len();
    let changed = at == 0 || told.frames[at - 1].weather != frame.weather;
    let opener = if at == 0 {
        phrase(phrases::first_openers(frame.weather), told.held_out, chance)
    } else if chance.percent(if changed { 60 } else { 12 }) {
        phrase(phrases::turns(frame.weather), told.held_out, chance)
    } else if last {
        phrase(&phrases::LAST_OPENERS, told.held_out, chance)
    } else {
        phrase(&phrases::OPENERS, told.held_out, chance)
    };
    let says = phrase(beat.says, told.held_out, chance);
    let solo = frame.seen.len() == 1;
    // "With a big smile," only where nobody else could be meant and nothing stands before it.
    let lead = solo && opener.is_empty() && !frame.seen[0].twist && beat.acts[0] != Action::Sleep;
    let sentence = fill(says, told, beat, frame, known, chance);
    let mut text = String::new();
    if lead {
        let seen = &frame.seen[0];
        let lead = phrase(phrases::leads(seen.emotion), told.held_out, chance);
        text.push_str(&lead.replace('%', told.cast[seen.member].pronoun.possessive()));
        text.push(' ');
        text.push_str(&sentence);
    } else {
        if !opener.is_empty() {
            text.push_str(opener);
            text.push(' ');
        }
        text.push_str(&sentence);
        text.push_str(&feelings(told, frame, chance));
    }
    text.push('.');
    capital(&text)
}

/// The sentence of a beat with its names, thing and place.
fn fill(says: &str, told: &Told, beat: &Beat, frame: &FrameFacts, known: &mut Known, chance: &mut Chance) -> String {
    let mut text = String::new();
    let mut rest = says;
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        let close = rest[open..].find('}').map_or(rest.len(), |end| open + end);
        let token = &rest[open + 1..close];
        rest = &rest[(close + 1).min(rest.len())..];
        let member = usize::from(token.ends_with('B'));
        let who = &told.cast[member];
        match token {
            "A" | "B" => text.push_str(&called(who, &mut known.met[member], chance)),
            "sA" | "sB" => text.push_str(who.pronoun.word()),
            "oA" | "oB" => text.push_str(who.pronoun.object()),
            "pA" | "pB" => text.push_str(who.pronoun.possessive()),
            "t" => text.push_str(&frame.thing.map_or(String::new(), |thing| named(thing, frame.hue, known, chance))),
            _ => text.push_str(phrase(phrases::places(frame.place), told.held_out, chance)),
        }
    }
    text.push_str(rest);
    debug_assert!(beat.cast != Cast::Both || frame.seen.len() == 2);
    text
}

/// "Mia the fox" when first met, later "Mia" or "the fox".
fn called(who: &Member, met: &mut bool, chance: &mut Chance) -> String {
    if !*met {
        *met = true;
        return format!("{} the {}", who.name, who.species);
    }
    if chance.percent(10) { format!("the {}", who.species) } else { who.name.clone() }
}

/// "a red kite" at first, later "the kite" or "the red kite".
fn named(thing: Thing, hue: Option<Hue>, known: &mut Known, chance: &mut Chance) -> String {
    let new = !known.things.contains(&thing);
    let colour = hue.filter(|_| chance.percent(if new { 70 } else { 30 }));
    if new {
        known.things.push(thing);
    }
    match (new, colour) {
        (true, Some(hue)) => format!("a {hue} {thing}"),
        (true, None) => format!("{} {thing}", article(thing.word())),
        (false, Some(hue)) => format!("the {hue} {thing}"),
        (false, None) => format!("the {thing}"),
    }
}

/// "a" or "an".
pub fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

/// ", and she was glad" or "; Mia wept, but Bo was calm".
fn feelings(told: &Told, frame: &FrameFacts, chance: &mut Chance) -> String {
    if let [seen] = frame.seen[..] {
        let who = &told.cast[seen.member];
        let clause = feeling(&seen, who, who.pronoun.word(), told.held_out, chance);
        return match chance.below(3) {
            0 => format!(". {}", capital(&clause)),
            1 => format!("; {clause}"),
            _ => format!(", and {clause}"),
        };
    }
    let [a, b] = [frame.seen[0], frame.seen[1]];
    if a.emotion == b.emotion && !a.twist && !b.twist {
        let adjective = phrase(phrases::adjectives(a.emotion), told.held_out, chance);
        let both =
            phrase(&["both were", "both felt", "the two of them were", "each of them felt"], told.held_out, chance);
        return match chance.below(2) {
            0 => format!(", and {both} {adjective}"),
            _ => format!("; {both} {adjective}"),
        };
    }
    let (first, second) = if chance.percent(30) { (b, a) } else { (a, b) };
    let mut clause = |seen: &Seen| {
        let who = &told.cast[seen.member];
        let name = if chance.percent(15) { format!("the {}", who.species) } else { who.name.clone() };
        feeling(seen, who, &name, told.held_out, chance)
    };
    let (first_clause, second_clause) = (clause(&first), clause(&second));
    let joint = if first.emotion == second.emotion {
        ", and "
    } else {
        phrase(&[", but ", ", and ", ", while ", ", yet "], told.held_out, chance)
    };
    let start = if chance.percent(50) { "; ".to_owned() } else { ". ".to_owned() };
    let first_clause = if start == ". " { capital(&first_clause) } else { first_clause };
    format!("{start}{first_clause}{joint}{second_clause}")
}

/// "she was glad, for all was well".
fn feeling(seen: &Seen, who: &Member, subject: &str, held_out: bool, chance: &mut Chance) -> String {
    let said = |text: &str| text.replace('%', who.pronoun.possessive()).replace('$', who.pronoun.word());
    let mut clause = if chance.percent(65) || (seen.twist && seen.emotion == Emotion::Calm) {
        let verb = phrase(&["was", "felt", "looked", "seemed"], held_out, chance);
        format!("{subject} {verb} {}", phrase(phrases::adjectives(seen.emotion), held_out, chance))
    } else {
        format!("{subject} {}", said(phrase(phrases::signs(seen.emotion), held_out, chance)))
    };
    if seen.twist {
        clause.push_str(", ");
        clause.push_str(&said(phrase(phrases::reasons(seen.emotion), held_out, chance)));
    }
    clause
}

/// With a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
