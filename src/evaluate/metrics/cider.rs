//! CIDEr as the captioning field computes it today: the variant with clipped counts and a penalty for length (CIDEr-D) that COCO's
//! evaluation calls by that name. Rare runs of words weigh more; how rare they are is counted in the references of the same set.

use std::collections::{BTreeMap, BTreeSet};

const LONGEST: usize = 4;
/// Spread of lengths that is forgiven, in pairs of words.
const SIGMA: f64 = 6.0;

type Counts<'a> = BTreeMap<&'a [String], f64>;

/// Weights of the runs of each length, the norm of each, and how many pairs of words there are.
struct Vector<'a> {
    weights: Vec<Counts<'a>>,
    norms: Vec<f64>,
    pairs: f64,
}

/// The score of each text against its references, from 0 to 10. Of a single text nothing can be said: every run is in all
/// references, so that all weights are zero.
pub fn cider(texts: &[Vec<String>], references: &[Vec<Vec<String>>]) -> Vec<f64> {
    let mut documents: BTreeMap<&[String], f64> = BTreeMap::new();
    for group in references {
        let runs = group.iter().flat_map(|words| (1..=LONGEST).flat_map(|n| words.windows(n)));
        for run in runs.collect::<BTreeSet<&[String]>>() {
            *documents.entry(run).or_default() += 1.0;
        }
    }
    let all = (references.len() as f64).ln();
    let score = |(text, group): (&Vec<String>, &Vec<Vec<String>>)| {
        let own = vector(text, &documents, all);
        let sum: f64 = group.iter().map(|words| alike(&own, &vector(words, &documents, all))).sum();
        if group.is_empty() { 0.0 } else { 10.0 * sum / group.len() as f64 }
    };
    texts.iter().zip(references).map(score).collect()
}

fn vector<'a>(words: &'a [String], documents: &BTreeMap<&[String], f64>, all: f64) -> Vector<'a> {
    let of = |n: usize| {
        let mut counts: Counts<'a> = BTreeMap::new();
        for run in words.windows(n) {
            *counts.entry(run).or_default() += 1.0;
        }
        for (run, count) in &mut counts {
            *count *= all - documents.get(run).copied().unwrap_or(0.0).max(1.0).ln();
        }
        counts
    };
    let weights: Vec<Counts<'a>> = (1..=LONGEST).map(of).collect();
    let norms =
        weights.iter().map(|counts| counts.values().map(|weight| weight * weight).sum::<f64>().sqrt()).collect();
    Vector { weights, norms, pairs: words.len().saturating_sub(1) as f64 }
}

/// Mean over the lengths of runs of the cosine of both, with the text's weights no larger than the reference's.
fn alike(text: &Vector<'_>, reference: &Vector<'_>) -> f64 {
    let apart = text.pairs - reference.pairs;
    let penalty = (-apart * apart / (2.0 * SIGMA * SIGMA)).exp();
    let of = |n: usize| {
        let product = |(run, weight): (&&[String], &f64)| {
            let theirs = reference.weights[n].get(run).copied().unwrap_or(0.0);
            weight.min(theirs) * theirs
        };
        let product: f64 = text.weights[n].iter().map(product).sum();
        let norm = text.norms[n] * reference.norms[n];
        if norm == 0.0 { product } else { product / norm }
    };
    (0..LONGEST).map(of).sum::<f64>() / LONGEST as f64 * penalty
}
