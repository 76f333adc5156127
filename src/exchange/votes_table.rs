//! Votes as a table with commas: a row a vote. `campaign export --format csv` writes it, and anybody may.
//!
//! Wanted are `first`, `second` (the texts), `first_system`, `second_system`, `verdict` (first, second, tie, both_bad,
//! cannot_judge; or prefer) or `strength` (3 to -3, more than 0: the first is better), and what the texts are about: `images`
//! (file names with `;` between), `sequence` (an id or a bundled sequence) or `prompt`. `rater`, `reason`, `first_is_left`,
//! `kind`, `answer`, `chance`, `simulated`, `flagged`, `active_ms`, `wall_ms`, `screen`, `guideline`, `at` and
//! `criterion:NAME` (first, same, second) may be there; other columns are not read.

use super::csv::table;
use super::find_image::Finder;
use super::judged_row::{FoundVote, JudgedRow, Shown, WON, milliseconds, moment};
use super::row::name;
use crate::story::{Better, TurnKind, Verdict};

/// Columns that no row can do without.
pub(super) const WANTED: [&str; 4] = ["first", "second", "first_system", "second_system"];
/// Begins the names of columns that hold a criterion.
pub(super) const CRITERION: &str = "criterion:";

/// One row by its columns' names.
struct Cells<'a>(Vec<(&'a str, &'a str)>);

impl Cells<'_> {
    /// What stands in a column; nothing if it is empty or not there.
    fn of(&self, column: &str) -> &str {
        self.0.iter().find(|(name, _)| *name == column).map(|(_, cell)| *cell).unwrap_or_default()
    }

    fn truth(&self, column: &str) -> Result<Option<bool>, String> {
        match self.of(column).trim().to_lowercase().as_str() {
            "" => Ok(None),
            "true" | "1" | "yes" => Ok(Some(true)),
            "false" | "0" | "no" => Ok(Some(false)),
            other => Err(format!("{column} is '{other}', neither true nor false")),
        }
    }

    fn number(&self, column: &str) -> Result<Option<f64>, String> {
        let cell = self.of(column).trim();
        if cell.is_empty() {
            return Ok(None);
        }
        let read = cell.parse::<f64>().ok().filter(|number| number.is_finite());
        read.map(Some).ok_or_else(|| format!("{column} is '{cell}', no number"))
    }
}

pub(super) fn rows(text: &str, finder: &Finder) -> Result<Vec<FoundVote>, String> {
    let mut records = table(text)?.into_iter();
    let (_, head) = records.next().ok_or("there is no line with the names of the columns")?;
    let head: Vec<String> = head.iter().map(|column| column.trim().to_owned()).collect();
    if let Some(missing) = WANTED.iter().find(|wanted| !head.iter().any(|column| column == *wanted)) {
        return Err(format!("the column '{missing}' is not there"));
    }
    let found = |(number, cells): (usize, Vec<String>)| {
        let cells: Vec<String> = cells.iter().map(|cell| unguarded(cell)).collect();
        let row = match cells.len() == head.len() {
            false => Err(format!("it has {} cells, and the first line has {}", cells.len(), head.len())),
            true => {
                row(&Cells(head.iter().map(String::as_str).zip(cells.iter().map(String::as_str)).collect()), finder)
            }
        };
        FoundVote { number, id: String::new(), row }
    };
    Ok(records.map(found).collect())
}

/// Without the sign that keeps spreadsheets from taking a cell for a formula.
fn unguarded(cell: &str) -> String {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(cell).to_owned()
}

