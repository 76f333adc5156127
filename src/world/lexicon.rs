//! The words the judge knows, taken from the very lists the narration is written with and a few of their kin.

use crate::world::phrases::{adjectives, leads, place_words, signs};
use crate::world::words::{Emotion, Place, Thing};

/// What a word or a phrase means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    Place(Place),
    Thing(Thing),
    Emotion(Emotion),
}

/// A text in lowercase words, without punctuation; apostrophes stay.
pub fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|letter: char| !letter.is_alphanumeric() && letter != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Everything that the words from `at` on mean.
pub fn lexicon(words: &[String], at: usize) -> Vec<Word> {
    let word = words[at].as_str();
    let mut found = Vec::new();
    for place in Place::ALL {
        if place_words(place).contains(&word) {
            found.push(Word::Place(place));
        }
    }
    let single = word.strip_suffix('s').unwrap_or(word);
    for thing in Thing::ALL {
        if thing.word() == word || thing.word() == single {
            found.push(Word::Thing(thing));
        }
    }
    if starts(&words[at..], "tears of joy") {
        return vec![Word::Emotion(Emotion::Happy)];
    }
    for emotion in Emotion::ALL {
        let phrases = adjectives(emotion).iter().chain(signs(emotion)).chain(leads(emotion));
        if phrases.chain(kin(emotion)).any(|phrase| starts(&words[at..], phrase)) {
            found.push(Word::Emotion(emotion));
        }
    }
    found
}

/// Whether the words begin with the phrase; `%` stands for her, his or their.
fn starts(found: &[String], phrase: &str) -> bool {
    let pattern =
        phrase.split(|letter: char| !letter.is_alphanumeric() && letter != '%').filter(|word| !word.is_empty());
    let mut count = 0;
    for word in pattern {
        let Some(said) = found.get(count) else { return false };
        let fits = if word == "%" {
            matches!(said.as_str(), "her" | "his" | "their")
        } else {
            said.eq_ignore_ascii_case(word)
        };
        if !fits {
            return false;
        }
        count += 1;
    }
    count > 0
}

/// Words of the same kind that a storyteller may use though the narration does not.
fn kin(emotion: Emotion) -> &'static [&'static str] {
    match emotion {
        Emotion::Happy => &["joy", "smiled", "smiling", "smile", "merry", "pleased", "excited", "laughing"],
        Emotion::Sad => &["tears", "unhappy", "cried", "crying", "sobbing", "sorrow", "lonely"],
        Emotion::Angry => &["anger", "growling", "frowned", "rage", "grumpy"],
        Emotion::Scared => &["fear", "trembling", "fright", "shaking", "worried", "nervous"],
        Emotion::Surprised => &["wide eyes", "surprise", "astonishment", "could not believe", "shocked"],
        Emotion::Calm => &["at peace", "at ease", "quietly", "calmly", "peacefully", "at rest", "restful"],
    }
}
