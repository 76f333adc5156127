//! Bradley-Terry strengths from pairs: maximum likelihood by Newton's method, with ties and covariates, and standard errors
//! that know votes of one rater, or about one sequence, to be alike (a sandwich over clusters).
//!
//! A contest is between `first` and `second`; with d = s_first - s_second + covariates, its chances are in proportion to
//! e^(d/2), e^(-d/2) and, for a tie after Davidson (1970), nu.

use std::collections::BTreeMap;

use statrs::function::erf::erfc;

use super::connected::strongly_connected;
use super::symmetric::Square;

/// How a contest ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    First,
    Second,
    Tie,
}

/// What a tie is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ties {
    /// Half a win for each.
    Half,
    /// An outcome of its own, with a strength nu.
    Davidson,
}

/// One vote.
#[derive(Clone, Debug, PartialEq)]
pub struct Contest {
    /// Places of the two among the systems.
    pub first: usize,
    pub second: usize,
    pub outcome: Outcome,
    /// Added to the difference of strengths, each times a coefficient that is fitted: the side (1 or -1), the length.
    pub covariates: Vec<f64>,
    /// Who voted, and about what: votes that share one of them are not independent.
    pub rater: usize,
    pub topic: usize,
    /// How often this vote counts.
    pub weight: f64,
}

/// What was fitted. Errors are standard errors, in logits.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// Strengths in logits; their mean is 0.
    pub strengths: Vec<f64>,
    /// As if votes were independent.
    pub plain_errors: Vec<f64>,
    /// By clusters of raters and of topics.
    pub errors: Vec<f64>,
    /// Coefficients of the covariates with their clustered errors.
    pub covariates: Vec<(f64, f64)>,
    /// Davidson's nu; 0 with half ties.
    pub nu: f64,
    /// False: somebody won, or lost, against all others; the strengths are only finite because of a prior.
    pub connected: bool,
    /// Covariance of the strengths, clustered, row by row.
    covariance: Square,
    pub(super) influence: Square,
}

/// Weight of the normal prior on strengths that keeps them finite where the contests do not.
const PRIOR: f64 = 0.1;
/// And on the covariates, always, as is usual where style is controlled for: few votes must not make them infinite.
const COVARIATE_PRIOR: f64 = 0.5;
/// A hair, so that no direction is quite flat.
const HAIR: f64 = 1e-9;
const ROUNDS: usize = 100;

pub(super) struct Layout {
    pub systems: usize,
    pub covariates: usize,
    pub ties: Ties,
}

impl Layout {
    fn size(&self) -> usize {
        self.systems + self.covariates + usize::from(self.ties == Ties::Davidson)
    }

    /// How d depends on the parameters.
    pub fn row(&self, contest: &Contest) -> Vec<f64> {
        let mut row = vec![0.0; self.size()];
        row[contest.first] += 1.0;
        row[contest.second] -= 1.0;
        row[self.systems..self.systems + self.covariates].copy_from_slice(&contest.covariates);
        row
    }

    /// Chances of first, second and tie.
    pub fn chances(&self, row: &[f64], at: &[f64]) -> [f64; 3] {
        let d: f64 = row.iter().zip(at).map(|(a, b)| a * b).sum();
        let nu = if self.ties == Ties::Davidson { at[self.size() - 1].exp() } else { 0.0 };
        let (first, second) = ((d / 2.0).exp(), (-d / 2.0).exp());
        let all = first + second + nu;
        [first / all, second / all, nu / all]
    }

    /// Slope of one vote's log likelihood.
    pub fn slope(&self, contest: &Contest, row: &[f64], chances: [f64; 3]) -> Vec<f64> {
        let seen = match (contest.outcome, self.ties) {
            (Outcome::First, _) => [1.0, 0.0, 0.0],
            (Outcome::Second, _) => [0.0, 1.0, 0.0],
            (Outcome::Tie, Ties::Half) => [0.5, 0.5, 0.0],
            (Outcome::Tie, Ties::Davidson) => [0.0, 0.0, 1.0],
        };
        let by_d = ((seen[0] - chances[0]) - (seen[1] - chances[1])) / 2.0;
        let mut slope: Vec<f64> = row.iter().map(|x| x * by_d).collect();
        if self.ties == Ties::Davidson {
            slope[self.size() - 1] = seen[2] - chances[2];
        }
        slope
    }

