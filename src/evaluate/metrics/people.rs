//! Who is in a story, read off its words alone: how long those who are named stay, whether somebody's name changes, and pronouns
//! that nobody was mentioned for.
//!
//! Names are those of the cast where one is known; else words with a capital that stand inside a sentence somewhere. It resolves
//! no reference: "she" has an antecedent as soon as anybody was mentioned before. Plural pronouns are left out.

use std::collections::{BTreeMap, BTreeSet};

use super::tokens::{sentences, treebank};
use crate::story::CastMember;

/// Frames that persistence is counted over: 2 to 5.
pub const PERSISTENCE: [usize; 4] = [2, 3, 4, 5];

const PRONOUNS: [&str; 8] = ["he", "she", "him", "her", "his", "hers", "himself", "herself"];

/// Nouns for somebody, beside the kinds of the cast.
const NOUNS: [&str; 34] = [
    "man",
    "woman",
    "boy",
    "girl",
    "child",
    "kid",
    "baby",
    "mother",
    "father",
    "mom",
    "dad",
    "son",
    "daughter",
    "brother",
    "sister",
    "friend",
    "grandmother",
    "grandfather",
    "teacher",
    "king",
    "queen",
    "person",
    "dog",
    "cat",
    "fox",
    "bear",
    "rabbit",
    "frog",
    "penguin",
    "mouse",
    "bird",
    "bride",
    "groom",
    "player",
];

/// Words with a capital that are no names.
const NO_NAMES: [&str; 20] = [
    "I",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "January",
    "February",
    "March",
    "April",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
    "Christmas",
];

/// What was counted in one story.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Appearances {
    /// Different names.
    pub named: usize,
    /// Of them, those that are said in the lines of at least 2, 3, 4 and 5 frames.
    pub in_frames: [usize; 4],
    /// "Mia the fox": a name for a kind; and those that give a kind another name than it had.
    pub bindings: usize,
    pub switches: usize,
    /// Singular pronouns of the third person, and those before which nobody was mentioned.
    pub pronouns: usize,
    pub dangling: usize,
}

/// Reads a story, one line a frame.
pub fn appearances(story: &str, cast: &[CastMember]) -> Appearances {
    let lines: Vec<&str> = story.lines().filter(|line| !line.trim().is_empty()).collect();
    let names = match cast {
        [] => capitals(&lines),
        cast => cast.iter().map(|member| member.name.clone()).collect(),
    };
    let mut found = Appearances::default();
    let mut frames: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    let mut kinds: BTreeMap<String, String> = BTreeMap::new();
    let mut anybody = false;
    let is_somebody = |word: &str| {
        let word = word.to_lowercase();
        let single = word.strip_suffix('s').unwrap_or(&word);
        NOUNS.contains(&single) || cast.iter().any(|member| member.species.to_lowercase() == single)
    };
    for (frame, line) in lines.iter().enumerate() {
        for words in sentences(line).into_iter().map(treebank) {
            for word in &words {
                if let Some(name) = names.get(word) {
                    frames.entry(name).or_default().insert(frame);
                }
                if PRONOUNS.contains(&word.to_lowercase().as_str()) {
                    found.pronouns += 1;
                    found.dangling += usize::from(!anybody);
                }
                anybody |= names.contains(word) || is_somebody(word);
            }
            for (kind, name) in bindings(&words, &names) {
                found.bindings += 1;
                found.switches += usize::from(kinds.get(&kind).is_some_and(|before| *before != name));
                kinds.insert(kind, name);
            }
        }
    }
    found.named = frames.len();
    for (place, least) in PERSISTENCE.into_iter().enumerate() {
        found.in_frames[place] = frames.values().filter(|frames| frames.len() >= least).count();
    }
    found
}

/// Words with a capital inside a sentence.
fn capitals(lines: &[&str]) -> BTreeSet<String> {
    let inside = |words: Vec<String>| {
        let quoted = |at: usize| matches!(words[at - 1].as_str(), "``" | "''" | "\"" | ":");
        let named = |at: &usize| {
            let mut letters = words[*at].chars();
            letters.next().is_some_and(char::is_uppercase)
                && letters.next().is_some_and(char::is_lowercase)
                && !quoted(*at)
                && !NO_NAMES.contains(&words[*at].as_str())
        };
        (1..words.len()).filter(named).map(|at| words[at].clone()).collect::<Vec<_>>()
    };
    lines.iter().flat_map(|line| sentences(line)).map(treebank).flat_map(inside).collect()
}

/// Kind and name where a sentence says both: "Mia the fox", "a fox named Mia", "the fox, Mia,", "the fox Mia".
fn bindings(words: &[String], names: &BTreeSet<String>) -> Vec<(String, String)> {
    let said = |at: usize| words.get(at).map(String::as_str).unwrap_or_default();
    let plain = |word: &str| !word.is_empty() && word.chars().all(char::is_lowercase);
    let mut found = Vec::new();
    for (at, name) in words.iter().enumerate().filter(|(_, word)| names.contains(*word)) {
        let kind = match at {
            _ if said(at + 1) == "the" && plain(said(at + 2)) => said(at + 2),
            3.. if matches!(said(at - 1), "named" | "called") && plain(said(at - 2)) => said(at - 2),
            3.. if said(at - 1) == "," && said(at + 1) == "," && said(at - 3).eq_ignore_ascii_case("the") => {
                said(at - 2)
            }
            2.. if said(at - 2).eq_ignore_ascii_case("the") && plain(said(at - 1)) => said(at - 1),
            _ => continue,
        };
        found.push((kind.to_owned(), name.clone()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cast() -> Vec<CastMember> {
        [("Mia", "fox"), ("Bo", "bear")]
            .map(|(name, kind)| CastMember { name: name.into(), species: kind.into() })
            .into()
    }

    #[test]
    fn who_stays_is_counted_by_frames() {
        let story = "Mia the fox ran. Mia sang.\nMia met Bo the bear.\nShe and Bo slept.";
        let found = appearances(story, &cast());
        assert_eq!((found.named, found.in_frames), (2, [2, 0, 0, 0]));
        assert_eq!((found.bindings, found.switches, found.pronouns, found.dangling), (2, 0, 1, 0));
    }

    #[test]
    fn a_changed_name_and_a_pronoun_for_nobody_are_found() {
        let found = appearances("He ran.\nMia the fox ran.\nThe fox, Bo, slept, and he dreamt.", &cast());
        assert_eq!((found.bindings, found.switches), (2, 1));
        assert_eq!((found.pronouns, found.dangling), (2, 1));
    }

    #[test]
    fn without_a_cast_names_are_capitals_inside_sentences() {
        let found = appearances("Then Anna came on Sunday.\nThe girl Anna met Tom. \"Come,\" said Tom.", &[]);
        assert_eq!((found.named, found.in_frames[0], found.bindings), (2, 1, 1));
        assert_eq!(appearances("", &[]), Appearances::default());
    }
}
