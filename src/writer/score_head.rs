//! What of a reward model gives a story its worth: a head that is read at the story's last token, and in some models weights on its
//! words. Above all on what they mean, by how likely the model, which sees the pictures, finds that another meaning had been said: a
//! wrong word is known so from the first vote on, where it stands. The head alone has to learn from votes how to hear it, and there
//! are few. Two lighter weights are for what no meaning shows: words that nobody would say, and a story that ends where it should not.

use candle_core::{Device, Tensor};

use super::error::Result;
use super::meanings::{Heard, Meanings};
use crate::model::told::Page;
use crate::model::vision_language::VisionLanguage;

/// The head's name among the weights, (criteria, hidden).
pub const SCORE: &str = "score.weight";
/// The name of the weights on words, (criteria, 2 x kinds + 2): what each kind of meanings counts where a line says one for the first
/// time; what it counts by the probability that another would have been right; what any word counts by each nat by which it is unlikely;
/// and the end by the probability that the story would have gone on.
pub const WORDS: &str = "words.weight";
/// What these count before anything is learnt. A storyteller's own meanings are right in about nine of ten cases: if being said counted
/// less than that costs, a policy would gain by saying less; with much more, by saying everything.
pub const SAID: f32 = 0.08;
pub const WRONG: f32 = -0.6;
pub const UNLIKELY: f32 = -0.02;
pub const UNFINISHED: f32 = -3.0;

/// The heads of a reward model.
pub struct ScoreHead {
    /// (criteria, hidden)
    pub score: Tensor,
    pub words: Option<Words>,
}

/// What words count.
pub struct Words {
    pub meanings: Meanings,
    /// (criteria, [`Words::columns`])
    pub weight: Tensor,
}

impl Words {
    /// How many weights a criterion has.
    pub fn columns(kinds: usize) -> usize {
        2 * kinds + 2
    }

    /// The weights of which training begins, (criteria, columns).
    pub fn untaught(criteria: usize, kinds: usize) -> Result<Tensor> {
        let row = [vec![SAID; kinds], vec![WRONG; kinds], vec![UNLIKELY, UNFINISHED]].concat();
        Ok(Tensor::from_vec(row, (1, Self::columns(kinds)), &Device::Cpu)?.repeat((criteria, 1))?)
    }

    /// What each token of a page counts, (tokens, criteria).
    fn count(&self, model: &VisionLanguage, page: &Page) -> Result<Tensor> {
        let kinds = self.meanings.kinds();
        let columns = self.weight.t()?.contiguous()?;
        let column = |at: usize| columns.narrow(0, at, 1);
        let log_probs = page.log_probs(model, 1.0)?.unsqueeze(1)?;
        let ends = Tensor::new(page.last_tokens().as_slice(), &Device::Cpu)?;
        let goes_on = (1.0 - log_probs.index_select(&ends, 0)?.exp()?)?;
        let nats = log_probs.neg()?.matmul(&column(2 * kinds)?)?;
        let count = nats.index_add(&ends, &goes_on.matmul(&column(2 * kinds + 1)?)?, 0)?;
        let Some(Heard { at, kinds: own, first, other, .. }) = self.meanings.hear(model, page)? else {
            return Ok(count);
        };
        let of = |rows: Vec<u32>| columns.index_select(&Tensor::new(rows.as_slice(), &Device::Cpu)?, 0);
        let said = of(own.clone())?.broadcast_mul(&Tensor::new(first.as_slice(), &Device::Cpu)?.unsqueeze(1)?)?;
        let wrong = of(own.iter().map(|kind| kind + kinds as u32).collect())?.broadcast_mul(&other.unsqueeze(1)?)?;
        Ok(count.index_add(&Tensor::new(at.as_slice(), &Device::Cpu)?, &(said + wrong)?, 0)?)
    }
}

impl Words {
    /// What each token of a page gained the first criterion by its meaning over one that the model had drawn itself; 0 for tokens of
    /// no meaning. Where several meanings would be right none gains, and nothing is gained by saying more or less.
    pub fn gained(&self, model: &VisionLanguage, page: &Page) -> Result<Vec<f64>> {
        let mut gained = vec![0.0; page.tokens().len()];
        let Some(Heard { at, kinds, other, usual, .. }) = self.meanings.hear(model, page)? else { return Ok(gained) };
        let weights = self.weight.get(0)?.to_vec1::<f32>()?;
        let above = (other - usual)?.to_vec1::<f32>()?;
        for ((at, kind), above) in at.into_iter().zip(kinds).zip(above) {
            gained[at as usize] = f64::from(weights[self.meanings.kinds() + kind as usize] * above);
        }
        Ok(gained)
    }
}

/// A page that the heads have read.
pub struct Scored<'a> {
    page: &'a Page,
    score: &'a Tensor,
    /// What tokens count, (tokens, criteria), where words do.
    count: Option<Tensor>,
}

impl ScoreHead {
    /// Reads the stories of a page that this model has read.
    pub fn read<'a>(&'a self, model: &VisionLanguage, page: &'a Page) -> Result<Scored<'a>> {
        let count = self.words.as_ref().map(|words| words.count(model, page)).transpose()?;
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
