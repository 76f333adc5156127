//! How far raters agree beyond chance: Krippendorff's alpha, Fleiss' and Cohen's kappa.
//!
//! A unit is one thing that was rated; its values are what its raters said, as places on a scale. `None` where a measure is
//! undefined: nobody rated twice, or everybody always said the same.

use std::collections::BTreeMap;

/// How far apart two values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The same, or not.
    Nominal,
    /// By how many ratings lie between them.
    Ordinal,
}

/// Krippendorff's alpha of units with any number of values each.
pub fn krippendorff_alpha(units: &[Vec<u32>], level: Level) -> Option<f64> {
    let mut counts: BTreeMap<u32, f64> = BTreeMap::new();
    let mut pairs: BTreeMap<(u32, u32), f64> = BTreeMap::new();
    for unit in units.iter().filter(|unit| unit.len() > 1) {
        let weight = 1.0 / (unit.len() - 1) as f64;
        for (i, a) in unit.iter().enumerate() {
            *counts.entry(*a).or_default() += 1.0;
            for (_, b) in unit.iter().enumerate().filter(|(j, _)| *j != i) {
                *pairs.entry((*a, *b)).or_default() += weight;
            }
        }
    }
    let total: f64 = counts.values().sum();
    let apart = |a: u32, b: u32| match level {
        _ if a == b => 0.0,
        Level::Nominal => 1.0,
        Level::Ordinal => {
            let (low, high) = (a.min(b), a.max(b));
            let between: f64 = counts.range(low..=high).map(|(_, count)| count).sum();
            let ends = counts.get(&a).unwrap_or(&0.0) + counts.get(&b).unwrap_or(&0.0);
            (between - ends / 2.0).powi(2)
        }
    };
    let observed: f64 = pairs.iter().map(|((a, b), weight)| weight * apart(*a, *b)).sum::<f64>() / total;
    let expected: f64 = counts
        .iter()
        .flat_map(|(a, n)| counts.iter().map(move |(b, m)| (a, n, b, m)))
        .map(|(a, n, b, m)| n * m * apart(*a, *b))
        .sum::<f64>()
        / (total * (total - 1.0));
    (total > 1.0 && expected > 0.0).then(|| 1.0 - observed / expected)
}

/// Fleiss' kappa: a row an item, in it how many raters chose each category; every item has as many raters.
pub fn fleiss_kappa(items: &[Vec<u32>]) -> Option<f64> {
    let raters: u32 = items.first()?.iter().sum();
    if raters < 2 || items.iter().any(|item| item.iter().sum::<u32>() != raters) {
        return None;
    }
    let n = f64::from(raters);
    let agree = |item: &Vec<u32>| {
        let squares: f64 = item.iter().map(|count| f64::from(*count).powi(2)).sum();
        (squares - n) / (n * (n - 1.0))
    };
    let observed = items.iter().map(agree).sum::<f64>() / items.len() as f64;
    let category = |k: usize| items.iter().map(|item| f64::from(item[k])).sum::<f64>() / (n * items.len() as f64);
    let expected: f64 = (0..items[0].len()).map(|k| category(k).powi(2)).sum();
    (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}

/// Cohen's kappa of two raters over what both rated.
pub fn cohen_kappa(both: &[(u32, u32)]) -> Option<f64> {
    let n = both.len() as f64;
    let observed = both.iter().filter(|(a, b)| a == b).count() as f64 / n;
    let share = |pick: fn(&(u32, u32)) -> u32| {
        let mut shares: BTreeMap<u32, f64> = BTreeMap::new();
        both.iter().for_each(|pair| *shares.entry(pick(pair)).or_default() += 1.0 / n);
        shares
    };
    let (first, second) = (share(|pair| pair.0), share(|pair| pair.1));
    let expected: f64 = first.iter().map(|(value, share)| share * second.get(value).unwrap_or(&0.0)).sum();
    (n > 0.0 && expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_golden_numbers_of_agreement() {
        // A, B and T are 0, 1 and 2; one rater is missing in two units.
        let units = [vec![0, 0, 1], vec![1, 1], vec![0, 2, 0], vec![1, 1, 1], vec![2, 0]];
        let alpha = krippendorff_alpha(&units, Level::Nominal).unwrap();
        assert!((alpha - 0.307_692_308).abs() < 1e-9, "{alpha}");
        let items = [vec![2, 1, 0], vec![0, 3, 0], vec![2, 0, 1], vec![3, 0, 0]];
        assert!((fleiss_kappa(&items).unwrap() - 0.384_615_385).abs() < 1e-9);
    }

    #[test]
    fn nearer_values_disagree_less_on_an_ordinal_scale() {
        let near = [vec![1, 2], vec![3, 3], vec![5, 5], vec![6, 7]];
        let far = [vec![1, 7], vec![3, 3], vec![5, 5], vec![6, 2]];
        let alpha = |units: &[Vec<u32>]| krippendorff_alpha(units, Level::Ordinal).unwrap();
        assert!(alpha(&near) > alpha(&far));
        let perfect = [vec![1, 1], vec![4, 4], vec![7, 7]];
        assert!((alpha(&perfect) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_undefined_is_said() {
        assert_eq!(krippendorff_alpha(&[vec![1], vec![2]], Level::Nominal), None);
        assert_eq!(krippendorff_alpha(&[vec![1, 1], vec![1, 1]], Level::Nominal), None);
        assert_eq!(fleiss_kappa(&[vec![2, 1], vec![1, 1]]), None);
        assert_eq!(cohen_kappa(&[]), None);
        // Two of four agree; by chance a half would.
        assert!((cohen_kappa(&[(0, 0), (0, 1), (1, 0), (1, 1)]).unwrap()).abs() < 1e-12);
    }
}
