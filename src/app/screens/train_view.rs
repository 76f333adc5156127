//! Training as it is drawn: the list of runs with a chart beside it, and the line above the footer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::run_page::RunPage;
use super::train::{Asked, Differing, Train};
use crate::app::look::{FAULT, HERE, Look, WARNING, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::list::view_list;
use crate::canvas::Canvas;
use crate::story::{RunCard, RunState};

/// From so many columns on, the curves of the chosen run stand beside the list.
const WIDE: u16 = 110;
/// Rows that they take below it at least, and rows of a window where they stand there however many runs there are.
const BELOW: u16 = 10;
const HIGH: u16 = 30;
/// Cells of a run's bar, where there is room and where there is little.
const BARS: [usize; 2] = [20, 10];

impl Train {
    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let body = setting.body();
        let area = Rect { x: 1, width: body.width - 2, ..body };
        match (&self.begin, &self.differing, &self.page, self.current()) {
            (Some(begin), ..) => begin.view(setting, buffer),
            (None, Some(_), ..) => self.view_differing(area, setting, buffer),
            (None, None, Some(page), Some(card)) => self.view_run(page, card, area, setting, canvas, buffer),
            _ => self.view_list(area, setting, buffer),
        }
        self.view_line(setting, buffer);
    }

    fn view_list(&self, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let Some(runs) = &self.runs else {
            let words = format!("{} looking for runs", spinner(setting.now.as_millis() / 125));
            buffer.set_string(area.x, area.y, words, look.quiet);
            return;
        };
        if runs.is_empty() {
            let words = "Nothing has been trained here yet. Press n to start a run from a recipe, or type \
                         storyloom runs start RECIPE in a shell. A run goes on when you leave.";
            let lines = bars::marked(" ", look.quiet, words, look.quiet, usize::from(area.width) - 2);
            bars::write_lines(area, &lines, buffer);
            return;
        }
        let (list, beside) = split(area, setting, runs.len());
        view_list(list, runs.len(), 3, self.chosen, buffer, |n| {
            let marked = self.marked.iter().position(|id| *id == runs[n].id);
            item(&runs[n], n == self.chosen.0, marked, list.width, setting)
        });
        if let (Some(beside), Some(_)) = (beside, self.current()) {
            self.view_charts(&RunPage::default(), beside, setting, buffer);
        }
    }

    fn view_differing(&self, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let Some(Differing { of: [first, second], lines }) = &self.differing else { return };
        let head = vec![
            Line::from(vec![Span::styled("- ", look.fault), Span::styled(text::clean_line(first), look.strong)]),
            Line::from(vec![Span::styled("+ ", look.good), Span::styled(text::clean_line(second), look.strong)]),
            Line::default(),
        ];
        let taken = bars::write_lines(area, &head, buffer);
        let below = Rect { y: area.y + taken, height: area.height - taken, ..area };
        let columns = usize::from(area.width);
        let lines: Vec<Line<'_>> = match lines {
            None => vec![Line::styled(format!("{} comparing", spinner(setting.now.as_millis() / 125)), look.quiet)],
            Some(Err(notice)) => bars::notice_lines(notice, area.width, look),
            Some(Ok(lines)) if lines.is_empty() => vec![Line::styled("The recipes say the same.", look.text)],
            Some(Ok(lines)) => {
                let styled = |line: &String| {
                    let style = match line.chars().next() {
                        Some('-') => look.fault,
                        Some('+') => look.good,
                        _ => look.quiet,
                    };
                    Line::styled(text::clip(&text::clean_line(line), columns), style)
                };
                lines.iter().map(styled).collect()
            }
        };
        let top = self.top.min(lines.len().saturating_sub(usize::from(below.height)));
        bars::write_lines(below, &lines[top..], buffer);
    }

    /// The line above the footer: what is typed or asked, what came of a wish, why a run ended.
    fn view_line(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        if let Some((asked, field)) = &self.typing {
            let label = match asked {
                Asked::Note => "note: ".to_owned(),
                Asked::Tags => "tags: ".to_owned(),
                Asked::Fork => {
                    let kept = self.current().map(|card| card.forks.iter().map(u64::to_string).collect::<Vec<_>>());
                    format!("fork after step ({} kept): ", kept.unwrap_or_default().join(", "))
                }
            };
            let typed =
                vec![Span::styled(label, look.lit), Span::raw(field.text.as_str()), Span::styled("▏", look.lit)];
            bars::row(line, typed, vec![], buffer);
            return;
        }
        let spans = match (&self.sure, &self.said) {
            (Some(id), _) => vec![
                Span::styled(format!("{WARNING} "), look.warning),
                Span::styled(
                    format!("Delete {id} with its checkpoints and its model? y: yes, any other key: no"),
                    look.warning,
                ),
            ],
            (None, Some(Ok(said))) => vec![Span::styled(text::clean_line(said), look.good)],
            (None, Some(Err(notice))) => vec![
                Span::styled(format!("{FAULT} "), look.fault),
                Span::styled(format!("{} ", text::clean_line(&notice.what)), look.text),
                Span::styled(format!("→ {}", text::clean_line(&notice.try_this)), look.quiet),
            ],
            (None, None) => {
                vec![Span::styled("runs go on when you leave; enter looks at one, n starts one", look.quiet)]
            }
        };
        bars::row(line, spans, vec![], buffer);
    }
}