    /// Adds minus the second derivatives of one vote's log likelihood.
    fn curve(&self, row: &[f64], chances: [f64; 3], weight: f64, into: &mut Square) {
        let lean = (chances[0] - chances[1]) / 2.0;
        into.add_outer(row, weight * ((chances[0] + chances[1]) / 4.0 - lean * lean));
        if self.ties == Ties::Davidson {
            let last = self.size() - 1;
            into.add(last, last, weight * chances[2] * (1.0 - chances[2]));
            for (place, x) in row.iter().enumerate().filter(|(_, x)| **x != 0.0) {
                into.add(place, last, -weight * x * lean * chances[2]);
                into.add(last, place, -weight * x * lean * chances[2]);
            }
        }
    }
}

/// Fits the strengths of `systems` systems. Every contest has as many covariates as the first. `None` without contests, or
/// where the likelihood has no top even with the prior.
pub fn fit(systems: usize, contests: &[Contest], ties: Ties) -> Option<Fit> {
    let covariates = contests.first()?.covariates.len();
    let layout = Layout { systems, covariates, ties };
    let wins = contests.iter().flat_map(|contest| match contest.outcome {
        Outcome::First => vec![(contest.first, contest.second)],
        Outcome::Second => vec![(contest.second, contest.first)],
        Outcome::Tie => vec![(contest.first, contest.second), (contest.second, contest.first)],
    });
    let connected = strongly_connected(systems, &wins.collect::<Vec<_>>());
    let rows: Vec<Vec<f64>> = contests.iter().map(|contest| layout.row(contest)).collect();
    let mut at = vec![0.0; layout.size()];
    let mut inverse = Square::zero(layout.size());
    for _ in 0..ROUNDS {
        let (mut slope, mut curve) = (vec![0.0; layout.size()], Square::zero(layout.size()));
        for (contest, row) in contests.iter().zip(&rows) {
            let chances = layout.chances(row, &at);
            let one = layout.slope(contest, row, chances);
            slope.iter_mut().zip(one).for_each(|(sum, one)| *sum += contest.weight * one);
            layout.curve(row, chances, contest.weight, &mut curve);
        }
        for place in 0..layout.size() {
            let prior = match place {
                _ if place < systems && !connected => PRIOR,
                _ if (systems..systems + covariates).contains(&place) => COVARIATE_PRIOR,
                _ => HAIR,
            };
            curve.add(place, place, prior);
            slope[place] -= prior * at[place];
        }
        // Strengths are only known up to a constant: this fixes their sum.
        for row in 0..systems {
            for col in 0..systems {
                curve.add(row, col, 1.0 / systems as f64);
            }
        }
        inverse = curve.inverse()?;
        let step = inverse.times(&slope);
        // Never further than the model can be trusted to be a parabola.
        let longest = step.iter().fold(0f64, |longest, x| longest.max(x.abs()));
        let scale = if longest > 2.0 { 2.0 / longest } else { 1.0 };
        at.iter_mut().zip(&step).for_each(|(value, step)| *value += scale * step);
        if longest < 1e-12 {
            break;
        }
    }
    for row in 0..systems {
        for col in 0..systems {
            inverse.add(row, col, -1.0 / systems as f64);
        }
    }
    let slopes: Vec<Vec<f64>> = contests
        .iter()
        .zip(&rows)
        .map(|(contest, row)| {
            let slope = layout.slope(contest, row, layout.chances(row, &at));
            slope.into_iter().map(|x| x * contest.weight).collect()
        })
        .collect();
    // The widest that any way of clustering gives: with few clusters each of them is too narrow, or even negative.
    let trace = |square: &Square| (0..systems).map(|place| square.at(place, place)).sum::<f64>();
    let ways = scatters(contests, &slopes, layout.size()).into_iter();
    let ways = ways.map(|scatter| inverse.product(&scatter).product(&inverse));
    let covariance = ways.max_by(|a, b| trace(a).total_cmp(&trace(b)))?;
    let mean = at[..systems].iter().sum::<f64>() / systems as f64;
    let error = |square: &Square, place: usize| square.at(place, place).max(0.0).sqrt();
    Some(Fit {
        strengths: at[..systems].iter().map(|s| s - mean).collect(),
        plain_errors: (0..systems).map(|place| error(&inverse, place)).collect(),
        errors: (0..systems).map(|place| error(&covariance, place)).collect(),
        covariates: (systems..systems + covariates).map(|place| (at[place], error(&covariance, place))).collect(),
        nu: if ties == Ties::Davidson { at[layout.size() - 1].exp() } else { 0.0 },
        connected,
        covariance,
        influence: inverse,
    })
}

