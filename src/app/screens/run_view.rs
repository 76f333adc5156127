//! One run as it is drawn: how it stands, its curves over those of others, its words with their frames, its log.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::begin_run::recipe_lines;
use super::run_page::{Part, RunPage, WEIGHTS, all_steps, metrics};
use super::train::Train;
use super::train_view::{progress, sign, span};
use crate::app::look::{Look, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::chart::{Chart, Stroke, best, number, smooth};
use crate::app::widgets::picture::captioned;
use crate::app::widgets::strip::Strip;
use crate::canvas::Canvas;
use crate::story::{RunCard, RunSeen, RunText, Sequence};

/// The least a chart takes, and the most that stand together.
const CHART: (u16, u16) = (56, 11);
const MOST: u16 = 6;
/// Cells of the bar.
const BAR: usize = 20;
/// Signs of curves that lie over one another.
const SIGNS: [char; 6] = ['1', '2', '3', '4', '5', '6'];

impl Train {
    pub(super) fn view_run(
        &self,
        page: &RunPage,
        card: &RunCard,
        area: Rect,
        setting: &Setting,
        canvas: &Canvas,
        buffer: &mut Buffer,
    ) {
        let look = &setting.look;
        let seen = self.seen.get(&card.id).map(Arc::as_ref);
        let head = head(card, page, seen, setting, area.width);
        let taken = bars::write_lines(area, &head, buffer);
        let below = Rect { y: area.y + taken, height: area.height.saturating_sub(taken), ..area };
        let Some(seen) = seen else {
            let words = format!("{} reading its files", spinner(setting.now.as_millis() / 125));
            buffer.set_string(below.x, below.y, words, look.quiet);
            return;
        };
        let columns = usize::from(below.width);
        let scrolled = |lines: Vec<Line<'_>>, top: usize, buffer: &mut Buffer| {
            let top = top.min(lines.len().saturating_sub(usize::from(below.height)));
            bars::write_lines(below, &lines[top..], buffer);
        };
        match page.part {
            Part::Charts => self.view_charts(page, below, setting, buffer),
            Part::Recipe => scrolled(recipe_lines(&seen.recipe, columns, look), page.top, buffer),
            Part::Log => {
                let lines: Vec<Line<'_>> = seen
                    .log
                    .iter()
                    .flat_map(|line| text::wrap(&text::clean_line(line), columns))
                    .map(|line| Line::styled(line, look.text))
                    .collect();
                // Its end is what counts; up goes back from there.
                let last = lines.len().saturating_sub(usize::from(below.height));
                scrolled(lines, last.saturating_sub(page.top), buffer);
            }
            Part::Samples | Part::Rollouts => match page.text(seen) {
                Some(said) => self.view_text(said, page, below, setting, canvas, buffer),
                None => buffer.set_string(below.x, below.y, "There are none yet.", look.quiet),
            },
        }
    }

    /// As many charts as have room, from the chosen measure on.
    pub(super) fn view_charts(&self, page: &RunPage, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let shown = self.shown();
        let Some(first) = shown.first() else { return };
        let names = metrics(first);
        if names.is_empty() {
            buffer.set_string(area.x, area.y, "No step is done yet.", setting.look.quiet);
            return;
        }
        let across = (area.width / CHART.0).clamp(1, 3);
        let down = (area.height / CHART.1).clamp(1, MOST / across);
        let count = usize::from(across * down).min(names.len());
        let across = across.min(count as u16);
        let down = (count as u16).div_ceil(across);
        for n in 0..count as u16 {
            let (width, height) = (area.width / across, area.height / down);
            let place = Rect {
                x: area.x + n % across * width,
                y: area.y + n / across * height,
                width: width - u16::from(n % across + 1 < across) * 2,
                height,
            };
            let name = names[(page.metric + usize::from(n)) % names.len()];
            self.chart(name, &shown, page, setting).view(place, &setting.look, setting.ascii, buffer);
        }
    }

    fn chart<'a>(&self, name: &str, shown: &[&RunSeen], page: &RunPage, setting: &Setting) -> Chart<'a> {
        let look = &setting.look;
        let steps = page.steps.unwrap_or_else(|| all_steps(shown));
        let several = shown.iter().filter(|seen| seen.curve(name).is_some()).count() > 1;
        let mut title = vec![Span::styled(text::clean_line(name), look.strong)];
        let mut strokes = Vec::new();
        let mut found = None;
        for (n, seen) in shown.iter().enumerate().take(SIGNS.len()) {
            let Some(curve) = seen.curve(name) else { continue };
            let (style, sign) = (colour(n, look), if several { SIGNS[n] } else { '*' });
            // Two points have nothing between them to be smoothed.
            let weight = if curve.points.len() > 2 { WEIGHTS[page.smooth] } else { 0.0 };
            if weight > 0.0 {
                strokes.push(Stroke { points: curve.points.clone(), style: look.hollow, sign, faint: true });
            }
            let points = if weight > 0.0 { smooth(&curve.points, weight) } else { curve.points.clone() };
            let last = points.last().map_or(String::new(), |(_, value)| format!(" {}", number(*value)));
            let label = if several { format!("  {sign}{last} {}", text::clip(&seen.card.id, 28)) } else { last };
            title.push(Span::styled(text::clean_line(&label), style));
            strokes.push(Stroke { points, style, sign, faint: false });
            if n == 0 {
                found = best(name, &curve.points);
            }
        }
        if let Some((step, value)) = found {
            title.push(Span::styled(format!("  best {} at {step}", number(value)), look.good));
        }
        Chart { title, strokes, steps, log: page.log, best: found }
    }

    /// What a run said, with the frames it is about where they are known.
    fn view_text(
        &self,
        said: &RunText,
        page: &RunPage,
        area: Rect,
        setting: &Setting,
        canvas: &Canvas,
        buffer: &mut Buffer,
    ) {
        let look = &setting.look;
        let sequence = said.sequence.as_ref().and_then(|id| self.sequences.get(id)?.as_ref());
        let mut below = area;
        if let Some(sequence) = sequence.filter(|_| area.height > 14) {
            let height = (area.height / 3).max(7);
            frames(sequence, Rect { height, ..area }, setting, canvas, buffer);
            below = Rect { y: area.y + height, height: area.height - height, ..area };
        }
        let columns = usize::from(below.width).min(100);
        let mut lines: Vec<Line<'_>> = Vec::new();
        for (name, value) in &said.fields {
            let short = value.chars().count() + name.len() < 60 && !value.contains('\n');
            if short {
                let head = Span::styled(format!("{}  ", text::clean_line(name)), look.strong);
                lines.push(Line::from(vec![head, Span::styled(text::clean_line(value), look.text)]));
            } else {
                lines.push(Line::styled(text::clean_line(name), look.strong));
                let wrapped = text::wrap(&text::clean(value), columns.saturating_sub(2));
                lines.extend(wrapped.into_iter().map(|line| Line::styled(format!("  {line}"), look.text)));
            }
        }
        let top = page.top.min(lines.len().saturating_sub(usize::from(below.height)));
        bars::write_lines(below, &lines[top..], buffer);
    }
}

