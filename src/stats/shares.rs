//! Shares with their intervals, the exact test of a coin, Holm's correction, and how many votes a difference needs.

use statrs::distribution::{Binomial, ContinuousCDF, Discrete, Normal};

/// A share and where it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The two-sided quantile of the normal distribution for this confidence: 1.96 for .95.
pub fn quantile(confidence: f64) -> f64 {
    Normal::standard().inverse_cdf(0.5 + confidence / 2.0)
}

/// Wilson's score interval of `wins` of `of`; of none, all of the unit interval. `wins` may be a half: ties count so.
pub fn wilson(wins: f64, of: f64) -> Interval {
    if of <= 0.0 {
        return Interval { value: f64::NAN, low: 0.0, high: 1.0 };
    }
    let z = quantile(0.95);
    let share = wins / of;
    let spread = 1.0 + z * z / of;
    let centre = (share + z * z / (2.0 * of)) / spread;
    let half = z * (share * (1.0 - share) / of + z * z / (4.0 * of * of)).sqrt() / spread;
    Interval { value: share, low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
}

/// The exact two-sided p value of `heads` of `of` tosses of a fair coin: how likely something at most as likely is.
pub fn binomial_test(heads: u64, of: u64) -> f64 {
    let Ok(coin) = Binomial::new(0.5, of) else { return 1.0 };
    let seen = coin.pmf(heads);
    (0..=of).map(|k| coin.pmf(k)).filter(|p| *p <= seen * (1.0 + 1e-7)).sum::<f64>().min(1.0)
}

/// Holm's correction: p values that may be read one by one.
pub fn holm(p: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p.len()).collect();
    order.sort_by(|a, b| p[*a].total_cmp(&p[*b]));
    let mut corrected = vec![0.0; p.len()];
    let mut least = 0f64;
    for (rank, place) in order.into_iter().enumerate() {
        least = least.max((p[place] * (p.len() - rank) as f64).min(1.0));
        corrected[place] = least;
    }
    corrected
}

/// How many votes without ties show a win rate of `win` to differ from a half: two-sided at .05, with 80 % power. `None` for
/// a win rate of a half, which no number of votes shows.
pub fn votes_needed(win: f64) -> Option<u64> {
    let away = (win - 0.5).abs();
    if away < 1e-9 || !(0.0..=1.0).contains(&win) {
        return None;
    }
    let power = Normal::standard().inverse_cdf(0.8);
    let root = (quantile(0.95) * 0.5 + power * (win * (1.0 - win)).sqrt()) / away;
    Some((root * root).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_and_power_are_the_golden_numbers() {
        let interval = wilson(60.0, 100.0);
        assert!((interval.low - 0.502_002_587).abs() < 1e-8 && (interval.high - 0.690_598_714).abs() < 1e-8);
        for (win, votes) in [(0.55, 783), (0.6, 194), (0.65, 85), (0.7, 47), (0.3, 47)] {
            assert_eq!(votes_needed(win), Some(votes), "{win}");
        }
        assert_eq!(votes_needed(0.5), None);
        assert_eq!((wilson(0.0, 0.0).low, wilson(0.0, 0.0).high), (0.0, 1.0));
        assert!(wilson(0.0, 10.0).low < 1e-12);
    }

    #[test]
    fn the_exact_test_counts_both_tails() {
        // 2 * (1 + 10) / 1024, by hand.
        assert!((binomial_test(9, 10) - 22.0 / 1024.0).abs() < 1e-12);
        assert!((binomial_test(5, 10) - 1.0).abs() < 1e-12);
        assert_eq!(binomial_test(0, 0), 1.0);
    }

    #[test]
    fn holms_values_rise_and_never_pass_one() {
        let corrected = holm(&[0.04, 0.01, 0.03]);
        for (value, expected) in corrected.iter().zip([0.06, 0.03, 0.06]) {
            assert!((value - expected).abs() < 1e-12, "{corrected:?}");
        }
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    }
}
