//! Reads one line of a story: who is named, where, with what, feeling what. Words and simple grammar (clauses, pronouns,
//! negation, wishes and questions), no more; what is true is none of its business.

use crate::world::facts::Member;
use crate::world::grammar::{denied, felt_by, is_linking, supposed, unsaid_until};
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
    /// Mentions by name: those of the cast, of the right species where one stands beside them.
    pub names: Share,
    /// Members who are called by their name.
    pub named: Vec<usize>,
}

/// Who a word stands for.
enum Who {
    Members(Vec<usize>),
    /// More about somebody just mentioned: "the fox" of "Mia the fox".
    Same(usize),
    Stranger,
    /// A pronoun that fits nobody who was mentioned.
    Nobody,
}

/// Of whom the clause speaks.
#[derive(Default)]
struct Speech {
    subject: Vec<usize>,
    /// Who is first in the clause: "Mia gave Bo a kite and was happy".
    first: Vec<usize>,
    /// Nobody has been mentioned in the clause yet.
    fresh: bool,
    /// Feelings said before anybody is named wait for the first who is.
    waiting: Vec<Emotion>,
    /// A pronoun meant nobody: what it feels is felt by nobody.
    lost: bool,
}

/// Reads one line.
pub fn read(line: &str, cast: &[Member]) -> Said {
    let mut said = Said::default();
    let mut speech = Speech::default();
    for sentence in line.split_inclusive(['.', '!', '?']) {
        let asked = sentence.ends_with('?');
        for clause in sentence.split([',', ';', '.', '!', '?', ':']) {
            read_clause(&words(clause), asked, cast, &mut speech, &mut said);
        }
    }
    said
}

fn read_clause(words: &[String], asked: bool, cast: &[Member], speech: &mut Speech, said: &mut Said) {
    speech.fresh = true;
    let mut denied_until = 0;
    let mut skip = 0;
    let hypothetical_from = supposed(words).unwrap_or(words.len());
    let hypothetical_until = words.iter().skip(hypothetical_from).position(|word| word == "but");
    let hypothetical_until = hypothetical_until.map_or(words.len(), |found| hypothetical_from + found);
    for i in 0..words.len() {
        denied_until = unsaid_until(words, i, denied_until);
        if is_linking(words, i) && !speech.fresh {
            speech.subject = speech.first.clone();
        }
        match who(words, i, cast, speech, said) {
            Some(Who::Members(members)) => meet(members, words, i, speech, said),
            Some(Who::Same(member)) => push(&mut said.members, member),
            Some(Who::Stranger) => {
                said.strangers += 1;
                speech.subject.clear();
                speech.lost = true;
            }
            Some(Who::Nobody) => {
                speech.subject.clear();
                speech.lost = true;
            }
            None => {}
        }
        let supposed = (hypothetical_from..hypothetical_until).contains(&i);
        if i < skip || supposed {
            continue;
        }
        for meaning in lexicon(words, i) {
            match meaning {
                Word::Place(place) if !denied(words, i) && !asked => push(&mut said.places, place),
                Word::Thing(thing) if !denied(words, i) => push(&mut said.things, thing),
                Word::Emotion(emotion) if i >= denied_until && !asked => {
                    if emotion == Emotion::Happy && words[i] == "tears" {
                        skip = i + 3;
                    }
                    feel(emotion, words, i, cast, speech, said);
                }
                _ => {}
            }
        }
    }
}

/// Somebody is mentioned: whoever comes next in the clause is spoken of.
fn meet(members: Vec<usize>, words: &[String], at: usize, speech: &mut Speech, said: &mut Said) {
    speech.lost = false;
    for member in &members {
        push(&mut said.members, *member);
    }
    if let Some(first) = members.first() {
        for emotion in speech.waiting.drain(..) {
            push(&mut said.feelings, (*first, emotion));
        }
    }
    if joined(words, at) {
        for member in members {
            push(&mut speech.subject, member);
        }
    } else if !words[at].ends_with("'s") || speech.subject.is_empty() {
        // In "Mia stared at Bo's cake" it is still Mia who is spoken of.
        speech.subject = members;
    }
    if speech.fresh || joined(words, at) {
        speech.first = speech.subject.clone();
    }
    speech.fresh = false;
}

/// A feeling belongs to the noun that it stands before ("a happy fox"), else to whoever is spoken of.
fn feel(emotion: Emotion, words: &[String], at: usize, cast: &[Member], speech: &mut Speech, said: &mut Said) {
    let noun = words[at + 1..].iter().take(2).find_map(|word| member_of(word, cast));
    let between = words.get(at + 1).is_some_and(|word| little(word));
    let direct = words.get(at + 1).is_some_and(|word| member_of(word, cast).is_some());
    if let Some(member) = noun.filter(|_| direct || between) {
        push(&mut said.feelings, (member, emotion));
        return;
    }
    if felt_by_no_one(words, at) {
        return;
    }
    if speech.subject.is_empty() && !speech.lost {
        speech.waiting.push(emotion);
    }
    for member in &speech.subject {
        push(&mut said.feelings, (*member, emotion));
    }
}

