//! Plots of results in cells: dots with error bars, and bars. 80 columns are enough; ASCII where a terminal has no more.

use super::text::{clean_line, clip, width};
use crate::story::{Fitted, Results, STEPS, Standing};

/// What plots are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signs {
    dot: char,
    line: char,
    left: char,
    right: char,
    zero: char,
    /// A cell filled more and more, the last one whole.
    bar: &'static [char],
    cut: char,
}

impl Signs {
    pub const DRAWN: Signs = Signs {
        dot: '●',
        line: '─',
        left: '├',
        right: '┤',
        zero: '┊',
        bar: &['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
        cut: '…',
    };
    pub const ASCII: Signs = Signs { dot: 'o', line: '-', left: '[', right: ']', zero: ':', bar: &['#'], cut: '~' };

    /// A name that is not ours in so many columns.
    pub fn name(self, name: &str, columns: usize) -> String {
        let cut = clip(&clean_line(name), columns);
        let cut = cut.strip_suffix('…').map_or(cut.clone(), |kept| format!("{kept}{}", self.cut));
        format!("{cut}{}", " ".repeat(columns.saturating_sub(width(&cut))))
    }

    /// A bar of `share` of so many columns; of something, at least the least that there is.
    fn bar(self, share: f64, columns: usize) -> String {
        let parts = self.bar.len();
        let filled = (share.clamp(0.0, 1.0) * (columns * parts) as f64).round() as usize;
        let filled = if share > 0.0 { filled.max(1) } else { filled };
        let whole: String = std::iter::repeat_n(self.bar[parts - 1], filled / parts).collect();
        match filled % parts {
            0 => whole,
            rest => format!("{whole}{}", self.bar[rest - 1]),
        }
    }
}

pub const NAME: usize = 16;
const PLOT: usize = 58;

/// The systems of a board along one line: a dot, and where it lies with 95 % confidence.
pub fn dots(standings: &[Standing], signs: Signs) -> Vec<String> {
    let fitted: Vec<(&Standing, Fitted)> =
        standings.iter().filter_map(|standing| Some((standing, standing.fitted?))).collect();
    let ends = |fitted: &Fitted| [fitted.strength - 1.96 * fitted.error, fitted.strength + 1.96 * fitted.error];
    let (mut low, mut high) = (0f64, 0f64);
    for end in fitted.iter().flat_map(|(_, fitted)| ends(fitted)).filter(|end| end.is_finite()) {
        (low, high) = (low.min(end), high.max(end));
    }
    if high - low < 1e-9 {
        return Vec::new();
    }
    let column = |value: f64| ((value.clamp(low, high) - low) / (high - low) * (PLOT - 1) as f64).round() as usize;
    let row = |(standing, fitted): &(&Standing, Fitted)| {
        let mut cells = vec![' '; PLOT];
        cells[column(0.0)] = signs.zero;
        let [from, to] = ends(fitted);
        if from.is_finite() && to.is_finite() {
            let (from, to) = (column(from), column(to));
            cells[from..=to].fill(signs.line);
            cells[from] = signs.left;
            cells[to] = signs.right;
        }
        if fitted.strength.is_finite() {
            cells[column(fitted.strength)] = signs.dot;
        }
        format!("  {}  {}", signs.name(&standing.system, NAME), cells.iter().collect::<String>().trim_end())
    };
    let mut rows: Vec<String> = fitted.iter().map(row).collect();
    let mut words = vec![' '; PLOT];
    // The ends first, then nought where there is room for it.
    for (value, said) in [(low, format!("{low:+.1}")), (high, format!("{high:+.1}")), (0.0, "0".to_owned())] {
        let begin = column(value).saturating_sub(said.len() / 2).min(PLOT - said.len());
        let room = begin.saturating_sub(1)..(begin + said.len() + 1).min(PLOT);
        if words[room].iter().all(|cell| *cell == ' ') {
            words.splice(begin..begin + said.len(), said.chars());
        }
    }
    rows.push(format!("  {:NAME$}  {}", "", words.iter().collect::<String>().trim_end()));
    rows
}

/// Votes by verdict.
pub fn bars(results: &Results, signs: Signs) -> Vec<String> {
    let counts: Vec<(&str, u64)> = STEPS
        .into_iter()
        .zip(results.steps)
        .chain([("both bad", results.both_bad), ("cannot judge", results.cannot_judge)])
        .collect();
    let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1) as f64;
    let all = counts.iter().map(|(_, count)| count).sum::<u64>().max(1) as f64;
    let row = |(verdict, count): &(&str, u64)| {
        let bar = signs.bar(*count as f64 / most, 40);
        let gap = if bar.is_empty() { "" } else { " " };
        format!("  {verdict:>NAME$}  {bar}{gap}{count} ({:.0} %)", *count as f64 / all * 100.0)
    };
    counts.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_share_and_never_nothing_for_something() {
        assert_eq!(Signs::DRAWN.bar(0.5, 5), "██▌");
        assert_eq!((Signs::DRAWN.bar(0.0001, 5), Signs::ASCII.bar(0.0001, 5)), ("▏".to_owned(), "#".to_owned()));
        assert_eq!((Signs::ASCII.bar(1.0, 5), Signs::ASCII.bar(0.0, 5)), ("#####".to_owned(), String::new()));
    }

    #[test]
    fn names_are_as_wide_as_their_column() {
        assert_eq!(Signs::DRAWN.name("狐狐狐", 5), "狐狐…");
        assert_eq!(Signs::ASCII.name("a\u{1b}[2Jlong name", 6), "a[2Jl~");
        assert_eq!(Signs::ASCII.name("ab", 4), "ab  ");
    }
}
