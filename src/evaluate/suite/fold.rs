//! From counts of sequences to a figure with its interval, and to the difference of two models over the same sequences.

use std::collections::HashSet;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use statrs::distribution::{ContinuousCDF, Normal};

use crate::evaluate::intervals::jackknife;
use crate::evaluate::metrics::{BleuCounts, bleu};

/// Resamples of a bootstrap: many, as the smallest p value that they can show is one in as many, and Holm multiplies it.
const DRAWS: usize = 10_000;
/// Lines of each group without which a gap is not told.
pub const FEWEST: f64 = 20.0;

/// How the counts of sequences become one figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// Sum of the first over the sum of the second: a mean where the second is 1, else a share.
    Ratio,
    /// e to the sum of the first over the sum of the second, with the other sign: nats and tokens become a perplexity.
    Perplexity,
    /// First over second less third over fourth, each with a half added above and one below; none for fewer than 20 of either.
    Gap,
    /// The ten counts of BLEU-4.
    Bleu,
    /// Hashes of runs of words: different ones over all of them.
    Distinct,
}

/// The counts of one sequence.
pub type Counts = Vec<f64>;

impl Fold {
    /// The figure; none where nothing was counted.
    pub fn value(self, rows: &[&Counts]) -> Option<f64> {
        if self == Fold::Distinct {
            let all: Vec<u64> = rows.iter().flat_map(|row| row.iter().map(|hash| hash.to_bits())).collect();
            let different = all.iter().collect::<HashSet<_>>().len();
            return (!all.is_empty()).then(|| different as f64 / all.len() as f64);
        }
        let width = rows.first()?.len();
        let mut sums = vec![0.0; width];
        for row in rows {
            sums.iter_mut().zip(row.iter()).for_each(|(sum, count)| *sum += count);
        }
        self.of_sums(&sums)
    }

    fn of_sums(self, sums: &[f64]) -> Option<f64> {
        let value = match (self, sums) {
            (Fold::Ratio, [above, below]) if *below > 0.0 => above / below,
            (Fold::Perplexity, [nats, tokens]) if *tokens > 0.0 => (-nats / tokens).exp(),
            (Fold::Gap, [a, n, b, m]) if *n >= FEWEST && *m >= FEWEST => (a + 0.5) / (n + 1.0) - (b + 0.5) / (m + 1.0),
            (Fold::Bleu, [sums @ .., length, reference]) if sums.len() == 8 && *length > 0.0 => {
                let part = |from: usize| [0, 1, 2, 3].map(|n| sums[from + n]);
                bleu(&[BleuCounts { right: part(0), all: part(4), length: *length, reference: *reference }])?
            }
            _ => return None,
        };
        value.is_finite().then_some(value)
    }

    /// The figure with its 95 % interval over sequences: a bootstrap, or a jackknife where a sequence drawn twice would itself
    /// change the figure.
    pub fn interval(self, rows: &[&Counts]) -> Option<[f64; 2]> {
        self.value(rows)?;
        if self == Fold::Distinct {
            return jackknife(rows, |rows| self.value(rows));
        }
        middle(&mut self.draws(rows, |sums| self.of_sums(sums)))
    }

    /// Figures over resamples of the rows, which must have counts.
    fn draws(self, rows: &[&Counts], figure: impl Fn(&[f64]) -> Option<f64>) -> Vec<f64> {
        let mut chance = ChaCha8Rng::seed_from_u64(95);
        let width = rows.first().map_or(0, |row| row.len());
        let mut sums = vec![0.0; width];
        let draw = |_| {
            sums.fill(0.0);
            for _ in 0..rows.len() {
                let row = rows[chance.random_range(0..rows.len())];
                sums.iter_mut().zip(row.iter()).for_each(|(sum, count)| *sum += count);
            }
            figure(&sums)
        };
        (0..DRAWS).filter_map(draw).collect()
    }

