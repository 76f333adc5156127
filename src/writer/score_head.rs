//! What of a reward model gives a story its worth: a head that is read at the story's last token, and in some models weights on the
//! words themselves, by how likely the model finds them. What a storyteller would hardly have said is known from the first vote on, at
//! every word; the head alone has to learn from votes how to hear it, and there are few. Which words of the vocabulary count, and how
//! much, is learnt as well: most words of a story could have been others and it would be as true.

use candle_core::Tensor;

use super::error::Result;
use crate::model::told::Page;
use crate::model::vision_language::VisionLanguage;

/// The head's name among the weights, (criteria, hidden).
pub const SCORE: &str = "score.weight";
/// The name of the weights on likelihoods, (criteria, [`PIECES`]): the first of each row is what any word counts, the others what every
/// nat counts by which it is unlikely, between two knots.
pub const LIKELIHOOD: &str = "likelihood.weight";
/// The name of the weights on the words of the vocabulary, (criteria, vocab): how much of that each of them counts.
pub const WORDS: &str = "words.weight";
/// Nats between which a word's unlikeliness has weights of its own. Beyond the last a word is wrong anyway.
pub const KNOTS: [f64; 4] = [0.0, 1.0, 3.0, 8.0];
/// Numbers that a word is described by.
pub const PIECES: usize = KNOTS.len();
/// What a nat counts before anything is learnt, of a word that counts in full; none counts before one has mattered.
pub const PER_NAT: f32 = -1.0;

/// The heads of a reward model.
pub struct ScoreHead {
    /// (criteria, hidden)
    pub score: Tensor,
    pub likelihood: Option<Likelihood>,
}

/// What words count.
pub struct Likelihood {
    /// (criteria, PIECES)
    pub nats: Tensor,
    /// (criteria, vocab)
    pub words: Tensor,
}

/// A page that the heads have read.
pub struct Scored<'a> {
    page: &'a Page,
    score: &'a Tensor,
    /// Log-probabilities of all tokens and what these count, (tokens, criteria), where words count.
    words: Option<(Tensor, Tensor)>,
}

impl ScoreHead {
    /// Reads the stories of a page that this model has read.
    pub fn read<'a>(&'a self, model: &VisionLanguage, page: &'a Page) -> Result<Scored<'a>> {
        let words = match &self.likelihood {
            Some(Likelihood { nats, words }) => {
                let log_probs = page.log_probs(model, 1.0)?;
                let share = words.index_select(&Tensor::new(page.tokens(), log_probs.device())?, 1)?.t()?;
                let count = (pieces(&log_probs)?.matmul(&nats.t()?)? * share)?;
                Some((log_probs, count))
            }
            None => None,
        };
        Ok(Scored { page, score: &self.score, words })
    }
}

impl Scored<'_> {
    /// (stories, criteria)
    pub fn whole(&self) -> Result<Tensor> {
        let head = self.page.last_states()?.matmul(&self.score.t()?)?;
        Ok(match &self.words {
            Some((_, count)) => (head + self.page.sums(count, &self.page.ends())?)?,
            None => head,
        })
    }

    /// What stories are worth as a whole, by the first criterion, if they ended at these places, (story, place among its ids); flat.
    pub fn so_far(&self, places: &[(usize, usize)]) -> Result<Tensor> {
        let head = self.page.states_at(places)?.matmul(&self.score.narrow(0, 0, 1)?.t()?)?;
        let sum = match &self.words {
            Some((_, count)) => (head + self.page.sums(&count.narrow(1, 0, 1)?.contiguous()?, places)?)?,
            None => head,
        };
        Ok(sum.squeeze(1)?)
    }

    /// Log-probabilities of the stories' tokens, where they were needed.
    pub fn log_probs(&self) -> Option<&Tensor> {
        self.words.as_ref().map(|(log_probs, _)| log_probs)
    }
}

/// (tokens, PIECES): one, and the nats of unlikeliness between each two knots.
fn pieces(log_probs: &Tensor) -> Result<Tensor> {
    let above = |knot: f64| (log_probs.neg()? - knot)?.relu();
    let mut columns = vec![log_probs.ones_like()?];
    for knots in KNOTS.windows(2) {
        columns.push((above(knots[0])? - above(knots[1])?)?);
    }
    Ok(Tensor::stack(&columns, 1)?)
}

#[cfg(test)]
mod tests {
    use candle_core::Device;

    use super::*;

    #[test]
    fn a_word_is_described_by_its_nats_between_the_knots() {
        let log_probs = Tensor::new(&[-0.25f32, -2.0, -20.0], &Device::Cpu).unwrap();
        let pieces = pieces(&log_probs).unwrap().to_vec2::<f32>().unwrap();
        assert_eq!(pieces, [[1.0, 0.25, 0.0, 0.0], [1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 2.0, 5.0]]);
    }
}
