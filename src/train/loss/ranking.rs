//! The loss of a reward model: Bradley and Terry's likelihood of what raters preferred (1952), with a margin for how much,
//! soft targets for ties and for raters who disagree, and rewards held near zero (Eisenstein et al., 2312.09244, eq. 2).

use super::graded::{Graded, log_sigmoid, sigmoid};

/// Two stories of the batch and what was said of them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    /// Places among the rewards.
    pub first: usize,
    pub second: usize,
    /// How likely a rater prefers the first: 1, a half for a tie, and between them where raters disagree.
    pub target: f64,
    /// By how much a clear preference should be seen in the rewards; it shrinks with doubt, to 0 for a tie.
    pub margin: f64,
    /// How much the pair counts; 1 for most.
    pub weight: f64,
}

/// Mean over the pairs of -t log σ(d - m) - (1 - t) log σ(-d + m), where d is the first reward less the second and m the
/// margin times 2t - 1; and `centring` times the mean of (first + second)².
pub fn ranking(rewards: &[f64], pairs: &[Ranked], centring: f64) -> Graded<Vec<f64>> {
    let mut graded = Graded { loss: 0.0, slope: vec![0.0; rewards.len()] };
    let total: f64 = pairs.iter().map(|pair| pair.weight).sum();
    if total <= 0.0 {
        return graded;
    }
    for &Ranked { first, second, target, margin, weight } in pairs {
        let share = weight / total;
        let ahead = rewards[first] - rewards[second] - margin * (2.0 * target - 1.0);
        graded.loss -= share * (target * log_sigmoid(ahead) + (1.0 - target) * log_sigmoid(-ahead));
        let slope = share * (sigmoid(ahead) - target);
        graded.slope[first] += slope;
        graded.slope[second] -= slope;
        let sum = rewards[first] + rewards[second];
        graded.loss += share * centring * sum * sum;
        graded.slope[first] += share * centring * 2.0 * sum;
        graded.slope[second] += share * centring * 2.0 * sum;
    }
    graded
}

#[cfg(test)]
mod tests {
    use super::super::graded::check_slope;
    use super::*;

    fn pair(at: usize, target: f64, margin: f64) -> Ranked {
        Ranked { first: at, second: at + 3, target, margin, weight: 1.0 }
    }

    /// Three chosen stories, then the rejected ones.
    const REWARDS: [f64; 6] = [1.2, 0.3, -0.5, 0.2, 0.8, -1.5];

    #[test]
    fn golden_numbers() {
        let of = |margins: [f64; 3], centring| {
            let pairs: Vec<Ranked> = (0..3).map(|at| pair(at, 1.0, margins[at])).collect();
            ranking(&REWARDS, &pairs, centring).loss
        };
        for (found, expected) in [
            (of([0.0; 3], 0.0), 0.533533453),
            (of([0.5, 0.0, 0.25], 0.0), 0.611674991),
            (of([0.5, 0.0, 0.25], 0.01), 0.635574991),
            (ranking(&REWARDS, &[pair(0, 0.5, 0.0)], 0.0).loss, 0.813261688),
        ] {
            assert!((found - expected).abs() < 1e-8, "{found} is not {expected}");
        }
    }

    #[test]
    fn a_tie_pulls_rewards_together_and_a_swap_changes_nothing() {
        let tie = |d: f64| ranking(&[d, 0.0], &[Ranked { second: 1, ..pair(0, 0.5, 1.0) }], 0.0);
        assert!((tie(0.0).loss - 2f64.ln()).abs() < 1e-12 && tie(0.0).slope == [0.0, 0.0]);
        assert!(tie(1.0).slope[0] > 0.0 && tie(-1.0).slope[0] < 0.0);
        let clear = ranking(&[0.7, -0.2], &[Ranked { second: 1, ..pair(0, 0.8, 0.5) }], 0.01);
        let swapped =
            ranking(&[0.7, -0.2], &[Ranked { first: 1, second: 0, target: 0.2, margin: 0.5, weight: 1.0 }], 0.01);
        assert!((clear.loss - swapped.loss).abs() < 1e-12);
        clear.slope.iter().zip(&swapped.slope).for_each(|(a, b)| assert!((a - b).abs() < 1e-12));
    }

    #[test]
    fn slopes_are_those_of_the_loss() {
        let pairs = [pair(0, 1.0, 0.5), Ranked { weight: 2.0, ..pair(1, 0.5, 0.3) }, pair(2, 0.7, 1.0)];
        check_slope(&REWARDS, &ranking(&REWARDS, &pairs, 0.01).slope, |at| ranking(at, &pairs, 0.01).loss);
    }

    #[test]
    fn no_pairs_are_no_loss() {
        assert_eq!(ranking(&REWARDS, &[], 0.01), Graded { loss: 0.0, slope: vec![0.0; 6] });
    }
}
