//! How far raters agree beyond chance, by kappas: Fleiss' of all, Cohen's of every two. Krippendorff's alpha, which needs
//! neither a full table nor as many raters everywhere, is in `alpha`.
//!
//! `None` where a measure is undefined: nobody rated twice, or everybody always said the same.

use std::collections::BTreeMap;

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

/// Cohen's kappa of two of many raters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pairwise {
    pub one: usize,
    pub other: usize,
    /// Units that both rated.
    pub shared: u64,
    pub kappa: Option<f64>,
}

/// Cohen's kappa of every two raters who rated something in common; a unit is its raters, each with the value given.
pub fn pairwise_kappa(units: &[Vec<(usize, u32)>]) -> Vec<Pairwise> {
    let mut both: BTreeMap<(usize, usize), Vec<(u32, u32)>> = BTreeMap::new();
    for unit in units {
        for (i, (one, a)) in unit.iter().enumerate() {
            for (other, b) in unit.iter().skip(i + 1).filter(|(other, _)| other != one) {
                let (raters, said) = if one < other { ((*one, *other), (*a, *b)) } else { ((*other, *one), (*b, *a)) };
                both.entry(raters).or_default().push(said);
            }
        }
    }
    let of = |((one, other), said): (&(usize, usize), &Vec<(u32, u32)>)| Pairwise {
        one: *one,
        other: *other,
        shared: said.len() as u64,
        kappa: cohen_kappa(said),
    };
    both.iter().map(of).collect()
}

/// The mean of a rater's kappas with the others, each weighing as much as what the two have in common.
pub fn mean_kappa(all: &[Pairwise], rater: usize) -> Option<f64> {
    let own = all.iter().filter(|pair| pair.one == rater || pair.other == rater);
    let (mut sum, mut weight) = (0.0, 0.0);
    for (kappa, shared) in own.filter_map(|pair| Some((pair.kappa?, pair.shared as f64))) {
        sum += kappa * shared;
        weight += shared;
    }
    (weight > 0.0).then(|| sum / weight)
}

/// Of all pairs of values given to one unit, the share that are the same; `None` where no unit has two.
pub fn same_share(units: &[Vec<u32>]) -> Option<f64> {
    let (mut same, mut of) = (0u64, 0u64);
    for unit in units {
        for (i, a) in unit.iter().enumerate() {
            of += (unit.len() - i - 1) as u64;
            same += unit[i + 1..].iter().filter(|b| *b == a).count() as u64;
        }
    }
    (of > 0).then(|| same as f64 / of as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fleiss_kappa_is_the_golden_number() {
        let items = [vec![2, 1, 0], vec![0, 3, 0], vec![2, 0, 1], vec![3, 0, 0]];
        assert!((fleiss_kappa(&items).unwrap() - 0.384_615_385).abs() < 1e-9);
    }

    #[test]
    fn what_is_undefined_is_said() {
        assert_eq!(fleiss_kappa(&[vec![2, 1], vec![1, 1]]), None);
        assert_eq!(cohen_kappa(&[]), None);
        // Two of four agree; by chance a half would.
        assert!((cohen_kappa(&[(0, 0), (0, 1), (1, 0), (1, 1)]).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn every_two_raters_have_a_kappa_and_each_a_mean() {
        // Raters 0 and 1 agree on three of four, and by chance on a half: (3/4 - 1/2) / (1/2). Raters 1 and 2 say the opposite
        // of one another on two units: (0 - 1/2) / (1/2).
        let units = [
            vec![(0, 0), (1, 0)],
            vec![(1, 1), (0, 1)],
            vec![(0, 0), (1, 1), (2, 0)],
            vec![(0, 1), (1, 1)],
            vec![(1, 0), (2, 1)],
        ];
        let all = pairwise_kappa(&units);
        let kappa = |one, other| all.iter().find(|pair| (pair.one, pair.other) == (one, other)).unwrap();
        assert_eq!(kappa(0, 1).shared, 4);
        assert!((kappa(0, 1).kappa.unwrap() - 0.5).abs() < 1e-12);
        assert!((kappa(1, 2).kappa.unwrap() + 1.0).abs() < 1e-12);
        // They met once and said the same: nothing beyond chance can be said.
        assert_eq!((kappa(0, 2).shared, kappa(0, 2).kappa), (1, None));
        assert!((mean_kappa(&all, 1).unwrap() - (0.5 * 4.0 - 2.0) / 6.0).abs() < 1e-12);
        assert_eq!(mean_kappa(&all, 7), None);
        assert_eq!(same_share(&[vec![0, 0, 1], vec![1], vec![2, 2]]), Some(0.5));
        assert_eq!(same_share(&[vec![1]]), None);
    }
}
