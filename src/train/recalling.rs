//! Heads that teach the text model to recall a frame where it names it: at the marker that a line begins with, and at the
//! number in "picture 3", what is true of that frame must be known half way up the layers, so that the words that follow can
//! be chosen by it.
//!
//! Next-word prediction alone learns fluent stories long before it learns to look back at the right frame: a few words in a
//! hundred depend on it. These heads ask at every marker. Thrown away when training ends.

use candle_core::{Device, Tensor};

use super::attributes::{Attributes, Seen, cross_entropy};
use super::error::Result;
use crate::model::linear::Linear;
use crate::model::ops::rms_norm;
use crate::model::params::Params;
use crate::world::{FrameFacts, NAMES, Species};

const SPECIES: usize = Species::ALL.len();

/// A place in a batch where a frame is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Among all tokens of the batch, (batch * seq).
    pub position: usize,
    /// The frame, by its place among the batch's facts.
    pub frame: usize,
    /// Names of the cast, by their places in [`NAMES`]; empty where the prompt gives none.
    pub cast: Vec<usize>,
}

/// The heads: facts of the frame, and the name of each species in it.
pub struct Recalling {
    norm: Tensor,
    facts: Attributes,
    names: Linear,
}

impl Recalling {
    pub fn load(params: &Params, hidden: usize) -> Result<Self> {
        Ok(Self {
            norm: params.exact("attributes.recall.norm.weight", &[hidden])?,
            facts: Attributes::load(params, "attributes.recall", hidden)?,
            names: params.linear("attributes.recall.names", SPECIES * NAMES.len(), hidden, true)?,
        })
    }

    /// `middle` (batch, seq, hidden): states half way up. Mean loss in nats, the shares of facts that are right, and of names;
    /// `None` where nothing is marked.
    pub fn loss(&self, middle: &Tensor, marks: &[Mark], facts: &[FrameFacts]) -> Result<Option<(Tensor, Seen, f32)>> {
        let marks: Vec<&Mark> = marks.iter().filter(|mark| mark.frame < facts.len()).collect();
        if marks.is_empty() {
            return Ok(None);
        }
        let positions: Vec<u32> = marks.iter().map(|mark| mark.position as u32).collect();
        let states = middle.flatten_to(1)?.index_select(&Tensor::new(positions, &Device::Cpu)?, 0)?;
        let states = rms_norm(&states, &self.norm, 1e-5)?; // (marks, hidden)
        let shown: Vec<FrameFacts> = marks.iter().map(|mark| facts[mark.frame].clone()).collect();
        let (loss, seen) = self.facts.loss(&states.unsqueeze(1)?, &shown)?;
        let mut called = vec![None; marks.len() * SPECIES];
        for (i, (mark, frame)) in marks.iter().zip(&shown).enumerate() {
            for seen in &frame.seen {
                called[i * SPECIES + seen.species.index()] = mark.cast.get(seen.member).copied();
            }
        }
        let names = self.names.forward(&states)?.reshape((marks.len() * SPECIES, NAMES.len()))?;
        let (by_names, named) = cross_entropy(&names, &called)?;
        Ok(Some(((loss + by_names)?, seen, named)))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Var};

    use super::*;
    use crate::model::weights::Weights;
    use crate::world::{Split, Tale};

    #[test]
    fn only_marked_states_learn_and_names_count_where_the_prompt_gives_them() {
        let params = Params::new(Weights::fresh(3), DType::F32, Device::Cpu);
        let heads = Recalling::load(&params, 8).unwrap();
        let facts = Tale::new(1, Split::Train).facts.frames;
        let middle = Var::randn(0f32, 1.0, (2, 5, 8), &Device::Cpu).unwrap();
        let mark = |position, frame, cast: &[usize]| Mark { position, frame, cast: cast.to_vec() };
        assert!(heads.loss(&middle, &[], &facts).unwrap().is_none());
        assert!(heads.loss(&middle, &[mark(1, 99, &[])], &facts).unwrap().is_none());
        let (with, ..) = heads.loss(&middle, &[mark(1, 0, &[3, 4]), mark(7, 2, &[])], &facts).unwrap().unwrap();
        let (without, ..) = heads.loss(&middle, &[mark(1, 0, &[]), mark(7, 2, &[])], &facts).unwrap().unwrap();
        assert!(with.to_scalar::<f32>().unwrap() > without.to_scalar::<f32>().unwrap());
        let store = with.backward().unwrap();
        let by_state = store.get(&middle).unwrap().flatten_to(1).unwrap().sqr().unwrap().sum(1).unwrap();
        let learns: Vec<bool> = by_state.to_vec1::<f32>().unwrap().into_iter().map(|x| x > 0.0).collect();
        assert_eq!((0..10).filter(|i| learns[*i]).collect::<Vec<_>>(), [1, 7]);
    }
}
