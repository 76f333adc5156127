//! Loops as they are drawn: the list, a page of the chosen one, beside the list where there is room, and the line above the footer.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::loops::Loops;
use crate::app::look::{FAULT, HERE, Look, WARNING, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::list::view_list;
use crate::story::{LoopCard, LoopStep};

/// From so many columns on, the page of the chosen loop stands beside the list.
const WIDE: u16 = 110;
/// Cells of a bar.
const BAR: u64 = 20;

impl Loops {
    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, width: body.width - 2, ..body };
        match (&self.begin, &self.cards) {
            (Some(begin), _) => begin.view(area, setting, buffer),
            (None, None) => {
                let words = format!("{} looking for loops", spinner(setting.now.as_millis() / 125));
                buffer.set_string(area.x, area.y, words, look.quiet);
            }
            (None, Some(Err(notice))) => {
                bars::write_lines(area, &bars::notice_lines(notice, area.width, look), buffer);
            }
            (None, Some(Ok(cards))) if cards.is_empty() => {
                let words = "There is no loop yet. One tells candidates, waits for votes, trains a reward model and a \
                             policy, and lets the new storyteller stand blind against the old one; it stops and asks \
                             where a gate fails. Press n to begin one.";
                let lines = bars::marked(" ", look.quiet, words, look.quiet, usize::from(area.width) - 2);
                bars::write_lines(area, &lines, buffer);
            }
            (None, Some(Ok(cards))) => self.view_loops(cards, area, setting, buffer),
        }
        self.view_line(setting, buffer);
    }

    fn view_loops(&self, cards: &[LoopCard], area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let wide = setting.columns >= WIDE;
        if let (Some(top), Some(card), false) = (self.page, self.current(), wide) {
            return view_page(card, top, area, setting, buffer);
        }
        let list = if wide { Rect { width: area.width * 9 / 20, ..area } } else { area };
        view_list(list, cards.len(), 4, self.chosen, buffer, |n| {
            item(&cards[n], n == self.chosen.0, usize::from(list.width), setting)
        });
        if let (true, Some(card)) = (wide, self.current()) {
            let beside = Rect { x: list.right() + 2, width: area.width - list.width - 2, ..area };
            let style = if self.page.is_some() { setting.look.chosen } else { setting.look.hollow };
            (area.top()..area.bottom()).for_each(|y| buffer.set_string(beside.x - 2, y, "│", style));
            view_page(card, self.page.unwrap_or(0), beside, setting, buffer);
        }
    }

    /// The line above the footer: what came of a wish.
    fn view_line(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let spans = match &self.said {
            _ if self.wished => {
                let words = format!("{} one moment", spinner(setting.now.as_millis() / 125));
                vec![Span::styled(words, look.quiet)]
            }
            Some(Ok(said)) => vec![Span::styled(text::clean_line(said), look.good)],
            Some(Err(notice)) => vec![
                Span::styled(format!("{FAULT} "), look.fault),
                Span::styled(format!("{} ", text::clean_line(&notice.what)), look.text),
                Span::styled(format!("→ {}", text::clean_line(&notice.try_this)), look.quiet),
            ],
            None => vec![Span::styled("loops go on when you leave; what they wait for is votes, and runs", look.quiet)],
        };
        bars::row(line, spans, vec![], buffer);
    }
}

/// Sign, word and style of how a loop is.
fn sign(card: &LoopCard, look: &Look) -> (&'static str, &'static str, Style) {
    match card {
        LoopCard { asks: Some(_), .. } => (WARNING, "asks", look.warning),
        LoopCard { trouble: Some(_), .. } => (FAULT, "in trouble", look.fault),
        LoopCard { going: true, .. } => ("●", "goes on", look.good),
        LoopCard { step: Some(LoopStep::Over), .. } => ("●", "over", look.quiet),
        _ => ("○", "nobody goes on with it", look.quiet),
    }
}

