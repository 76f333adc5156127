//! The help: every key and what it means, straight from the keymap. A page of its own, so that pictures need not lie under it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::place::Place;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;

/// The help page, scrolled by so many lines. What can be done where the visitor was comes first.
#[derive(Clone, Copy, Debug)]
pub struct Help {
    place: Place,
    top: usize,
}

/// Width of the column of keys.
const KEYS: usize = 22;

impl Help {
    pub fn of(place: Place) -> Help {
        Help { place, top: 0 }
    }

    pub fn act(&mut self, action: Action, setting: &Setting) -> Turn {
        let most = self.lines(setting).len().saturating_sub(usize::from(setting.body().height));
        match action {
            Action::Up => self.top = self.top.saturating_sub(1),
            Action::Down => self.top = (self.top + 1).min(most),
            Action::PageUp => self.top = self.top.saturating_sub(usize::from(setting.body().height)),
            Action::PageDown => self.top = (self.top + usize::from(setting.body().height)).min(most),
            Action::First => self.top = 0,
            Action::Last => self.top = most,
            Action::Back | Action::Help => return Turn::Leave,
            _ => {}
        }
        Turn::Stay
    }

    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let body = setting.body();
        let lines = self.lines(setting);
        let shown = &lines[self.top.min(lines.len())..];
        bars::write_lines(Rect { x: 2, width: body.width.saturating_sub(4), ..body }, shown, buffer);
    }

    fn lines(&self, setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        let columns = usize::from(setting.columns).saturating_sub(KEYS + 4);
        let mut lines = Vec::new();
        let others = Place::ALL.into_iter().filter(|place| *place != self.place && *place != Place::Help);
        for place in [self.place].into_iter().chain(others) {
            lines.push(Line::styled(place.heading(), look.strong));
            for row in setting.keymap.rows(place) {
                let keys = row.keys.iter().map(|key| key.sign()).collect::<Vec<_>>().join(" ");
                let pad = KEYS.saturating_sub(text::width(&keys));
                for (n, words) in text::wrap(row.action.sentence(), columns).into_iter().enumerate() {
                    let head = if n == 0 { format!("{keys}{}", " ".repeat(pad)) } else { " ".repeat(KEYS) };
                    lines.push(Line::from(vec![Span::styled(head, look.key), Span::styled(words, look.text)]));
                }
            }
            lines.push(Line::default());
        }
        lines
    }
}
