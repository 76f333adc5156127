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
    /// The story's own tokens up to the end of the ids, its end among them.
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

/// Stories of one pass. Those that follow each other behind the same prompt share a row and are read behind one copy of it, where
/// the model's positions allow; rows are padded on the right.
pub struct Page {
    /// (rows, seq, hidden): states after the last norm.
    hidden: Tensor,
    stories: Vec<Place>,
    /// Tokens of all stories, one after the other.
    tokens: Vec<u32>,
}

/// Where a story stands among the tokens of all rows.
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
        let rows: Vec<&[Told]> = match model.can_branch() {
            true => {
                let same = |a: &Told, b: &Told| a.look == b.look && a.ids[..a.story.start] == b.ids[..b.story.start];
                told.chunk_by(same).flat_map(|alike| alike.chunks(TOGETHER)).collect()
            }
            false => told.chunks(1).collect(),
        };
        let branches: Vec<Branches> = rows.iter().map(|row| branches(row)).collect();
        let seq = branches.iter().map(Branches::len).max().unwrap_or(0);
        let mut ids = vec![pad; rows.len() * seq];
        let mut stories = Vec::with_capacity(told.len());
        for (n, (row, branches)) in rows.iter().zip(&branches).enumerate() {
            let (start, mut from) = (n * seq, n * seq);
            for (told, end) in row.iter().zip(&branches.ends) {
                // The first story of a row brings the prompt along.
                let tokens = if from == start { &told.ids[..] } else { &told.ids[told.story.start..] };
                let end = start + end;
                ids[from..end].copy_from_slice(tokens);
                let story = end - (told.ids.len() - told.story.start)..end;
                stories.push(Place { prompt: start..start + told.story.start, story });
                from = end;
            }
        }
        let seen: Vec<&Look> = rows.iter().filter_map(|row| looks.get(row[0].look)).collect();
        let embedded = model.embed(&ids, rows.len(), Look::cat(&seen)?.as_ref())?;
        let shape = if rows.len() < told.len() {
            Rows::branching(branches, seq)
        } else {
            let real: Vec<bool> = branches.iter().flat_map(|row| (0..seq).map(|at| at < row.len())).collect();
            Rows::padded(&real, seq)
        };
        let hidden = model.hidden(&embedded, &shape, None, None)?;
        let tokens = told.iter().flat_map(|told| told.ids[told.story.start..].to_vec()).collect();
        Ok(Self { hidden, stories, tokens })
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

/// Where the stories of a row end, the first with its prompt: alone it is a row as any other.
fn branches(row: &[Told]) -> Branches {
    let beginning = if row.len() > 1 { row[0].story.start } else { 0 };
    let ends = row.iter().scan(beginning, |end, told| {
        *end += told.ids.len() - beginning;
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