/// Four rows: its name and how it is, where it stands, what it waits for, and what it asks.
fn item(card: &LoopCard, here: bool, columns: usize, setting: &Setting) -> Vec<Line<'static>> {
    let look = &setting.look;
    let (sign, word, style) = sign(card, look);
    let room = columns.saturating_sub(4);
    let first = vec![
        Span::styled(format!("{} ", if here { HERE } else { " " }), look.chosen),
        Span::styled(format!("{sign} "), style),
        Span::styled(text::clean_line(&card.name), if here { look.chosen } else { look.strong }),
        Span::styled(format!("  round {}  {word}", card.round), style),
    ];
    let stage = Line::styled(format!("    {}", text::clip(&text::clean_line(&card.stage), room)), look.text);
    let mut third = vec![Span::raw("    ")];
    third.extend(awaited(card, look));
    let last = match (&card.asks, &card.trouble) {
        (Some(notice), _) => (notice.what.clone(), look.warning),
        (None, Some(notice)) => (notice.what.clone(), look.fault),
        (None, None) => (gate(card), look.quiet),
    };
    let last = Line::styled(format!("    {}", text::clip(&text::clean_line(&last.0), room)), last.1);
    vec![Line::from(first), stage, Line::from(third), last]
}

fn gate(card: &LoopCard) -> String {
    if card.gate.is_empty() { String::new() } else { format!("gate: {}", card.gate) }
}

/// "312 of 400 votes", behind a bar.
fn awaited(card: &LoopCard, look: &Look) -> Vec<Span<'static>> {
    let Some(waits) = &card.waits else { return vec![Span::styled("waits for nothing", look.quiet)] };
    let full = (waits.done.min(waits.of) * BAR / waits.of.max(1)) as usize;
    vec![
        Span::styled("█".repeat(full), look.lit),
        Span::styled("░".repeat(BAR as usize - full), look.hollow),
        Span::styled(format!("  {} of {} {}", waits.done, waits.of, waits.what), look.text),
    ]
}

fn view_page(card: &LoopCard, top: usize, area: Rect, setting: &Setting, buffer: &mut Buffer) {
    let lines = page(card, area.width, setting);
    let top = top.min(lines.len().saturating_sub(usize::from(area.height)));
    bars::write_lines(area, &lines[top..], buffer);
}

/// All that is known of a loop.
fn page(card: &LoopCard, columns: u16, setting: &Setting) -> Vec<Line<'static>> {
    let look = &setting.look;
    let room = usize::from(columns).saturating_sub(2);
    let (sign, word, style) = sign(card, look);
    let wrapped = |words: &str, style: Style| {
        let lines = text::wrap(&text::clean_line(words), usize::from(columns));
        lines.into_iter().map(move |line| Line::styled(line, style)).collect::<Vec<_>>()
    };
    let mut lines = vec![
        Line::from(vec![
            Span::styled(format!("{sign} "), style),
            Span::styled(text::clean_line(&card.name), look.strong),
            Span::styled(format!("  round {}  {word}", card.round), style),
        ]),
        Line::default(),
        steps(card, look),
        Line::default(),
    ];
    lines.extend(wrapped(&card.stage, look.text));
    lines.push(Line::from(awaited(card, look)));
    lines.extend(wrapped(&gate(card), look.quiet));
    for notice in card.asks.iter().chain(&card.trouble) {
        lines.push(Line::default());
        lines.extend(bars::notice_lines(notice, columns, look));
    }
    if card.asks.is_some() {
        lines.extend(wrapped("a accepts it all the same, b begins another round", look.quiet));
    }
    lines.push(Line::default());
    lines.push(Line::styled("what happened", look.strong));
    if card.told.is_empty() {
        lines.push(Line::styled("nothing yet", look.quiet));
    }
    for told in &card.told {
        lines.extend(bars::marked("·", look.quiet, &text::clean_line(told), look.text, room));
    }
    lines
}

/// The stages in their order, the one under way marked.
fn steps(card: &LoopCard, look: &Look) -> Line<'static> {
    let mut spans = Vec::new();
    for (n, step) in LoopStep::ALL.into_iter().enumerate() {
        if n > 0 {
            spans.push(Span::styled(" → ", look.hollow));
        }
        let (mark, style) = match card.step {
            Some(now) if now == step => (HERE, look.chosen),
            Some(now) if step < now => ("", look.text),
            _ => ("", look.hollow),
        };
        spans.push(Span::styled(format!("{mark}{}", step.word()), style));
    }
    Line::from(spans)
}
