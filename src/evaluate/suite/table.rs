//! The table of a suite: figures with intervals, each model against the baseline over the sequences of both, Holm's correction over
//! all comparisons, and what is needed to do it again.

use super::fold::Counts;
use super::gates::hold;
use super::measures::{Column, Sheet, distances, facts, people, references, said, weighed};
use super::plan::Plan;
use super::probing_rows::{accuracy, bias, robustness};
use super::work::Done;
use crate::evaluate::probes::{Condition, REWARD_PROBES_VERSION, RewardProbed};
use crate::evaluate::subject::Subject;
use crate::stats::holm;
use crate::story::{
    Cell, Direction, Evaluation, EvaluationOrigin, Examined, FooledRow, MeasureRow, ProbedReward, Versus,
};

/// Sequences without which no interval is told, and sequences of both models without which they are not compared: resamples of a
/// few are all alike, and would call any difference sure.
const FOR_AN_INTERVAL: usize = 5;
const FOR_A_COMPARISON: usize = 10;

/// A reward model's name and what came of its probe.
pub type Judged = (String, RewardProbed);

/// Makes the table. Measures of which no model has a figure are left out.
pub fn tabulate(
    plan: &Plan,
    conditions: &[Condition],
    subjects: &[Subject],
    models: &[Done],
    rewards: &[Judged],
    (notes, origin): (Vec<String>, EvaluationOrigin),
) -> Evaluation {
    let sheets: Vec<Vec<Column>> = models.iter().map(|model| columns(subjects, model, conditions)).collect();
    let named = |name: &String| models.iter().position(|model| model.name == *name);
    let baseline = match &plan.baseline {
        Some(name) => named(name),
        None => (!models.is_empty()).then_some(0),
    };
    let count = sheets.first().map_or(0, Vec::len);
    let mut rows: Vec<MeasureRow> = (0..count).map(|at| row(&sheets, at, baseline)).collect();
    rows.retain(|row| row.cells.iter().any(|cell| cell.value.is_some()));
    correct(&mut rows);
    let mut evaluation = Evaluation {
        suite: plan.name.clone(),
        about: plan.about.trim().to_owned(),
        notes: plan.notes.iter().cloned().chain(notes).collect(),
        models: models.iter().map(examined).collect(),
        baseline,
        rows,
        rewards: rewards.iter().map(probed).collect(),
        gates: Vec::new(),
        origin,
    };
    evaluation.gates = hold(&plan.gates, &evaluation);
    evaluation
}

/// Every measure of one model, by sequence.
pub(super) fn columns(subjects: &[Subject], model: &Done, conditions: &[Condition]) -> Vec<Column> {
    let mut sheet = Sheet { subjects, told: &model.told, columns: Vec::new() };
    said(&mut sheet);
    people(&mut sheet);
    weighed(&mut sheet);
    facts(&mut sheet);
    accuracy(&mut sheet);
    references(&mut sheet);
    distances(&mut sheet);
    robustness(&mut sheet, conditions);
    bias(&mut sheet);
    sheet.columns
}

fn row(sheets: &[Vec<Column>], at: usize, baseline: Option<usize>) -> MeasureRow {
    let first = &sheets[0][at];
    let cell = |(place, sheet): (usize, &Vec<Column>)| {
        let column = &sheet[at];
        let own: Vec<&Counts> = column.rows.iter().flatten().collect();
        let interval = column.fold.interval(&own).filter(|_| own.len() >= FOR_AN_INTERVAL);
        let compared = baseline.filter(|base| *base != place && first.direction != Direction::Neither);
        let versus = compared.and_then(|base| {
            let pairs: Vec<(&Counts, &Counts)> = column
                .rows
                .iter()
                .zip(&sheets[base][at].rows)
                .filter_map(|(own, base)| Some((own.as_ref()?, base.as_ref()?)))
                .collect();
            let enough = pairs.len() >= FOR_A_COMPARISON;
            let (difference, [low, high], p) = enough.then(|| column.fold.versus(&pairs)).flatten()?;
            Some(Versus { difference, low, high, p, p_holm: p })
        });
        Cell {
            value: column.fold.value(&own),
            low: interval.map(|[low, _]| low),
            high: interval.map(|[_, high]| high),
            of: own.len(),
            versus,
        }
    };
    MeasureRow {
        key: first.key.clone(),
        group: first.group.to_owned(),
        words: first.words.clone(),
        version: first.version,
        direction: first.direction,
        cells: sheets.iter().enumerate().map(cell).collect(),
    }
}

/// Holm's correction over every comparison of the table.
fn correct(rows: &mut [MeasureRow]) {
    let mut all: Vec<&mut Versus> =
        rows.iter_mut().flat_map(|row| row.cells.iter_mut()).filter_map(|cell| cell.versus.as_mut()).collect();
    let corrected = holm(&all.iter().map(|versus| versus.p).collect::<Vec<f64>>());
    all.iter_mut().zip(corrected).for_each(|(versus, p)| versus.p_holm = p);
}

fn examined(model: &Done) -> Examined {
    let told: Vec<f64> = model.told.iter().flatten().map(|told| told.milliseconds).collect();
    Examined {
        name: model.name.clone(),
        hash: model.hash.clone(),
        adapter: model.adapter.clone(),
        parameters: model.parameters,
        stories: told.len(),
        milliseconds: told.iter().sum::<f64>() / told.len().max(1) as f64,
    }
}

fn probed((name, probed): &Judged) -> ProbedReward {
    let row = |fooled: &crate::evaluate::probes::Fooled| FooledRow {
        key: fooled.way.key().to_owned(),
        words: fooled.way.words().to_owned(),
        wins: fooled.wins.value,
        low: fooled.wins.low,
        high: fooled.wins.high,
        of: fooled.of,
    };
    ProbedReward {
        name: name.clone(),
        version: REWARD_PROBES_VERSION,
        stories: probed.stories,
        rows: probed.ways.iter().map(row).collect(),
        padded_apart: probed.padded_apart,
    }
}
