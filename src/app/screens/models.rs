//! The models there are: what each is, how large, where it stands; and which one tells.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::look::{HERE, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::list::{Chosen, view_list};
use crate::story::{ModelCard, ModelState, Notice};

/// The list of models.
#[derive(Clone, Debug, Default)]
pub struct Models {
    cards: Option<Vec<ModelCard>>,
    chosen: Chosen,
    notice: Option<Notice>,
}

impl Models {
    pub fn list(&mut self, listed: Result<Vec<ModelCard>, Notice>) {
        match listed {
            Ok(cards) => {
                if self.cards.is_none() {
                    self.chosen = Chosen(cards.iter().position(|card| card.current).unwrap_or(0));
                }
                self.cards = Some(cards);
            }
            Err(notice) => self.notice = Some(notice),
        }
    }

    /// Something here changes with time alone.
    pub fn is_waiting(&self) -> bool {
        self.cards.is_none() && self.notice.is_none()
    }

    pub fn act(&mut self, action: Action) -> Turn {
        self.notice = None;
        let cards = self.cards.as_deref().unwrap_or_default();
        if self.chosen.act(action, cards.len()) {
            return Turn::Stay;
        }
        match (action, cards.get(self.chosen.0)) {
            (Action::Open, Some(card)) if !card.current => Turn::Do(Effect::UseModel(card.name.clone())),
            (Action::Back | Action::Models, _) => Turn::Leave,
            _ => Turn::Stay,
        }
    }

    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, y: body.y + 1, width: body.width - 2, height: body.height - 1 };
        let Some(cards) = &self.cards else {
            let words = format!("{} listing the models", spinner(setting.now.as_millis() / 125));
            buffer.set_stringn(area.x, area.y, words, usize::from(area.width), look.quiet);
            return;
        };
        let list = Rect { height: area.height.saturating_sub(3), ..area };
        view_list(list, cards.len(), 3, self.chosen, buffer, |n| item(&cards[n], n == self.chosen.0, setting));
        let more = [
            Line::styled("Another model: storyloom model add FOLDER, or a name on the hub such as", look.quiet),
            Line::styled("storyloom model add HuggingFaceTB/SmolVLM-256M-Instruct", look.text),
        ];
        bars::write_lines(Rect { y: area.bottom() - 2, height: 2, ..area }, &more, buffer);
        if let Some(notice) = &self.notice {
            let lines = bars::notice_lines(notice, area.width, look);
            let height = (lines.len() as u16).min(area.height);
            bars::write_lines(Rect { y: area.bottom() - height, height, ..area }, &lines, buffer);
        }
    }
}

fn item(card: &ModelCard, here: bool, setting: &Setting) -> Vec<Line<'static>> {
    let look = &setting.look;
    // The state of the model at work is known better than the list knew it.
    let now = setting.model.as_ref().filter(|model| model.name == card.name);
    let state = now.map_or(card.state, |model| model.state);
    let (sign, word, style) = match (now.is_some(), state) {
        (_, ModelState::Loading) => (spinner(setting.now.as_millis() / 125).to_string(), "loading", look.lit),
        (_, ModelState::Broken) => ("✗".to_owned(), "cannot be loaded", look.fault),
        (true, ModelState::Ready) => ("●".to_owned(), "tells", look.good),
        _ => ("○".to_owned(), "rests", look.quiet),
    };
    let name = text::clean_line(&card.name);
    let family = if card.family.is_empty() { "unknown family" } else { &card.family };
    let world = if card.world_only { " · knows the picture world only" } else { "" };
    let about = format!(
        "    {family} · {} parameters · {} · {}{world} · {}",
        amount(card.parameters as f64, ["", " k", " M", " B"]),
        amount(card.bytes as f64, [" B", " kB", " MB", " GB"]),
        if card.dtype.is_empty() { "?" } else { &card.dtype },
        text::clean_line(&card.source),
    );
    vec![
        Line::from(vec![
            Span::styled(format!("{} ", if here { HERE } else { " " }), look.chosen),
            Span::styled(format!("{sign} "), style),
            Span::styled(name, if here { look.chosen } else { look.strong }),
            Span::styled(format!("  {word}"), style),
        ]),
        Line::styled(about, look.quiet),
        Line::default(),
    ]
}

/// "7.7 M", "15.4 MB".
fn amount(value: f64, units: [&str; 4]) -> String {
    let place = (0..4).rev().find(|place| value >= 1000f64.powi(*place)).unwrap_or(0);
    let value = value / 1000f64.powi(place);
    let digits = usize::from(place > 0 && value < 100.0);
    format!("{value:.digits$}{}", units[place as usize])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_three_digits_or_so() {
        let units = ["", " k", " M", " B"];
        for (value, words) in [(7.0, "7"), (7_712_345.0, "7.7 M"), (256e6, "256 M"), (2.2e9, "2.2 B"), (999.0, "999")] {
            assert_eq!(amount(value, units), words);
        }
    }
}
