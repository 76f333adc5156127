//! The lines at the head and the foot of a screen, and notices.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::action::Action;
use crate::app::look::{FAULT, Look};
use crate::app::place::Place;
use crate::app::setting::Setting;
use crate::app::text;
use crate::story::Notice;

/// Writes spans from the left edge of a row and others up to its right edge; the left ones give way.
pub fn row(area: Rect, left: Vec<Span<'_>>, right: Vec<Span<'_>>, buffer: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let right = Line::from(right);
    let right_width = (right.width() as u16).min(area.width);
    let gap = u16::from(right_width > 0);
    let mut room = usize::from(area.width.saturating_sub(right_width + gap));
    let mut x = area.x;
    for span in left {
        let content = text::clip(&span.content, room);
        room -= text::width(&content).min(room);
        x = buffer.set_stringn(x, area.y, &content, usize::from(area.right().saturating_sub(x)), span.style).0;
    }
    buffer.set_line(area.right() - right_width, area.y, &right, right_width);
}

/// The footer: what the most useful keys mean here, those that can do something. Hints that do not fit are left out whole; the help has them all.
pub fn footer(area: Rect, place: Place, can: &dyn Fn(Action) -> bool, setting: &Setting, buffer: &mut Buffer) {
    let look = &setting.look;
    for (x, sign, action) in hints(area, place, can, setting) {
        let spans =
            Line::from(vec![Span::styled(sign, look.key), Span::raw(" "), Span::styled(action.label(), look.quiet)]);
        buffer.set_line(x, area.y, &spans, area.right() - x);
    }
}

/// The hint of a footer at a column, if there is one: for the mouse.
pub fn hint_at(
    column: u16,
    area: Rect,
    place: Place,
    can: &dyn Fn(Action) -> bool,
    setting: &Setting,
) -> Option<Action> {
    let at = |(x, sign, action): &(u16, String, Action)| (*x..*x + hint_width(sign, *action)).contains(&column);
    hints(area, place, can, setting).into_iter().find(at).map(|(_, _, action)| action)
}

/// The hints that fit, each with its column.
fn hints(area: Rect, place: Place, can: &dyn Fn(Action) -> bool, setting: &Setting) -> Vec<(u16, String, Action)> {
    let mut x = area.x + 1;
    let mut fit = Vec::new();
    for (sign, action) in setting.keymap.hints(place).into_iter().filter(|(_, action)| can(*action)) {
        let width = hint_width(&sign, action);
        if x + width > area.right() {
            break;
        }
        fit.push((x, sign, action));
        x += width + 3;
    }
    fit
}

fn hint_width(sign: &str, action: Action) -> u16 {
    (text::width(sign) + 1 + text::width(action.label())) as u16
}

/// A notice as lines of at most `columns` cells: what, and what to do next.
pub fn notice_lines(notice: &Notice, columns: u16, look: &Look) -> Vec<Line<'static>> {
    let columns = usize::from(columns).saturating_sub(2);
    let what = marked(FAULT, look.fault, &text::clean(&notice.what), look.text, columns);
    let advice = marked("→", look.quiet, &text::clean(&notice.try_this), look.quiet, columns);
    what.into_iter().chain(advice).collect()
}

/// Wrapped text behind a sign; further lines are indented.
pub fn marked(sign: &str, sign_style: Style, words: &str, style: Style, columns: usize) -> Vec<Line<'static>> {
    let lines = text::wrap(words.trim(), columns);
    let line = |(n, words): (usize, String)| {
        let mark = if n == 0 { format!("{sign} ") } else { "  ".to_owned() };
        Line::from(vec![Span::styled(mark, sign_style), Span::styled(words, style)])
    };
    lines.into_iter().enumerate().map(line).collect()
}

/// Writes lines from the top of an area, as many as fit; how many that were.
pub fn write_lines(area: Rect, lines: &[Line<'_>], buffer: &mut Buffer) -> u16 {
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        buffer.set_line(area.x, y, line, area.width);
    }
    (lines.len() as u16).min(area.height)
}
