//! Which words of the narration have one meaning, and for which others they could be taken: the feelings, the names, who one is,
//! places and things. Only words that training may use: what is withheld stays unknown to whoever learns from these lists.

use crate::world::phrases::{adjectives, place_words, places, signs};
use crate::world::words::{Emotion, NAMES, Place, Species, Thing};

/// Kinds by name; each a list of meanings, each a list of single words. No word stands in two meanings.
pub fn meanings() -> Vec<(&'static str, Vec<Vec<&'static str>>)> {
    vec![
        ("feeling", Emotion::ALL.iter().map(|emotion| feeling(*emotion)).collect()),
        ("name", NAMES.iter().map(|(name, _)| vec![*name]).collect()),
        ("place", Place::ALL.iter().map(|one| place(*one)).collect()),
        ("species", Species::ALL.iter().map(|species| vec![species.word()]).collect()),
        ("thing", Thing::ALL.iter().map(|thing| vec![thing.word()]).collect()),
    ]
}

/// Words in signs that say nothing of a feeling by themselves.
const HELPERS: [&str; 7] = ["had", "could", "not", "felt", "was", "at", "quite"];

/// Adjectives, and of each sign the first word that speaks of the feeling.
fn feeling(emotion: Emotion) -> Vec<&'static str> {
    let key = |sign: &&'static str| sign.split(' ').find(|word| !HELPERS.contains(word));
    trained(adjectives(emotion)).iter().copied().chain(trained(signs(emotion)).iter().filter_map(key)).collect()
}

/// The words for a place that training's phrases say.
fn place(place: Place) -> Vec<&'static str> {
    let said: Vec<&str> = trained(places(place)).iter().flat_map(|phrase| phrase.split(' ')).collect();
    place_words(place).iter().copied().filter(|word| said.contains(word)).collect()
}

/// A list without its last entry, which is kept out of training.
fn trained(list: &'static [&'static str]) -> &'static [&'static str] {
    &list[..list.len() - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_has_two_meanings_and_none_is_withheld() {
        let all: Vec<&str> = meanings().into_iter().flat_map(|(_, meanings)| meanings.concat()).collect();
        let mut once = all.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(all.len(), once.len(), "{all:?}");
        for withheld in ["delighted", "serene", "grinned", "quite", "rest", "woods", "shore", "flowery"] {
            assert!(!all.contains(&withheld), "{withheld}");
        }
        let feelings = &meanings()[0].1;
        assert_eq!(feelings[0], ["happy", "glad", "joyful", "cheerful", "laughed", "beamed", "smiled"]);
        assert_eq!(feelings[5], ["calm", "peaceful", "relaxed", "content", "breathed", "ease", "peace"]);
    }
}
