//! Negative log-likelihood of each token, straight from the hidden states: the logits exist one chunk of rows at a time,
//! forward and backward, so that a large vocabulary never fills the memory. Nats.

use std::sync::Arc;

use candle_core::{CpuStorage, CustomOp2, D, Layout, Result, Shape, Tensor, bail};
use rayon::prelude::*;

use super::bf16_product::{Precision, multiply};
use super::kernels::{Mat, Threads, softmax_row};
use super::quant::plain;
use super::slices::{WeightSlice, f32s, with_f32s, with_weight};

/// The label of positions that do not count.
pub const IGNORE: i64 = -100;
/// Logits held at a time, in elements: 16 MiB.
const CHUNK: usize = 1 << 22;

/// `hidden` (n, d) f32, `weight` (vocabulary, d), `labels` n of them -> (n) f32, 0 where the label is [`IGNORE`].
pub fn token_nll(hidden: &Tensor, weight: &Tensor, labels: &Arc<Vec<i64>>, precision: Precision) -> Result<Tensor> {
    let (n, _) = hidden.dims2()?;
    let vocabulary = weight.dim(0)? as i64;
    if labels.len() != n {
        bail!("{} labels for {n} positions", labels.len());
    }
    if let Some(label) = labels.iter().find(|l| **l != IGNORE && !(0..vocabulary).contains(*l)) {
        bail!("label {label} is outside the vocabulary of {vocabulary}");
    }
    if hidden.device().is_cpu() {
        hidden.contiguous()?.apply_op2(weight, TokenNll { labels: labels.clone(), precision })
    } else {
        slow(hidden, weight, labels)
    }
}

/// The same by candle's own operations, all logits at once.
pub fn slow(hidden: &Tensor, weight: &Tensor, labels: &[i64]) -> Result<Tensor> {
    let logits = hidden.matmul(&plain(weight)?.t()?)?;
    let log_probs = candle_nn::ops::log_softmax(&logits, D::Minus1)?;
    let picked: Vec<u32> = labels.iter().map(|l| (*l).max(0) as u32).collect();
    let counted: Vec<f32> = labels.iter().map(|l| if *l == IGNORE { 0.0 } else { -1.0 }).collect();
    let n = labels.len();
    let picked = Tensor::from_vec(picked, (n, 1), hidden.device())?;
    log_probs.gather(&picked, 1)?.squeeze(1)? * Tensor::from_vec(counted, n, hidden.device())?
}

struct TokenNll {
    labels: Arc<Vec<i64>>,
    precision: Precision,
}

impl TokenNll {
    /// Rows that count, in chunks; for each chunk `f` gets its rows, their hidden states and their probabilities.
    fn chunks(
        &self,
        hidden: &[f32],
        d: usize,
        weight: WeightSlice<'_>,
        vocabulary: usize,
        mut f: impl FnMut(&[usize], &[f32], &mut [f32], &[f32]),
    ) {
        let rows: Vec<usize> = (0..self.labels.len()).filter(|i| self.labels[*i] != IGNORE).collect();
        let mut scratch = Vec::new();
        let weight = weight.f32s(0, vocabulary * d, &mut scratch);
        for rows in rows.chunks((CHUNK / vocabulary).max(1)) {
            let mut packed = Vec::with_capacity(rows.len() * d);
            rows.iter().for_each(|row| packed.extend_from_slice(&hidden[row * d..(row + 1) * d]));
            let mut logits = vec![0f32; rows.len() * vocabulary];
            let (h, w) = (Mat::new(&packed, rows.len(), d), Mat::new(weight, vocabulary, d));
            multiply(self.precision, &mut logits, vocabulary, h, w.t(), false, Threads::All);
            f(rows, &packed, &mut logits, weight);
        }
    }

    fn label(&self, row: usize) -> usize {
        self.labels[row] as usize
    }
}

impl CustomOp2 for TokenNll {
    fn name(&self) -> &'static str {
        "token-nll"
    }

    fn cpu_fwd(&self, s1: &CpuStorage, l1: &Layout, s2: &CpuStorage, l2: &Layout) -> Result<(CpuStorage, Shape)> {
        let ((n, d), vocabulary) = (l1.shape().dims2()?, l2.dims()[0]);
        let mut out = vec![0f32; n];
        self.chunks(f32s(s1, l1)?, d, WeightSlice::new(s2, l2)?, vocabulary, |rows, _, logits, _| {
            let one = |(row, logits): (&usize, &mut [f32])| {
                let chosen = logits[self.label(*row)];
                softmax_row(logits, 1.0) - chosen
            };
            let losses: Vec<f32> = rows.par_iter().zip(logits.par_chunks_exact_mut(vocabulary)).map(one).collect();
            rows.iter().zip(losses).for_each(|(row, loss)| out[*row] = loss);
        });
        Ok((CpuStorage::F32(out), Shape::from(n)))
    }

    fn bwd(
        &self,
        hidden: &Tensor,
        weight: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let ((n, d), vocabulary) = (hidden.dims2()?, weight.dim(0)?);
        let mut by_hidden = vec![0f32; n * d];
        let mut by_weight = if weight.track_op() { vec![0f32; vocabulary * d] } else { Vec::new() };
        with_f32s(grad, |grad| {
            with_f32s(hidden, |hidden| {
                with_weight(weight, |w| {
                    self.chunks(hidden, d, w, vocabulary, |rows, packed, logits, w| {
                        rows.par_iter().zip(logits.par_chunks_exact_mut(vocabulary)).for_each(|(row, logits)| {
                            softmax_row(logits, 1.0);
                            logits[self.label(*row)] -= 1.0;
                            logits.iter_mut().for_each(|x| *x *= grad[*row]);
                        });
                        let g = Mat::new(logits, rows.len(), vocabulary);
                        let mut part = vec![0f32; rows.len() * d];
                        multiply(self.precision, &mut part, d, g, Mat::new(w, vocabulary, d), false, Threads::All);
                        for (row, part) in rows.iter().zip(part.chunks_exact(d)) {
                            by_hidden[row * d..(row + 1) * d].copy_from_slice(part);
                        }
                        if !by_weight.is_empty() {
                            let h = Mat::new(packed, rows.len(), d);
                            multiply(self.precision, &mut by_weight, d, g.t(), h, true, Threads::All);
                        }
                    });
                    Ok(())
                })
            })
        })?;
        let device = hidden.device();
        let by_weight =
            if weight.track_op() { Some(Tensor::from_vec(by_weight, weight.shape(), device)?) } else { None };
        Ok((Some(Tensor::from_vec(by_hidden, hidden.shape(), device)?), by_weight))
    }
}
