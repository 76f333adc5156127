//! Evaluations as they are drawn: the list, the words of a suite, and the line below with what is typed or said.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::evaluate::{Evaluate, Item};
use super::history::when;
use super::sheet_view::MARKS;
use super::train_view::{progress, sign};
use crate::app::look::{FAULT, HERE, Look, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::list::view_list;
use crate::canvas::Canvas;
use crate::story::{EvaluationCard, RunCard, SuiteCard};

/// Rows of an item.
const ITEM: u16 = 3;
/// Cells of a bar.
const BAR: usize = 20;

impl Evaluate {
    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let body = setting.body();
        let area = Rect { x: 1, width: body.width.saturating_sub(2), ..body };
        match (&self.sheet, self.reading) {
            (Some(sheet), _) => sheet.view(setting, canvas, buffer),
            (None, Some(top)) => self.view_suite(top, area, &setting.look, buffer),
            (None, None) => self.view_items(area, setting, buffer),
        }
        self.view_line(setting, buffer);
    }

    fn view_items(&self, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let items = self.items();
        if items.is_empty() {
            let words = match self.is_waiting() {
                true => format!("{} one moment", spinner(setting.now.as_millis() / 125)),
                false => "There is no suite and no evaluation yet: storyloom eval run SUITE makes one.".to_owned(),
            };
            buffer.set_stringn(area.x, area.y, words, usize::from(area.width), setting.look.quiet);
        }
        let columns = usize::from(area.width);
        view_list(area, items.len(), ITEM, self.chosen, buffer, |n| {
            let here = n == self.chosen.0;
            match items.get(n) {
                Some(Item::Run(card)) => under_way(card, here, columns, setting),
                Some(Item::Suite(card)) => suite(card, here, columns, &setting.look),
                Some(Item::Found(card)) => found(card, here, columns, &setting.look),
                None => Vec::new(),
            }
        });
    }

    fn view_suite(&self, top: usize, area: Rect, look: &Look, buffer: &mut Buffer) {
        let Some(suite) = self.suite() else { return };
        let line = |line: &str| {
            let line = text::clean_line(line);
            let style = match () {
                () if line.starts_with('#') => look.quiet,
                () if line.starts_with('[') => look.strong,
                () => look.text,
            };
            Line::styled(text::clip(&line, usize::from(area.width)), style)
        };
        let lines: Vec<Line<'static>> = suite.text.lines().skip(top).take(usize::from(area.height)).map(line).collect();
        bars::write_lines(area, &lines, buffer);
    }

    /// What is typed, what came of a wish, or what is to be known here.
    fn view_line(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let spans = match (&self.typing, &self.said) {
            (Some(field), _) => {
                let suite = self.suite().map_or(String::new(), |suite| text::clean_line(&suite.name));
                vec![
                    Span::styled(format!("tales for {suite} to tell: "), look.lit),
                    Span::raw(field.text.as_str()),
                    Span::styled("▏", look.lit),
                    Span::styled("  enter starts it in the background, esc does not", look.quiet),
                ]
            }
            (None, Some(Ok(said))) => vec![Span::styled(text::clean_line(said), look.good)],
            (None, Some(Err(notice))) => vec![
                Span::styled(format!("{FAULT} "), look.fault),
                Span::styled(format!("{} ", text::clean_line(&notice.what)), look.text),
                Span::styled(format!("→ {}", text::clean_line(&notice.try_this)), look.quiet),
            ],
            (None, None) => self.hint(look),
        };
        bars::row(line, spans, vec![], buffer);
    }

    fn hint(&self, look: &Look) -> Vec<Span<'static>> {
        let quiet = |words: &str| vec![Span::styled(words.to_owned(), look.quiet)];
        match (&self.sheet, self.reading) {
            (Some(sheet), _) if sheet.behind.is_some() => quiet("left and right turn to other stories"),
            (Some(sheet), _) if sheet.account.is_some() => quiet("tab leads back to the table, if there is one"),
            (Some(_), _) => vec![
                Span::styled(format!("{} better ", MARKS[0]), look.good),
                Span::styled(format!("{} worse ", MARKS[1]), look.fault),
                Span::styled("than the baseline (5 %, after Holm); enter: its stories", look.quiet),
            ],
            (None, Some(_)) => quiet("n starts it; put suites of your own into suites/ below the home folder"),
            (None, None) => quiet("they go on when you leave; n starts a suite, enter looks at what is chosen"),
        }
    }
}

fn head(name: &str, here: bool, look: &Look) -> Vec<Span<'static>> {
    vec![
        Span::styled(format!("{} ", if here { HERE } else { " " }), look.chosen),
        Span::styled(text::clean_line(name), if here { look.chosen } else { look.strong }),
    ]
}

fn below(words: &str, columns: usize) -> String {
    format!("    {}", text::clip(&text::clean_line(words), columns.saturating_sub(4)))
}

/// "1 model", "2 models".
fn counted(count: u64, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// One that is under way, or did not come to its end.
fn under_way(card: &RunCard, here: bool, columns: usize, setting: &Setting) -> Vec<Line<'static>> {
    let look = &setting.look;
    let (sign, style) = sign(card.state, look, setting.now.as_millis() / 125);
    let place = card.place.map_or(String::new(), |place| format!(", {place}. in the queue"));
    let mut first = head(&card.name, here, look);
    first.push(Span::styled(format!("  {sign} {}{place}", card.state.word()), style));
    let mut second = vec![Span::raw("    ")];
    second.extend(progress(card, BAR, look));
    let (words, style) = match &card.why {
        Some(notice) => (notice.what.clone(), look.fault),
        None if card.stage.is_empty() => (String::new(), look.quiet),
        None => (format!("at work: {}", card.stage), look.quiet),
    };
    vec![Line::from(first), Line::from(second), Line::styled(below(&words, columns), style)]
}

/// One that can be started.
fn suite(card: &SuiteCard, here: bool, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let mut first = head(&card.name, here, look);
    first.push(Span::styled("  suite", look.lit));
    let parts = [
        card.tales.map(|tales| counted(tales, "tale")),
        (card.files > 0).then(|| counted(card.files as u64, "path")),
        (!card.models.is_empty()).then(|| counted(card.models.len() as u64, "model")),
        (!card.rewards.is_empty()).then(|| counted(card.rewards.len() as u64, "reward model")),
        (card.gates > 0).then(|| counted(card.gates as u64, "demand")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    vec![
        Line::from(first),
        Line::styled(below(&parts.join(" · "), columns), look.text),
        Line::styled(below(&card.about, columns), look.quiet),
    ]
}

/// One that was made.
fn found(card: &EvaluationCard, here: bool, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let mut first = head(&card.suite, here, look);
    first.push(Span::styled(format!("  {} UTC", when(card.ended_at)), look.quiet));
    match (card.gates, card.missed) {
        (0, _) => {}
        (_, 0) => first.push(Span::styled("  demands held", look.good)),
        (gates, missed) => {
            first.push(Span::styled(format!("  {FAULT} {missed} of {gates} demands missed"), look.fault));
        }
    }
    let systems: Vec<&str> = card.models.iter().chain(&card.rewards).map(String::as_str).collect();
    let words = format!("{} · {}", counted(card.sequences as u64, "sequence"), systems.join(", "));
    vec![
        Line::from(first),
        Line::styled(below(&words, columns), look.text),
        Line::styled(below(&card.id, columns), look.quiet),
    ]
}
