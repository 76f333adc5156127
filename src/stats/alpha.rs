//! Krippendorff's alpha: how far raters agree beyond chance, with any number of values a unit; and its bootstrap interval.
//!
//! A unit is one thing that was rated; its values are what its raters said, as places on a scale. `None` where alpha is
//! undefined: nobody rated twice, or everybody always said the same. The interval resamples units; that raters are
//! few, and would differ from others, is not in it.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::shares::Interval;

/// How far apart two values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The same, or not.
    Nominal,
    /// By how many ratings lie between them.
    Ordinal,
}

/// Krippendorff's alpha.
pub fn krippendorff_alpha(units: &[Vec<u32>], level: Level) -> Option<f64> {
    let scale = scale(units);
    Coincidences::of(&units_on(units, &scale), scale.len()).alpha(level)
}

/// Alpha with the 95 % percentile interval of `resamples` draws of as many units, with replacement; the same seed gives the
/// same interval. A draw in which alpha is undefined, as all said the same, is left out.
pub fn alpha_interval(units: &[Vec<u32>], level: Level, resamples: usize, seed: u64) -> Option<Interval> {
    let scale = scale(units);
    let units = units_on(units, &scale);
    let value = Coincidences::of(&units, scale.len()).alpha(level)?;
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut drawn = Coincidences::none(scale.len());
    let mut alphas: Vec<f64> = (0..resamples)
        .filter_map(|_| {
            drawn.clear();
            (0..units.len()).for_each(|_| drawn.add(&units[chance.random_range(0..units.len())]));
            drawn.alpha(level)
        })
        .collect();
    alphas.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = (alphas.len().saturating_sub(1) as f64 * share).round() as usize;
        alphas.get(place).copied().unwrap_or(value)
    };
    Some(Interval { value, low: at(0.025).min(value), high: at(0.975).max(value) })
}

/// The values that there are, in order.
fn scale(units: &[Vec<u32>]) -> Vec<u32> {
    let mut values: Vec<u32> = units.iter().flatten().copied().collect();
    values.sort_unstable();
    values.dedup();
    values
}

/// What one unit adds to the table: cells that hold something, of those units that were rated twice or more.
type Cells = Vec<(usize, f64)>;

fn units_on(units: &[Vec<u32>], scale: &[u32]) -> Vec<Cells> {
    let place = |value: &u32| scale.binary_search(value).unwrap_or(0);
    let cells = |unit: &Vec<u32>| {
        let weight = 1.0 / (unit.len() - 1) as f64;
        let places: Vec<usize> = unit.iter().map(place).collect();
        let others = |i: usize| (0..places.len()).filter(move |j| *j != i);
        let pairs = (0..places.len()).flat_map(|i| others(i).map(move |j| (i, j)));
        pairs.map(|(i, j)| (places[i] * scale.len() + places[j], weight)).collect()
    };
    units.iter().filter(|unit| unit.len() > 1).map(cells).collect()
}

/// How often two values were given to one unit.
struct Coincidences {
    values: usize,
    // (values, values)
    cells: Vec<f64>,
}

impl Coincidences {
    fn none(values: usize) -> Coincidences {
        Coincidences { values, cells: vec![0.0; values * values] }
    }

    fn of(units: &[Cells], values: usize) -> Coincidences {
        let mut all = Coincidences::none(values);
        units.iter().for_each(|unit| all.add(unit));
        all
    }

    fn clear(&mut self) {
        self.cells.fill(0.0);
    }

    fn add(&mut self, unit: &Cells) {
        unit.iter().for_each(|(cell, weight)| self.cells[*cell] += weight);
    }