/// The list, and where the curves of the chosen run go.
fn split(area: Rect, setting: &Setting, count: usize) -> (Rect, Option<Rect>) {
    if setting.columns >= WIDE {
        let list = Rect { width: area.width * 9 / 20, ..area };
        let beside = Rect { x: list.right() + 2, width: area.width - list.width - 2, ..area };
        return (list, Some(beside));
    }
    let all = count.saturating_mul(3).min(1000) as u16;
    if setting.rows >= HIGH || all + BELOW <= area.height {
        let height = if all + BELOW <= area.height { all.max(6) } else { area.height / 2 };
        let list = Rect { height, ..area };
        return (list, Some(Rect { y: list.bottom(), height: area.height - height, ..area }));
    }
    (area, None)
}

/// Sign and style of a state.
pub(super) fn sign(state: RunState, look: &Look, eighths: u128) -> (String, Style) {
    match state {
        RunState::Queued => ("○".to_owned(), look.quiet),
        RunState::Starting => (spinner(eighths).to_string(), look.lit),
        RunState::Running => ("●".to_owned(), look.good),
        RunState::Paused => ("■".to_owned(), look.warning),
        RunState::Stopping => ("▼".to_owned(), look.warning),
        RunState::Finished => ("●".to_owned(), look.quiet),
        RunState::Stopped => ("■".to_owned(), look.quiet),
        RunState::Failed => (FAULT.to_owned(), look.fault),
        RunState::Lost => (WARNING.to_owned(), look.fault),
    }
}

/// Three rows: its name and state, how far it is, what is said of it.
fn item(card: &RunCard, here: bool, marked: Option<usize>, columns: u16, setting: &Setting) -> Vec<Line<'static>> {
    let look = &setting.look;
    let columns = usize::from(columns);
    let (sign, style) = sign(card.state, look, setting.now.as_millis() / 125);
    let place = card.place.map_or(String::new(), |place| format!(", {place}. in the queue"));
    let mark = marked.map_or(String::new(), |at| format!(" +{}", at + 1));
    let state = format!("  {}{place}", card.state.word());
    let room = columns.saturating_sub(4 + text::width(&state) + mark.len());
    let first = Line::from(vec![
        Span::styled(format!("{} ", if here { HERE } else { " " }), look.chosen),
        Span::styled(format!("{sign} "), style),
        Span::styled(
            text::clip_middle(&text::clean_line(&card.id), room),
            if here { look.chosen } else { look.strong },
        ),
        Span::styled(state, style),
        Span::styled(mark, look.lit),
    ]);
    let mut second = vec![Span::raw("    ")];
    second.extend(progress(card, if columns < 60 { BARS[1] } else { BARS[0] }, look));
    let why = card.why.as_ref().map(|notice| (notice.what.clone(), look.fault));
    let tags: String = card.tags.iter().map(|tag| format!("#{tag} ")).collect();
    let about = format!("{}{tags}{}", kind(card), card.note);
    let (words, style) = why.unwrap_or((about, look.quiet));
    let third =
        Line::styled(format!("    {}", text::clip(&text::clean_line(&words), columns.saturating_sub(4))), style);
    vec![first, Line::from(second), third]
}

fn kind(card: &RunCard) -> String {
    match card.kind.as_str() {
        "sft" => String::new(),
        kind => format!("{kind} "),
    }
}

/// A bar, the steps, and what time is left.
pub(super) fn progress(card: &RunCard, bar: usize, look: &Look) -> Vec<Span<'static>> {
    if card.of == 0 {
        return vec![Span::styled("no step yet", look.quiet)];
    }
    let full = (card.step.min(card.of) as usize * bar) / card.of.max(1) as usize;
    let style = if card.state.is_active() { look.lit } else { look.quiet };
    let mut words = format!("  {}/{}", card.step, card.of);
    if let Some(left) = card.seconds_left {
        words.push_str(&format!(" · {} left", span(left)));
    }
    if let Some(tokens) = card.tokens_a_second.filter(|_| card.state.is_active()) {
        words.push_str(&format!(" · {tokens:.0} tok/s"));
    }
    vec![
        Span::styled("█".repeat(full), style),
        Span::styled("░".repeat(bar - full), look.hollow),
        Span::styled(words, look.quiet),
    ]
}

/// "2 h 05 min", "3 min 20 s" or "4 s".
pub(super) fn span(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..60 => format!("{whole} s"),
        60..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}
