//! The loss of a policy by its own stories: clipped importance ratios (Schulman et al., 1707.06347), by token or by story
//! (Zheng et al., 2507.18071), or ratios that only weigh (CISPO, 2506.13585), averaged in one of three ways.

use serde::{Deserialize, Serialize};

use super::graded::{Graded, PerToken};
use super::kl::KlEstimator;

/// What is compared with the policy that told the stories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ratio {
    /// Every token for itself, clipped.
    Token,
    /// A story as a whole, by the mean over its tokens, clipped (GSPO).
    Sequence,
    /// Every token; a ratio above the upper clip counts as that, and weighs a log-likelihood that always learns (CISPO).
    Cispo,
}

/// How tokens are averaged; it decides how much long stories count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Aggregate {
    /// The mean over stories of the mean over tokens, as GRPO had it.
    SequenceMean,
    /// The mean over all tokens (DAPO).
    TokenMean,
    /// The sum over tokens by the most that the stories could have had (Dr.GRPO).
    TokenSum,
}

/// A policy loss by name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PolicyLoss {
    pub ratio: Ratio,
    pub aggregate: Aggregate,
    /// How far below and above 1 a ratio may lie. CISPO has the upper bound of the ratio itself in place of the second.
    pub clip: [f64; 2],
    /// A larger ratio counts as this much even where the clip does not hold it (a bad token that has grown likelier).
    pub ceiling: Option<f64>,
    /// Weight of the divergence as a term of the loss.
    pub kl: Option<(KlEstimator, f64)>,
    /// Tokens that a story can have at most, for `TokenSum`.
    pub longest: usize,
}

/// What a batch came to beside its loss.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Held {
    /// Share of the tokens (of the stories, where the ratio is of stories) that the clip held.
    pub clipped: f64,
    /// Mean divergence from the reference over all tokens, nats; by k3 where the loss names no estimator.
    pub kl: f64,
}

/// What the stories at hand are a part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Whole {
    pub stories: usize,
    pub tokens: usize,
}

impl Whole {
    pub fn of<T>(rows: &[Vec<T>]) -> Self {
        Self { stories: rows.len(), tokens: rows.iter().map(Vec::len).sum() }
    }
}

impl PolicyLoss {
    /// `policy`: log-probabilities now; `told`: when the stories were told; `reference`: those of the model that divergence
    /// is measured from, empty for none; `advantages`: by token. All in the same shape. What parts of a `whole` come to adds up.
    pub fn of(
        &self,
        policy: &[Vec<f64>],
        told: &[Vec<f64>],
        reference: &[Vec<f64>],
        advantages: &[Vec<f64>],
        whole: Whole,
    ) -> (Graded<PerToken>, Held) {
        let (stories, tokens) = (whole.stories.max(1) as f64, whole.tokens.max(1) as f64);
        let mut graded = Graded { loss: 0.0, slope: Vec::with_capacity(policy.len()) };
        let mut held = Held::default();
        for at in 0..policy.len() {
            let (now, then, gain) = (&policy[at], &told[at], &advantages[at]);
            let len = now.len().max(1) as f64;
            let share = match self.aggregate {
                Aggregate::SequenceMean => 1.0 / (stories * len),
                Aggregate::TokenMean => 1.0 / tokens,
                Aggregate::TokenSum => 1.0 / (stories * self.longest.max(1) as f64),
            };
            let mut slope = vec![0.0; now.len()];
            match self.ratio {
                Ratio::Sequence => {
                    let ratio = (now.iter().zip(then).map(|(n, t)| n - t).sum::<f64>() / len).exp();
                    let mut whole = 0.0;
                    let mut clipped = false;
                    for gain in gain {
                        let (loss, by_ratio, caught) = self.clipped(ratio, *gain);
                        graded.loss += share * loss;
                        whole += share * by_ratio * ratio / len;
                        clipped |= caught;
                    }
                    held.clipped += f64::from(u8::from(clipped)) / stories;
                    slope.iter_mut().for_each(|slope| *slope = whole);
                }
                Ratio::Token => {
                    for (i, slope) in slope.iter_mut().enumerate() {
                        let ratio = (now[i] - then[i]).exp();
                        let (loss, by_ratio, caught) = self.clipped(ratio, gain[i]);
                        graded.loss += share * loss;
                        *slope = share * by_ratio * ratio;
                        held.clipped += f64::from(u8::from(caught)) / tokens;
                    }
                }
                Ratio::Cispo => {
                    for (i, slope) in slope.iter_mut().enumerate() {
                        let ratio = (now[i] - then[i]).exp();
                        let weight = ratio.min(self.clip[1]) * gain[i];
                        graded.loss -= share * weight * now[i];
                        *slope = -share * weight;
                        held.clipped += f64::from(u8::from(ratio > self.clip[1])) / tokens;
                    }
                }
            }
            if let Some(reference) = reference.get(at) {
                let (estimator, weight) = self.kl.unwrap_or((KlEstimator::K3, 0.0));
                for (i, slope) in slope.iter_mut().enumerate() {
                    let (value, by_policy) = estimator.of(now[i], reference[i]);
                    graded.loss += share * weight * value;
                    *slope += share * weight * by_policy;
                    held.kl += value / tokens;
                }
            }
            graded.slope.push(slope);
        }
        (graded, held)
    }

