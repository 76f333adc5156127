//! The stories behind a figure of an evaluation: one at a time with its frames, the worst by that measure first.

use std::collections::HashMap;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::look::spinner;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::picture::captioned;
use crate::app::widgets::strip::Strip;
use crate::canvas::Canvas;
use crate::story::{Cell, Direction, MeasureRow, Notice, Sequence, SequenceId, Specimen};

/// Rows that a page key goes.
const PAGE: usize = 10;
/// Wider lines are hard to read.
const WIDEST: usize = 100;
/// Least height in which frames stand over a story.
const HIGH: u16 = 14;

/// The stories of one model, in the order of one measure.
#[derive(Clone, Debug)]
pub(super) struct Behind {
    pub evaluation: String,
    pub model: String,
    measure: String,
    words: String,
    direction: Direction,
    stories: Option<Result<Arc<Vec<Specimen>>, Notice>>,
    /// Places of those that the measure has a figure of.
    order: Vec<usize>,
    at: usize,
    top: usize,
    frames: HashMap<SequenceId, Result<Arc<Sequence>, Notice>>,
}

impl Behind {
    pub fn new(evaluation: String, model: String, row: &MeasureRow) -> Behind {
        Behind {
            evaluation,
            model,
            measure: row.key.clone(),
            words: row.words.trim().trim_start_matches("... ").to_owned(),
            direction: row.direction,
            stories: None,
            order: Vec::new(),
            at: 0,
            top: 0,
            frames: HashMap::new(),
        }
    }

    pub fn is_waiting(&self) -> bool {
        self.stories.is_none()
    }

    fn current(&self) -> Option<&Specimen> {
        self.stories.as_ref()?.as_ref().ok()?.get(*self.order.get(self.at)?)
    }

    /// The stories have come; what the first one is about is asked for.
    pub fn take(&mut self, stories: Result<Arc<Vec<Specimen>>, Notice>) -> Vec<Effect> {
        if let Ok(stories) = &stories {
            self.order = order(stories, &self.measure, self.direction);
        }
        self.stories = Some(stories);
        self.look().into_iter().collect()
    }

    pub fn frames(&mut self, id: &SequenceId, frames: &Result<Arc<Sequence>, Notice>) {
        self.frames.insert(id.clone(), frames.clone());
    }

    /// Asks for the frames of the story that is read.
    fn look(&self) -> Option<Effect> {
        let told = self.current()?;
        Some(Effect::LoadFrames { sequence: told.sequence.clone()?, source: told.source.clone() })
    }

    /// `None`: it is left.
    pub fn act(&mut self, action: Action, setting: &Setting) -> Option<Turn> {
        let last = self.order.len().saturating_sub(1);
        let at = match action {
            Action::Back => return None,
            Action::Left => self.at.saturating_sub(1),
            Action::Right => (self.at + 1).min(last),
            _ => {
                let area = self.text_area(setting);
                let most = self.lines(area.width, setting).len().saturating_sub(usize::from(area.height));
                self.top = scrolled(action, self.top, most);
                return Some(Turn::Stay);
            }
        };
        if at == self.at {
            return Some(Turn::Stay);
        }
        (self.at, self.top) = (at, 0);
        Some(self.look().map_or(Turn::Stay, Turn::Do))
    }

    fn area(setting: &Setting) -> Rect {
        let body = setting.body();
        Rect { x: 1, width: body.width.saturating_sub(2), ..body }
    }

    fn sequence(&self) -> Option<&Result<Arc<Sequence>, Notice>> {
        self.frames.get(self.current()?.sequence.as_ref()?)
    }

    /// Rows of the frames: none where they would leave no room for words.
    fn frame_rows(&self, setting: &Setting) -> u16 {
        let height = Self::area(setting).height;
        // Also before they have come, so that nothing moves when they do.
        let missing = matches!(self.sequence(), Some(Err(_)));
        if height <= HIGH || missing { 0 } else { (height * 2 / 5).max(7) }
    }