/// Sums of outer products of slopes: of single votes, of raters, of topics, and of raters plus topics less both at once
/// (Cameron, Gelbach and Miller 2011). A way of clustering counts only where there are two clusters at least, and fewer than
/// votes; few clusters are corrected by G / (G - 1).
fn scatters(contests: &[Contest], slopes: &[Vec<f64>], size: usize) -> Vec<Square> {
    let clustered = |key: &dyn Fn(&Contest) -> (usize, usize)| {
        let mut clusters: BTreeMap<(usize, usize), Vec<f64>> = BTreeMap::new();
        for (contest, slope) in contests.iter().zip(slopes) {
            let cluster = clusters.entry(key(contest)).or_insert_with(|| vec![0.0; size]);
            cluster.iter_mut().zip(slope).for_each(|(sum, x)| *sum += x);
        }
        let count = clusters.len() as f64;
        let few = if clusters.len() < contests.len() { count / (count - 1.0) } else { 1.0 };
        let mut sum = Square::zero(size);
        clusters.values().for_each(|cluster| sum.add_outer(cluster, few));
        (clusters.len() > 1).then_some(sum)
    };
    let mut single = Square::zero(size);
    slopes.iter().for_each(|slope| single.add_outer(slope, 1.0));
    let raters = clustered(&|contest| (contest.rater, 0));
    let topics = clustered(&|contest| (contest.topic, 0));
    let both = clustered(&|contest| (contest.rater, contest.topic));
    let mut ways = vec![single];
    if let (Some(raters), Some(topics), Some(both)) = (&raters, &topics, &both) {
        let cells = (0..size * size).map(|at| raters.cells[at] + topics.cells[at] - both.cells[at]);
        ways.push(Square { size, cells: cells.collect() });
    }
    ways.extend([raters, topics].into_iter().flatten());
    ways
}

fn difference_error(c: &Square, a: usize, b: usize) -> f64 {
    (c.at(a, a) + c.at(b, b) - 2.0 * c.at(a, b)).max(0.0).sqrt()
}

impl Fit {
    /// Standard error of the difference of two strengths, clustered.
    pub fn difference_error(&self, a: usize, b: usize) -> f64 {
        difference_error(&self.covariance, a, b)
    }

    /// How unsure it is which of two is stronger: 1 where nothing speaks for either, near 0 where the order is clear (twice
    /// the normal tail beyond the difference in standard errors). Where everybody says the same, votes show no spread at all:
    /// the error is never taken for less than what so many votes of the model's own could have.
    pub fn doubt(&self, a: usize, b: usize) -> f64 {
        let difference = (self.strengths[a] - self.strengths[b]).abs();
        let error = self.difference_error(a, b).max(difference_error(&self.influence, a, b));
        if error > 0.0 {
            erfc(difference / error / std::f64::consts::SQRT_2)
        } else {
            f64::from(u8::from(difference == 0.0))
        }
    }

