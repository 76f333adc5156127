//! RoViST-NR: how little a story says twice, between its sentences and within them (Wang et al., ACL 2022). Higher is better.
//!
//! As published, it counts pairs of equal words over the words of both parts, so that a word said often weighs more than once; it
//! knows capitals from small letters, and leaves the last token of a sentence out, which is its mark.

use std::collections::BTreeSet;

use super::tokens::{sentences, treebank};

/// Tokens of a slice within a sentence.
const SLICE: usize = 4;

/// Pairs of equal tokens over the tokens of either; none where there are none.
fn alike(one: &[String], other: &[String]) -> Option<f64> {
    let all: BTreeSet<&String> = one.iter().chain(other).collect();
    let equal: usize = one.iter().map(|word| other.iter().filter(|other| *other == word).count()).sum();
    (!all.is_empty()).then(|| equal as f64 / all.len() as f64)
}

fn mean(values: &[f64]) -> f64 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f64>() / values.len() as f64 }
}

/// One less the mean of the likeness of sentences to those before them and of neighbouring slices of four tokens; none for a text
/// without words.
pub fn rovist_nr(story: &str) -> Option<f64> {
    let parts: Vec<Vec<String>> = sentences(story)
        .into_iter()
        .map(|sentence| {
            let mut words = treebank(sentence);
            words.pop();
            words
        })
        .collect();
    if parts.iter().all(Vec::is_empty) {
        return None;
    }
    let earlier = |(at, part): (usize, &Vec<String>)| -> Vec<f64> {
        parts[..at].iter().filter_map(|before| alike(part, before)).collect()
    };
    let between: Vec<f64> = parts.iter().enumerate().flat_map(earlier).collect();
    let neighbours = |part: &Vec<String>| {
        let slices: Vec<&[String]> = part.chunks(SLICE).collect();
        slices.windows(2).filter_map(|pair| alike(pair[0], pair[1])).collect::<Vec<f64>>()
    };
    let within: Vec<f64> = parts.iter().flat_map(neighbours).collect();
    Some(1.0 - (mean(&between) + mean(&within)) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Between: {a b c} and {a d}: one pair of four words. Within: no sentence has two slices.
        assert_eq!(rovist_nr("a b c. a d."), Some(1.0 - 0.25 / 2.0));
        // Within: {a b c d} and {a b}: two pairs of four words.
        assert_eq!(rovist_nr("a b c d a b."), Some(1.0 - 0.5 / 2.0));
        assert_eq!(rovist_nr("one two three."), Some(1.0));
        assert_eq!(rovist_nr(""), None);
    }
}
