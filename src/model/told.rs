//! Texts that were told already, as a model reads them: prompt, pictures and the tokens behind them; how likely it finds these
//! tokens, and in which state it ends. What losses and rewards take hold of.

use std::ops::Range;
use std::sync::Arc;

use candle_core::{Device, Tensor};

use super::error::Result;
use super::llama::Rows;
use super::look::Look;
use super::ops::Branches;
use super::vision_language::VisionLanguage;

/// One story behind its prompt.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub ids: Vec<u32>,
    /// The story's own tokens, its end among them; the last of the ids.
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

/// Most stories behind one beginning in a row: a row goes through a layer as one piece, and should stay in the cache.
const TOGETHER: usize = 4;

/// Stories of one pass. Those about the same prompt and pictures share a row and are read behind one copy of it, where the model's
/// positions allow; rows are padded on the right.
pub struct Page {
    /// (rows, seq, hidden): states after the last norm.
    hidden: Tensor,
    stories: Vec<Place>,
    /// Tokens of all stories, one after the other.
    tokens: Vec<u32>,
}

/// Where a story stands among the tokens of all rows.
#[derive(Clone, Debug, Default)]
struct Place {
    prompt: Range<usize>,
    story: Range<usize>,
}

impl Place {
    /// Where the `i`-th token of prompt and story is.
    fn of(&self, i: usize) -> usize {
        if i < self.prompt.len() { self.prompt.start + i } else { self.story.start + i - self.prompt.len() }
    }

    /// The tokens from which the story's own are told.
    fn before(&self) -> impl Iterator<Item = usize> + '_ {
        let first = self.prompt.end.saturating_sub(1);
        std::iter::once(first).chain(self.story.clone()).take(self.story.len())
    }
}

impl Page {
    /// Reads stories. `looks` holds what the model sees of each sequence; `pad` fills the rows.
    pub fn read(model: &VisionLanguage, told: &[Told], looks: &[Look], pad: u32) -> Result<Self> {
        let rows = shared_rows(told, if model.can_branch() { TOGETHER } else { 1 });
        let branches: Vec<Branches> = rows.iter().map(|row| branches(told, row)).collect();
        let seq = branches.iter().map(Branches::tokens).max().unwrap_or(0);
        let mut ids = vec![pad; rows.len() * seq];
        let mut stories = vec![Place::default(); told.len()];
        for (n, (row, branches)) in rows.iter().zip(&branches).enumerate() {
            let start = n * seq;
            for (at, end) in row.iter().zip(&branches.ends) {
                let Told { ids: own, story, .. } = &told[*at];
                let place = Place { prompt: start..start + story.start, story: start + end - story.len()..start + end };
                ids[place.prompt.clone()].copy_from_slice(&own[..story.start]);
                ids[place.story.clone()].copy_from_slice(&own[story.clone()]);
                stories[*at] = place;
            }
        }
        let seen: Vec<&Look> = rows.iter().filter_map(|row| looks.get(told[row[0]].look)).collect();
        let embedded = model.embed(&ids, rows.len(), Look::cat(&seen)?.as_ref())?;
        let shape = if rows.len() < told.len() {
            Rows::branching(branches, seq)
        } else {
            let real: Vec<bool> = branches.iter().flat_map(|row| (0..seq).map(|at| at < row.tokens())).collect();
            Rows::padded(&real, seq)
        };
        let hidden = model.hidden(&embedded, &shape, None, None)?;
        let tokens = told.iter().flat_map(|told| told.ids[told.story.clone()].to_vec()).collect();
        Ok(Self { hidden, stories, tokens })
    }

    /// The stories' tokens, one after the other.
    pub fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Log-probabilities of the stories' tokens, nats, one after the other, at this temperature.
    pub fn log_probs(&self, model: &VisionLanguage, temperature: f64) -> Result<Tensor> {
        let hidden = self.states_before()?;
        let hidden = if temperature == 1.0 { hidden } else { (hidden / temperature)? };
        let labels = self.tokens.iter().map(|token| i64::from(*token)).collect();
        Ok(model.token_nll(&hidden, &Arc::new(labels))?.neg()?)
    }

    /// The states before each of the stories' tokens, (tokens, hidden).
    pub fn states_before(&self) -> Result<Tensor> {
        self.pick(self.stories.iter().flat_map(Place::before))
    }

    /// The state after the last token of each story, (stories, hidden).
    pub fn last_states(&self) -> Result<Tensor> {
        self.pick(self.stories.iter().map(|place| place.story.end - 1))
    }

