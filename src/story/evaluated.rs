//! Evaluations as they are listed, the stories behind their figures, and the suites that they are made by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::evaluation::Evaluation;
use super::sequence::SequenceId;

/// An evaluation in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationCard {
    pub id: String,
    /// The suite's name.
    pub suite: String,
    /// Where the stories behind it lie.
    pub folder: String,
    pub models: Vec<String>,
    pub rewards: Vec<String>,
    pub sequences: usize,
    /// Demands, and how many of them were missed.
    pub gates: usize,
    pub missed: usize,
    pub version: String,
    /// Seconds since 1970.
    pub ended_at: u64,
}

impl EvaluationCard {
    /// The card of what a suite found.
    pub fn new(id: String, folder: String, evaluation: &Evaluation) -> EvaluationCard {
        EvaluationCard {
            id,
            suite: evaluation.suite.clone(),
            folder,
            models: evaluation.models.iter().map(|model| model.name.clone()).collect(),
            rewards: evaluation.rewards.iter().map(|reward| reward.name.clone()).collect(),
            sequences: evaluation.origin.sequences,
            gates: evaluation.gates.len(),
            missed: evaluation.gates.iter().filter(|gate| !gate.held).count(),
            version: evaluation.origin.version.clone(),
            ended_at: evaluation.origin.ended_at,
        }
    }
}

/// What a model told of one sequence, behind the figures of an evaluation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Specimen {
    /// The model's name in the suite.
    pub model: String,
    /// Opens its frames again; of a tale of the picture world it is the name that it is drawn by.
    pub sequence: Option<SequenceId>,
    pub title: String,
    /// Where the sequence was opened from.
    pub source: String,
    pub text: String,
    /// What was told under other conditions, by their keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub under: BTreeMap<String, String>,
    /// Questions over other pictures, each with what was answered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<(String, String)>,
    /// The figure that a measure has for this sequence alone, by its key.
    pub figures: BTreeMap<String, f64>,
}

impl Specimen {
    /// The condition that a measure is about ("reversed" of "reversed.truth"), and what was told under it.
    pub fn condition(&self, measure: &str) -> Option<(&str, &str)> {
        let (key, text) = self.under.get_key_value(measure.split_once('.')?.0)?;
        Some((key, text))
    }
}

/// A suite that an evaluation can be started by.
#[derive(Clone, Debug, PartialEq)]
pub struct SuiteCard {
    /// What to start it by: a path, or the name of one that comes with the program.
    pub source: String,
    pub name: String,
    pub about: String,
    /// Tales of the picture world that it asks for.
    pub tales: Option<u64>,
    /// Other sequences, or what holds several.
    pub files: usize,
    pub models: Vec<String>,
    pub rewards: Vec<String>,
    pub gates: usize,
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_leads_to_what_was_told_under_its_condition() {
        let under = [("reversed".to_owned(), "Backwards.".to_owned())].into();
        let told = Specimen { under, ..Specimen::default() };
        assert_eq!(told.condition("reversed.truth"), Some(("reversed", "Backwards.")));
        assert_eq!((told.condition("truth"), told.condition("blank.truth")), (None, None));
        let line = serde_json::to_string(&told).unwrap();
        assert_eq!(serde_json::from_str::<Specimen>(&line).unwrap(), told);
    }
}
