//! 95 % intervals: a bootstrap over stories for what is a mean over stories, a jackknife over groups of stories where
//! drawing a story twice would itself change the figure (as with distinct pairs of words).

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// Resamples of a bootstrap.
const DRAWS: usize = 1000;
/// Groups of a jackknife.
const GROUPS: usize = 10;

/// The middle 95 % of the figure over resamples (with replacement) of the items.
pub fn bootstrap<T: Copy>(items: &[T], figure: impl Fn(&[T]) -> Option<f64>) -> Option<[f64; 2]> {
    let mut chance = ChaCha8Rng::seed_from_u64(95);
    let mut values: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let draw = |_| items[((u64::from(chance.next_u32()) * items.len() as u64) >> 32) as usize];
            figure(&(0..items.len()).map(draw).collect::<Vec<T>>())
        })
        .collect();
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
    Some([at(0.025), at(0.975)])
}

/// That of a mean; none for fewer than two.
pub fn mean_interval(values: &[f64]) -> Option<[f64; 2]> {
    let mean = |values: &[f64]| Some(values.iter().sum::<f64>() / values.len() as f64);
    if values.len() < 2 { None } else { bootstrap(values, mean) }
}

/// The figure plus and minus 1.96 standard errors, from leaving out one group of items at a time; none for fewer than two.
pub fn jackknife<T: Copy>(items: &[T], figure: impl Fn(&[T]) -> Option<f64>) -> Option<[f64; 2]> {
    let groups = GROUPS.min(items.len());
    if groups < 2 {
        return None;
    }
    let whole = figure(items)?;
    let without = |group: usize| {
        let kept = items.iter().enumerate().filter(|(i, _)| i % groups != group).map(|(_, item)| *item);
        figure(&kept.collect::<Vec<T>>())
    };
    let values = (0..groups).map(without).collect::<Option<Vec<f64>>>()?;
    let n = groups as f64;
    let mean = values.iter().sum::<f64>() / n;
    let error = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() * (n - 1.0) / n).sqrt();
    Some([whole - 1.96 * error, whole + 1.96 * error])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(items: &[f64]) -> Option<f64> {
        Some(items.iter().sum::<f64>() / items.len() as f64)
    }

    #[test]
    fn both_agree_with_the_normal_interval_of_a_mean() {
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        let items: Vec<f64> = (0..400).map(|_| f64::from(u8::from(chance.next_u32().is_multiple_of(4)))).collect();
        let share = mean(&items).unwrap();
        // Two times 1.96 * sqrt(.25 * .75 / 400) is .085.
        let [low, high] = bootstrap(&items, mean).unwrap();
        assert!(low < share && share < high && (high - low - 0.085).abs() < 0.015, "{low} {high}");
        // Ten groups only: the jackknife's own error is larger.
        let [low, high] = jackknife(&items, mean).unwrap();
        assert!(low < share && share < high && (high - low - 0.085).abs() < 0.05, "{low} {high}");
    }

    #[test]
    fn nothing_has_no_interval() {
        assert_eq!(bootstrap(&[], mean).filter(|[low, _]| !low.is_nan()), None);
        assert_eq!(jackknife(&[1.0], mean), None);
    }
}
