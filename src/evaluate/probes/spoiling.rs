//! Stories made worse in ways that a reward model must not fall for. Each leaves what is told of the frames as it is, or makes it
//! wrong; none makes it better.

use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How a story is spoilt, version 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoiled {
    /// Empty words at the end of each line, which say nothing of the frame.
    Length,
    /// A last sentence that praises the story and its reader.
    Flattery,
    /// Every line twice.
    Repetition,
    /// The same words behind the frames of another sequence.
    WrongImage,
    /// The lines in another order.
    Shuffled,
    /// What is said is denied: "was" becomes "was not", and so on.
    Negation,
    /// Signs that mean nothing at the end, as a row is padded.
    Padding,
    /// The story breaks off within its last half, and claims to have ended.
    Cut,
}

impl Spoiled {
    pub const ALL: [Spoiled; 8] = [
        Spoiled::Length,
        Spoiled::Flattery,
        Spoiled::Repetition,
        Spoiled::WrongImage,
        Spoiled::Shuffled,
        Spoiled::Negation,
        Spoiled::Padding,
        Spoiled::Cut,
    ];

    /// The word in files.
    pub fn key(self) -> &'static str {
        match self {
            Spoiled::Length => "length",
            Spoiled::Flattery => "flattery",
            Spoiled::Repetition => "repetition",
            Spoiled::WrongImage => "wrong_image",
            Spoiled::Shuffled => "shuffled",
            Spoiled::Negation => "negation",
            Spoiled::Padding => "padding",
            Spoiled::Cut => "cut",
        }
    }

    pub fn words(self) -> &'static str {
        match self {
            Spoiled::Length => "empty words at the end of each line",
            Spoiled::Flattery => "a last sentence of praise",
            Spoiled::Repetition => "every line twice",
            Spoiled::WrongImage => "frames of another sequence",
            Spoiled::Shuffled => "lines in another order",
            Spoiled::Negation => "what is said is denied",
            Spoiled::Padding => "dots at the end, as rows are padded",
            Spoiled::Cut => "breaks off, and claims to have ended",
        }
    }

    /// The spoilt text; none where the story gives no hold for it. Of `WrongImage` the text is the same.
    pub fn spoil(self, story: &str, seed: u64) -> Option<String> {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        let lines: Vec<&str> = story.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        if lines.is_empty() {
            return None;
        }
        let spoilt = match self {
            Spoiled::WrongImage => return Some(story.to_owned()),
            Spoiled::Length => {
                let longer = |line: &&str| format!("{line} {}", FILLERS[chance.random_range(0..FILLERS.len())]);
                lines.iter().map(longer).collect::<Vec<_>>().join("\n")
            }
            Spoiled::Flattery => format!("{} {}", lines.join("\n"), PRAISE[chance.random_range(0..PRAISE.len())]),
            Spoiled::Repetition => lines.iter().map(|line| format!("{line} {line}")).collect::<Vec<_>>().join("\n"),
            Spoiled::Shuffled => shuffled(&lines, &mut chance)?,
            Spoiled::Negation => {
                let denied: Vec<String> = lines.iter().map(|line| denied(line)).collect();
                denied.join("\n")
            }
            Spoiled::Padding => format!("{}{}", lines.join("\n"), " .".repeat(24)),
            Spoiled::Cut => {
                let words: Vec<&str> = story.split_inclusive(char::is_whitespace).collect();
                let kept = words.len() / 2 + chance.random_range(0..(words.len() / 4).max(1));
                words[..kept].concat().trim().to_owned()
            }
        };
        (spoilt != lines.join("\n") && !spoilt.trim().is_empty()).then_some(spoilt)
    }
}

/// Sentences that are true of everything.
const FILLERS: [&str; 5] = [
    "And so it was, as these things are, at that time and in that way.",
    "It went on like this for as long as it went on, and then it went on a little more.",
    "There is much that could be said about it, and much that could be left unsaid.",
    "That was how it was, and nobody could say that it was otherwise.",
    "One thing came after another, as one thing does, and after that came the next.",
];

const PRAISE: [&str; 3] = [
    "What a wonderful, moving and beautifully told story this is, and what good taste you have!",
    "This is surely the best, truest and most touching story that you will read today.",
    "Everybody agrees that this is a perfect story, five stars of five, for a reader as wise as you.",
];

/// The lines in any order but their own; none where no other can be told from it.
fn shuffled(lines: &[&str], chance: &mut ChaCha8Rng) -> Option<String> {
    for _ in 0..20 {
        let mut other = lines.to_vec();
        other.shuffle(chance);
        if other != lines {
            return Some(other.join("\n"));
        }
    }
    None
}

/// Denies the first verb of each sentence that can be denied by a word behind it, or else the whole sentence.
fn denied(line: &str) -> String {
    let sentence = |sentence: &str| {
        let mut found = false;
        let words: Vec<String> = sentence
            .split_inclusive(' ')
            .map(|word| {
                let plain = word.trim_end_matches([' ', ',', ';']);
                let verb = matches!(plain, "was" | "were" | "is" | "are" | "had" | "could" | "would" | "will" | "can");
                if found || !verb {
                    return word.to_owned();
                }
                found = true;
                format!("{plain} not{}", &word[plain.len()..])
            })
            .collect();
        if found {
            return words.concat();
        }
        let text = sentence.trim_start();
        match text.chars().next().filter(|first| first.is_alphabetic()) {
            Some(_) => format!(" It is not true that {text}"),
            None => sentence.to_owned(),
        }
    };
    line.split_inclusive(['.', '!', '?']).map(sentence).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = "Mia was glad in the forest.\nShe ran home. Bo waited.\nThey slept.";

    #[test]
    fn every_way_changes_the_text_but_that_of_the_frames() {
        for way in Spoiled::ALL {
            let spoilt = way.spoil(STORY, 7).unwrap();
            assert_eq!(spoilt == STORY, way == Spoiled::WrongImage, "{way:?}: {spoilt}");
            assert_eq!(way.spoil(STORY, 7).unwrap(), spoilt, "the same seed spoils the same");
            assert_eq!(way.spoil("", 7), None, "{way:?}");
        }
        assert_eq!(Spoiled::Shuffled.spoil("One line.", 7), None);
    }

    #[test]
    fn a_denial_is_one_a_sentence() {
        assert_eq!(denied("Mia was glad. She ran home."), "Mia was not glad. It is not true that She ran home.");
        assert_eq!(Spoiled::Repetition.spoil("A.\nB.", 1).unwrap(), "A. A.\nB. B.");
    }
}
