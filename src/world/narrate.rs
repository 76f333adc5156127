//! The narration: one line a frame, of who does what where and how they feel. Compact on purpose: a small model is to
//! be fluent in it. Every line names the place, the visible thing and each character's feeling; none names anything else.

use std::collections::BTreeSet;

use crate::world::beat::Beat;
use crate::world::chance::Chance;
use crate::world::facts::{FrameFacts, Member, Seen};
use crate::world::lexicon::words;
use crate::world::phrases;
use crate::world::reasons;
use crate::world::words::{Accessory, Action, Emotion, Hue, Thing};

/// What is to be told.
pub struct Told<'a> {
    pub cast: &'a [Member],
    pub beats: &'a [&'a Beat],
    pub frames: &'a [FrameFacts],
    /// Held-out phrasings may be used.
    pub held_out: bool,
}

/// What the listener knows already.
#[derive(Clone)]
struct Known {
    met: [bool; 2],
    things: Vec<Thing>,
}

/// One line a frame. Of several drafts of a line the one is taken that repeats least of what has been said.
pub fn story(told: &Told, chance: &mut Chance) -> Vec<String> {
    const DRAFTS: usize = 4;
    /// Chances in a hundred that somebody speaks, where the line has room for it.
    const TALKS: usize = 20;
    let mut known = Known { met: [false; 2], things: Vec::new() };
    let mut lines: Vec<String> = Vec::with_capacity(told.frames.len());
    let mut said = Said::default();
    for at in 0..told.frames.len() {
        let mut best: Option<(usize, String, Known)> = None;
        let twisted = told.frames[at].seen.iter().any(|seen| seen.twist);
        let talks = !twisted && !told.beats[at].talks.is_empty() && chance.percent(TALKS);
        for _ in 0..DRAFTS {
            let mut knows = known.clone();
            let draft = line(told, at, talks, &mut knows, chance);
            let cost = said.cost(&draft);
            if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
                best = Some((cost, draft, knows));
            }
            if cost == 0 {
                break;
            }
        }
        if let Some((_, draft, knows)) = best {
            said.hear(&draft);
            known = knows;
            lines.push(draft);
        }
    }
    lines
}

/// Runs of three and of four words that have been heard, and the words of feeling among them.
#[derive(Default)]
struct Said(BTreeSet<Vec<String>>);

impl Said {
    /// Runs worth counting: one word (a feeling), three words, four words.
    fn runs(line: &str) -> impl Iterator<Item = Vec<String>> {
        let words = words(line);
        let feeling = |word: &String| Emotion::ALL.iter().any(|e| phrases::adjectives(*e).contains(&word.as_str()));
        let single: Vec<Vec<String>> =
            words.iter().filter(|word| feeling(word)).map(|word| vec![word.clone()]).collect();
        let longer: Vec<Vec<String>> = [3, 4].iter().flat_map(|n| words.windows(*n)).map(<[String]>::to_vec).collect();
        single.into_iter().chain(longer)
    }

    fn hear(&mut self, line: &str) {
        self.0.extend(Self::runs(line));
    }