    /// The states after these tokens, as (story, place among its ids); (places, hidden).
    pub fn states_at(&self, places: &[(usize, usize)]) -> Result<Tensor> {
        self.pick(places.iter().map(|(story, at)| self.stories[*story].of(*at)))
    }

    /// Where each story ends, as (story, place among its ids).
    pub fn ends(&self) -> Vec<(usize, usize)> {
        self.stories.iter().map(|place| place.prompt.len() + place.story.len() - 1).enumerate().collect()
    }

    /// Where among all tokens each story's last one is.
    pub fn last_tokens(&self) -> Vec<u32> {
        let lengths = self.stories.iter().map(|place| place.story.len() as u32);
        lengths
            .scan(0, |end, length| {
                *end += length;
                Some(*end - 1)
            })
            .collect()
    }

    /// Sums of numbers of all stories' tokens, (tokens, n), from the beginning of a story to each of these places; (places, n).
    pub fn sums(&self, numbers: &Tensor, places: &[(usize, usize)]) -> Result<Tensor> {
        let starts: Vec<usize> = self
            .stories
            .iter()
            .scan(0, |start, place| Some(std::mem::replace(start, *start + place.story.len())))
            .collect();
        let mut taken = vec![0f32; places.len() * self.tokens.len()];
        for (row, (story, at)) in taken.chunks_mut(self.tokens.len().max(1)).zip(places) {
            let told = (at + 1).saturating_sub(self.stories[*story].prompt.len());
            row[starts[*story]..starts[*story] + told].fill(1.0);
        }
        let taken = Tensor::from_vec(taken, (places.len(), self.tokens.len()), &Device::Cpu)?;
        Ok(taken.matmul(numbers)?)
    }

    fn pick(&self, places: impl Iterator<Item = usize>) -> Result<Tensor> {
        let places: Vec<u32> = places.map(|at| at as u32).collect();
        Ok(self.hidden.flatten_to(1)?.index_select(&Tensor::new(places.as_slice(), &Device::Cpu)?, 0)?)
    }

    /// Numbers of all stories' tokens, cut into one list a story.
    pub fn by_story(&self, flat: &Tensor) -> Result<Vec<Vec<f64>>> {
        let mut rest = flat.to_vec1::<f32>()?.into_iter().map(f64::from);
        Ok(self.stories.iter().map(|place| rest.by_ref().take(place.story.len()).collect()).collect())
    }
}

/// Which stories stand in a row together: at most so many, with the same prompt and pictures.
fn shared_rows(told: &[Told], most: usize) -> Vec<Vec<usize>> {
    let prompt = |at: usize| (told[at].look, &told[at].ids[..told[at].story.start]);
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for at in 0..told.len() {
        match rows.iter_mut().find(|row| row.len() < most && prompt(row[0]) == prompt(at)) {
            Some(row) => row.push(at),
            None => rows.push(vec![at]),
        }
    }
    rows
}

/// Where the stories of a row end. One alone is a row as any other, without a beginning that is shared.
fn branches(told: &[Told], row: &[usize]) -> Branches {
    let beginning = if row.len() > 1 { told[row[0]].story.start } else { 0 };
    let ends = row.iter().scan(beginning, |end, at| {
        *end += told[*at].story.end - beginning;
        Some(*end)
    });
    Branches { beginning, ends: ends.collect() }
}

/// A scalar whose gradient by `numbers` are the slopes: the way back from a loss into the model.
pub fn along(numbers: &Tensor, slopes: impl IntoIterator<Item = f64>) -> Result<Tensor> {
    let slopes: Vec<f32> = slopes.into_iter().map(|slope| slope as f32).collect();
    let slopes = Tensor::from_vec(slopes, numbers.shape(), numbers.device())?;
    Ok((numbers * slopes)?.sum_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stories_behind_one_prompt_share_rows_wherever_they_stand() {
        let told: Vec<Told> = [(1, 0), (2, 0), (1, 0), (1, 1), (1, 0)]
            .into_iter()
            .zip(1..)
            .map(|((prompt, look), len)| Told::new(&[prompt, 9], &vec![5; len], look))
            .collect();
        assert_eq!(shared_rows(&told, 2), [vec![0, 2], vec![1], vec![3], vec![4]]);
        assert_eq!(shared_rows(&told, 1).len(), 5);
        assert_eq!(branches(&told, &[0, 2, 4]), Branches { beginning: 2, ends: vec![3, 6, 11] });
        assert_eq!(branches(&told, &[4]), Branches { beginning: 0, ends: vec![7] });
    }
}
