//! All stories of a sequence, newest first, each with what wrote it; any of them can be shown, or told again exactly.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use time::OffsetDateTime;

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Ask;
use crate::app::look::HERE;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::list::{Chosen, view_list};
use crate::story::{Finish, Notice, Story};

/// The stories of one sequence.
#[derive(Clone, Debug)]
pub struct History {
    /// Newest first.
    stories: Vec<Story>,
    chosen: Chosen,
    notice: Option<Notice>,
}

impl History {
    /// `shown` is the id of the story that the reader shows.
    pub fn new(stories: Vec<Story>, shown: Option<&str>) -> History {
        let chosen = stories.iter().position(|story| Some(story.id.as_str()) == shown).unwrap_or(0);
        History { stories, chosen: Chosen(chosen), notice: None }
    }

    fn current(&self) -> Option<&Story> {
        self.stories.get(self.chosen.0)
    }

    pub fn can(&self, action: Action) -> bool {
        let told = self.current().is_some_and(|story| !story.origin.by_hand && story.origin.imported.is_none());
        match action {
            Action::Open => self.current().is_some(),
            Action::Inspect => self.current().is_some_and(|story| story.origin.imported.is_none()),
            Action::Again => told,
            _ => true,
        }
    }

    pub fn act(&mut self, action: Action, setting: &Setting) -> Turn {
        self.notice = None;
        if self.chosen.act(action, self.stories.len()) {
            return Turn::Stay;
        }
        match (action, self.current()) {
            (Action::Open, Some(story)) => Turn::Story(Box::new(story.clone())),
            (Action::Again, Some(story)) => match other_model(story, setting) {
                Some(notice) => {
                    self.notice = Some(notice);
                    Turn::Stay
                }
                None => Turn::Tell(Box::new(again(story))),
            },
            (Action::Back | Action::History, _) => Turn::Leave,
            _ => Turn::Stay,
        }
    }

    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, width: body.width - 2, ..body };
        if self.stories.is_empty() {
            let words = "Nothing has been told of this sequence yet. Press esc, then space.";
            buffer.set_stringn(area.x, area.y, words, usize::from(area.width), look.quiet);
        }
        view_list(area, self.stories.len(), 3, self.chosen, buffer, |n| self.item(n, area.width, setting));
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        if let Some(notice) = &self.notice {
            let words = format!("{} · {}", notice.what, notice.try_this);
            bars::row(line, vec![Span::styled(words, look.fault)], vec![], buffer);
        } else if !self.stories.is_empty() {
            let place = format!("{} of {}, newest first", self.chosen.0 + 1, self.stories.len());
            bars::row(line, vec![Span::styled(place, look.quiet)], vec![], buffer);
        }
    }

    fn item(&self, n: usize, columns: u16, setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        let Some(story) = self.stories.get(n) else { return vec![] };
        let here = n == self.chosen.0;
        let head = format!("{} {}", if here { HERE } else { " " }, when(story.told_at));
        let about = format!(" · {} · {}", story.task, what_wrote(story));
        let first = text::clean_line(story.text.lines().next().unwrap_or_default());
        vec![
            Line::from(vec![
                Span::styled(head, if here { look.chosen } else { look.strong }),
                Span::styled(about, look.quiet),
            ]),
            Line::styled(
                format!("  {}", text::clip(&first, usize::from(columns).saturating_sub(2))),
                if here { look.text } else { look.quiet },
            ),
            Line::default(),
        ]
    }
}

/// The model that told a story is not the one at work: what to do about it.
fn other_model(story: &Story, setting: &Setting) -> Option<Notice> {
    let model = setting.model.as_ref().filter(|model| model.name != story.writer.model)?;
    let what = format!("{} told this story, and the model at work is {}", story.writer.model, model.name);
    Some(Notice::yours(what, format!("press M and choose {}", story.writer.model)))
}

/// An order for exactly this story; nothing new comes of it, so nothing is kept.
fn again(story: &Story) -> Ask {
    let window = Some(story.origin.window);
    Ask { window, keep: false, again: Some(story.text.clone()), ..Ask::new(story.sequence.clone(), story.request()) }
}

/// Who or what wrote it, how it was drawn and how it ended.
pub fn what_wrote(story: &Story) -> String {
    if story.origin.by_hand {
        return "changed by hand".to_owned();
    }
    let writer = &story.writer;
    let mut words = text::clean_line(&writer.model);
    if let Some(file) = &story.origin.imported {
        return format!("{words}, imported from {}", text::clean_line(file));
    }
    if let Some(adapter) = &writer.adapter {
        words = format!("{words} + {}", text::clean_line(adapter));
    }
    let sampling = &story.sampling;
    words += &match sampling.temperature {
        t if t > 0.0 => format!(" · temperature {t}, seed {}", sampling.seed),
        _ => " · greedy".to_owned(),
    };
    if story.origin.given > 0 {
        words += &format!(" · branched at token {}", story.origin.given);
    }
    if story.origin.template.is_some() {
        words += " · own prompt";
    }
    words += match story.finish {
        Finish::End => "",
        Finish::Stop => " · met a stop word",
        Finish::Length => " · cut at the token limit",
        Finish::Cancelled => " · stopped",
        Finish::Awaited => " · still to be told",
    };
    words
}

/// A time in UTC, "2026-11-26 14:05".
pub fn when(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    let Some(time) = time else { return "?".to_owned() };
    let (month, day) = (u8::from(time.month()), time.day());
    format!("{:04}-{month:02}-{day:02} {:02}:{:02}", time.year(), time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_calendar() {
        assert_eq!(when(0), "1970-01-01 00:00");
        assert_eq!(when(951_782_399), "2000-02-28 23:59");
        assert_eq!(when(951_782_400), "2000-02-29 00:00");
        assert_eq!(when(1_795_694_700), "2026-11-26 12:05");
    }
}