    /// What speaks against a line: each run heard before, each word beyond what is compact.
    fn cost(&self, line: &str) -> usize {
        const LONG: usize = 15;
        let mut heard = self.0.clone();
        let again = Self::runs(line).filter(|run| !heard.insert(run.clone()));
        let again: usize = again.map(|run| if run.len() == 4 { 10 } else { 1 }).sum();
        again + line.split_whitespace().count().saturating_sub(LONG)
    }
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

fn line(told: &Told, at: usize, talks: bool, known: &mut Known, chance: &mut Chance) -> String {
    let frame = &told.frames[at];
    let beat = told.beats[at];
    let twisted = frame.seen.iter().any(|seen| seen.twist);
    let opener = opener(told, at, talks, chance);
    let says = phrase(beat.says, told.held_out, chance);
    // "With a big smile," only where nobody else could be meant and nothing stands before it.
    let lead = frame.seen.len() == 1
        && opener.is_empty()
        && !twisted
        && !talks
        && says.starts_with('{')
        && !says.starts_with("{in}")
        && !says.starts_with("{t}")
        && beat.acts[0] != Action::Sleep;
    let mut text = String::new();
    if lead {
        let seen = &frame.seen[0];
        let lead = phrase(phrases::leads(seen.emotion), told.held_out, chance);
        text.push_str(&lead.replace('%', told.cast[seen.member].pronoun.possessive()));
        text.push(' ');
        text.push_str(&fill(says, told, frame, known, chance));
    } else {
        let spoken = talks.then(|| phrase(beat.talks, told.held_out, chance));
        let before = opener.is_empty() && chance.percent(40);
        if let Some(spoken) = spoken.filter(|_| before) {
            text.push_str(&fill(spoken, told, frame, known, chance));
            text.push_str(". ");
            text.push_str(&capital(&fill(says, told, frame, known, chance)));
        } else {
            if !opener.is_empty() {
                text.push_str(opener);
                // "Soon, by the lake, Mia".
                text.push_str(if says.starts_with("{in}") && !opener.ends_with(',') { ", " } else { " " });
            }
            text.push_str(&fill(says, told, frame, known, chance));
            if let Some(spoken) = spoken {
                text.push_str(". ");
                text.push_str(&fill(spoken, told, frame, known, chance));
            }
        }
        text.push_str(&feelings(told, frame, talks, chance));
    }
    text.push('.');
    // An apposition ends with a comma that another mark may make needless.
    let text = text.replace(",,", ",").replace(",;", ";").replace(",.", ".");
    capital(&text)
}

/// How a line begins; where somebody speaks mostly with nothing, to keep it short.
fn opener(told: &Told, at: usize, talks: bool, chance: &mut Chance) -> &'static str {
    let (weather, indoors) = (told.frames[at].weather, told.frames[at].place.indoors());
    if at == 0 {
        return phrase(phrases::first_openers(weather), told.held_out, chance);
    }
    let changed = told.frames[at - 1].weather != weather;
    if changed && chance.percent(50) {
        let list = if chance.percent(60) { phrases::turns(weather) } else { phrases::still(weather, indoors) };
        return phrase(list, told.held_out, chance);
    }
    if talks && chance.percent(70) {
        return "";
    }
    if chance.percent(12) {
        return phrase(phrases::still(weather, indoors), told.held_out, chance);
    }
    let list: &[&'static str] = if at + 1 == told.frames.len() { &phrases::LAST_OPENERS } else { &phrases::OPENERS };
    phrase(list, told.held_out, chance)
}

/// The sentence of a beat with its names, thing and place.
fn fill(says: &str, told: &Told, frame: &FrameFacts, known: &mut Known, chance: &mut Chance) -> String {
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
            "A" | "B" => text.push_str(&called(who, &mut known.met[member], told.held_out, chance)),
            "sA" | "sB" => text.push_str(who.pronoun.word()),
            "oA" | "oB" => text.push_str(who.pronoun.object()),
            "pA" | "pB" => text.push_str(who.pronoun.possessive()),
            "t" => text.push_str(&frame.thing.map_or(String::new(), |thing| named(thing, frame.hue, known, chance))),
            _ => text.push_str(phrase(phrases::places(frame.place), told.held_out, chance)),
        }
    }
    text.push_str(rest);
    text
}

