//! How varied texts are: the share of word pairs that are distinct, and how alike several stories of one sequence are.

use std::collections::{BTreeMap, BTreeSet};

/// Words in lowercase without punctuation.
pub fn words(text: &str) -> Vec<String> {
    let letters = |letter: char| !letter.is_alphanumeric() && letter != '\'';
    text.to_lowercase().split(letters).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Distinct pairs of words in the texts, relative to those in as many words of the others; none without words.
pub fn distinct2(texts: &[&str], others: &[&str]) -> Option<f64> {
    let all = |texts: &[&str]| texts.iter().flat_map(|text| words(text)).collect::<Vec<_>>();
    let (mine, theirs) = (all(texts), all(others));
    // The share falls with length, so both are cut to the same.
    let length = mine.len().min(theirs.len());
    let distinct = |words: &[String]| words[..length].windows(2).collect::<BTreeSet<_>>().len() as f64;
    (length > 1).then(|| distinct(&mine) / distinct(&theirs))
}

/// Mean BLEU-4 of each text against the rest; none for less than two. Counts that are zero are smoothed to 0.1.
pub fn self_bleu(texts: &[String]) -> Option<f64> {
    let texts: Vec<Vec<String>> = texts.iter().map(|text| words(text)).collect();
    let scores = (0..texts.len()).map(|i| {
        let others: Vec<&Vec<String>> =
            texts.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, text)| text).collect();
        bleu(&texts[i], &others)
    });
    (texts.len() > 1).then(|| scores.sum::<f64>() / texts.len() as f64)
}

fn bleu(text: &[String], others: &[&Vec<String>]) -> f64 {
    let mut log = 0.0;
    for n in 1..=4 {
        let counted = count(text, n);
        let total: usize = counted.values().sum();
        if total == 0 {
            return 0.0;
        }
        let theirs: Vec<BTreeMap<&[String], usize>> = others.iter().map(|other| count(other, n)).collect();
        let most = |run: &&[String]| theirs.iter().filter_map(|other| other.get(run)).max().copied().unwrap_or(0);
        let common: usize = counted.iter().map(|(run, times)| (*times).min(most(run))).sum();
        log += ((common as f64).max(0.1) / total as f64).ln() / 4.0;
    }
    let nearest = others.iter().map(|other| other.len()).min_by_key(|length| length.abs_diff(text.len())).unwrap_or(0);
    let brevity = if text.len() < nearest { 1.0 - nearest as f64 / text.len() as f64 } else { 0.0 };
    (log + brevity).exp()
}

fn count(text: &[String], n: usize) -> BTreeMap<&[String], usize> {
    let mut counts = BTreeMap::new();
    for run in text.windows(n) {
        *counts.entry(run).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_as_varied_as_itself_and_wholly_alike() {
        let text = "A fox ran home. A bear slept well by the lake.".to_owned();
        assert_eq!(distinct2(&[&text], &[&text]), Some(1.0));
        assert!((self_bleu(&[text.clone(), text.clone()]).unwrap() - 1.0).abs() < 1e-9);
        assert_eq!(self_bleu(&[text]), None);
    }

    #[test]
    fn one_word_over_and_over_is_not_varied() {
        let dull = "fox fox fox fox fox fox";
        assert_eq!(distinct2(&[dull], &["a fox ran to the lake"]), Some(1.0 / 5.0));
        let texts = ["a b c d e f".to_owned(), "g h i j k l".to_owned()];
        assert!(self_bleu(&texts).unwrap() < 0.1);
    }
}
