//! A fragment of a story as it streams. What is not always paid for is optional.

use serde::{Deserialize, Serialize};

/// Another token that could have been taken, with its log-probability (natural log, before temperature).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Alternative {
    pub token: u32,
    pub text: String,
    pub log_prob: f32,
}

/// How much each patch of a frame was attended to, row by row from the upper left.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Patches {
    pub columns: usize,
    /// Shares of all attention, mean over layers and heads; as many as make whole rows.
    pub shares: Vec<f32>,
}

/// What one decoding step added to the story.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Piece {
    pub token: u32,
    /// Text that became complete with this token; empty inside a multi-byte character and for special tokens.
    pub text: String,
    /// The frame the story has come to (from 0), where the model marks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frame: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_prob: Option<f32>,
    /// The most likely tokens of this step, best first; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<Alternative>,
    /// Share of the attention on each frame's image tokens, mean over layers and heads; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attention: Vec<f32>,
    /// The same share spread over each frame's patches; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<Patches>,
}

impl Piece {
    /// Probability of the token, from 0 to 1, before temperature; where it was asked for.
    pub fn probability(&self) -> Option<f32> {
        self.log_prob.map(f32::exp)
    }

    /// Entropy of what might have come, in bits: that of the alternatives, and of the rest as if it were one. A lower bound.
    pub fn entropy(&self) -> Option<f32> {
        if self.alternatives.is_empty() {
            return None;
        }
        let share = |p: f32| if p > 0.0 { -p * p.log2() } else { 0.0 };
        let known: Vec<f32> = self.alternatives.iter().map(|alternative| alternative.log_prob.exp()).collect();
        let rest = (1.0 - known.iter().sum::<f32>()).max(0.0);
        Some(known.into_iter().map(share).sum::<f32>() + share(rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_is_that_of_a_coin_where_two_are_alike() {
        let alternative = |p: f32| Alternative { log_prob: p.ln(), ..Default::default() };
        let of = |shares: &[f32]| {
            Piece { alternatives: shares.iter().map(|p| alternative(*p)).collect(), ..Default::default() }.entropy()
        };
        assert!((of(&[0.5, 0.5]).unwrap() - 1.0).abs() < 1e-6);
        assert!((of(&[0.5]).unwrap() - 1.0).abs() < 1e-6, "the rest counts as one");
        assert!(of(&[1.0]).unwrap().abs() < 1e-6);
        assert_eq!(of(&[]), None);
    }
}
