//! The table of an evaluation as it is drawn: a row a measure, a column a model, groups apart; below it all that is known of the
//! chosen figure.

use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::sheet::Sheet;
use super::sheet_account::account;
use crate::app::look::{HERE, Look, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::canvas::Canvas;
use crate::story::{Direction, Evaluation, MeasureRow};

/// Cells of a figure with its interval and its mark.
const FIGURE: usize = 26;
/// Cells of a measure's words, at least and at most.
const WORDS: [usize; 2] = [26, 58];
/// Rows above and below the rows of the table.
const HEAD: u16 = 2;
const BELOW: u16 = 4;
/// Before a figure that is better than the baseline's, or worse.
pub(super) const MARKS: [&str; 2] = ["▲", "▼"];

/// A line of the table.
#[derive(Clone, Copy)]
enum Row<'a> {
    Group(&'a str),
    Measure(usize),
}

impl Sheet {
    pub(super) fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        if let Some(behind) = &self.behind {
            return behind.view(setting, canvas, buffer);
        }
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, width: body.width.saturating_sub(2), ..body };
        match &self.found {
            None => {
                let words = format!("{} one moment", spinner(setting.now.as_millis() / 125));
                buffer.set_string(area.x, area.y, words, look.quiet);
            }
            Some(Err(notice)) => {
                bars::write_lines(area, &bars::notice_lines(notice, area.width, look), buffer);
            }
            Some(Ok(found)) => match self.account {
                Some(top) => {
                    let lines = account(&self.card, found, area.width, look);
                    let top = top.min(lines.len().saturating_sub(usize::from(area.height)));
                    bars::write_lines(area, &lines[top..], buffer);
                }
                None => self.view_table(found, area, look, buffer),
            },
        }
    }

    fn view_table(&self, found: &Evaluation, area: Rect, look: &Look, buffer: &mut Buffer) {
        let widest = found.rows.iter().map(|row| text::width(&row.words) + 5).max().unwrap_or(0);
        let all = usize::from(area.width);
        let room = all.saturating_sub(FIGURE * found.models.len()).clamp(WORDS[0], WORDS[1]);
        let words = room.min(widest.max(WORDS[0])).min(all);
        let seen = visible(found.models.len(), (all - words) / FIGURE, self.column);
        bars::write_lines(area, &self.head(found, words, &seen, look), buffer);
        let rows = rows(found);
        let at = rows.iter().position(|row| matches!(row, Row::Measure(at) if *at == self.row.0)).unwrap_or(0);
        let room = Rect { y: area.y + HEAD, height: area.height.saturating_sub(HEAD + BELOW), ..area };
        let height = usize::from(room.height);
        // The heading of the first group is seen with its first row.
        let top = at.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
        for (y, row) in (room.top()..room.bottom()).zip(&rows[top..]) {
            let line = match *row {
                Row::Group(group) => Line::styled(text::clean_line(group), look.strong),
                Row::Measure(at) => self.line(found, at, words, &seen, look),
            };
            buffer.set_line(room.x, y, &line, room.width);
        }
        let below = Rect { y: room.bottom() + 1, height: BELOW - 1, ..area }.intersection(area);
        bars::write_lines(below, &self.details(found, look), buffer);
    }

    /// Names of models, and below each what it is.
    fn head(&self, found: &Evaluation, words: usize, seen: &Range<usize>, look: &Look) -> Vec<Line<'static>> {
        let count = found.models.len();
        let hidden = match seen.len() < count {
            true => format!("models {}–{} of {count}", seen.start + 1, seen.end),
            false => text::clean_line(&self.card.suite),
        };
        let mut first = vec![Span::styled(fitted(&hidden, words), look.quiet)];
        let about = format!("{} sequences", found.origin.sequences);
        let mut second = vec![Span::styled(fitted(&about, words), look.quiet)];
        for at in seen.clone() {
            let model = &found.models[at];
            let style = if at == self.column { look.chosen } else { look.strong };
            first.push(Span::styled(right(&text::clean_line(&model.name), FIGURE - 3), style));
            first.push(Span::raw("   "));
            let stories = format!("{} stories", model.stories);
            let said = if found.baseline == Some(at) { format!("baseline, {stories}") } else { stories };
            second.push(Span::styled(right(&said, FIGURE - 3), look.quiet));
            second.push(Span::raw("   "));
        }
        vec![Line::from(first), Line::from(second)]
    }

    fn line(&self, found: &Evaluation, at: usize, words: usize, seen: &Range<usize>, look: &Look) -> Line<'static> {
        let row = &found.rows[at];
        let here = at == self.row.0;
        let sign = if here { HERE } else { " " };
        let way = row.direction.sign();
        let room = words.saturating_sub(4 + text::width(way));
        let name = format!("{sign} {} {way}", text::clip(&text::clean_line(&row.words), room));
        let style = if here { look.chosen } else { look.text };
        let mut spans = vec![Span::styled(fitted(&name, words), style)];
        for model in seen.clone() {
            let (figure, mark, style) = figure(found, row, model, look);
            let style = if here && model == self.column { look.chosen_bar } else { style };
            spans.push(Span::styled(right(&figure, FIGURE - 3), style));
            spans.push(Span::styled(format!(" {mark:1} "), style_of_mark(mark, look)));
        }
        Line::from(spans)
    }

    /// The chosen figure in words: what is measured, the figure, and how it stands to the baseline.
    fn details(&self, found: &Evaluation, look: &Look) -> Vec<Line<'static>> {
        let (Some(row), Some(model)) = (found.rows.get(self.row.0), found.models.get(self.column)) else {
            return Vec::new();
        };
        let Some(cell) = row.cells.get(self.column) else { return Vec::new() };
        let better = match row.direction {
            Direction::Higher => "more is better",
            Direction::Lower => "less is better",
            Direction::Zero => "near to 0 is better",
            Direction::Neither => "no better or worse",
        };
        let words = text::clean_line(row.words.trim().trim_start_matches("... "));
        let measure = format!(" ({}, version {}, {better})", text::clean_line(&row.key), row.version);
        let interval = match (cell.low, cell.high) {
            (Some(_), Some(_)) => format!(", 95 % [{}, {}]", cell.said(cell.low), cell.said(cell.high)),
            _ => ", no interval".to_owned(),
        };
        let figure = format!(": {}{interval}, of {} sequences", cell.said(cell.value), cell.of);
        let baseline = found.baseline.and_then(|at| found.models.get(at)).map(|model| text::clean_line(&model.name));
        let versus = match (cell.versus, baseline) {
            (Some(versus), Some(name)) => {
                let better = match found.baseline.and_then(|base| row.better(self.column, base)) {
                    Some(true) => "better",
                    Some(false) => "worse",
                    None => "no difference is shown",
                };
                let [low, high] = [versus.low, versus.high].map(|value| cell.said(Some(value)));
                let difference = cell.said(Some(versus.difference));
                let sign = if versus.difference > 0.0 { "+" } else { "" };
                let p = format!("p {:.4}, after Holm {:.4}", versus.p, versus.p_holm);
                format!("less {name}: {sign}{difference} [{low}, {high}], {p}: {better}")
            }
            _ if found.baseline == Some(self.column) => "the baseline: others are held against it".to_owned(),
            _ if row.direction == Direction::Neither => {
                "not compared: it says nothing about better or worse".to_owned()
            }
            _ => "not compared: too few sequences of both".to_owned(),
        };
        vec![
            Line::from(vec![Span::styled(words, look.strong), Span::styled(measure, look.quiet)]),
            Line::from(vec![Span::styled(text::clean_line(&model.name), look.chosen), Span::styled(figure, look.text)]),
            Line::styled(versus, look.quiet),
        ]
    }
}

