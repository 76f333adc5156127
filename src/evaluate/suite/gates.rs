//! Demands of a suite: a measure of a model, or a way of fooling a reward model, must lie within bounds. A figure that is missing
//! holds no demand.

use super::plan::{Bound, Gate};
use crate::story::{Evaluation, GateSaid};

/// Value and ends of an interval.
type Ends = [Option<f64>; 3];

/// What became of the demands: one line for each model that a demand is of.
pub fn hold(gates: &[Gate], evaluation: &Evaluation) -> Vec<GateSaid> {
    let of = |gate: &Gate| -> Vec<GateSaid> {
        let mut found: Vec<(String, Ends)> = Vec::new();
        if gate.reward.is_none() {
            let row = evaluation.rows.iter().find(|row| row.key == gate.measure);
            for (at, model) in evaluation.models.iter().enumerate() {
                if gate.model.as_ref().is_none_or(|name| *name == model.name)
                    && let Some(cell) = row.and_then(|row| row.cells.get(at))
                {
                    found.push((model.name.clone(), [cell.value, cell.low, cell.high]));
                }
            }
        }
        if gate.model.is_none() {
            for reward in &evaluation.rewards {
                if gate.reward.as_ref().is_none_or(|name| *name == reward.name) {
                    let rows = reward.rows.iter().filter(|row| row.key == gate.measure || gate.measure == "fooled");
                    found.extend(rows.map(|row| {
                        let name = format!("{} by {}", reward.name, row.key);
                        (name, [Some(row.wins), Some(row.low), Some(row.high)])
                    }));
                }
            }
        }
        if found.is_empty() {
            let named = gate.model.as_deref().or(gate.reward.as_deref()).unwrap_or("every model");
            found.push((named.to_owned(), [None; 3]));
        }
        found.into_iter().map(|(name, ends)| one(gate, &name, ends)).collect()
    };
    gates.iter().flat_map(of).collect()
}

fn one(gate: &Gate, name: &str, ends: Ends) -> GateSaid {
    let (place, of) = match gate.bound {
        Bound::Value => (0, ""),
        Bound::Low => (1, ", lower end"),
        Bound::High => (2, ", upper end"),
    };
    let mut demand = Vec::new();
    demand.extend(gate.at_least.map(|least| format!("at least {least}")));
    demand.extend(gate.at_most.map(|most| format!("at most {most}")));
    let what = format!("{} of {name}{of}: {}", gate.measure, demand.join(" and "));
    match ends[place].filter(|value| value.is_finite()) {
        Some(value) => {
            let held =
                gate.at_least.is_none_or(|least| value >= least) && gate.at_most.is_none_or(|most| value <= most);
            GateSaid { what, held, found: format!("{value:.4}") }
        }
        None => GateSaid { what, held: false, found: "there is no such figure".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::{Cell, Direction, EvaluationOrigin, Examined, MeasureRow};

    fn evaluation() -> Evaluation {
        let model = |name: &str| Examined {
            name: name.into(),
            hash: String::new(),
            adapter: None,
            parameters: 0,
            stories: 1,
            milliseconds: 0.0,
        };
        let cell =
            |value| Cell { value: Some(value), low: Some(value - 0.1), high: Some(value + 0.1), of: 5, versus: None };
        let row = MeasureRow {
            key: "truth".into(),
            group: "g".into(),
            words: "truth".into(),
            version: 1,
            direction: Direction::Higher,
            cells: vec![cell(0.8), cell(0.5)],
        };
        Evaluation {
            suite: "s".into(),
            about: String::new(),
            notes: Vec::new(),
            models: vec![model("a"), model("b")],
            baseline: Some(0),
            rows: vec![row],
            rewards: Vec::new(),
            gates: Vec::new(),
            origin: EvaluationOrigin::default(),
        }
    }

    #[test]
    fn a_demand_is_held_by_every_model_or_by_the_one_it_names() {
        let gate = |model: Option<&str>, bound, at_least| Gate {
            measure: "truth".into(),
            model: model.map(str::to_owned),
            reward: None,
            bound,
            at_least: Some(at_least),
            at_most: None,
        };
        let held = |gate: Gate| hold(&[gate], &evaluation()).iter().map(|said| said.held).collect::<Vec<_>>();
        assert_eq!(held(gate(None, Bound::Value, 0.6)), [true, false]);
        assert_eq!(held(gate(Some("a"), Bound::Low, 0.75)), [false]);
        assert_eq!(held(Gate { measure: "nothing".into(), ..gate(Some("a"), Bound::Value, 0.0) }), [false]);
    }
}
