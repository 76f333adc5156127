//! Texts that were told already, as a model reads them: prompt, pictures and the tokens behind them; how likely it finds these
//! tokens, and in which state it ends. What losses and rewards take hold of.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::error::Result;
use super::llama::Rows;
use super::look::Look;
use super::ops::IGNORE;
use super::vision_language::VisionLanguage;

/// One story behind its prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub ids: Vec<u32>,
    /// The story's own tokens, its end among them.
    pub story: Range<usize>,
    /// Which of the batch's looks it is about.
    pub look: usize,
}

impl Told {
    pub fn new(prompt: &[u32], story: &[u32], look: usize) -> Self {
        let ids: Vec<u32> = [prompt, story].concat();
        Self { story: prompt.len()..ids.len(), ids, look }
    }
}

/// Stories of one pass, padded on the right.
pub struct Page {
    /// (stories, seq, hidden): states after the last norm.
    hidden: Tensor,
    seq: usize,
    /// Tokens of each story, and where they begin.
    stories: Vec<Range<usize>>,
    ids: Vec<u32>,
}

impl Page {
    /// Reads stories. `looks` holds what the model sees of each sequence; `pad` fills the rows.
    pub fn read(model: &VisionLanguage, told: &[Told], looks: &[Look], pad: u32) -> Result<Self> {
        let seq = told.iter().map(|told| told.ids.len()).max().unwrap_or(0);
        let mut ids = vec![pad; told.len() * seq];
        let mut real = vec![false; told.len() * seq];
        for (row, told) in told.iter().enumerate() {
            let at = row * seq;
            ids[at..at + told.ids.len()].copy_from_slice(&told.ids);
            real[at..at + told.ids.len()].fill(true);
        }
        let seen: Vec<&Look> = told.iter().filter_map(|told| looks.get(told.look)).collect();
        let embedded = model.embed(&ids, told.len(), Look::cat(&seen)?.as_ref())?;
        let hidden = model.hidden(&embedded, &Rows::padded(&real, seq), None, None)?;
        let stories = told.iter().map(|told| told.story.clone()).collect();
        Ok(Self { hidden, seq, stories, ids })
    }

    /// Log-probabilities of the stories' tokens, nats, one after the other, at this temperature.
    pub fn log_probs(&self, model: &VisionLanguage, temperature: f64) -> Result<Tensor> {
        let mut labels = vec![IGNORE; self.ids.len()];
        for at in self.before() {
            labels[at] = i64::from(self.ids[at + 1]);
        }
        let hidden = self.hidden.flatten_to(1)?;
        let hidden = if temperature == 1.0 { hidden } else { (hidden / temperature)? };
        let nll = model.token_nll(&hidden, &Arc::new(labels))?;
        Ok(self.pick(&nll, self.before())?.neg()?)
    }

    /// The states before each of the stories' tokens, (tokens, hidden).
    pub fn states_before(&self) -> Result<Tensor> {
        self.pick(&self.hidden.flatten_to(1)?, self.before())
    }

    /// The state after the last token of each story, (stories, hidden).
    pub fn last_states(&self) -> Result<Tensor> {
        let last = self.stories.iter().enumerate().map(|(row, story)| row * self.seq + story.end - 1);
        self.pick(&self.hidden.flatten_to(1)?, last)
    }

    /// The states after these tokens, as (story, place among its ids); (places, hidden).
    pub fn states_at(&self, places: &[(usize, usize)]) -> Result<Tensor> {
        self.pick(&self.hidden.flatten_to(1)?, places.iter().map(|(row, at)| row * self.seq + at))
    }

    /// Places of the states from which the stories' tokens are told.
    fn before(&self) -> impl Iterator<Item = usize> + '_ {
        let row =
            |(row, story): (usize, &Range<usize>)| (row * self.seq + story.start - 1)..(row * self.seq + story.end - 1);
        self.stories.iter().enumerate().flat_map(row)
    }

    fn pick(&self, from: &Tensor, places: impl Iterator<Item = usize>) -> Result<Tensor> {
        let places: Vec<u32> = places.map(|at| at as u32).collect();
        Ok(from.index_select(&Tensor::new(places.as_slice(), &Device::Cpu)?, 0)?)
    }

    /// Numbers of all stories' tokens, cut into one list a story.
    pub fn by_story(&self, flat: &Tensor) -> Result<Vec<Vec<f64>>> {
        let mut rest = flat.to_vec1::<f32>()?.into_iter().map(f64::from);
        Ok(self.stories.iter().map(|story| rest.by_ref().take(story.len()).collect()).collect())
    }
}

/// A scalar whose gradient by `numbers` are the slopes: the way back from a loss into the model.
pub fn along(numbers: &Tensor, slopes: impl IntoIterator<Item = f64>) -> Result<Tensor> {
    let slopes: Vec<f32> = slopes.into_iter().map(|slope| slope as f32).collect();
    let slopes = Tensor::from_vec(slopes, numbers.shape(), numbers.device())?;
    Ok((numbers * slopes)?.sum_all()?)
}
