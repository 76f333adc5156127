//! What an evaluation found, as plain values: a table of measures by models, each cell with its interval and how it stands to the
//! baseline, and everything needed to do it again. How the numbers came about is the evaluation's.

use serde::{Deserialize, Serialize};

/// Which way a measure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    Higher,
    Lower,
    /// The nearer to 0 the better.
    Zero,
    /// Says something, but nothing about better.
    Neither,
}

impl Direction {
    /// An arrow for the head of a row.
    pub fn sign(self) -> &'static str {
        match self {
            Direction::Higher => "↑",
            Direction::Lower => "↓",
            Direction::Zero => "→0",
            Direction::Neither => "",
        }
    }
}

/// A model that was examined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Examined {
    /// Its name in the suite.
    pub name: String,
    /// What it is, by all its bytes.
    pub hash: String,
    pub adapter: Option<String>,
    /// 0 where an engine elsewhere does not say.
    pub parameters: u64,
    /// Stories told, and mean milliseconds of one.
    pub stories: usize,
    pub milliseconds: f64,
}

impl Examined {
    /// Its size in words.
    pub fn size(&self) -> String {
        match self.parameters {
            0 => "parameters not told".to_owned(),
            count => format!("{count} parameters"),
        }
    }
}

/// How a cell stands to the baseline's, over the sequences that both have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Versus {
    /// This less the baseline, with its 95 % interval (paired bootstrap over sequences).
    pub difference: f64,
    pub low: f64,
    pub high: f64,
    pub p: f64,
    /// The same after Holm's correction over all comparisons of the table.
    pub p_holm: f64,
}

/// One figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// None where nothing was counted, or too little.
    pub value: Option<f64>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    /// Sequences behind it.
    pub of: usize,
    pub versus: Option<Versus>,
}

/// A measure with a cell for each model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasureRow {
    pub key: String,
    pub group: String,
    pub words: String,
    /// Of the definition: figures of different versions may not be compared.
    pub version: u32,
    pub direction: Direction,
    pub cells: Vec<Cell>,
}

impl MeasureRow {
    /// Of a cell that differs from the baseline's: whether it is better. None where it does not, or where nothing is better.
    pub fn better(&self, at: usize, baseline: usize) -> Option<bool> {
        let cell = self.cells.get(at).filter(|cell| cell.differs())?;
        let difference = cell.versus?.difference;
        match self.direction {
            Direction::Higher => Some(difference > 0.0),
            Direction::Lower => Some(difference < 0.0),
            Direction::Zero => Some(cell.value?.abs() < self.cells.get(baseline)?.value?.abs()),
            Direction::Neither => None,
        }
    }
}

/// One way of spoiling a story, and how often a reward model preferred the spoilt one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FooledRow {
    pub key: String,
    pub words: String,
    pub wins: f64,
    pub low: f64,
    pub high: f64,
    pub of: usize,
}

/// A reward model that was probed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbedReward {
    pub name: String,
    pub version: u32,
    pub stories: usize,
    pub rows: Vec<FooledRow>,
    /// The largest difference of a story's worth alone and among longer ones.
    pub padded_apart: f64,
}

/// A demand of the suite, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GateSaid {
    pub what: String,
    pub held: bool,
    /// The number that was looked at, or why there is none.
    pub found: String,
}

/// All that is needed to do it again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EvaluationOrigin {
    pub version: String,
    pub command: String,
    /// The suite's file, word for word, and its hash (BLAKE3).
    pub suite: String,
    pub suite_hash: String,
    pub sequences: usize,
    /// Over the keys and pictures of all sequences, in order.
    pub sequences_hash: String,
    pub began_at: u64,
    pub ended_at: u64,
}

/// What an evaluation found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    pub suite: String,
    pub about: String,
    /// What a reader has to know: the suite's own words first, then what was left out in this run.
    pub notes: Vec<String>,
    pub models: Vec<Examined>,
    /// Place of the baseline among the models.
    pub baseline: Option<usize>,
    pub rows: Vec<MeasureRow>,
    pub rewards: Vec<ProbedReward>,
    pub gates: Vec<GateSaid>,
    pub origin: EvaluationOrigin,
}

impl Evaluation {
    /// The groups of rows, each once, in the order of the table.
    pub fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !groups.contains(&row.group.as_str()) {
                groups.push(&row.group);
            }
        }
        groups
    }
}

impl Cell {
    /// Digits that its figures are written with: the larger, the fewer.
    fn digits(&self) -> usize {
        match self.value.map_or(0.0, f64::abs) {
            most if most >= 100.0 => 0,
            most if most >= 10.0 => 1,
            most if most >= 2.0 => 2,
            _ => 3,
        }
    }

    /// A figure of this cell in words.
    pub fn said(&self, value: Option<f64>) -> String {
        let digits = self.digits();
        match value.filter(|value| value.is_finite()) {
            None => "-".to_owned(),
            // No "-0.000".
            Some(value) if value.abs() < 0.5 * 10f64.powi(-(digits as i32)) => format!("{:.digits$}", 0.0),
            Some(value) => format!("{value:.digits$}"),
        }
    }

    /// Whether it differs from the baseline after the correction, at 5 %.
    pub fn differs(&self) -> bool {
        self.versus.is_some_and(|versus| versus.p_holm < 0.05)
    }
}
