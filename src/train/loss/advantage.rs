//! How much better than expected a story was: advantages from the rewards of a group of stories about one sequence.
//!
//! GRPO divides by the group's spread (Shao et al., 2402.03300), Dr.GRPO does not (Liu et al., 2503.20783), RLOO compares
//! each story with the others (Ahmadian et al., 2402.14740), REINFORCE++ whitens over the whole batch (Hu, 2501.03262).

use serde::{Deserialize, Serialize};

/// A rule by name. `Gae` belongs to PPO, which expects by a value head and not by a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Advantage {
    #[serde(rename = "grpo")]
    Grpo,
    /// GRPO by the spread of the whole batch.
    #[serde(rename = "grpo-batch")]
    GrpoBatch,
    #[serde(rename = "dr-grpo")]
    DrGrpo,
    #[serde(rename = "rloo")]
    Rloo,
    #[serde(rename = "reinforce++")]
    ReinforcePlusPlus,
    /// REINFORCE++ with the group's mean as its baseline.
    #[serde(rename = "reinforce++-baseline")]
    ReinforceBaseline,
    #[serde(rename = "gae")]
    Gae,
}

/// What is added to a spread before dividing.
const EPS: f64 = 1e-4;

/// Advantages of a batch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    pub advantages: Vec<f64>,
    /// Share of the groups whose stories all have one reward: nothing is learnt from them.
    pub flat: f64,
}

/// One advantage a story, for groups of `group` stories in a row. A story that could not be scored (NaN) takes no part and
/// has advantage 0. `Gae` and REINFORCE++ go on from the plain rewards: see [`returns`].
pub fn advantages(rule: Advantage, rewards: &[f64], group: usize) -> Scored {
    let group = group.max(1);
    let mut scored = Scored { advantages: Vec::with_capacity(rewards.len()), flat: 0.0 };
    let (_, all) = spread(rewards);
    for group in rewards.chunks(group) {
        let (mean, deviation) = spread(group);
        let known = group.iter().filter(|reward| !reward.is_nan()).count() as f64;
        scored.flat += f64::from(u8::from(deviation < 1e-12));
        scored.advantages.extend(group.iter().map(|reward| match rule {
            _ if reward.is_nan() => 0.0,
            Advantage::Grpo => (reward - mean) / (deviation + EPS),
            Advantage::GrpoBatch => (reward - mean) / (all + EPS),
            Advantage::DrGrpo | Advantage::ReinforceBaseline => reward - mean,
            Advantage::Rloo if known > 1.0 => known / (known - 1.0) * (reward - mean),
            Advantage::Rloo => 0.0,
            Advantage::ReinforcePlusPlus | Advantage::Gae => *reward,
        }));
    }
    scored.flat /= rewards.len().div_ceil(group).max(1) as f64;
    scored
}

/// Mean and sample deviation (n - 1) of those that are numbers.
fn spread(values: &[f64]) -> (f64, f64) {
    let known: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    let n = known.len() as f64;
    if n == 0.0 {
        return (0.0, 0.0);
    }
    let mean = known.iter().sum::<f64>() / n;
    let squares: f64 = known.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, if n > 1.0 { (squares / (n - 1.0)).sqrt() } else { 0.0 })
}

/// From an advantage a story to one a token, with what each token costs: a token is answerable for all that comes after it.
/// `costs` are nats of divergence times their weight, empty where they are part of the loss instead.
pub fn returns(advantages: &[f64], lengths: &[usize], costs: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let row = |(at, len): (usize, &usize)| {
        let mut rest = advantages[at];
        let mut row = vec![rest; *len];
        if let Some(costs) = costs.get(at) {
            for (token, cost) in row.iter_mut().zip(costs).rev() {
                rest -= cost;
                *token = rest;
            }
        }
        row
    };
    lengths.iter().enumerate().map(row).collect()
}

/// Shifts and scales all tokens of a batch to mean 0 and variance 1.
pub fn whiten(rows: &mut [Vec<f64>]) {
    let n = rows.iter().map(Vec::len).sum::<usize>() as f64;
    if n < 2.0 {
        return;
    }
    let mean = rows.iter().flatten().sum::<f64>() / n;
    let variance = rows.iter().flatten().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    let scale = 1.0 / (variance + 1e-8).sqrt();
    rows.iter_mut().flatten().for_each(|x| *x = (*x - mean) * scale);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One group: its mean is a half, its sample deviation 0.408.
    const GROUP: [f64; 4] = [1.0, 0.0, 0.5, 0.5];

    #[test]
    fn golden_numbers() {
        let first = |rule| advantages(rule, &GROUP, 4).advantages[0];
        for (rule, expected) in
            [(Advantage::Grpo, 1.224444945), (Advantage::DrGrpo, 0.5), (Advantage::Rloo, 0.666666667)]
        {
            assert!((first(rule) - expected).abs() < 1e-8, "{rule:?}: {}", first(rule));
        }
        // RLOO from its own definition: a reward less the mean of the others.
        assert!((first(Advantage::Rloo) - (1.0 - 1.0 / 3.0)).abs() < 1e-12);
    }

    #[test]
    fn flat_groups_teach_nothing_and_what_cannot_be_scored_takes_no_part() {
        let scored = advantages(Advantage::Grpo, &[2.0, 2.0, 1.0, f64::NAN], 2);
        assert_eq!((scored.advantages, scored.flat), (vec![0.0; 4], 1.0));
        let scored = advantages(Advantage::DrGrpo, &[1.0, f64::NAN, 0.0], 3);
        assert_eq!(scored.advantages, [0.5, 0.0, -0.5]);
    }

    #[test]
    fn each_token_answers_for_what_follows() {
        let rows = returns(&[1.0, 2.0], &[3, 1], &[vec![0.1, 0.2, 0.3], vec![0.5]]);
        let expected = [[0.4, 0.5, 0.7].as_slice(), &[1.5]];
        rows.iter().zip(expected).for_each(|(row, expected)| {
            row.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-12, "{row:?}"));
        });
        assert_eq!(returns(&[1.0], &[2], &[]), [[1.0, 1.0]]);
    }

    #[test]
    fn whitened_tokens_have_mean_0_and_variance_1() {
        let mut rows = vec![vec![1.0, 2.0], vec![6.0]];
        whiten(&mut rows);
        let all = rows.concat();
        assert!(all.iter().sum::<f64>().abs() < 1e-9);
        assert!((all.iter().map(|x| x * x).sum::<f64>() / 3.0 - 1.0).abs() < 1e-6);
    }
}