/// "Mia the fox" or "a little fox called Mia" when first met, later "Mia" or "the fox".
fn called(who: &Member, met: &mut bool, held_out: bool, chance: &mut Chance) -> String {
    let Member { name, species, accessory, hue, .. } = who;
    if *met {
        return if chance.percent(10) { format!("the {species}") } else { name.clone() };
    }
    *met = true;
    match chance.below(100) {
        0..55 => format!("{name} the {species}"),
        55..68 if *accessory != Accessory::None => format!("{name}, the {species} with the {hue} {accessory},"),
        _ => format!("a {}{species} called {name}", phrase(&phrases::LITTLE, held_out, chance)),
    }
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
fn feelings(told: &Told, frame: &FrameFacts, spoken: bool, chance: &mut Chance) -> String {
    if let [seen] = frame.seen[..] {
        let clause = feeling(&seen, frame, told, told.cast[seen.member].pronoun.word(), chance);
        return match chance.below(3) {
            0 => format!(". {}", capital(&clause)),
            1 if !spoken => format!("; {clause}"),
            _ => format!(", and {clause}"),
        };
    }
    let [a, b] = [frame.seen[0], frame.seen[1]];
    if a.emotion == b.emotion && !a.twist && !b.twist {
        let adjective = phrase(phrases::adjectives(a.emotion), told.held_out, chance);
        let names = format!("{} and {} were", told.cast[a.member].name, told.cast[b.member].name);
        let both =
            match phrase(&["", "both were", "both felt", "the two of them were", "each felt"], told.held_out, chance) {
                "" => names,
                both => both.to_owned(),
            };
        return match chance.below(3) {
            0 => format!(", and {both} {adjective}"),
            1 if !spoken => format!("; {both} {adjective}"),
            _ => format!(". {} {adjective}", capital(&both)),
        };
    }
    let (first, second) = if chance.percent(30) { (b, a) } else { (a, b) };
    let mut clause = |seen: &Seen| {
        let who = &told.cast[seen.member];
        let name = if chance.percent(15) { format!("the {}", who.species) } else { who.name.clone() };
        feeling(seen, frame, told, &name, chance)
    };
    let (first_clause, second_clause) = (clause(&first), clause(&second));
    let joint = if first.emotion == second.emotion {
        ", and "
    } else {
        phrase(&[", but ", ", and ", ", while ", ", yet "], told.held_out, chance)
    };
    let start = if !spoken && chance.percent(50) { "; ".to_owned() } else { ". ".to_owned() };
    let first_clause = if start == ". " { capital(&first_clause) } else { first_clause };
    format!("{start}{first_clause}{joint}{second_clause}")
}

/// "she was glad because all was well".
fn feeling(seen: &Seen, frame: &FrameFacts, told: &Told, subject: &str, chance: &mut Chance) -> String {
    let who = &told.cast[seen.member];
    let other = frame.seen.iter().find(|other| other.member != seen.member);
    let other = other.map_or("", |other| told.cast[other.member].name.as_str());
    let said = |text: &str| {
        let text = text.replace('%', who.pronoun.possessive()).replace('$', who.pronoun.word());
        text.replace('@', who.pronoun.object()).replace('&', other)
    };
    let plain: Vec<&'static str> =
        phrases::signs(seen.emotion).iter().copied().filter(|sign| !seen.twist || !sign.contains(' ')).collect();
    if plain.len() > 1 && chance.percent(30) {
        let clause = format!("{subject} {}", said(phrase(&plain, told.held_out, chance)));
        return if seen.twist { format!("{clause}{}", said(&because(seen, frame, told, chance))) } else { clause };
    }
    let verb = phrase(&["was", "felt", "looked", "seemed"], told.held_out, chance);
    let adjective = phrase(phrases::adjectives(seen.emotion), told.held_out, chance);
    if seen.twist {
        return format!("{subject} {verb} {adjective}{}", said(&because(seen, frame, told, chance)));
    }
    match chance.below(100) {
        0..6 if seen.action != Action::Sleep => {
            let effect = said(phrase(phrases::effects(seen.emotion), told.held_out, chance));
            format!("{subject} was so {adjective} that {effect}")
        }
        6..18 => format!(
            "{subject} {verb} {} {adjective}",
            phrase(&["very", "quite", "really", "rather"], told.held_out, chance)
        ),
        _ => format!("{subject} {verb} {adjective}"),
    }
}

/// " because all was well": the reason of a feeling that the plot does not explain.
fn because(seen: &Seen, frame: &FrameFacts, told: &Told, chance: &mut Chance) -> String {
    let lists = [
        reasons::doing(seen.emotion, seen.action),
        reasons::doing(seen.emotion, seen.action),
        reasons::weather(seen.emotion, frame.weather),
        reasons::general(seen.emotion),
    ];
    let alone = frame.seen.len() == 1;
    let fitting = |list: &[&'static str]| -> Vec<&'static str> {
        let open = if told.held_out { list.len() } else { list.len().saturating_sub(1) };
        list[..open].iter().copied().filter(|reason| !alone || !reason.contains('&')).collect()
    };
    let lists: Vec<Vec<&'static str>> =
        lists.iter().map(|list| fitting(list)).filter(|list| !list.is_empty()).collect();
    let list = &lists[chance.below(lists.len())];
    let reason = chance.pick(list);
    format!("{}{reason}", phrase(&[" because ", ", for ", " because ", " since "], told.held_out, chance))
}

/// With a capital first letter.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}
