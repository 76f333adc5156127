//! The table of an evaluation in a terminal: a row a measure, a column a model, groups apart.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::outcome::printable;
use crate::story::{Evaluation, MeasureRow};

/// Cells of the first column, and least of each other.
const FIRST: usize = 56;
const LEAST: usize = 24;

/// Writes the table and what belongs to it.
pub fn print_table(out: &mut impl Write, evaluation: &Evaluation) -> io::Result<()> {
    writeln!(out, "{}: {} sequences", printable(&evaluation.suite), evaluation.origin.sequences)?;
    for note in &evaluation.notes {
        writeln!(out, "! {}", printable(note))?;
    }
    let names: Vec<String> = evaluation.models.iter().map(|model| printable(&model.name)).collect();
    let wide = names.iter().map(|name| name.width()).max().unwrap_or(0).max(LEAST) + 2;
    for group in evaluation.groups() {
        write!(out, "\n{}", fitted(group, FIRST))?;
        names.iter().try_for_each(|name| write!(out, "{}{name}", " ".repeat(wide - name.width())))?;
        writeln!(out)?;
        for row in evaluation.rows.iter().filter(|row| row.group == group) {
            write!(out, "{}", fitted(&format!("  {} {}", row.words, row.direction.sign()), FIRST))?;
            for cell in 0..names.len() {
                write!(out, "{:>wide$}", said(row, cell))?;
            }
            writeln!(out)?;
        }
    }
    for reward in &evaluation.rewards {
        writeln!(out, "\n{}: wins of spoilt stories, of {}", printable(&reward.name), reward.stories)?;
        for row in &reward.rows {
            let words = fitted(&format!("  {}", row.words), FIRST);
            writeln!(out, "{words}  {:.3} [{:.3}, {:.3}] of {}", row.wins, row.low, row.high, row.of)?;
        }
    }
    if evaluation.rows.iter().any(|row| row.cells.iter().any(|cell| cell.differs())) {
        writeln!(out, "\n* differs from the baseline at 5 %, after Holm's correction over the whole table")?;
    }
    for gate in &evaluation.gates {
        let held = if gate.held { "held  " } else { "MISSED" };
        writeln!(out, "{held} {} (found: {})", printable(&gate.what), printable(&gate.found))?;
    }
    Ok(())
}

fn said(row: &MeasureRow, at: usize) -> String {
    let Some(cell) = row.cells.get(at) else { return String::new() };
    let star = if cell.differs() { "*" } else { " " };
    match (cell.low, cell.high) {
        (Some(_), Some(_)) => {
            format!("{} [{}, {}]{star}", cell.said(cell.value), cell.said(cell.low), cell.said(cell.high))
        }
        _ => format!("{} ", cell.said(cell.value)),
    }
}

/// Words in so many cells, filled up with room.
fn fitted(words: &str, cells: usize) -> String {
    let mut out = String::new();
    for sign in printable(words).chars() {
        if out.width() + 1 >= cells {
            break;
        }
        out.push(sign);
    }
    let room = cells.saturating_sub(out.width());
    out + &" ".repeat(room)
}
