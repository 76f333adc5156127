//! The loss of supervised training: how unlikely the model finds the words that the data says, given pictures and prompt.

use std::sync::Arc;

use candle_core::Tensor;

use super::error::Result;
use super::examples::Batch;
use crate::model::llama::Rows;
use crate::model::look::Look;
use crate::model::ops::IGNORE;
use crate::model::vision_language::VisionLanguage;

/// Mean negative log-likelihood of the labelled tokens of a batch, nats. `features`: what is seen of the tiles.
pub fn words(model: &VisionLanguage, batch: &Batch, features: &Look) -> Result<Tensor> {
    Ok(words_and_states(model, batch, features)?.1.plain)
}

/// Mean losses over the labelled tokens, nats.
pub struct Loss {
    /// With the batch's emphasis: what is trained.
    pub trained: Tensor,
    /// All words alike: what is told.
    pub plain: Tensor,
}

/// States of the text model, (batch, seq, hidden) each: where words have met those before them once, half way up, and before
/// the last layer.
pub struct States {
    pub early: Tensor,
    pub middle: Tensor,
    pub late: Tensor,
}

/// The loss of [`words`], and states on the way to it.
pub fn words_and_states(model: &VisionLanguage, batch: &Batch, features: &Look) -> Result<(States, Loss)> {
    let seq = batch.ids.len() / batch.rows.max(1);
    // Rows that read about the same pictures share them; their gradients add up.
    let embedded = model.embed(&batch.ids, batch.rows, Some(&features.pick(&batch.looks)?))?;
    let layers = model.config.text_config.num_hidden_layers;
    let places = [1, layers / 2, layers - 1].map(|after| after.clamp(1, layers));
    let rows = Rows::padded(&batch.real, seq);
    let (noted, hidden) = model.hidden_noting(&embedded, &rows, &places)?;
    let [early, middle, late] = [0, 1, 2].map(|at: usize| noted[at].clone());
    let states = States { early, middle, late };
    let labels = Arc::new(batch.labels.clone());
    let counted = |i: usize| batch.labels[i] != IGNORE;
    let nll = model.token_nll(&hidden.flatten_to(1)?, &labels)?;
    let count = (0..labels.len()).filter(|i| counted(*i)).count().max(1) as f64;
    let plain = (nll.sum_all()? / count)?;
    if batch.emphasis.is_empty() {
        return Ok((states, Loss { trained: plain.clone(), plain }));
    }
    let total: f32 = (0..labels.len()).filter(|i| counted(*i)).map(|i| batch.emphasis[i]).sum();
    let weights = Tensor::from_slice(&batch.emphasis, labels.len(), nll.device())?;
    let trained = ((nll * weights)?.sum_all()? / f64::from(total.max(1.0)))?;
    Ok((states, Loss { trained, plain: plain.detach() }))
}