    fn alpha(&self, level: Level) -> Option<f64> {
        let counts: Vec<f64> = self.cells.chunks(self.values.max(1)).map(|row| row.iter().sum()).collect();
        let total: f64 = counts.iter().sum();
        let apart = |a: usize, b: usize| match level {
            _ if a == b => 0.0,
            Level::Nominal => 1.0,
            Level::Ordinal => {
                let between: f64 = counts[a.min(b)..=a.max(b)].iter().sum();
                (between - (counts[a] + counts[b]) / 2.0).powi(2)
            }
        };
        let (mut observed, mut expected) = (0.0, 0.0);
        for a in 0..self.values {
            for b in 0..self.values {
                let apart = apart(a, b);
                observed += self.cells[a * self.values + b] * apart;
                expected += counts[a] * counts[b] * apart;
            }
        }
        (total > 1.0 && expected > 0.0).then(|| 1.0 - observed * (total - 1.0) / expected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_the_golden_number() {
        // A, B and T are 0, 1 and 2; one rater is missing in two units.
        let units = [vec![0, 0, 1], vec![1, 1], vec![0, 2, 0], vec![1, 1, 1], vec![2, 0]];
        let alpha = krippendorff_alpha(&units, Level::Nominal).unwrap();
        assert!((alpha - 0.307_692_308).abs() < 1e-9, "{alpha}");
    }

    #[test]
    fn nearer_values_disagree_less_on_an_ordinal_scale() {
        let near = [vec![1, 2], vec![3, 3], vec![5, 5], vec![6, 7]];
        let far = [vec![1, 7], vec![3, 3], vec![5, 5], vec![6, 2]];
        let alpha = |units: &[Vec<u32>]| krippendorff_alpha(units, Level::Ordinal).unwrap();
        assert!(alpha(&near) > alpha(&far));
        let perfect = [vec![1, 1], vec![4, 4], vec![7, 7]];
        assert!((alpha(&perfect) - 1.0).abs() < 1e-12);
        // By hand: values 1, 2, 3 given 2, 1 and 1 times. 1 and 2 are (3 - 3/2)^2 = 9/4 apart, 1 and 3 (4 - 3/2)^2 = 25/4,
        // 2 and 3 (2 - 1)^2 = 1. Observed 2 * (25/4 + 9/4) of 4; expected 2 * (2 * 9/4 + 2 * 25/4 + 1) of 12.
        let mixed = [vec![1, 3], vec![1, 2]];
        let hand = 1.0 - (2.0 * (6.25 + 2.25) / 4.0) / (2.0 * (2.0 * 2.25 + 2.0 * 6.25 + 1.0) / 12.0);
        assert!((alpha(&mixed) - hand).abs() < 1e-12, "{}", alpha(&mixed));
    }

    #[test]
    fn what_is_undefined_is_said() {
        assert_eq!(krippendorff_alpha(&[vec![1], vec![2]], Level::Nominal), None);
        assert_eq!(krippendorff_alpha(&[vec![1, 1], vec![1, 1]], Level::Nominal), None);
        assert_eq!(krippendorff_alpha(&[], Level::Ordinal), None);
        assert_eq!(alpha_interval(&[], Level::Ordinal, 100, 0), None);
    }

    #[test]
    fn the_interval_holds_alpha_narrows_with_units_and_comes_out_the_same_again() {
        let some: Vec<Vec<u32>> =
            (0..40u32).map(|n| vec![n % 3, if n % 4 == 0 { (n + 1) % 3 } else { n % 3 }]).collect();
        let interval = |units: &[Vec<u32>]| alpha_interval(units, Level::Nominal, 1000, 7).unwrap();
        let few = interval(&some);
        let alpha = krippendorff_alpha(&some, Level::Nominal).unwrap();
        assert!(few.value == alpha && few.low < alpha && alpha < few.high && few.high <= 1.0, "{few:?}");
        assert_eq!(few, interval(&some));
        let many = interval(&[&some[..]; 9].concat());
        // Nine times as many units: a third of the width, about.
        let ratio = (many.high - many.low) / (few.high - few.low);
        assert!((0.25..0.42).contains(&ratio), "{ratio}");
        // Of 40 units 10 are disagreements: the share that agrees has a standard error of sqrt(.75 * .25 / 40) = 0.068, and alpha
        // is 3/2 of it away from 1, so the interval is about 4 * 0.103 wide.
        assert!((few.high - few.low - 0.40).abs() < 0.08, "{few:?}");
    }
}
