//! The palette: an action by a few letters of its name, over whatever is on the screen.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::action::Action;
use crate::app::key::{Key, KeyCode};
use crate::app::look::HERE;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::field::{Field, Typed};
use crate::app::widgets::list::{Chosen, view_list};

/// Rows of actions at most.
const ROWS: u16 = 10;

/// The palette over a place: what can be done there.
#[derive(Clone, Debug)]
pub struct Palette {
    field: Field,
    chosen: Chosen,
    /// What can be done here, with the sign of its key.
    offered: Vec<(Action, String)>,
}

/// What became of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Picked {
    Nothing,
    Leave,
    Do(Action),
}

impl Palette {
    pub fn new(offered: Vec<(Action, String)>) -> Palette {
        Palette { field: Field::default(), chosen: Chosen::default(), offered }
    }

    /// What matches the letters, best first.
    fn found(&self) -> Vec<&(Action, String)> {
        let mut matcher = Matcher::new(Config::DEFAULT);
        let pattern = Pattern::parse(&self.field.text, CaseMatching::Ignore, Normalization::Smart);
        let mut buffer = Vec::new();
        let mut fits = |words: &str| pattern.score(Utf32Str::new(words, &mut buffer), &mut matcher);
        // A name counts more than what is said of it.
        let mut score = |(action, _): &(Action, String)| {
            let (name, sentence) = (fits(action.label()), fits(action.sentence()));
            name.map(|score| score * 4).max(sentence)
        };
        let mut found: Vec<(u32, &(Action, String))> =
            self.offered.iter().filter_map(|offered| Some((score(offered)?, offered))).collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found.into_iter().map(|(_, offered)| offered).collect()
    }

    pub fn press(&mut self, key: Key) -> Picked {
        let count = self.found().len();
        match (key.code, key.ctrl) {
            (KeyCode::Up, _) | (KeyCode::Char('p'), true) => {
                self.chosen.act(Action::Up, count);
            }
            (KeyCode::Down, _) | (KeyCode::Char('n'), true) => {
                self.chosen.act(Action::Down, count);
            }
            _ => match self.field.press(key) {
                Typed::Meant => {
                    return self.found().get(self.chosen.0).map_or(Picked::Leave, |(action, _)| Picked::Do(*action));
                }
                Typed::GivenUp => return Picked::Leave,
                Typed::Changed => self.chosen = Chosen::default(),
                Typed::Other => {}
            },
        }
        Picked::Nothing
    }

    pub fn paste(&mut self, pasted: &str) {
        self.field.paste(pasted);
    }

    /// Draws over the foot of the screen, above the footer.
    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let found = self.found();
        let height = ROWS.min(setting.rows / 2) + 1;
        let area = Rect { x: 0, y: setting.rows - 1 - height, width: setting.columns, height: height + 1 };
        for position in area.intersection(buffer.area).positions() {
            if let Some(cell) = buffer.cell_mut(position) {
                cell.reset();
            }
        }
        let rule = "─".repeat(usize::from(area.width));
        buffer.set_string(area.x, area.y, rule, look.hollow);
        let list = Rect { x: 1, y: area.y + 1, width: area.width - 2, height: height - 1 };
        view_list(list, found.len(), 1, self.chosen, buffer, |n| {
            let (action, sign) = found[n];
            let here = n == self.chosen.0;
            let style = if here { look.chosen } else { look.strong };
            let sentence = text::clip(action.sentence(), usize::from(list.width).saturating_sub(32));
            vec![Line::from(vec![
                Span::styled(format!("{} {:<14}", if here { HERE } else { " " }, action.label()), style),
                Span::styled(format!("{sign:<14}"), look.key),
                Span::styled(sentence, look.quiet),
            ])]
        });
        if found.is_empty() {
            let words = format!("No action here has \"{}\" in its name.", text::clip(&self.field.text, 40));
            buffer.set_stringn(list.x, list.y, words, usize::from(list.width), look.quiet);
        }
        let typed = Line::from(vec![
            Span::styled(": ", look.lit),
            Span::raw(self.field.text.as_str()),
            Span::styled("▏", look.lit),
        ]);
        buffer.set_line(1, setting.rows - 1, &typed, area.width - 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_letters_find_an_action() {
        let offered = [Action::Tell, Action::History, Action::Inspect].map(|action| (action, String::new())).to_vec();
        let mut palette = Palette::new(offered);
        for key in Key::row("hist").unwrap() {
            assert_eq!(palette.press(key), Picked::Nothing);
        }
        assert_eq!(palette.press(Key::plain(KeyCode::Enter)), Picked::Do(Action::History));
        assert_eq!(palette.press(Key::plain(KeyCode::Esc)), Picked::Leave);
    }
}
