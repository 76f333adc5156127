//! What of a reward model gives a story its worth: a head that is read at the story's last token, and in some models weights on what
//! its words mean, by how likely the model, which sees the pictures, finds that another meaning had been said. A wrong word is known so
//! from the first vote on, where it stands; the head alone has to learn from votes how to hear it, and there are few.

use candle_core::{Device, Tensor};

use super::error::Result;
use super::meanings::{Heard, Meanings};
use crate::model::told::Page;
use crate::model::vision_language::VisionLanguage;

/// The head's name among the weights, (criteria, hidden).
pub const SCORE: &str = "score.weight";
/// The name of the weights on meanings, (criteria, 2 x kinds): what a word of each kind counts, then what it counts by the
/// probability that it is the wrong one.
pub const MEANT: &str = "meanings.weight";
/// What a wrong word counts before anything is learnt; one that is said counts nothing.
pub const WRONG: f32 = -2.0;

/// The heads of a reward model.
pub struct ScoreHead {
    /// (criteria, hidden)
    pub score: Tensor,
    pub meant: Option<Meant>,
}

/// What meanings count.
pub struct Meant {
    pub meanings: Meanings,
    /// (criteria, 2 x kinds)
    pub weight: Tensor,
}

impl Meant {
    /// The weights of which training begins, (criteria, 2 x kinds).
    pub fn untaught(criteria: usize, kinds: usize) -> Result<Tensor> {
        let row = [vec![0.0; kinds], vec![WRONG; kinds]].concat();
        Ok(Tensor::from_vec(row, (1, 2 * kinds), &Device::Cpu)?.repeat((criteria, 1))?)
    }

    /// What each token of a page counts, (tokens, criteria).
    fn count(&self, model: &VisionLanguage, page: &Page) -> Result<Tensor> {
        let criteria = self.weight.dim(0)?;
        let nothing = Tensor::zeros((page.tokens().len(), criteria), self.weight.dtype(), &Device::Cpu)?;
        let Some(Heard { at, kinds, other }) = self.meanings.hear(model, page)? else { return Ok(nothing) };
        let wrong: Vec<u32> = kinds.iter().map(|kind| kind + self.meanings.kinds() as u32).collect();
        let of = |rows: &[u32]| -> Result<Tensor> {
            Ok(self.weight.t()?.contiguous()?.index_select(&Tensor::new(rows, &Device::Cpu)?, 0)?)
        };
        let count = (of(&kinds)? + of(&wrong)?.broadcast_mul(&other.unsqueeze(1)?)?)?;
        Ok(nothing.index_add(&Tensor::new(at.as_slice(), &Device::Cpu)?, &count, 0)?)
    }
}

/// A page that the heads have read.
pub struct Scored<'a> {
    page: &'a Page,
    score: &'a Tensor,
    /// What tokens count, (tokens, criteria), where meanings do.
    count: Option<Tensor>,
}

impl ScoreHead {
    /// Reads the stories of a page that this model has read.
    pub fn read<'a>(&'a self, model: &VisionLanguage, page: &'a Page) -> Result<Scored<'a>> {
        let count = self.meant.as_ref().map(|meant| meant.count(model, page)).transpose()?;
        Ok(Scored { page, score: &self.score, count })
    }
}

impl Scored<'_> {
    /// (stories, criteria)
    pub fn whole(&self) -> Result<Tensor> {
        let head = self.page.last_states()?.matmul(&self.score.t()?)?;
        Ok(match &self.count {
            Some(count) => (head + self.page.sums(count, &self.page.ends())?)?,
            None => head,
        })
    }

    /// What stories are worth as a whole, by the first criterion, if they ended at these places, (story, place among its ids); flat.
    pub fn so_far(&self, places: &[(usize, usize)]) -> Result<Tensor> {
        let head = self.page.states_at(places)?.matmul(&self.score.narrow(0, 0, 1)?.t()?)?;
        let sum = match &self.count {
            Some(count) => (head + self.page.sums(&count.narrow(1, 0, 1)?.contiguous()?, places)?)?,
            None => head,
        };
        Ok(sum.squeeze(1)?)
    }
}