    /// Strengths on the scale of Elo: 1000 on average, 400 for ten to one.
    pub fn elo(&self) -> Vec<f64> {
        self.strengths.iter().map(|s| 1000.0 + 400.0 / std::f64::consts::LN_10 * s).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Wins of the first, of the second, and ties, each vote of another rater about another topic.
    pub fn contests(table: &[(usize, usize, [usize; 3])]) -> Vec<Contest> {
        let mut all = Vec::new();
        for (first, second, counts) in table {
            for (outcome, count) in [Outcome::First, Outcome::Second, Outcome::Tie].into_iter().zip(counts) {
                for _ in 0..*count {
                    let (rater, topic) = (all.len(), all.len());
                    let (first, second, covariates) = (*first, *second, vec![]);
                    all.push(Contest { first, second, outcome, covariates, rater, topic, weight: 1.0 });
                }
            }
        }
        all
    }

    fn near(values: &[f64], golden: &[f64]) {
        for (value, golden) in values.iter().zip(golden) {
            assert!((value - golden).abs() < 1e-6, "{values:?} and {golden}");
        }
    }

    #[test]
    fn strengths_and_their_errors_are_the_golden_numbers() {
        let votes = contests(&[(0, 1, [30, 14, 6]), (0, 2, [40, 7, 3]), (1, 2, [28, 17, 5])]);
        let fit = fit(3, &votes, Ties::Half).unwrap();
        near(&fit.strengths, &[0.728_435_335, -0.074_997_693, -0.653_437_642]);
        near(&fit.elo(), &[1_126.542_178_609, 986.971_566_330, 886.486_255_062]);
        near(&fit.errors, &[0.143_142_051, 0.135_902_437, 0.141_041_962]);
        near(&fit.plain_errors, &[0.154_606_938, 0.141_559_325, 0.151_610_042]);
        assert!(fit.connected);
    }

    #[test]
    fn ties_after_davidson_have_their_golden_chances_and_are_fitted() {
        let layout = Layout { systems: 2, covariates: 0, ties: Ties::Davidson };
        let chances = layout.chances(&[1.0, -1.0, 0.0], &[2f64.ln(), 0.0, 0.5f64.ln()]);
        near(&chances, &[0.539_504_287, 1.0 - 0.539_504_287 - 0.190_743_570, 0.190_743_570]);
        // With two systems the fit gives back the shares themselves.
        let votes = contests(&[(0, 1, [54, 27, 19])]);
        let fit = fit(2, &votes, Ties::Davidson).unwrap();
        let at = [fit.strengths[0], fit.strengths[1], fit.nu.ln()];
        near(&layout.chances(&[1.0, -1.0, 0.0], &at), &[0.54, 0.27, 0.19]);
    }

    #[test]
    fn a_side_that_is_preferred_is_found_and_does_not_reach_the_strengths() {
        // Both are equally good; whoever stands left wins two of three.
        let mut votes = contests(&[(0, 1, [40, 20, 0]), (1, 0, [40, 20, 0])]);
        votes.iter_mut().for_each(|vote| vote.covariates = vec![1.0]);
        let fit = fit(2, &votes, Ties::Half).unwrap();
        near(&fit.strengths, &[0.0, 0.0]);
        // A little less than ln 2 for the prior.
        assert!((0.66..2f64.ln()).contains(&fit.covariates[0].0) && fit.covariates[0].1 > 0.0, "{:?}", fit.covariates);
    }

    #[test]
    fn votes_of_one_rater_count_for_less_than_as_many_raters() {
        let apart = contests(&[(0, 1, [40, 20, 0])]);
        let mut together = apart.clone();
        // Three raters of twenty votes who always say the same.
        together.iter_mut().enumerate().for_each(|(n, vote)| vote.rater = n / 20);
        let error = |votes: &[Contest]| fit(2, votes, Ties::Half).unwrap().difference_error(0, 1);
        assert!(error(&together) > 2.0 * error(&apart), "{} and {}", error(&together), error(&apart));
        // One rater alone says nothing of how raters differ: the error is that of single votes, never nought.
        let mut alone = apart.clone();
        alone.iter_mut().for_each(|vote| vote.rater = 0);
        assert!(error(&alone) >= error(&apart), "{} and {}", error(&alone), error(&apart));
    }

    #[test]
    fn doubt_is_the_tail_beyond_the_difference() {
        let votes = contests(&[(0, 1, [40, 20, 0]), (0, 2, [30, 30, 0]), (1, 2, [30, 30, 0])]);
        let fit = fit(3, &votes, Ties::Half).unwrap();
        let widest = fit.difference_error(0, 1).max(difference_error(&fit.influence, 0, 1));
        let z = (fit.strengths[0] - fit.strengths[1]) / widest;
        assert!((fit.doubt(0, 1) - erfc(z / 2f64.sqrt())).abs() < 1e-12 && fit.doubt(0, 1) < fit.doubt(0, 2));
        assert!((fit.doubt(0, 1) - fit.doubt(1, 0)).abs() < 1e-12 && fit.doubt(1, 1) == 1.0);
        assert!((erfc(1.959_963_985 / 2f64.sqrt()) - 0.05).abs() < 1e-9);
        // Six votes that all agree are six votes.
        let alike = super::fit(2, &contests(&[(0, 1, [6, 0, 0])]), Ties::Half).unwrap();
        assert!(alike.doubt(0, 1) > 0.01, "{}", alike.doubt(0, 1));
    }

    #[test]
    fn who_never_loses_has_a_finite_strength_and_a_warning() {
        let fit = fit(3, &contests(&[(0, 1, [9, 0, 0]), (1, 2, [5, 4, 0])]), Ties::Half).unwrap();
        assert!(!fit.connected && fit.strengths[0].is_finite() && fit.strengths[0] > fit.strengths[1]);
        assert_eq!(super::fit(2, &[], Ties::Half), None);
    }
}