fn rows(found: &Evaluation) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for (at, row) in found.rows.iter().enumerate() {
        if at == 0 || found.rows[at - 1].group != row.group {
            rows.push(Row::Group(&row.group));
        }
        rows.push(Row::Measure(at));
    }
    rows
}

/// The models that have room, the chosen one among them.
fn visible(count: usize, room: usize, chosen: usize) -> Range<usize> {
    let room = room.clamp(1, count.max(1));
    let first = chosen.saturating_sub(room - 1).min(count.saturating_sub(room));
    first..(first + room).min(count)
}

/// A figure with its interval, its mark, and the style of both.
fn figure(found: &Evaluation, row: &MeasureRow, model: usize, look: &Look) -> (String, &'static str, Style) {
    let Some(cell) = row.cells.get(model) else { return (String::new(), "", look.quiet) };
    let said = match (cell.low, cell.high) {
        (Some(_), Some(_)) => format!("{} [{}, {}]", cell.said(cell.value), cell.said(cell.low), cell.said(cell.high)),
        _ => cell.said(cell.value),
    };
    let mark = match found.baseline.and_then(|base| row.better(model, base)) {
        Some(true) => MARKS[0],
        Some(false) => MARKS[1],
        None => "",
    };
    let style = if mark.is_empty() { look.text } else { style_of_mark(mark, look) };
    (said, mark, style)
}

fn style_of_mark(mark: &str, look: &Look) -> Style {
    match MARKS.iter().position(|sign| *sign == mark) {
        Some(0) => look.good,
        Some(_) => look.fault,
        None => look.quiet,
    }
}

/// Words in exactly so many cells, filled up on the right.
fn fitted(words: &str, cells: usize) -> String {
    let words = text::clip(words, cells.saturating_sub(1));
    format!("{words}{}", " ".repeat(cells.saturating_sub(text::width(&words))))
}

/// The same, filled up on the left.
fn right(words: &str, cells: usize) -> String {
    let words = text::clip(words, cells);
    format!("{}{words}", " ".repeat(cells.saturating_sub(text::width(&words))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_model_is_always_among_those_that_are_seen() {
        for count in 1..9 {
            for room in 0..12 {
                for chosen in 0..count {
                    let seen = visible(count, room, chosen);
                    assert!(seen.contains(&chosen) && seen.end <= count, "{count} {room} {chosen}: {seen:?}");
                    assert_eq!(seen.len(), room.clamp(1, count));
                }
            }
        }
    }
}