    /// -min(ρ A, clip(ρ) A), its slope by ρ, and whether the clip held it.
    fn clipped(&self, ratio: f64, gain: f64) -> (f64, f64, bool) {
        let (low, high) = (1.0 - self.clip[0], 1.0 + self.clip[1]);
        let bound = ratio.clamp(low, high);
        let free = self.ceiling.map_or(ratio, |ceiling| ratio.min(ceiling));
        let caught = (ratio < low && gain < 0.0) || (free > high && gain > 0.0);
        if free * gain <= bound * gain {
            let slope = if free < ratio { 0.0 } else { -gain };
            (-free * gain, slope, caught)
        } else {
            (-bound * gain, if bound == ratio { -gain } else { 0.0 }, caught)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::graded::{check_slope, cut};
    use super::*;

    const LENGTHS: [usize; 3] = [3, 1, 2];
    const ONE: Whole = Whole { stories: 1, tokens: 1 };

    fn rows(flat: &[f64]) -> PerToken {
        cut(flat, &LENGTHS)
    }

    fn numbers(shift: f64, scale: f64) -> Vec<f64> {
        (0..6).map(|i| scale * (f64::from(i) * 2.3 + shift).sin()).collect()
    }

    fn loss(ratio: Ratio, aggregate: Aggregate) -> PolicyLoss {
        PolicyLoss { ratio, aggregate, clip: [0.2, 0.28], ceiling: Some(1.3), kl: None, longest: 8 }
    }

    #[test]
    fn slopes_are_those_of_the_loss() {
        let (told, reference) = (rows(&numbers(1.0, 0.3)), rows(&numbers(0.4, 0.3)));
        let (policy, gain) = (numbers(0.2, 0.3), rows(&numbers(3.0, 1.0)));
        for aggregate in [Aggregate::SequenceMean, Aggregate::TokenMean, Aggregate::TokenSum] {
            for ratio in [Ratio::Token, Ratio::Sequence] {
                for kl in [None, Some((KlEstimator::K2, 0.3)), Some((KlEstimator::K3, 0.3))] {
                    let how = PolicyLoss { kl, ..loss(ratio, aggregate) };
                    let of = |at: &[f64]| how.of(&rows(at), &told, &reference, &gain, Whole::of(&told)).0;
                    check_slope(&policy, &of(&policy).slope.concat(), |at| of(at).loss);
                }
            }
        }
    }

    #[test]
    fn the_clip_holds_what_would_go_on_growing() {
        // The golden table's token: a ratio of e^.3 with an advantage of 1 counts as 1.2 and is not moved further.
        let how = PolicyLoss { clip: [0.2, 0.2], ..loss(Ratio::Token, Aggregate::TokenMean) };
        let (graded, held) = how.of(&[vec![0.3]], &[vec![0.0]], &[], &[vec![1.0]], ONE);
        assert!((graded.loss + 1.2).abs() < 1e-12 && graded.slope == [[0.0]] && held.clipped == 1.0);
        let (graded, held) = how.of(&[vec![-0.3]], &[vec![0.0]], &[], &[vec![1.0]], ONE);
        assert!(graded.slope[0][0] < 0.0 && held.clipped == 0.0);
    }

    #[test]
    fn a_ratio_that_weighs_always_learns() {
        let how = PolicyLoss { clip: [0.2, 1.1], ..loss(Ratio::Cispo, Aggregate::TokenMean) };
        let (graded, held) = how.of(&[vec![0.5]], &[vec![0.0]], &[], &[vec![1.0]], ONE);
        assert!((graded.slope[0][0] + 1.1).abs() < 1e-12 && held.clipped == 1.0);
    }

    #[test]
    fn aggregates_weigh_long_stories_differently() {
        // Token losses of 1 in a story of two tokens, of a half in one of four: golden numbers.
        let told = vec![vec![0.0; 2], vec![0.0; 4]];
        let gain = vec![vec![-1.0; 2], vec![-0.5; 4]];
        let of = |aggregate| loss(Ratio::Token, aggregate).of(&told, &told, &[], &gain, Whole::of(&told)).0.loss;
        assert!((of(Aggregate::SequenceMean) - 0.75).abs() < 1e-12);
        assert!((of(Aggregate::TokenMean) - 2.0 / 3.0).abs() < 1e-12);
        assert!((of(Aggregate::TokenSum) - 0.25).abs() < 1e-12);
    }
}