fn frames(sequence: &Sequence, area: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
    let Some(first) = sequence.frames.first() else { return };
    let strip = Strip::new(area, sequence.frames.len(), 0, setting.shape(first.width, first.height));
    for (frame, slot) in sequence.frames[strip.page.clone()].iter().zip(&strip.slots) {
        captioned(canvas, frame, (false, ""), *slot, &setting.look, buffer);
    }
}

/// Curves over one another differ in colour, and by the signs at their ends.
fn colour(n: usize, look: &Look) -> Style {
    [look.chosen, look.lit, look.good, look.warning, look.fault, look.text][n % 6]
}

/// How the run stands, in two or three rows.
fn head(card: &RunCard, page: &RunPage, seen: Option<&RunSeen>, setting: &Setting, columns: u16) -> Vec<Line<'static>> {
    let look = &setting.look;
    let (sign, style) = sign(card.state, look, setting.now.as_millis() / 125);
    let mut first = vec![
        Span::styled(format!("{sign} {}", card.state.word()), style),
        Span::styled(format!("  {}", text::clean_line(&card.id)), look.strong),
    ];
    if let Some((parent, step)) = &card.parent {
        first.push(Span::styled(format!("  from {} after {step}", text::clean_line(parent)), look.quiet));
    }
    let mut second = progress(card, BAR, look);
    let mut more = String::new();
    if let Some(seconds) = card.seconds_a_step {
        more.push_str(&format!(" · {} s/step", number(seconds)));
    }
    if let Some(memory) = card.memory {
        more.push_str(&format!(" · {:.2} GB", memory as f64 / 1e9));
    }
    if let (Some(began), Some(ended)) = (card.began, card.ended)
        && ended >= began
    {
        more.push_str(&format!(" · took {}", span((ended - began) as f64)));
    }
    if !card.stage.is_empty() {
        more.push_str(&format!(" · {}", text::clean_line(&card.stage)));
    }
    second.push(Span::styled(more, look.quiet));
    let mut parts = Vec::new();
    for part in Part::all() {
        let style = if part == page.part { look.chosen } else { look.quiet };
        parts.push(Span::styled(part.word(), style));
        parts.push(Span::raw("  "));
    }
    let about = match page.part {
        Part::Charts => {
            let scale = if page.log { "log" } else { "linear" };
            format!("{scale}, smoothed by {}", WEIGHTS[page.smooth])
        }
        Part::Samples | Part::Rollouts => match seen.and_then(|seen| Some((seen, page.text(seen)?))) {
            Some((seen, said)) => {
                let count = page.texts(seen).len();
                format!("step {}, {} of {count}; left and right", said.step, count - page.back.min(count - 1))
            }
            None => String::new(),
        },
        Part::Log | Part::Recipe => String::new(),
    };
    parts.push(Span::styled(about, look.quiet));
    let mut lines = vec![Line::from(first), Line::from(second), Line::from(parts)];
    if let Some(notice) = &card.why {
        lines.splice(2..2, bars::notice_lines(notice, columns, look));
    }
    lines
}
