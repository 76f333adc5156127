//! Heads that teach the text model to recall a frame where it names it: at the marker that a line begins with, and at the
//! number in "picture 3", what is true of that frame must be known half way up the layers, so that the words that follow can
//! be chosen by it.
//!
//! Names are a matter of two hops, and both are asked for: "fox" of the prompt's "Mia the fox" must know early that it is Mia,
//! and a marker must know who is called what in its frame, which only the last layer can be spared to make use of.
//!
//! Next-word prediction alone learns fluent stories long before it learns to look back at the right frame: a few words in a
//! hundred depend on it. These heads ask at every marker. Thrown away when training ends.

use candle_core::{Device, Tensor};

use super::attributes::{Attributes, Seen, cross_entropy};
use super::error::Result;
use super::examples::{Batch, Mark};
use super::word_loss::States;
use crate::model::linear::Linear;
use crate::model::ops::rms_norm;
use crate::model::params::Params;
use crate::world::{FrameFacts, NAMES, Species};

const SPECIES: usize = Species::ALL.len();
/// Names weigh so much more than any of the facts: they are learnt last, and a story without them is nobody's.
const NAMING: f64 = 3.0;

/// The heads: facts of the frame and the name of each species in it; and who is meant where somebody is introduced.
pub struct Recalling {
    norm: Tensor,
    facts: Attributes,
    late_norm: Tensor,
    names: Linear,
    early_norm: Tensor,
    introduced: Linear,
}

/// What the heads found.
pub struct Recalled {
    /// Mean loss, nats.
    pub loss: Tensor,
    /// Shares of facts that are right, of names where a frame is named, and of names where somebody is introduced.
    pub seen: Seen,
    pub named: f32,
    pub introduced: f32,
}

impl Recalling {
    pub fn load(params: &Params, hidden: usize) -> Result<Self> {
        Ok(Self {
            norm: params.exact("attributes.recall.norm.weight", &[hidden])?,
            facts: Attributes::load(params, "attributes.recall", hidden)?,
            late_norm: params.exact("attributes.recall.late_norm.weight", &[hidden])?,
            names: params.linear("attributes.recall.names", SPECIES * NAMES.len(), hidden, true)?,
            early_norm: params.exact("attributes.recall.early_norm.weight", &[hidden])?,
            introduced: params.linear("attributes.recall.introduced", NAMES.len(), hidden, true)?,
        })
    }

    /// What the states of a batch's marked places say; `None` where nothing is marked.
    pub fn loss(&self, states: &States, batch: &Batch) -> Result<Option<Recalled>> {
        let facts = &batch.facts;
        let marks: Vec<&Mark> = batch.marks.iter().filter(|mark| mark.frame < facts.len()).collect();
        if marks.is_empty() {
            return Ok(None);
        }
        let at = |states: &Tensor, positions: Vec<u32>, norm: &Tensor| -> Result<Tensor> {
            let states = states.flatten_to(1)?.index_select(&Tensor::new(positions, &Device::Cpu)?, 0)?;
            Ok(rms_norm(&states, norm, 1e-5)?)
        };
        let positions: Vec<u32> = marks.iter().map(|mark| mark.position as u32).collect();
        let middle = at(&states.middle, positions.clone(), &self.norm)?; // (marks, hidden)
        let shown: Vec<FrameFacts> = marks.iter().map(|mark| facts[mark.frame].clone()).collect();
        let (mut loss, seen) = self.facts.loss(&middle.unsqueeze(1)?, &shown)?;
        let mut called = vec![None; marks.len() * SPECIES];
        for (i, (mark, frame)) in marks.iter().zip(&shown).enumerate() {
            for seen in &frame.seen {
                called[i * SPECIES + seen.species.index()] = mark.cast.get(seen.member).copied();
            }
        }
        let late = at(&states.late, positions, &self.late_norm)?; // (marks, hidden)
        let names = self.names.forward(&late)?.reshape((marks.len() * SPECIES, NAMES.len()))?;
        let (by_names, named) = cross_entropy(&names, &called)?;
        loss = (loss + (by_names * NAMING)?)?;
        let mut introduced = 1.0;
        if !batch.introductions.is_empty() {
            let positions = batch.introductions.iter().map(|i| i.position as u32).collect();
            let early = at(&states.early, positions, &self.early_norm)?; // (introductions, hidden)
            let wanted: Vec<_> = batch.introductions.iter().map(|i| Some(i.name)).collect();
            let (by_early, right) = cross_entropy(&self.introduced.forward(&early)?, &wanted)?;
            (loss, introduced) = ((loss + (by_early * NAMING)?)?, right);
        }
        Ok(Some(Recalled { loss, seen, named, introduced }))
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{DType, Var};

    use super::*;
    use crate::model::weights::Weights;
    use crate::train::examples::Introduction;
    use crate::world::{Split, Tale};

    #[test]
    fn only_marked_states_learn_and_names_count_where_the_prompt_gives_them() {
        let params = Params::new(Weights::fresh(3), DType::F32, Device::Cpu);
        let heads = Recalling::load(&params, 8).unwrap();
        let [early, middle, late] = [0, 1, 2].map(|_| Var::randn(0f32, 1.0, (2, 5, 8), &Device::Cpu).unwrap());
        let [e, m, l] = [&early, &middle, &late].map(|var| var.as_tensor().clone());
        let states = States { early: e, middle: m, late: l };
        let mark = |position, frame, cast: &[usize]| Mark { position, frame, cast: cast.to_vec() };
        let batch = |marks: &[Mark], introductions: &[(usize, usize)]| Batch {
            pixels: Default::default(),
            looks: vec![],
            ids: vec![],
            labels: vec![],
            emphasis: vec![],
            real: vec![],
            rows: 2,
            facts: Tale::new(1, Split::Train).facts.frames,
            regions: vec![],
            marks: marks.to_vec(),
            introductions: introductions.iter().map(|&(position, name)| Introduction { position, name }).collect(),
        };
        assert!(heads.loss(&states, &batch(&[], &[])).unwrap().is_none());
        assert!(heads.loss(&states, &batch(&[mark(1, 99, &[])], &[])).unwrap().is_none());
        let loss = |batch| heads.loss(&states, &batch).unwrap().unwrap().loss;
        let with = loss(batch(&[mark(1, 0, &[3, 4]), mark(7, 2, &[])], &[(3, 4)]));
        let without = loss(batch(&[mark(1, 0, &[]), mark(7, 2, &[])], &[]));
        assert!(with.to_scalar::<f32>().unwrap() > without.to_scalar::<f32>().unwrap());
        let store = with.backward().unwrap();
        let learns = |var: &Var| -> Vec<usize> {
            let squares = store.get(var).unwrap().flatten_to(1).unwrap().sqr().unwrap().sum(1).unwrap();
            let squares = squares.to_vec1::<f32>().unwrap();
            (0..10).filter(|i| squares[*i] > 0.0).collect()
        };
        assert_eq!((learns(&early), learns(&middle), learns(&late)), (vec![3], vec![1, 7], vec![1]));
    }
}
