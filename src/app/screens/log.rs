//! What happened during this visit, newest first: what was opened, told, written, and what failed with what to do about it.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::log::Log;
use crate::app::look::FAULT;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;

/// The log, scrolled by so many rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogPane {
    top: usize,
}

impl LogPane {
    pub fn act(&mut self, action: Action) -> Turn {
        match action {
            Action::Up => self.top = self.top.saturating_sub(1),
            Action::Down => self.top += 1,
            Action::PageUp => self.top = self.top.saturating_sub(10),
            Action::PageDown => self.top += 10,
            Action::First => self.top = 0,
            Action::Back | Action::Log => return Turn::Leave,
            _ => {}
        }
        Turn::Stay
    }

    pub fn view(&self, log: &Log, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, width: body.width - 2, ..body };
        let mut lines: Vec<Line<'static>> = Vec::new();
        for entry in log.newest_first() {
            let (sign, style) = if entry.fault { (FAULT, look.fault) } else { ("·", look.quiet) };
            let columns = usize::from(area.width).saturating_sub(13);
            for (n, words) in text::wrap(&text::clean(&entry.words), columns).into_iter().enumerate() {
                let time = if n == 0 { clock(entry.at) } else { " ".repeat(8) };
                let sign = if n == 0 { sign } else { " " };
                lines.push(Line::from(vec![
                    Span::styled(format!("{time}  "), look.quiet),
                    Span::styled(format!("{sign} "), style),
                    Span::styled(words, look.text),
                ]));
            }
        }
        if lines.is_empty() {
            lines.push(Line::styled("Nothing has happened yet.", look.quiet));
        }
        let top = self.top.min(lines.len().saturating_sub(usize::from(area.height)));
        bars::write_lines(area, &lines[top..], buffer);
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let words = "times since you came in, newest first; only this visit's";
        bars::row(line, vec![Span::styled(words, look.quiet)], vec![], buffer);
    }
}

/// "00:04:31".
fn clock(at: Duration) -> String {
    let seconds = at.as_secs();
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
