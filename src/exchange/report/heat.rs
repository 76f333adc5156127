//! Two plots of boxes: system against system, and rater against rater. Every box has its number in it, so colour carries nothing
//! alone.

use std::collections::BTreeMap;

use super::chart::{Anchor, Chart};
use crate::story::{RaterStanding, RatersKappa, WinMatrix};

const NAMES: f64 = 140.0;
const CELL: f64 = 46.0;
const HEAD: f64 = 24.0;

/// So many raters fit; those with the most votes are drawn.
pub(super) const MOST_RATERS: usize = 20;

/// So many systems fit; the strongest are drawn.
pub(super) const MOST_SYSTEMS: usize = 20;

/// How strong the deepest colour is: dark enough to see, light enough for the words on it.
const DEEPEST: f64 = 0.62;

/// A box: from -1 (less) to 1 (more), a number, and a smaller one below.
struct Cell {
    tint: f64,
    number: String,
    below: String,
}

/// The share of votes that the system of a row won against that of a column.
pub(super) fn win_matrix(matrix: &WinMatrix) -> String {
    let count = matrix.systems.len().min(MOST_SYSTEMS);
    let cell = |row: usize, column: usize| {
        let share = matrix.share(row, column).filter(|_| row != column)?;
        let below = format!("of {}", matrix.votes(row, column));
        Some(Cell { tint: share * 2.0 - 1.0, number: format!("{share:.2}"), below })
    };
    draw(&matrix.systems[..count], &cell, "Share of votes that each system won against each other.")
}

/// Kappa of every two raters.
pub(super) fn agreement_matrix(raters: &[RaterStanding], kappas: &[RatersKappa]) -> String {
    let names = drawn_raters(raters);
    let mut known: BTreeMap<(&str, &str), &RatersKappa> = BTreeMap::new();
    for kappa in kappas {
        known.insert((&kappa.one, &kappa.other), kappa);
        known.insert((&kappa.other, &kappa.one), kappa);
    }
    let cell = |row: usize, column: usize| {
        let both = known.get(&(names[row].as_str(), names[column].as_str()))?;
        let number = both.kappa.map_or("-".to_owned(), |kappa| format!("{kappa:.2}"));
        Some(Cell { tint: both.kappa.unwrap_or(0.0), number, below: format!("on {}", both.shared) })
    };
    draw(&names, &cell, "Cohen's kappa of every two raters.")
}

fn drawn_raters(raters: &[RaterStanding]) -> Vec<String> {
    let mut voted: Vec<&RaterStanding> = raters.iter().filter(|rater| rater.votes > 0).collect();
    voted.sort_by_key(|rater| std::cmp::Reverse(rater.votes));
    voted.truncate(MOST_RATERS);
    let mut names: Vec<String> = voted.into_iter().map(|rater| rater.rater.clone()).collect();
    names.sort();
    names
}

/// Rows have a number and a name, columns the number alone: names beside each other would not fit.
fn draw(names: &[String], cell: &dyn Fn(usize, usize) -> Option<Cell>, says: &str) -> String {
    let across = NAMES + CELL * names.len() as f64;
    let mut chart = Chart::new(across.max(300.0), HEAD + CELL * names.len() as f64);
    for (row, name) in names.iter().enumerate() {
        let (left, top) = (NAMES + CELL * row as f64, HEAD + CELL * row as f64);
        chart.name((NAMES - 30.0, top + CELL / 2.0), NAMES - 30.0, name);
        let number = (row + 1).to_string();
        chart.words("quiet", (NAMES - 8.0, top + CELL / 2.0), Anchor::End, &number);
        chart.words("quiet", (left + CELL / 2.0, HEAD / 2.0), Anchor::Middle, &number);
        for column in 0..names.len() {
            let (x, y) = (NAMES + CELL * column as f64, top);
            let place = (x + 1.0, y + 1.0);
            let size = (CELL - 2.0, CELL - 2.0);
            match cell(row, column).filter(|_| row != column) {
                Some(cell) => {
                    let class = if cell.tint >= 0.0 { "plus" } else { "minus" };
                    chart.area("blank", place, size, 1.0);
                    chart.area(class, place, size, cell.tint.abs().min(1.0) * DEEPEST);
                    let middle = x + CELL / 2.0;
                    chart.words("ink", (middle, y + CELL * 0.36), Anchor::Middle, &cell.number);
                    chart.words("ink small", (middle, y + CELL * 0.72), Anchor::Middle, &cell.below);
                }
                None if row == column => chart.line("rule", (x + 12.0, y + CELL - 12.0), (x + CELL - 12.0, y + 12.0)),
                None => chart.area("blank", place, size, 1.0),
            }
        }
    }
    chart.finish(says)
}
