//! Ways of saying a feeling that are measured and never rewarded: the last of each list, which training does not show either.
//! A policy that learns to please the judge by its words, not by what is true, gains nothing here and is found out there.

use crate::world::lexicon::words;
use crate::world::phrases::adjectives;
use crate::world::words::Emotion;

/// The text without the words that are never rewarded.
pub fn without_withheld(text: &str) -> String {
    let withheld: Vec<&str> = Emotion::ALL.iter().filter_map(|emotion| adjectives(*emotion).last().copied()).collect();
    let spoken = |word: &&str| !words(word).iter().any(|said| withheld.contains(&said.as_str()));
    let line = |line: &str| line.split(' ').filter(spoken).collect::<Vec<_>>().join(" ");
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::{Split, Tale, judge};

    #[test]
    fn what_is_withheld_is_measured_and_not_rewarded() {
        let facts = Tale::new(7, Split::Train).facts;
        let text = facts.story.join("\n");
        assert_eq!(without_withheld(&text), text, "training shows none of these words");
        let seen = facts.frames[0].seen[0];
        let name = &facts.cast[seen.member].name;
        let feels = |word: &str| format!("{name} was {word}.");
        let of = |line: &str| judge(&[line, "", ""].join("\n"), &facts).emotion.right;
        let (known, last) = (adjectives(seen.emotion)[0], adjectives(seen.emotion)[4]);
        assert_eq!((of(&feels(known)), of(&feels(last))), (of(&feels(known)), of(&feels(known))));
        assert!(of(&feels(last)) > of(&without_withheld(&feels(last))));
        assert_eq!(of(&without_withheld(&feels(known))), of(&feels(known)));
    }
}
