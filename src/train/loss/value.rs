//! What PPO expects: advantages from the estimates of a value head (generalised advantage estimation, Schulman et al.,
//! 1506.02438), and the loss by which the head learns them.

use super::graded::{Graded, PerToken};

/// Per token: how much better it went than expected, and what should have been expected.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimates {
    pub advantages: Vec<f64>,
    pub returns: Vec<f64>,
}

/// One story: rewards and values of its tokens in order; nothing is expected after the last. `decay` is γ, `trace` is λ.
pub fn gae(rewards: &[f64], values: &[f64], decay: f64, trace: f64) -> Estimates {
    let mut estimates = Estimates { advantages: vec![0.0; values.len()], returns: vec![0.0; values.len()] };
    let (mut after, mut next) = (0.0, 0.0);
    for at in (0..values.len()).rev() {
        let surprise = rewards[at] + decay * next - values[at];
        after = surprise + decay * trace * after;
        estimates.advantages[at] = after;
        estimates.returns[at] = after + values[at];
        next = values[at];
    }
    estimates
}

/// Mean over all tokens of half the larger of two squared errors: of the value, and of the value held within `clip` of what it
/// was when the stories were told.
pub fn value_loss(values: &[Vec<f64>], old: &[Vec<f64>], returns: &[Vec<f64>], clip: f64) -> Graded<PerToken> {
    let tokens = values.iter().map(Vec::len).sum::<usize>().max(1) as f64;
    let mut graded = Graded { loss: 0.0, slope: Vec::with_capacity(values.len()) };
    for ((values, old), returns) in values.iter().zip(old).zip(returns) {
        let token = |((value, old), aim): ((&f64, &f64), &f64)| {
            let held = value.clamp(old - clip, old + clip);
            let (free, bound) = ((value - aim).powi(2), (held - aim).powi(2));
            let slope = match free >= bound {
                true => value - aim,
                // Where the held value is further off it no longer moves with the value.
                false => 0.0,
            };
            (0.5 * free.max(bound) / tokens, slope / tokens)
        };
        let (losses, slopes): (Vec<f64>, Vec<f64>) = values.iter().zip(old).zip(returns).map(token).unzip();
        graded.loss += losses.iter().sum::<f64>();
        graded.slope.push(slopes);
    }
    graded
}

#[cfg(test)]
mod tests {
    use super::super::graded::check_slope;
    use super::*;

    #[test]
    fn golden_numbers() {
        let estimates = gae(&[-0.01, -0.02, 0.97], &[0.1, 0.2, 0.3], 1.0, 0.95);
        for (found, expected) in estimates.advantages.iter().zip([0.770675, 0.7165, 0.67]) {
            assert!((found - expected).abs() < 1e-9, "{found}");
        }
        assert!((estimates.returns[2] - 0.97).abs() < 1e-12);
    }

    #[test]
    fn the_slope_is_that_of_the_loss_and_held_values_do_not_move() {
        let (old, returns) = (vec![vec![0.0, 0.5, 1.0]], vec![vec![1.0, 0.0, 1.2]]);
        let at = [0.1, 0.9, 1.05];
        let graded = value_loss(&[at.to_vec()], &old, &returns, 0.2);
        check_slope(&at, &graded.slope[0], |at| value_loss(&[at.to_vec()], &old, &returns, 0.2).loss);
        // Beyond the clip on the far side of the aim, the free error is the larger one and pulls back.
        assert!(graded.slope[0][1] > 0.0);
        // Within its reach of the aim but beyond the clip the held error is larger, and nothing moves.
        let still = value_loss(&[vec![0.9]], &[vec![0.0]], &[vec![1.0]], 0.2);
        assert_eq!(still.slope, [[0.0]]);
    }
}
