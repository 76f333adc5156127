//! The loss of supervised training: how unlikely the model finds the words that the data says, given pictures and prompt.

use std::sync::Arc;

use candle_core::Tensor;

use super::error::Result;
use super::examples::Batch;
use crate::model::families::idefics3::Idefics3;
use crate::model::llama::Rows;
use crate::model::ops::IGNORE;

/// Mean negative log-likelihood of the labelled tokens of a batch, nats. `features` (tiles, tokens, hidden).
pub fn words(model: &Idefics3, batch: &Batch, features: &Tensor) -> Result<Tensor> {
    Ok(words_in_halves(model, batch, features)?.1)
}

/// States of the text model half way up, (batch, seq, hidden), and the loss of [`words`].
pub fn words_in_halves(model: &Idefics3, batch: &Batch, features: &Tensor) -> Result<(Tensor, Tensor)> {
    let seq = batch.ids.len() / batch.rows.max(1);
    // Rows that read about the same pictures share them; their gradients add up.
    let alone = (0..features.dim(0)? as u32).eq(batch.looks.iter().copied());
    let features = match alone {
        true => features.clone(),
        false => features.index_select(&Tensor::new(batch.looks.as_slice(), features.device())?, 0)?,
    };
    let embeddings = model.embed(&batch.ids, batch.rows, Some(&features.flatten_to(1)?))?;
    let (middle, hidden) = model.text.forward_in_halves(&embeddings, &Rows::padded(&batch.real, seq))?;
    let labels = Arc::new(batch.labels.clone());
    let count = labels.iter().filter(|l| **l != IGNORE).count().max(1) as f64;
    let nll = model.token_nll(&hidden.flatten_to(1)?, &labels)?;
    Ok((middle, (nll.sum_all()? / count)?))
}
