//! The reader as it is drawn: frames and story share the window, the frame being told is lit, a line says how it is told.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::pane::Pane;
use super::reader::Reader;
use super::spread::{Content, Spread};
use crate::app::live::Live;
use crate::app::look::spinner;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::picture::{captioned, picture};
use crate::app::widgets::sampled::said;
use crate::app::widgets::strip::Strip;
use crate::canvas::Canvas;
use crate::story::{Sampling, Task};

/// From this width on the status line has room for the story's place among all of them.
const ROOMY: u16 = 98;

impl Reader {
    /// Where the frames and the story go.
    pub(super) fn layout(&self, setting: &Setting) -> Spread {
        let frames = self.frames();
        let shapes = frames.iter().map(|frame| setting.shape(frame.width, frame.height));
        let shape = if frames.is_empty() {
            setting.shape(self.card.cover.width, self.card.cover.height)
        } else {
            shapes.sum::<f64>() / frames.len() as f64
        };
        let count = self.card.frames.max(frames.len()).max(1);
        let warnings = self.pane(setting).warning_cells(setting);
        let content = Content { frames: count, focus: self.focus.unwrap_or(0), shape, warnings };
        Spread::new(setting.body(), content)
    }

    pub(super) fn pane<'a>(&'a self, setting: &Setting) -> Pane<'a> {
        let world_only = setting.model.as_ref().is_some_and(|model| model.world_only);
        Pane {
            live: self.live.as_ref(),
            task: self.task,
            frames: self.frames().len(),
            lit: self.focus,
            top: self.top,
            out_of_world: world_only && !self.card.in_world,
            problems: &self.problems,
        }
    }

    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let layout = self.layout(setting);
        let answers = self.answers();
        for (slot, place) in layout.strip.slots.iter().zip(layout.strip.page.clone()) {
            match self.frames().get(place) {
                Some(frame) => {
                    let lit = self.focus == Some(frame.place);
                    let said = answers.get(place).map_or("", String::as_str);
                    captioned(canvas, frame, (lit, said), *slot, &setting.look, buffer);
                }
                // Until the frames are there, the cover stands for the first.
                None if place == 0 => {
                    let slot = Rect { height: slot.height - 1, ..*slot };
                    picture(canvas, &self.card.cover, "", slot, &setting.look, buffer);
                }
                None => {}
            }
        }
        let pane = layout.pane;
        let look = &setting.look;
        if let Some(notice) = &self.fault {
            bars::write_lines(pane, &bars::notice_lines(notice, pane.width, look), buffer);
        } else if self.opened.is_none() {
            let words = format!("{} opening", spinner(setting.now.as_millis() / 125));
            buffer.set_stringn(pane.x, pane.y, words, usize::from(pane.width), look.quiet);
        } else {
            self.pane(setting).view(pane, setting, buffer);
        }
        self.view_status(&layout.strip, setting, buffer);
    }

    /// What is said of each frame, where the task asks of each: it stands with the frame as well.
    fn answers(&self) -> Vec<String> {
        let frames = self.frames().len();
        let asked = |live: &&Live| matches!(live.task, Task::Emotion | Task::Consistency);
        let Some(live) = self.live.as_ref().filter(asked) else { return Vec::new() };
        let lines = live.lines(frames);
        let of = |place: usize| lines.iter().find(|line| line.frame == Some(place)).map(|line| line.text.clone());
        (0..frames).map(|place| of(place).unwrap_or_default()).collect()
    }

    /// The line above the footer: which model, what task, how it is sampled; and which frames are on the screen.
    fn view_status(&self, strip: &Strip, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        if let Some(said) = &self.said {
            bars::row(line, vec![Span::styled(text::clean_line(said), look.good)], vec![], buffer);
            return;
        }
        let mut left = vec![Span::styled("task ", look.quiet), Span::styled(self.task.word(), look.strong)];
        if setting.template(self.task).is_some_and(|template| template.own.is_some()) {
            left.push(Span::styled(" in your words", look.lit));
        }
        left.push(Span::styled(format!(" · {}", self.sampling(setting)), look.quiet));
        let shown = strip.page.len();
        let stories = self.stories();
        let told = self.live.as_ref().and_then(|live| live.story.as_ref());
        let place = told.and_then(|told| stories.iter().position(|story| story.id == told.id));
        let right = match place {
            _ if shown < self.frames().len() => {
                format!("frames {}–{} of {}", strip.page.start + 1, strip.page.end, self.frames().len())
            }
            Some(place) if stories.len() > 1 && line.width >= ROOMY => {
                format!("story {} of {}", stories.len() - place, stories.len())
            }
            _ => String::new(),
        };
        bars::row(line, left, vec![Span::styled(right, look.quiet)], buffer);
    }

    /// How the story on the screen was sampled, or how the next one will be as far as the visitor has said.
    fn sampling(&self, setting: &Setting) -> String {
        match self.live.as_ref().and_then(|live| live.story.as_ref()) {
            Some(story) => describe(&story.sampling),
            None => said(&setting.sampling),
        }
    }
}

/// A sampling in a few words; what is off is left out.
fn describe(sampling: &Sampling) -> String {
    let mut parts = Vec::new();
    if sampling.temperature > 0.0 {
        parts.push(format!("temperature {}", sampling.temperature));
        if sampling.top_k > 0 {
            parts.push(format!("top-k {}", sampling.top_k));
        }
        if sampling.top_p < 1.0 {
            parts.push(format!("top-p {}", sampling.top_p));
        }
        if sampling.min_p > 0.0 {
            parts.push(format!("min-p {}", sampling.min_p));
        }
        parts.push(format!("seed {}", sampling.seed));
    } else {
        parts.push("greedy".to_owned());
    }
    if sampling.repetition_penalty != 1.0 {
        parts.push(format!("repetition {}", sampling.repetition_penalty));
    }
    parts.push(format!("at most {} tokens", sampling.max_new_tokens));
    parts.join(", ")
}
