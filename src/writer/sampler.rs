//! From logits to a token. The order of the filters is the reference's: penalty, temperature, top-k, top-p, min-p; the draw
//! itself is candle-transformers'.

use candle_core::Tensor;
use candle_transformers::generation::{LogitsProcessor, Sampling as Draw};

use super::error::Result;
use crate::story::Sampling;

/// Draws the tokens of one story.
pub struct Sampler {
    sampling: Sampling,
    processor: LogitsProcessor,
    suppressed: Vec<u32>,
}

impl Sampler {
    /// `which` counts the stories of one order: each has its own stream of chance.
    pub fn new(sampling: &Sampling, which: usize, suppressed: Vec<u32>) -> Self {
        let draw = match sampling.temperature {
            t if t <= 0.0 => Draw::ArgMax,
            temperature => Draw::All { temperature },
        };
        let processor = LogitsProcessor::from_sampling(sampling.seed.wrapping_add(which as u64), draw);
        Self { sampling: sampling.clone(), processor, suppressed }
    }

    /// The next token after `seen`, from its logits.
    pub fn next(&mut self, logits: &[f32], seen: &[u32]) -> Result<u32> {
        let mut logits = logits.to_vec();
        for id in &self.suppressed {
            if let Some(logit) = logits.get_mut(*id as usize) {
                *logit = f32::NEG_INFINITY;
            }
        }
        penalise(&mut logits, seen, self.sampling.repetition_penalty as f32);
        let count = logits.len();
        let logits = Tensor::from_vec(logits, count, &candle_core::Device::Cpu)?;
        let sampling = &self.sampling;
        Ok(self.processor.sample_f(&logits, |probabilities| filter(probabilities, sampling))?)
    }
}

/// Makes tokens already seen less likely (Keskar et al., 2019); each once, however often it was seen.
fn penalise(logits: &mut [f32], seen: &[u32], penalty: f32) {
    if penalty == 1.0 {
        return;
    }
    let mut seen = seen.to_vec();
    seen.sort_unstable();
    seen.dedup();
    for id in seen {
        if let Some(logit) = logits.get_mut(id as usize) {
            *logit = if *logit < 0.0 { *logit * penalty } else { *logit / penalty };
        }
    }
}

/// Sets to zero what the sampling leaves out. The draw does not need the rest to sum to one.
fn filter(probabilities: &mut [f32], sampling: &Sampling) {
    if sampling.top_k == 0 && sampling.top_p >= 1.0 && sampling.min_p <= 0.0 {
        return;
    }
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    // Ties go to the lower id, so that the same seed tells the same story on every machine.
    order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
    let mut kept = order.len();
    if sampling.top_k > 0 {
        kept = kept.min(sampling.top_k);
    }
    if sampling.top_p < 1.0 {
        let total: f32 = order[..kept].iter().map(|i| probabilities[*i]).sum();
        let mut sum = 0.0;
        let enough = order[..kept].iter().position(|i| {
            sum += probabilities[*i];
            sum >= sampling.top_p as f32 * total
        });
        kept = enough.map_or(kept, |last| last + 1);
    }
    if sampling.min_p > 0.0 {
        let least = probabilities[order[0]] * sampling.min_p as f32;
        kept = order[..kept].iter().take_while(|i| probabilities[**i] >= least).count().max(1);
    }
    order[kept..].iter().for_each(|i| probabilities[*i] = 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(sampling: Sampling) -> Vec<usize> {
        let mut p = vec![0.05, 0.4, 0.3, 0.2, 0.05];
        filter(&mut p, &sampling);
        (0..5).filter(|i| p[*i] > 0.0).collect()
    }

    #[test]
    fn each_filter_keeps_what_it_says() {
        assert_eq!(kept(Sampling { top_k: 2, ..Default::default() }), [1, 2]);
        assert_eq!(kept(Sampling { top_p: 0.7, ..Default::default() }), [1, 2]);
        assert_eq!(kept(Sampling { top_p: 0.71, ..Default::default() }), [1, 2, 3]);
        assert_eq!(kept(Sampling { min_p: 0.5, ..Default::default() }), [1, 2, 3]);
        // top-p acts on what top-k left: 0.4 of 0.9 is below 0.5, 0.7 of 0.9 is above.
        assert_eq!(kept(Sampling { top_k: 3, top_p: 0.5, ..Default::default() }), [1, 2]);
        assert_eq!(kept(Sampling { top_p: 0.0, ..Default::default() }), [1]);
    }

    #[test]
    fn the_same_seed_draws_the_same_and_another_seed_something_else() {
        let logits: Vec<f32> = (0..50).map(|i| (i as f32 * 0.7).sin()).collect();
        let draw = |seed| {
            let sampling = Sampling { temperature: 1.0, seed, ..Default::default() };
            let mut sampler = Sampler::new(&sampling, 0, vec![]);
            (0..20).map(|_| sampler.next(&logits, &[]).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
    }

    #[test]
    fn the_penalty_makes_seen_tokens_less_likely_whatever_their_sign() {
        let mut logits = vec![2.0, -2.0, 1.0];
        penalise(&mut logits, &[0, 1, 0], 2.0);
        assert_eq!(logits, [1.0, -4.0, 1.0]);
    }

    #[test]
    fn a_suppressed_token_is_never_drawn() {
        let mut sampler = Sampler::new(&Sampling::default(), 0, vec![1]);
        assert_eq!(sampler.next(&[0.0, 9.0, 1.0], &[]).unwrap(), 2);
    }
}
