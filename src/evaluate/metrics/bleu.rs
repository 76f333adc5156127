//! BLEU-4 over a set of texts with references, as the captioning field computes it (COCO's evaluation): no smoothing but a trifle
//! that keeps zeros defined, the reference nearest in length, one brevity penalty for the whole set.

use std::collections::BTreeMap;

/// Longest run that is counted.
const LONGEST: usize = 4;

/// What one text adds: for runs of one to four words those right and all, its length and that of the nearest reference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BleuCounts {
    pub right: [f64; LONGEST],
    pub all: [f64; LONGEST],
    pub length: f64,
    pub reference: f64,
}

fn counted(words: &[String], n: usize) -> BTreeMap<&[String], usize> {
    let mut counts = BTreeMap::new();
    for run in words.windows(n) {
        *counts.entry(run).or_insert(0) += 1;
    }
    counts
}

/// The counts of one text against its references.
pub fn bleu_counts(text: &[String], references: &[Vec<String>]) -> BleuCounts {
    let mut counts = BleuCounts { length: text.len() as f64, ..BleuCounts::default() };
    let nearest = references.iter().map(Vec::len).min_by_key(|length| (length.abs_diff(text.len()), *length));
    counts.reference = nearest.unwrap_or(0) as f64;
    for n in 1..=LONGEST {
        let theirs: Vec<BTreeMap<&[String], usize>> = references.iter().map(|words| counted(words, n)).collect();
        let most = |run: &[String]| theirs.iter().filter_map(|counts| counts.get(run)).max().copied().unwrap_or(0);
        let right: usize = counted(text, n).into_iter().map(|(run, times)| times.min(most(run))).sum();
        counts.right[n - 1] = right as f64;
        counts.all[n - 1] = text.len().saturating_sub(n - 1) as f64;
    }
    counts
}

/// BLEU-4 of all texts together; none without any.
pub fn bleu(counts: &[BleuCounts]) -> Option<f64> {
    const TINY: f64 = 1e-15;
    const SMALL: f64 = 1e-9;
    if counts.is_empty() {
        return None;
    }
    let sum = |of: &dyn Fn(&BleuCounts) -> f64| counts.iter().map(of).sum::<f64>();
    let precision = |n: usize| (sum(&|one| one.right[n]) + TINY) / (sum(&|one| one.all[n]) + SMALL);
    let product: f64 = (0..LONGEST).map(precision).product();
    let ratio = (sum(&|one| one.length) + TINY) / (sum(&|one| one.reference) + SMALL);
    let brevity = if ratio < 1.0 { (1.0 - 1.0 / ratio).exp() } else { 1.0 };
    Some(product.powf(1.0 / LONGEST as f64) * brevity)
}