    /// This model less the baseline over the sequences of both: difference, 95 % interval and p value.
    pub fn versus(self, pairs: &[(&Counts, &Counts)]) -> Option<(f64, [f64; 2], f64)> {
        let difference = |pairs: &[(&Counts, &Counts)]| {
            let (own, base): (Vec<&Counts>, Vec<&Counts>) = pairs.iter().copied().unzip();
            Some(self.value(&own)? - self.value(&base)?)
        };
        let found = difference(pairs)?;
        if self == Fold::Distinct {
            let [low, high] = jackknife(pairs, difference)?;
            let error = (high - low) / 2.0 / 1.96;
            let p = if error > 0.0 {
                2.0 * Normal::standard().sf((found / error).abs())
            } else {
                f64::from(u8::from(found == 0.0))
            };
            return Some((found, [low, high], p));
        }
        let joined: Vec<Counts> = pairs.iter().map(|(own, base)| [own.as_slice(), base.as_slice()].concat()).collect();
        let rows: Vec<&Counts> = joined.iter().collect();
        let width = pairs.first()?.0.len();
        let mut draws = self.draws(&rows, |sums| Some(self.of_sums(&sums[..width])? - self.of_sums(&sums[width..])?));
        let count = |side: fn(&f64) -> bool| draws.iter().filter(|draw| side(draw)).count() as f64;
        let tail = count(|draw| *draw <= 0.0).min(count(|draw| *draw >= 0.0));
        let p = (2.0 * (tail + 1.0) / (draws.len() as f64 + 1.0)).min(1.0);
        Some((found, middle(&mut draws)?, p))
    }
}

/// The middle 95 % of some figures.
fn middle(figures: &mut [f64]) -> Option<[f64; 2]> {
    if figures.is_empty() {
        return None;
    }
    figures.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| figures[((figures.len() - 1) as f64 * share).round() as usize];
    Some([at(0.025), at(0.975)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(counts: &[[f64; 2]]) -> Vec<Counts> {
        counts.iter().map(|counts| counts.to_vec()).collect()
    }

    fn refer(rows: &[Counts]) -> Vec<&Counts> {
        rows.iter().collect()
    }

    #[test]
    fn figures_by_hand() {
        let shares = rows(&[[1.0, 2.0], [0.0, 2.0]]);
        assert_eq!(Fold::Ratio.value(&refer(&shares)), Some(0.25));
        assert_eq!(Fold::Ratio.value(&[]), None);
        let nats = rows(&[[-2.0, 1.0], [0.0, 1.0]]);
        assert!((Fold::Perplexity.value(&refer(&nats)).unwrap() - 1f64.exp()).abs() < 1e-12);
        let gap = vec![vec![10.0, 20.0, 5.0, 20.0]];
        assert!((Fold::Gap.value(&refer(&gap)).unwrap() - (10.5 - 5.5) / 21.0).abs() < 1e-12);
        assert_eq!(Fold::Gap.value(&[&vec![10.0, 19.0, 5.0, 20.0]]), None, "too few");
        let hashes = vec![vec![1.0, 2.0], vec![2.0, 3.0]];
        assert_eq!(Fold::Distinct.value(&refer(&hashes)), Some(0.75));
    }

    #[test]
    fn a_difference_is_found_where_there_is_one_and_not_where_there_is_none() {
        let of = |shift: f64| {
            (0..60).map(|n| vec![f64::from(n % 7) / 7.0 + shift * (1.0 + f64::from(n % 3)), 1.0]).collect::<Vec<_>>()
        };
        let (base, better) = (of(0.0), of(0.1));
        let pairs: Vec<_> = better.iter().zip(&base).collect();
        let (difference, [low, high], p) = Fold::Ratio.versus(&pairs).unwrap();
        assert!((difference - 0.2).abs() < 1e-9 && low > 0.17 && high < 0.23 && p < 0.001, "{low} {high} {p}");
        let same: Vec<_> = base.iter().zip(&base).collect();
        assert_eq!(Fold::Ratio.versus(&same).unwrap(), (0.0, [0.0, 0.0], 1.0));
        let jumbled: Vec<_> = base.iter().zip(base.iter().skip(3).chain(&base[..3])).collect();
        assert!(Fold::Ratio.versus(&jumbled).unwrap().2 > 0.5);
    }
}
