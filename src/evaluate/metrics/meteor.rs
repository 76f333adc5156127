//! METEOR of 2005 (Banerjee and Lavie) with its first two matchers: equal words, then equal stems by Porter. Its third, synonyms by
//! WordNet, and what later versions add (paraphrases, function words, tuned weights) are left out: their data are not ours to
//! ship. So it is somewhat lower than a METEOR with synonyms, and not to be compared with one.

use super::porter::stem;

/// Weight of precision in the mean, and the form of the penalty for order.
const ALPHA: f64 = 0.9;
const BETA: f64 = 3.0;
const GAMMA: f64 = 0.5;

/// The score of a text against the reference that suits it best, from 0 to 1. The words are in lower case already.
pub fn meteor(text: &[String], references: &[Vec<String>]) -> Option<f64> {
    references.iter().map(|reference| single(text, reference)).max_by(f64::total_cmp)
}

fn single(text: &[String], reference: &[String]) -> f64 {
    let mut left: Vec<(usize, String)> = text.iter().cloned().enumerate().collect();
    let mut right: Vec<(usize, String)> = reference.iter().cloned().enumerate().collect();
    let mut pairs = matched(&mut left, &mut right);
    let stemmed = |words: &mut Vec<(usize, String)>| words.iter_mut().for_each(|(_, word)| *word = stem(word));
    stemmed(&mut left);
    stemmed(&mut right);
    pairs.extend(matched(&mut left, &mut right));
    if pairs.is_empty() {
        return 0.0;
    }
    pairs.sort_unstable();
    let found = pairs.len() as f64;
    let (precision, recall) = (found / text.len() as f64, found / reference.len() as f64);
    let mean = precision * recall / (ALPHA * precision + (1.0 - ALPHA) * recall);
    let breaks = pairs.windows(2).filter(|two| two[1].0 != two[0].0 + 1 || two[1].1 != two[0].1 + 1).count();
    let penalty = GAMMA * ((breaks + 1) as f64 / found).powf(BETA);
    (1.0 - penalty) * mean
}

/// Places of equal words, from the end on, each word once; what is matched is taken out.
fn matched(left: &mut Vec<(usize, String)>, right: &mut Vec<(usize, String)>) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for at in (0..left.len()).rev() {
        if let Some(other) = right.iter().rposition(|(_, word)| *word == left[at].1) {
            pairs.push((left.remove(at).0, right.remove(other).0));
        }
    }
    pairs
}
