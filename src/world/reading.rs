//! Reads one line of a story: who is named, where, with what, feeling what. Words and simple grammar (clauses, pronouns,
//! negation), no more; what is true is none of its business.

use crate::world::facts::{FrameFacts, Member};
use crate::world::judgement::Share;
use crate::world::lexicon::{Word, lexicon, words};
use crate::world::words::{Emotion, NAMES, Place, Pronoun, Species, Thing};

/// What one line says, by index into the cast; a stranger is a character who is not of the cast.
#[derive(Default)]
pub struct Said {
    pub members: Vec<usize>,
    pub strangers: usize,
    pub places: Vec<Place>,
    pub things: Vec<Thing>,
    pub feelings: Vec<(usize, Emotion)>,
    pub names: Share,
}

/// Who a word stands for.
enum Who {
    Members(Vec<usize>),
    Stranger,
}

/// Reads one line. The frame only says whom "both" means where nobody has been named.
pub fn read(line: &str, cast: &[Member], frame: &FrameFacts) -> Said {
    let mut said = Said::default();
    let mut subject: Vec<usize> = Vec::new();
    // Feelings said before anybody is named wait for the first who is.
    let mut waiting: Vec<Emotion> = Vec::new();
    for clause in line.split([',', ';', '.', '!', '?', ':']) {
        let words = words(clause);
        let mut negated_until = 0;
        for (i, word) in words.iter().enumerate() {
            if matches!(word.as_str(), "not" | "never" | "no" | "without" | "hardly" | "nor" | "neither")
                || word.ends_with("n't")
            {
                negated_until = i + 4;
            }
            if let Some(who) = who(word, &words, i, cast, frame, &subject, &mut said) {
                match who {
                    Who::Members(members) => {
                        for member in &members {
                            push(&mut said.members, *member);
                        }
                        if let Some(first) = members.first() {
                            for emotion in waiting.drain(..) {
                                said.feelings.push((*first, emotion));
                            }
                        }
                        // "Mia and Bo were": both are meant.
                        let joined = i >= 2 && words[i - 1] == "and" || i >= 4 && words[i - 3] == "and";
                        if joined && members.len() == 1 && !subject.is_empty() && together(&words, i) {
                            push(&mut subject, members[0]);
                        } else {
                            subject = members;
                        }
                    }
                    Who::Stranger => {
                        said.strangers += 1;
                        subject.clear();
                    }
                }
            }
            for meaning in lexicon(&words, i) {
                match meaning {
                    Word::Place(place) => push(&mut said.places, place),
                    Word::Thing(thing) => push(&mut said.things, thing),
                    Word::Emotion(emotion) if i >= negated_until => {
                        if subject.is_empty() {
                            waiting.push(emotion);
                        }
                        for member in &subject {
                            push(&mut said.feelings, (*member, emotion));
                        }
                    }
                    Word::Emotion(_) => {}
                }
            }
        }
    }
    said
}

/// "were", "both", "felt" follow a pair: the verb tells that both are meant.
fn together(words: &[String], at: usize) -> bool {
    words.iter().skip(at + 1).take(3).any(|word| matches!(word.as_str(), "were" | "both" | "are"))
}

fn push<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Whom a word means: a name, a species, a pronoun, "both".
fn who(
    word: &str,
    words: &[String],
    at: usize,
    cast: &[Member],
    frame: &FrameFacts,
    subject: &[usize],
    said: &mut Said,
) -> Option<Who> {
    if let Some(member) = cast.iter().position(|member| member.name.eq_ignore_ascii_case(word)) {
        // "Mia the bear", when Mia is the fox, is a wrong name.
        let beside = words.get(at + 1).filter(|next| *next == "the").and_then(|_| species(words.get(at + 2)?));
        said.names.count(beside.is_none_or(|species| species == cast[member].species));
        return Some(Who::Members(vec![member]));
    }
    if NAMES.iter().any(|(name, _)| name.eq_ignore_ascii_case(word)) {
        said.names.count(false);
        return Some(Who::Stranger);
    }
    if let Some(species) = species(word) {
        // The species beside a name has been read with the name.
        let named = at >= 2 && words[at - 1] == "the" && is_name(&words[at - 2]);
        return match cast.iter().position(|member| member.species == species) {
            Some(member) => Some(Who::Members(vec![member])),
            None if named => None,
            None => Some(Who::Stranger),
        };
    }
    match word {
        "she" | "he" => {
            let pronoun = if word == "she" { Pronoun::She } else { Pronoun::He };
            let fits = |member: &usize| cast[*member].pronoun == pronoun;
            let last = subject.iter().rev().chain(said.members.iter().rev()).copied().find(|member| fits(member));
            last.map(|member| Who::Members(vec![member]))
        }
        "both" | "they" | "each" | "everyone" | "everybody" | "two" => {
            let all = if said.members.is_empty() {
                frame.seen.iter().map(|seen| seen.member).collect()
            } else {
                said.members.clone()
            };
            Some(Who::Members(all))
        }
        _ => None,
    }
}

fn is_name(word: &str) -> bool {
    NAMES.iter().any(|(name, _)| name.eq_ignore_ascii_case(word))
}

fn species(word: impl AsRef<str>) -> Option<Species> {
    let word = word.as_ref();
    let word = if word == "bunny" { "rabbit" } else { word };
    Species::ALL.into_iter().find(|species| species.word() == word)
}
