//! Words changed by hand: the wording of a task, or a story. What was there before stays.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::Widget;
use ratatui_textarea::{CursorMove, TextArea};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::key::Key;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::typing::{input, page};
use crate::story::{Finish, Origin, Story, Task, Timing};

/// What is written.
#[derive(Clone, Debug)]
enum Purpose {
    /// How a task is asked; the task's own wording.
    Prompt(Task, String),
    Story(Box<Story>),
}

/// A page of text under the visitor's hands.
#[derive(Clone, Debug)]
pub struct Writing {
    purpose: Purpose,
    area: TextArea<'static>,
    before: String,
    /// Leaving was asked for with words that are not kept: once more gives them up.
    leaving: bool,
}

impl Writing {
    /// How a task is asked: `now`, where that is not its `standard` wording.
    pub fn prompt(task: Task, standard: String, now: Option<String>) -> Writing {
        let text = now.unwrap_or_else(|| standard.clone());
        Writing::new(Purpose::Prompt(task, standard), &text)
    }

    /// A story to be changed.
    pub fn story(story: Story) -> Writing {
        let text = story.text.clone();
        Writing::new(Purpose::Story(Box::new(story)), &text)
    }

    fn new(purpose: Purpose, text: &str) -> Writing {
        Writing { purpose, area: page(text), before: text::clean(text), leaving: false }
    }

    fn text(&self) -> String {
        self.area.lines().join("\n")
    }

    /// Any key but those of an action is typed.
    pub fn press(&mut self, key: Key) {
        self.leaving = false;
        self.area.input(input(key));
    }

    pub fn paste(&mut self, pasted: &str) {
        self.leaving = false;
        self.area.insert_str(text::clean(pasted));
    }

    pub fn act(&mut self, action: Action) -> Turn {
        let text = self.text();
        match action {
            Action::Keep if text.trim().is_empty() => Turn::Leave,
            Action::Keep => match &self.purpose {
                Purpose::Prompt(task, standard) => {
                    let own = (text.trim() != standard.trim()).then(|| text.trim().to_owned());
                    Turn::LeaveAnd(vec![Effect::KeepTemplate(*task, own)])
                }
                Purpose::Story(_) if text == self.before => Turn::Leave,
                Purpose::Story(story) => Turn::LeaveAnd(vec![Effect::KeepStory(Box::new(by_hand(story, text)))]),
            },
            Action::Reset => {
                let text = match &self.purpose {
                    Purpose::Prompt(_, standard) => standard.clone(),
                    Purpose::Story(_) => self.before.clone(),
                };
                self.area.select_all();
                self.area.insert_str(text);
                self.area.move_cursor(CursorMove::Top);
                Turn::Stay
            }
            Action::Back if text != self.before && !self.leaving => {
                self.leaving = true;
                Turn::Stay
            }
            Action::Back => Turn::Leave,
            _ => Turn::Stay,
        }
    }

    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let (head, about) = match &self.purpose {
            Purpose::Prompt(task, _) => (
                format!("How \"{task}\" is asked"),
                "{{ cast }}, {{ frames }}, {{ title }} and {{ so_far }} are filled in",
            ),
            Purpose::Story(_) => ("The story".to_owned(), "one line for each frame; the story that was told stays"),
        };
        let row = Rect { x: 2, width: body.width.saturating_sub(4), height: 1, ..body };
        bars::row(row, vec![Span::styled(head, look.strong)], vec![Span::styled(about, look.quiet)], buffer);
        let page = Rect {
            x: 2,
            y: body.y + 2,
            width: body.width.saturating_sub(4).min(100),
            height: body.height.saturating_sub(2),
        };
        let mut area = self.area.clone();
        area.set_style(look.text);
        area.set_cursor_style(look.chosen_bar);
        (&area).render(page, buffer);
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let (words, style) = match (self.leaving, self.text() == self.before) {
            (true, _) => ("what you wrote is not kept: ctrl-s keeps it, esc once more gives it up", look.warning),
            (false, true) => ("", look.quiet),
            (false, false) => ("changed", look.lit),
        };
        bars::row(line, vec![Span::styled(words, style)], vec![], buffer);
    }
}

/// Another version of a story, in a person's words. The session gives it its name and time.
fn by_hand(story: &Story, text: String) -> Story {
    Story {
        text,
        tokens: Vec::new(),
        finish: Finish::End,
        timing: Timing::default(),
        origin: Origin { parent: Some(story.id.clone()), by_hand: true, given: 0, ..story.origin.clone() },
        ..story.clone()
    }
}