/// "The sky looked sad": what looks so is nobody.
fn felt_by_no_one(words: &[String], at: usize) -> bool {
    felt_by(words, at).is_some_and(|who| {
        let person =
            matches!(who, "she" | "he" | "they" | "both" | "each" | "them" | "who" | "everyone" | "everybody" | "i");
        let passing = matches!(who, "and" | "but" | "now" | "then" | "also" | "still" | "scarf" | "hat" | "bow");
        !person && !passing && !is_name(who) && species(who).is_none()
    })
}

/// "Mia and Bo", "the fox and a little bear": both are spoken of.
fn joined(words: &[String], at: usize) -> bool {
    let article = |word: &String| matches!(word.as_str(), "the" | "a" | "an") || little(word);
    let Some(and) = words[..at].iter().rposition(|word| !article(word)) else { return false };
    words[and] == "and" && and > 0 && (is_name(&words[and - 1]) || species(&words[and - 1]).is_some())
}

fn little(word: &str) -> bool {
    matches!(word, "little" | "young" | "small" | "dear" | "old" | "big")
}

fn push<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Whom a word means: a name, a species, a pronoun, "both".
fn who(words: &[String], at: usize, cast: &[Member], speech: &Speech, said: &mut Said) -> Option<Who> {
    let word = plain(&words[at]);
    if let Some(member) = cast.iter().position(|member| member.name.eq_ignore_ascii_case(word)) {
        // "Mia the bear" or "a bear called Mia", when Mia is the fox, is a wrong name.
        let after = words.get(at + 1).filter(|next| *next == "the").and_then(|_| species(words.get(at + 2)?));
        let before = introduced(words, at).then(|| species(&words[at - 2])).flatten();
        let right = [after, before].into_iter().flatten().all(|species| species == cast[member].species);
        said.names.count(right);
        push(&mut said.named, member);
        let same = before.is_some() && speech.subject.contains(&member);
        return Some(if same { Who::Same(member) } else { Who::Members(vec![member]) });
    }
    if is_name(word) {
        said.names.count(false);
        // "a fox called Otto" has been read with the fox.
        return (!introduced(words, at)).then_some(Who::Stranger);
    }
    if let Some(species) = species(word) {
        let named = at >= 2 && words[at - 1] == "the" && is_name(&words[at - 2]);
        let name =
            named.then(|| cast.iter().position(|m| m.name.eq_ignore_ascii_case(plain(&words[at - 2])))).flatten();
        return match cast.iter().position(|member| member.species == species) {
            Some(member) if name == Some(member) => Some(Who::Same(member)),
            // The species beside a name has been read with the name.
            _ if named => None,
            Some(member) => Some(Who::Members(vec![member])),
            None => Some(Who::Stranger),
        };
    }
    match word {
        "she" | "he" => {
            let pronoun = if word == "she" { Pronoun::She } else { Pronoun::He };
            let fits = |member: &usize| cast[*member].pronoun == pronoun;
            let last = speech.subject.iter().rev().chain(said.members.iter().rev()).copied().find(|m| fits(m));
            Some(last.map_or(Who::Nobody, |member| Who::Members(vec![member])))
        }
        // Groups mean those who have been mentioned; nobody is mentioned by them.
        "both" | "they" | "each" | "everyone" | "everybody" | "two" if !said.members.is_empty() => {
            Some(Who::Members(said.members.clone()))
        }
        "both" | "they" | "everyone" | "everybody" => Some(Who::Nobody),
        _ => None,
    }
}

/// "a little fox called Mia"; but in "the fox called Mia back" it is Mia who is called.
fn introduced(words: &[String], at: usize) -> bool {
    let called = at >= 3 && matches!(words[at - 1].as_str(), "called" | "named");
    called && words[..at - 2].iter().rev().find(|word| !little(word)).is_some_and(|word| word == "a" || word == "an")
}

/// Without the ending of possession: "mia's" is Mia.
fn plain(word: &str) -> &str {
    word.strip_suffix("'s").unwrap_or(word)
}

fn is_name(word: &str) -> bool {
    NAMES.iter().any(|(name, _)| name.eq_ignore_ascii_case(plain(word)))
}

fn member_of(word: &str, cast: &[Member]) -> Option<usize> {
    let word = plain(word);
    cast.iter().position(|m| m.name.eq_ignore_ascii_case(word) || species(word) == Some(m.species))
}

fn species(word: impl AsRef<str>) -> Option<Species> {
    let word = plain(word.as_ref());
    let word = if word == "bunny" { "rabbit" } else { word };
    Species::ALL.into_iter().find(|species| species.word() == word)
}
