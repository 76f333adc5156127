//! Losses of policies by pairs: direct preference optimisation (Rafailov et al., 2305.18290) and its relatives, and KTO
//! (Ethayarajh et al., 2402.01306), which also learns from stories that stand alone.
//!
//! Conservative DPO is Mitchell's smoothing of the target; robust DPO (Chowdhury et al., 2403.00409) is unbiased where a known
//! share of votes is flipped; IPO (Azar et al., 2310.12036) exists in two versions that are not interchangeable, by the mean
//! and by the sum over a story's tokens; hinge is SLiC's (Zhao et al., 2305.10425).

use serde::{Deserialize, Serialize};

use super::graded::{Graded, PerToken, log_sigmoid, sigmoid};

/// A loss by name.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "loss", deny_unknown_fields)]
pub enum PreferenceLoss {
    Sigmoid {
        beta: f64,
    },
    /// `flipped`: share of the votes that are held to be wrong.
    Cdpo {
        beta: f64,
        flipped: f64,
    },
    Robust {
        beta: f64,
        flipped: f64,
    },
    Hinge {
        beta: f64,
    },
    /// By the mean over a story's tokens.
    IpoMean {
        beta: f64,
    },
    /// By the sum over a story's tokens.
    IpoSum {
        beta: f64,
    },
    /// `desirable` and `undesirable` weigh the two kinds of stories.
    Kto {
        beta: f64,
        desirable: f64,
        undesirable: f64,
    },
}

impl PreferenceLoss {
    pub fn beta(self) -> f64 {
        match self {
            Self::Sigmoid { beta }
            | Self::Cdpo { beta, .. }
            | Self::Robust { beta, .. }
            | Self::Hinge { beta }
            | Self::IpoMean { beta }
            | Self::IpoSum { beta }
            | Self::Kto { beta, .. } => beta,
        }
    }

    /// Loss and slope by the log-ratio of chosen and rejected; KTO knows no pairs and gives nothing here.
    fn of(self, delta: f64) -> (f64, f64) {
        match self {
            Self::Sigmoid { beta } => (-log_sigmoid(beta * delta), -beta * sigmoid(-beta * delta)),
            Self::Cdpo { beta, flipped } => {
                let (right, wrong) = (log_sigmoid(beta * delta), log_sigmoid(-beta * delta));
                let slope = beta * (sigmoid(beta * delta) - (1.0 - flipped));
                (-(1.0 - flipped) * right - flipped * wrong, slope)
            }
            Self::Robust { beta, flipped } => {
                let (right, wrong) = (log_sigmoid(beta * delta), log_sigmoid(-beta * delta));
                let scale = 1.0 / (1.0 - 2.0 * flipped);
                let slope =
                    scale * beta * (-(1.0 - flipped) * sigmoid(-beta * delta) - flipped * sigmoid(beta * delta));
                (scale * (-(1.0 - flipped) * right + flipped * wrong), slope)
            }
            Self::Hinge { beta } if beta * delta < 1.0 => (1.0 - beta * delta, -beta),
            Self::Hinge { .. } | Self::Kto { .. } => (0.0, 0.0),
            Self::IpoMean { beta } | Self::IpoSum { beta } => {
                let away = delta - 1.0 / (2.0 * beta);
                (away * away, 2.0 * away)
            }
        }
    }
}

/// Sum (or mean) over a story's tokens of the policy's log-probability less the reference's.
fn log_ratio(policy: &[f64], reference: &[f64], mean: bool) -> f64 {
    let sum: f64 = policy.iter().zip(reference).map(|(p, r)| p - r).sum();
    if mean { sum / policy.len().max(1) as f64 } else { sum }
}

fn flat(rows: &[Vec<f64>]) -> PerToken {
    rows.iter().map(|row| vec![0.0; row.len()]).collect()
}

/// Mean loss over the pairs. `policy` and `reference` hold the tokens of all chosen stories, then of all rejected ones, in
/// the same order.
pub fn preference(policy: &[Vec<f64>], reference: &[Vec<f64>], loss: PreferenceLoss) -> Graded<PerToken> {
    let pairs = policy.len() / 2;
    let mut graded: Graded<PerToken> = Graded { loss: 0.0, slope: flat(policy) };
    let mean = matches!(loss, PreferenceLoss::IpoMean { .. });
    for chosen in 0..pairs {
        let rejected = chosen + pairs;
        let ratio = |at: usize| log_ratio(&policy[at], &reference[at], mean);
        let (one, slope) = loss.of(ratio(chosen) - ratio(rejected));
        graded.loss += one / pairs as f64;
        for (at, sign) in [(chosen, 1.0), (rejected, -1.0)] {
            let row = &mut graded.slope[at];
            let each = sign * slope / pairs as f64 / if mean { row.len().max(1) as f64 } else { 1.0 };
            row.iter_mut().for_each(|token| *token = each);
        }
    }
    graded
}

