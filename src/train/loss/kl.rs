//! How far a policy has moved from its reference, estimated from the tokens that the policy drew (Schulman's k1, k2 and k3),
//! and a weight for it that follows a target (Ziegler et al., 1909.08593).

use serde::{Deserialize, Serialize};

/// An estimator of the divergence of policy and reference, by token.
///
/// All three have the divergence as their mean (k2 nearly); as a term of the loss only k2's slope is unbiased, while k1's has
/// mean zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KlEstimator {
    K1,
    K2,
    K3,
}

/// Largest log-ratio that is raised to a power: what is further is held to be so far.
const FARTHEST: f64 = 20.0;

impl KlEstimator {
    /// Its value and slope by the policy's log-probability, nats.
    pub fn of(self, policy: f64, reference: f64) -> (f64, f64) {
        let away = policy - reference;
        match self {
            Self::K1 => (away, 1.0),
            Self::K2 => (away * away / 2.0, away),
            Self::K3 => {
                let ratio = (-away).clamp(-FARTHEST, FARTHEST).exp();
                (ratio + away - 1.0, 1.0 - ratio)
            }
        }
    }
}

/// A weight that grows while the policy is further than `target` and shrinks while it is nearer.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdaptiveKl {
    pub weight: f64,
    /// Nats a story.
    pub target: f64,
    /// Stories after which a divergence that is a fifth too large has grown the weight by about a fifth.
    pub horizon: f64,
}

impl AdaptiveKl {
    /// After `stories` whose mean divergence was `seen` nats.
    pub fn follow(&mut self, seen: f64, stories: usize) {
        let error = (seen / self.target - 1.0).clamp(-0.2, 0.2);
        self.weight *= 1.0 + error * stories as f64 / self.horizon;
    }
}

#[cfg(test)]
mod tests {
    use super::super::graded::check_slope;
    use super::*;

    #[test]
    fn golden_numbers() {
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-8, "{found} is not {expected}");
        // log π = -1.3 and log π₀ = -1: the policy finds the token less likely.
        near(KlEstimator::K1.of(-1.3, -1.0).0, -0.3);
        near(KlEstimator::K2.of(-1.3, -1.0).0, 0.045);
        near(KlEstimator::K3.of(-1.3, -1.0).0, 0.049858808);
        let mut adaptive = AdaptiveKl { weight: 0.1, target: 6.0, horizon: 10_000.0 };
        adaptive.follow(9.0, 256);
        near(adaptive.weight, 0.100512);
    }

    #[test]
    fn slopes_are_those_of_the_values_and_nothing_overflows() {
        for estimator in [KlEstimator::K1, KlEstimator::K2, KlEstimator::K3] {
            check_slope(&[-1.3], &[estimator.of(-1.3, -0.4).1], |at| estimator.of(at[0], -0.4).0);
            assert!(estimator.of(-900.0, 0.0).0.is_finite());
        }
    }
}