fn row(cells: &Cells, finder: &Finder) -> Result<JudgedRow, String> {
    let images: Vec<&str> = cells.of("images").split(';').map(str::trim).filter(|name| !name.is_empty()).collect();
    let shown = match (images.is_empty(), cells.of("sequence").trim()) {
        (false, _) => Shown::Files(images.into_iter().map(|name| finder.find(name)).collect::<Result<_, _>>()?),
        (true, "") => Shown::Nothing,
        (true, sequence) => Shown::Sequence(name(sequence)),
    };
    let (first, second) =
        ((cells.of("first_system"), cells.of("first")), (cells.of("second_system"), cells.of("second")));
    let verdict = verdict(cells)?;
    let mut row = JudgedRow::new(shown, cells.of("prompt"), first, second, verdict)?.by(cells.of("rater"));
    row.simulated = cells.truth("simulated")?.unwrap_or(false);
    row.first_is_left = cells.truth("first_is_left")?;
    row.flagged = cells.truth("flagged")?.unwrap_or(false);
    row.kind = match cells.of("kind").trim() {
        "" | "plain" => TurnKind::Plain,
        "repeat" => TurnKind::Repeat,
        "gold" => TurnKind::Gold,
        "practice" => TurnKind::Practice,
        other => return Err(format!("the kind '{other}' is none of plain, repeat, gold, practice")),
    };
    row.answer = match (row.kind, cells.of("answer").trim()) {
        (TurnKind::Gold | TurnKind::Practice, "1") => Some(1),
        (TurnKind::Gold | TurnKind::Practice, "-1") => Some(-1),
        (TurnKind::Gold | TurnKind::Practice, _) => {
            return Err("a pair with a known answer needs the column answer: 1 or -1".to_owned());
        }
        _ => None,
    };
    if let Some(chance) = cells.number("chance")? {
        if !(chance > 0.0 && chance <= 1.0) {
            return Err(format!("the chance {chance} does not lie between 0 and 1"));
        }
        row.chance = chance;
    }
    let asked: Vec<_> = cells.0.iter().filter(|(column, _)| column.starts_with(CRITERION)).collect();
    let answered = asked.iter().filter(|(_, said)| !said.trim().is_empty());
    if answered.clone().count() % asked.len().max(1) != 0 {
        return Err("it answers some of the criteria and not the others".to_owned());
    }
    for (column, said) in answered {
        let criterion = column.strip_prefix(CRITERION).unwrap_or_default();
        let better = match said.trim() {
            "first" => Better::First,
            "same" => Better::Same,
            "second" => Better::Second,
            other => return Err(format!("{column} is '{other}', none of first, same, second")),
        };
        row.criteria.push((name(criterion), better));
    }
    row.active_ms = milliseconds(cells.number("active_ms")?.unwrap_or(0.0));
    row.wall_ms = milliseconds(cells.number("wall_ms")?.unwrap_or(0.0));
    row.guideline = cells.number("guideline")?.map_or(0, |version| version.clamp(0.0, f64::from(u32::MAX)) as u32);
    row.said_at = cells.number("at")?.and_then(|ms| moment(ms / 1000.0));
    row.screen = name(cells.of("screen"));
    row.reason = cells.of("reason").to_owned();
    Ok(row)
}

fn verdict(cells: &Cells) -> Result<Verdict, String> {
    let strength = match cells.number("strength")? {
        Some(strength) if strength.fract() == 0.0 && strength.abs() <= 3.0 => Some(strength as i8),
        Some(strength) => return Err(format!("the strength {strength} is none of 3, 2, 1, 0, -1, -2, -3")),
        None => None,
    };
    let sign = |wanted: i8| match strength {
        Some(strength) if strength.signum() != wanted => Err(format!("verdict and strength ({strength}) disagree")),
        strength => Ok(Verdict::Prefer(strength.unwrap_or(wanted * WON))),
    };
    match cells.of("verdict").trim() {
        "" | "prefer" => strength.map(Verdict::Prefer).ok_or_else(|| "it has neither verdict nor strength".to_owned()),
        "first" => sign(1),
        "second" => sign(-1),
        "tie" => sign(0),
        "both_bad" => Ok(Verdict::BothBad),
        "cannot_judge" => Ok(Verdict::CannotJudge),
        other => Err(format!("the verdict '{other}' is none of first, second, tie, both_bad, cannot_judge, prefer")),
    }
}
