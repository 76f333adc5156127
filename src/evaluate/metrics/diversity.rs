//! How varied stories are: distinct runs of words, runs that a story repeats, how alike a model's stories are to one another, and
//! stories of different sequences that are nearly the same.

use std::collections::{BTreeMap, BTreeSet};

use crate::evaluate::texts::words;

/// Words of the runs by which two stories are held against each other, and the share from which they are twins.
const TWIN_RUN: usize = 4;
const TWIN: f64 = 0.8;

/// Distinct runs of `n` words over all of them, in all texts together; none where no text is as long. It falls with the number of
/// words: only figures of about as many may be compared.
pub fn distinct(texts: &[&str], n: usize) -> Option<f64> {
    let texts: Vec<Vec<String>> = texts.iter().map(|text| words(text)).collect();
    let runs: Vec<&[String]> = texts.iter().flat_map(|words| words.windows(n)).collect();
    let different = runs.iter().collect::<BTreeSet<_>>().len();
    (!runs.is_empty()).then(|| different as f64 / runs.len() as f64)
}

/// Runs of `n` words that the story has had before, and all of them.
pub fn repeated_runs(text: &str, n: usize) -> (usize, usize) {
    let words = words(text);
    let runs: Vec<&[String]> = words.windows(n).collect();
    (runs.len() - runs.iter().collect::<BTreeSet<_>>().len(), runs.len())
}

/// BLEU-4 of each text against all others, zero counts smoothed to 0.1; none for less than two texts. Lower is more varied.
pub fn self_bleu_each(texts: &[&str]) -> Option<Vec<f64>> {
    if texts.len() < 2 {
        return None;
    }
    let texts: Vec<Vec<String>> = texts.iter().map(|text| words(text)).collect();
    let mut logs = vec![0.0; texts.len()];
    for n in 1..=4 {
        let counts: Vec<BTreeMap<&[String], usize>> = texts.iter().map(|words| counted(words, n)).collect();
        // How often a run is in any one text, at most and second to that: without its own text, the most is one of the two.
        let mut most: BTreeMap<&[String], (usize, usize)> = BTreeMap::new();
        for (run, times) in counts.iter().flatten() {
            let (first, second) = most.entry(run).or_default();
            if times > first {
                (*first, *second) = (*times, *first);
            } else {
                *second = (*second).max(*times);
            }
        }
        for (log, counts) in logs.iter_mut().zip(&counts) {
            let total: usize = counts.values().sum();
            let common = |(run, times): (&&[String], &usize)| {
                let (first, second) = most.get(run).copied().unwrap_or_default();
                (*times).min(if *times == first { second } else { first })
            };
            let common: usize = counts.iter().map(common).sum();
            *log += ((common as f64).max(0.1) / total.max(1) as f64).ln() / 4.0;
        }
    }
    let lengths: Vec<usize> = texts.iter().map(Vec::len).collect();
    let score = |(at, log): (usize, f64)| {
        let own = lengths[at];
        let others = lengths.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, length)| *length);
        let nearest = others.min_by_key(|length| length.abs_diff(own)).unwrap_or(0);
        match own {
            0..4 => 0.0,
            own if own < nearest => (log + 1.0 - nearest as f64 / own as f64).exp(),
            _ => log.exp(),
        }
    };
    Some(logs.into_iter().enumerate().map(score).collect())
}

fn counted(words: &[String], n: usize) -> BTreeMap<&[String], usize> {
    let mut counts = BTreeMap::new();
    for run in words.windows(n) {
        *counts.entry(run).or_insert(0) += 1;
    }
    counts
}

/// Which texts have a twin among the others: four of five of the runs of four words of both are common. A model that tells every
/// sequence the same has many.
pub fn twins(texts: &[&str]) -> Vec<bool> {
    let runs: Vec<BTreeSet<Vec<String>>> =
        texts.iter().map(|text| words(text).windows(TWIN_RUN).map(<[String]>::to_vec).collect()).collect();
    let is_twin = |one: &BTreeSet<Vec<String>>, other: &BTreeSet<Vec<String>>| {
        // The common part is no larger than the smaller one: most couples need no counting.
        let (less, more) = (one.len().min(other.len()) as f64, one.len().max(other.len()) as f64);
        if more == 0.0 || less / more < TWIN {
            return false;
        }
        let common = one.intersection(other).count() as f64;
        common / (less + more - common) >= TWIN
    };
    (0..runs.len()).map(|at| (0..runs.len()).any(|other| other != at && is_twin(&runs[at], &runs[other]))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evaluate::texts::self_bleu;

    const TEXTS: [&str; 3] = [
        "A fox ran home over the hill, and the fox slept.",
        "A fox ran home over the hill, and a bear slept by the lake.",
        "Nobody was there; the moon stood over the old town and the fox watched it.",
    ];

    #[test]
    fn each_against_the_rest_is_what_counting_all_others_gives() {
        let texts: Vec<String> = TEXTS.iter().map(|text| (*text).to_owned()).collect();
        let each = self_bleu_each(&TEXTS).unwrap();
        assert!((each.iter().sum::<f64>() / 3.0 - self_bleu(&texts).unwrap()).abs() < 1e-12, "{each:?}");
        assert!(each[0] > each[2]);
        assert_eq!(self_bleu_each(&TEXTS[..1]), None);
    }

    #[test]
    fn runs_are_counted_and_twins_found() {
        assert_eq!(distinct(&["a b a b", "a b"], 2), Some(0.5));
        assert_eq!(distinct(&["a"], 2), None);
        assert_eq!(repeated_runs("a b c a b c", 2), (2, 5));
        let long = "one two three four five six seven eight nine ten eleven";
        assert_eq!(twins(&[long, &format!("{long} twelve"), TEXTS[0]]), [true, true, false]);
    }
}