/// A story that was found good or bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labelled {
    pub good: bool,
}

/// Mean of KTO's loss over stories. `drift` is the reference point z₀: how far the policy has moved on stories that do not
/// belong to their prompts; it is a number here, not something to be learnt.
pub fn kto(
    policy: &[Vec<f64>],
    reference: &[Vec<f64>],
    labels: &[Labelled],
    drift: f64,
    (beta, desirable, undesirable): (f64, f64, f64),
) -> Graded<PerToken> {
    let n = policy.len().max(1) as f64;
    let mut graded: Graded<PerToken> = Graded { loss: 0.0, slope: flat(policy) };
    let drift = drift.max(0.0);
    for (at, label) in labels.iter().enumerate() {
        let ratio = log_ratio(&policy[at], &reference[at], false);
        let (weight, sign) = if label.good { (desirable, 1.0) } else { (undesirable, -1.0) };
        let kept = sigmoid(sign * beta * (ratio - drift));
        graded.loss += weight * (1.0 - kept) / n;
        let slope = -weight * kept * (1.0 - kept) * sign * beta / n;
        graded.slope[at].iter_mut().for_each(|token| *token = slope);
    }
    graded
}

#[cfg(test)]
mod tests {
    use super::super::graded::{check_slope, cut};
    use super::*;

    const LENGTHS: [usize; 4] = [3, 2, 4, 1];

    fn rows(flat: &[f64]) -> PerToken {
        cut(flat, &LENGTHS)
    }

    fn numbers(shift: f64) -> Vec<f64> {
        (0..10).map(|i| -1.0 + (f64::from(i) * 1.7 + shift).sin()).collect()
    }

    #[test]
    fn slopes_are_those_of_the_losses() {
        let (policy, reference) = (numbers(0.0), rows(&numbers(2.0)));
        for loss in [
            PreferenceLoss::Sigmoid { beta: 0.3 },
            PreferenceLoss::Cdpo { beta: 0.3, flipped: 0.1 },
            PreferenceLoss::Robust { beta: 0.3, flipped: 0.2 },
            PreferenceLoss::Hinge { beta: 0.3 },
            PreferenceLoss::IpoMean { beta: 0.3 },
            PreferenceLoss::IpoSum { beta: 0.3 },
        ] {
            let slope = preference(&rows(&policy), &reference, loss).slope.concat();
            check_slope(&policy, &slope, |at| preference(&rows(at), &reference, loss).loss);
        }
        let labels = [true, false, true, false].map(|good| Labelled { good });
        let how = (0.3, 1.0, 1.5);
        let slope = kto(&rows(&policy), &reference, &labels, 0.2, how).slope.concat();
        check_slope(&policy, &slope, |at| kto(&rows(at), &reference, &labels, 0.2, how).loss);
    }

    #[test]
    fn golden_numbers() {
        // The chosen story's ten tokens have a log-ratio of 1, the rejected one's eight of -1.
        let of = |loss| preference(&[vec![0.1; 10], vec![-0.125; 8]], &[vec![0.0; 10], vec![0.0; 8]], loss).loss;
        for (loss, expected) in [
            (PreferenceLoss::Sigmoid { beta: 0.1 }, 0.598138869),
            (PreferenceLoss::Cdpo { beta: 0.1, flipped: 0.1 }, 0.618138869),
            (PreferenceLoss::Robust { beta: 0.1, flipped: 0.1 }, 0.573138869),
            (PreferenceLoss::Hinge { beta: 0.1 }, 0.8),
            (PreferenceLoss::IpoMean { beta: 0.1 }, 22.800625),
            (PreferenceLoss::IpoSum { beta: 0.1 }, 9.0),
        ] {
            assert!((of(loss) - expected).abs() < 1e-8, "{loss:?}: {}", of(loss));
        }
    }

    #[test]
    fn a_good_story_grows_likelier_and_a_bad_one_less_likely() {
        let labels = [Labelled { good: true }, Labelled { good: false }];
        let graded = kto(&[vec![0.0], vec![0.0]], &[vec![0.0], vec![0.0]], &labels, 0.0, (0.1, 1.0, 1.0));
        assert!(graded.slope[0][0] < 0.0 && graded.slope[1][0] > 0.0 && graded.loss == 0.5);
    }
}