    /// Where the words are.
    fn text_area(&self, setting: &Setting) -> Rect {
        let area = Self::area(setting);
        let above = (2 + self.frame_rows(setting)).min(area.height);
        Rect { y: area.y + above, height: area.height - above, ..area }
    }

    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let look = &setting.look;
        let area = Self::area(setting);
        let head = Line::from(vec![
            Span::styled(text::clean_line(&self.model), look.chosen),
            Span::styled(format!("  {}", text::clean_line(&self.words)), look.strong),
        ]);
        buffer.set_line(area.x, area.y, &head, area.width);
        let below = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        match (&self.stories, self.current()) {
            (None, _) => {
                let words = format!("{} reading the stories", spinner(setting.now.as_millis() / 125));
                buffer.set_stringn(below.x, below.y, words, usize::from(below.width), look.quiet);
            }
            (Some(Err(notice)), _) => {
                bars::write_lines(below, &bars::notice_lines(notice, below.width, look), buffer);
            }
            (Some(Ok(_)), None) => {
                let words = "No story has a figure of its own here.";
                buffer.set_stringn(below.x, below.y, words, usize::from(below.width), look.quiet);
            }
            (Some(Ok(_)), Some(told)) => {
                buffer.set_line(below.x, below.y, &self.place(told, setting), below.width);
                let room = Rect { y: below.y + 1, height: self.frame_rows(setting), ..below };
                if let Some(Ok(sequence)) = self.sequence() {
                    view_frames(sequence, room, setting, canvas, buffer);
                }
                let words = self.text_area(setting);
                let lines = self.lines(words.width, setting);
                let top = self.top.min(lines.len().saturating_sub(usize::from(words.height)));
                bars::write_lines(words, &lines[top..], buffer);
            }
        }
    }

    /// "3 of 48, the worst first · Rain on the Hill · this story alone: 0.500".
    fn place(&self, told: &Specimen, setting: &Setting) -> Line<'static> {
        let look = &setting.look;
        let sorted = match (told.figures.contains_key(&self.measure), self.direction) {
            (false, _) => "",
            (true, Direction::Neither) => ", the lowest first",
            (true, _) => ", the worst first",
        };
        let mut spans = vec![
            Span::styled(format!("{} of {}{sorted} · ", self.at + 1, self.order.len()), look.quiet),
            Span::styled(text::clean_line(&told.title), look.text),
        ];
        if let Some(value) = told.figures.get(&self.measure) {
            let cell = Cell { value: Some(*value), ..Cell::default() };
            spans.push(Span::styled(" · this story alone: ", look.quiet));
            spans.push(Span::styled(cell.said(cell.value), look.lit));
        }
        Line::from(spans)
    }

    /// What was told, first under the condition or as the answers that the measure is about.
    fn lines(&self, columns: u16, setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        let Some(told) = self.current() else { return Vec::new() };
        let columns = usize::from(columns).clamp(4, WIDEST) - 2;
        let mut lines: Vec<Line<'static>> = Vec::new();
        let mut part = |head: &str, words: &str| {
            if !lines.is_empty() {
                lines.push(Line::default());
            }
            lines.push(Line::styled(text::clean_line(head), look.strong));
            let words = text::wrap(text::clean(words).trim_end(), columns);
            lines.extend(words.into_iter().map(|line| Line::styled(format!("  {line}"), look.text)));
        };
        if let Some(Err(notice)) = self.sequence() {
            part("the frames cannot be shown", &format!("{} ({})", notice.what, notice.try_this));
        }
        let answers: Vec<String> =
            told.answers.iter().map(|(asked, said)| format!("{}\n  {}", asked.trim(), said.trim())).collect();
        let asked = is_of_answers(&self.measure) && !answers.is_empty();
        let over = "questions over a jumble of other pictures, and its answers";
        if asked {
            part(over, &answers.join("\n"));
        }
        let told_under = told.condition(&self.measure);
        if let Some((condition, words)) = told_under {
            part(&format!("told under the condition {condition}"), words);
        }
        part(if told_under.is_some() { "told of its own frames" } else { "told" }, &told.text);
        if !asked && !answers.is_empty() {
            part(over, &answers.join("\n"));
        }
        lines
    }
}

/// Measures that are counted on answers and not on stories.
fn is_of_answers(measure: &str) -> bool {
    measure.ends_with("_questions") || measure.starts_with("yes_") || measure == "no_answer"
}

/// The places of stories, the worst first; those without a figure only where none has one.
fn order(stories: &[Specimen], measure: &str, direction: Direction) -> Vec<usize> {
    let figure = |at: &usize| stories[*at].figures.get(measure).copied();
    let mut places: Vec<usize> = (0..stories.len()).filter(|at| figure(at).is_some()).collect();
    if places.is_empty() {
        return (0..stories.len()).collect();
    }
    let badness = |at: &usize| {
        let value = figure(at).unwrap_or_default();
        match direction {
            Direction::Higher | Direction::Neither => value,
            Direction::Lower => -value,
            Direction::Zero => -value.abs(),
        }
    };
    places.sort_by(|a, b| badness(a).total_cmp(&badness(b)));
    places
}

fn view_frames(sequence: &Sequence, area: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
    let Some(first) = sequence.frames.first().filter(|_| area.height > 0) else { return };
    let strip = Strip::new(area, sequence.frames.len(), 0, setting.shape(first.width, first.height));
    for (frame, slot) in sequence.frames[strip.page.clone()].iter().zip(&strip.slots) {
        captioned(canvas, frame, (false, ""), *slot, &setting.look, buffer);
    }
}

/// Where a text is read from after a key, at most from `most` on.
pub(super) fn scrolled(action: Action, top: usize, most: usize) -> usize {
    let top = match action {
        Action::Up => top.saturating_sub(1),
        Action::Down => top + 1,
        Action::PageUp => top.saturating_sub(PAGE),
        Action::PageDown => top + PAGE,
        Action::First => 0,
        Action::Last => most,
        _ => top,
    };
    top.min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_story_comes_first_whichever_way_is_better() {
        let told = |value: Option<f64>| Specimen {
            figures: value.map(|value| ("gap".to_owned(), value)).into_iter().collect(),
            ..Specimen::default()
        };
        let stories = [told(Some(0.5)), told(None), told(Some(-0.9)), told(Some(0.1))];
        let places = |direction| order(&stories, "gap", direction);
        assert_eq!(places(Direction::Higher), [2, 3, 0]);
        assert_eq!(places(Direction::Lower), [0, 3, 2]);
        assert_eq!(places(Direction::Zero), [2, 0, 3]);
        assert_eq!(order(&stories, "words", Direction::Higher), [0, 1, 2, 3]);
    }

    #[test]
    fn a_text_is_not_scrolled_past_its_end() {
        assert_eq!(scrolled(Action::Down, 3, 3), 3);
        assert_eq!(scrolled(Action::PageUp, 3, 3), 0);
        assert_eq!(scrolled(Action::Last, 0, 7), 7);
        assert_eq!(scrolled(Action::Up, 9, 4), 4);
    }
}
