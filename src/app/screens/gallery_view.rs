//! The gallery as it is drawn: tiles, the line that is typed, what went wrong.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::gallery::{Gallery, Order, Typing};
use super::grid::{CAPTION, Grid, ROOMY};
use crate::app::card::Card;
use crate::app::look::{HERE, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::picture::picture;
use crate::canvas::Canvas;

impl Gallery {
    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let body = setting.body();
        let shown = self.shown();
        if shown.is_empty() {
            self.view_empty(body, setting, buffer);
        }
        let grid = Grid::new(body, self.cards.len());
        let from = self.top * grid.across;
        for (n, card) in shown.iter().enumerate().skip(from).take(grid.across * grid.down) {
            let (across, down) = ((n - from) % grid.across, (n - from) / grid.across);
            let tile = Rect {
                x: body.x + across as u16 * grid.width,
                y: body.y + down as u16 * grid.height,
                width: grid.width,
                height: grid.height,
            };
            view_tile(card, n == self.chosen, tile, setting, canvas, buffer);
        }
        self.view_foot(&shown, setting, buffer);
    }

    fn view_empty(&self, body: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let lines = if !self.loaded {
            vec![Line::styled(format!("{} opening the shelf", spinner(setting.now.as_millis() / 125)), look.quiet)]
        } else if self.filter.is_empty() {
            vec![
                Line::styled("There are no sequences yet.", look.strong),
                Line::styled("Press o and type the path of a folder of pictures, a CBZ or an animation,", look.quiet),
                Line::styled("or drop it onto this window.", look.quiet),
            ]
        } else {
            let words = format!("Nothing here has \"{}\" in its title or source.", text::clip(&self.filter, 40));
            vec![Line::styled(words, look.strong), Line::styled("Press esc to see all sequences.", look.quiet)]
        };
        let top = body.y + body.height.saturating_sub(lines.len() as u16) / 2;
        for (y, line) in (top..body.bottom()).zip(&lines) {
            let width = (line.width() as u16).min(body.width);
            buffer.set_line(body.x + (body.width - width) / 2, y, line, width);
        }
    }

    /// The line above the footer: what is being typed, what went wrong, or more about the chosen sequence.
    fn view_foot(&self, shown: &[&Card], setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let of = format!("{} of {}", shown.len(), self.cards.len());
        match (&self.typing, &self.notice, &self.opening) {
            (Some(Typing::Filter(field)), ..) => {
                let typed =
                    vec![Span::styled("/ ", look.lit), Span::raw(field.text.as_str()), Span::styled("▏", look.lit)];
                bars::row(line, typed, vec![Span::styled(of, look.quiet)], buffer);
            }
            (Some(Typing::Path(field)), ..) => {
                let room = usize::from(line.width).saturating_sub(30);
                let typed = text::clip_middle(&field.text, room);
                let spans = vec![Span::styled("open: ", look.lit), Span::raw(typed), Span::styled("▏", look.lit)];
                bars::row(line, spans, vec![Span::styled("enter opens, esc leaves", look.quiet)], buffer);
            }
            (None, Some(notice), _) => {
                let lines = bars::notice_lines(notice, line.width, look);
                let height = (lines.len() as u16).min(setting.rows / 2);
                let area = Rect { y: line.bottom() - height, height, ..line };
                clear(Rect { x: 0, width: setting.columns, ..area }, buffer);
                bars::write_lines(area, &lines, buffer);
            }
            (None, None, Some(path)) => {
                let sign = spinner(setting.now.as_millis() / 125);
                let room = usize::from(line.width) - 36;
                let words = format!("{sign} opening {}", text::clip_middle(path, room));
                let far = self.gathering.map(|(done, of)| {
                    let eighths = done * 8 / of.max(1);
                    format!("{}{} {done} of {of}", "█".repeat(eighths), "░".repeat(8 - eighths))
                });
                let far = far.map(|far| Span::styled(far, look.lit)).into_iter().collect();
                bars::row(line, vec![Span::styled(words, look.lit)], far, buffer);
            }
            (None, None, None) if self.said.is_some() => {
                let said = text::clean_line(self.said.as_deref().unwrap_or_default());
                bars::row(line, vec![Span::styled(said, look.good)], vec![], buffer);
            }
            (None, None, None) => {
                let Some(card) = shown.get(self.chosen) else { return };
                let mut about = vec![Span::styled(card.title.as_str(), look.strong)];
                for more in [card.credits.as_deref(), Some(card.source.as_str())].into_iter().flatten() {
                    about.push(Span::styled(format!(" · {more}"), look.quiet));
                }
                let mut place = match self.filter.is_empty() {
                    true if self.order != Order::Listed => {
                        format!("{}/{} {}", self.chosen + 1, shown.len(), self.order.words())
                    }
                    true => format!("{}/{}", self.chosen + 1, shown.len()),
                    false => format!("filter \"{}\": {of}", text::clip(&self.filter, 20)),
                };
                if let Some(group) = &self.group {
                    place = format!("in {} · {place}", text::clip_middle(group, 30));
                }
                bars::row(line, about, vec![Span::styled(place, look.quiet)], buffer);
            }
        }
    }
}

fn clear(area: Rect, buffer: &mut Buffer) {
    for position in area.intersection(buffer.area).positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.reset();
        }
    }
}

fn view_tile(card: &Card, chosen: bool, tile: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
    let look = &setting.look;
    let inner = Rect { x: tile.x + 1, width: tile.width.saturating_sub(2), ..tile };
    let below = CAPTION + u16::from(tile.height >= ROOMY);
    let slot = Rect { height: inner.height.saturating_sub(below), ..inner };
    let taken = picture(canvas, &card.cover, &card.title, slot, look, buffer);
    if chosen {
        for y in taken.top()..taken.bottom() {
            let left = taken.x.saturating_sub(1).max(tile.x);
            buffer.set_string(left, y, "▐", look.chosen);
        }
    }
    let line = Rect { y: slot.bottom(), height: 1, ..inner };
    if line.bottom() > buffer.area.bottom() {
        return;
    }
    let width = usize::from(line.width);
    let (title_style, count_style) = if chosen { (look.chosen_bar, look.text) } else { (look.text, look.quiet) };
    let title = if chosen { format!("{HERE} {}", card.title) } else { card.title.clone() };
    let title = text::clip(&title, width);
    let space = width - text::width(&title);
    let (before, after) = (space / 2, space - space / 2);
    let title = format!("{}{title}{}", " ".repeat(before), " ".repeat(after));
    buffer.set_string(line.x, line.y, title, title_style);
    let counts = text::clip(&card.counts(), width);
    let indent = (width - text::width(&counts)) / 2;
    if line.y + 1 < tile.bottom() {
        buffer.set_string(line.x + indent as u16, line.y + 1, counts, count_style);
    }
}
