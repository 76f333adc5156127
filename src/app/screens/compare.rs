//! Two to four tell the same sequence at once, side by side: other models, other sampling. Words that differ are marked.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::{Ask, Effect};
use crate::app::live::{Live, Stage};
use crate::app::look::{HERE, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::differing::differing;
use crate::app::widgets::picture::captioned;
use crate::app::widgets::sampled::said;
use crate::app::widgets::strip::Strip;
use crate::canvas::Canvas;
use crate::story::{ModelCard, Notice, Request, SamplingPatch, Sequence, Task, Telling};

/// Columns at least and at most.
const LEAST: usize = 2;
const MOST: usize = 4;
/// How much warmer the second column draws than the first, to begin with.
const WARMER: f64 = 0.8;
/// A window of fewer rows leaves the frames out: the stories need them.
const ROOMY: u16 = 30;

/// Who tells in one column, and what was told.
#[derive(Clone, Debug)]
struct Column {
    model: String,
    sampling: SamplingPatch,
    live: Option<Live>,
}

/// A comparison.
#[derive(Clone, Debug)]
pub struct Compare {
    sequence: Arc<Sequence>,
    task: Task,
    template: Option<String>,
    models: Vec<String>,
    columns: Vec<Column>,
    /// The chosen column.
    at: usize,
    /// First row of all stories on the screen.
    top: usize,
    /// What became of pairs that were sent to a campaign.
    said: Option<Result<String, Notice>>,
}

impl Compare {
    pub fn new(sequence: Arc<Sequence>, task: Task, setting: &Setting) -> Compare {
        // A continuation has one past: what is compared is told from the beginning.
        let task = if task == Task::Continuation { Task::Story } else { task };
        let model = setting.model.as_ref().map_or_else(String::new, |model| model.name.clone());
        let first = Column { model: model.clone(), sampling: setting.sampling.clone(), live: None };
        let warmth = first.sampling.temperature.map_or(WARMER, |warmth| warmth + WARMER);
        let sampling = SamplingPatch { temperature: Some(warmth), ..first.sampling.clone() };
        let second = Column { sampling, ..first.clone() };
        let template = setting.template(task).and_then(|template| template.own.clone());
        Compare {
            sequence,
            task,
            template,
            models: vec![model],
            columns: vec![first, second],
            at: 0,
            top: 0,
            said: None,
        }
    }

    /// The models there are.
    pub fn list(&mut self, cards: &[ModelCard]) {
        self.models = cards.iter().map(|card| card.name.clone()).collect();
    }

    /// How the chosen column samples.
    pub fn sampling(&self) -> &SamplingPatch {
        &self.columns[self.at].sampling
    }

    /// Has the chosen column sample otherwise.
    pub fn sample(&mut self, sampling: SamplingPatch) {
        let column = &mut self.columns[self.at];
        if column.sampling != sampling {
            (column.sampling, column.live) = (sampling, None);
        }
    }

    /// A telling brings something; true if that was a whole story.
    pub fn hear(&mut self, number: u64, telling: &Telling, setting: &Setting) -> bool {
        let lives = self.columns.iter_mut().filter_map(|column| column.live.as_mut());
        let Some(live) = lives.into_iter().find(|live| live.number == number && live.is_under_way()) else {
            return false;
        };
        live.hear(telling.clone(), setting.now);
        live.story.is_some()
    }

    /// The stream of a telling has ended.
    pub fn over(&mut self, number: u64) {
        let lives = self.columns.iter_mut().filter_map(|column| column.live.as_mut());
        lives.filter(|live| live.number == number).for_each(Live::over);
    }

    /// Numbers of the tellings under way.
    pub fn tellings(&self) -> Vec<u64> {
        let lives = self.columns.iter().filter_map(|column| column.live.as_ref());
        lives.filter(|live| live.is_under_way()).map(|live| live.number).collect()
    }

    pub fn can(&self, action: Action) -> bool {
        let telling = !self.tellings().is_empty();
        match action {
            Action::Stop => telling,
            Action::Tell | Action::Sampling | Action::Another => !telling,
            Action::Send => !telling && self.told().len() > 1,
            Action::More => !telling && self.columns.len() < MOST,
            Action::Fewer => !telling && self.columns.len() > LEAST,
            _ => true,
        }
    }

    /// `number` is for the first of several tellings, should the action begin some.
    pub fn act(&mut self, action: Action, number: u64, setting: &Setting) -> Turn {
        if !self.can(action) {
            return Turn::Stay;
        }
        self.said = None;
        match action {
            Action::Left => self.at = self.at.saturating_sub(1),
            Action::Right => self.at = (self.at + 1).min(self.columns.len() - 1),
            Action::Up => self.top = self.top.saturating_sub(1),
            Action::Down => self.top += 1,
            Action::PageUp => self.top = self.top.saturating_sub(8),
            Action::PageDown => self.top += 8,
            Action::First => self.top = 0,
            Action::More => {
                let column = Column { live: None, ..self.columns[self.at].clone() };
                self.columns.insert(self.at + 1, column);
                self.at += 1;
            }
            Action::Fewer => {
                self.columns.remove(self.at);
                self.at = self.at.min(self.columns.len() - 1);
            }
            Action::Another => {
                let column = &mut self.columns[self.at];
                let place = self.models.iter().position(|model| *model == column.model).unwrap_or(0);
                let next = self.models.get((place + 1) % self.models.len().max(1)).cloned();
                (column.model, column.live) = (next.unwrap_or_default(), None);
            }
            Action::Tell => return self.tell(number, setting),
            Action::Send => return Turn::Do(Effect::SendPairs(self.told())),
            Action::Stop => {
                let tellings = self.tellings();
                self.columns.iter_mut().filter_map(|column| column.live.as_mut()).for_each(Live::stop);
                return Turn::DoAll(tellings.into_iter().map(Effect::StopTelling).collect());
            }
            Action::Back | Action::Compare => {
                let stops = self.tellings().into_iter().map(Effect::StopTelling);
                return Turn::LeaveAnd(stops.chain([Effect::ClearBeside]).collect());
            }
            _ => {}
        }
        Turn::Stay
    }

    /// The whole stories with what each stands for.
    fn told(&self) -> Vec<(String, String)> {
        let told = self.columns.iter().filter_map(|column| {
            let story = column.live.as_ref()?.story.as_ref()?;
            Some((story.id.clone(), format!("{} · {}", column.model, said(&column.sampling))))
        });
        told.collect()
    }

    /// Pairs were sent, or could not be.
    pub fn sent(&mut self, sent: Result<String, Notice>) {
        self.said = Some(sent);
    }

    /// All columns begin together.
    fn tell(&mut self, first: u64, setting: &Setting) -> Turn {
        self.top = 0;
        let mut effects = Vec::new();
        for (place, column) in self.columns.iter_mut().enumerate() {
            let number = first + place as u64;
            let sampling = column.sampling.clone();
            let request = Request { task: self.task, template: self.template.clone(), sampling, ..Request::default() };
            column.live = Some(Live::new(number, self.task, setting.now));
            let beside = Some((column.model.clone(), place));
            let ask = Ask { beside, ..Ask::new(self.sequence.id.clone(), request) };
            effects.push(Effect::Tell { number, ask: Box::new(ask) });
        }
        Turn::DoAll(effects)
    }

    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let body = setting.body();
        let mut area = Rect { x: 1, width: body.width - 2, ..body };
        if body.height >= ROOMY {
            let height = self.view_frames(Rect { height: body.height / 3, ..area }, setting, canvas, buffer);
            area = Rect { y: area.y + height + 1, height: area.height.saturating_sub(height + 1), ..area };
        }
        let count = self.columns.len() as u16;
        let width = (area.width + 3) / count - 3;
        // They scroll together, as far as the longest of them.
        let pages: Vec<Vec<Line<'static>>> =
            (0..self.columns.len()).map(|place| self.story(place, usize::from(width), setting)).collect();
        let rows = usize::from(area.height.saturating_sub(4));
        let longest = pages.iter().map(Vec::len).max().unwrap_or(0);
        let top = self.top.min(longest.saturating_sub(rows));
        for (place, page) in pages.iter().enumerate() {
            let x = area.x + place as u16 * (width + 3);
            let column = Rect { x, width, ..area };
            self.view_head(place, column, setting, buffer);
            let told = Rect { y: column.y + 3, height: column.height.saturating_sub(4), ..column };
            bars::write_lines(told, page.get(top..).unwrap_or_default(), buffer);
            self.view_figures(place, Rect { y: column.bottom() - 1, height: 1, ..column }, setting, buffer);
            if place > 0 {
                for y in column.top()..column.bottom() {
                    buffer.set_string(x - 2, y, "│", setting.look.hollow);
                }
            }
        }
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let look = &setting.look;
        match &self.said {
            Some(Ok(said)) => {
                bars::row(line, vec![Span::styled(text::clean_line(said), look.good)], vec![], buffer);
                return;
            }
            Some(Err(notice)) => {
                let lines = bars::notice_lines(notice, line.width, look);
                let height = lines.len() as u16;
                let area = Rect { y: line.bottom().saturating_sub(height), height, ..line };
                for position in area.intersection(buffer.area).positions() {
                    buffer[position].reset();
                }
                bars::write_lines(area, &lines, buffer);
                return;
            }
            None => {}
        }
        let left = vec![
            Span::styled("task ", look.quiet),
            Span::styled(self.task.word(), look.strong),
            Span::styled(" · words that differ from the first column's are ", look.quiet),
            Span::styled("marked", look.lit),
        ];
        bars::row(line, left, vec![], buffer);
    }

    /// The frames in one row; how high they are.
    fn view_frames(&self, area: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) -> u16 {
        let frames = &self.sequence.frames;
        let told: Vec<usize> =
            self.columns.iter().filter_map(|column| column.live.as_ref()).filter_map(Live::frame).collect();
        let shape = frames.first().map_or(1.0, |frame| setting.shape(frame.width, frame.height));
        let strip = Strip::new(area, frames.len(), told.first().copied().unwrap_or(0), shape);
        for (slot, frame) in strip.slots.iter().zip(&frames[strip.page.clone()]) {
            captioned(canvas, frame, (told.contains(&frame.place), ""), *slot, &setting.look, buffer);
        }
        strip.height
    }

    /// Who tells, and how.
    fn view_head(&self, place: usize, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let column = &self.columns[place];
        let here = place == self.at;
        let model = text::clean_line(&column.model);
        let head = format!("{} {} {model}", if here { HERE } else { " " }, place + 1);
        let width = usize::from(area.width);
        let style = if here { look.chosen } else { look.strong };
        buffer.set_string(area.x, area.y, text::clip(&head, width), style);
        let sampling = text::clip(&said(&column.sampling), width.saturating_sub(2));
        buffer.set_string(area.x + 2.min(area.width), area.y + 1, sampling, look.quiet);
    }

    fn story(&self, place: usize, width: usize, setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        let column = &self.columns[place];
        let Some(live) = &column.live else {
            return vec![Line::styled("space has all columns tell", look.quiet)];
        };
        if let Stage::Failed(notice) = &live.stage {
            return bars::notice_lines(notice, width as u16, look);
        }
        let text = |place: usize| self.columns.get(place).and_then(|other| other.live.as_ref()).map(|live| &live.text);
        // The first is held against the second, the others against the first.
        let other = text(if place == 0 { 1 } else { 0 }).filter(|text| !text.is_empty());
        differing(&live.text, other.map(String::as_str), width, look.text, look.lit)
    }

    fn view_figures(&self, place: usize, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let Some(live) = &self.columns[place].live else { return };
        let speed = live.tokens_per_second().map(|speed| format!("{speed:.1} tok/s"));
        let state = match &live.stage {
            Stage::Looking { .. } => format!("{} looking", spinner(setting.now.as_millis() / 125)),
            Stage::Writing => format!("{HERE} telling"),
            _ => live.ending().unwrap_or_default().to_owned(),
        };
        let tokens = (live.tokens > 0).then(|| format!("{} tokens", live.tokens));
        let parts: Vec<String> = [Some(state), tokens, speed].into_iter().flatten().collect();
        let style = if live.is_under_way() { look.lit } else { look.quiet };
        buffer.set_string(area.x, area.y, text::clip(&parts.join(" · "), usize::from(area.width)), style);
    }

    /// Something here changes with time alone.
    pub fn is_waiting(&self) -> bool {
        self.columns
            .iter()
            .filter_map(|column| column.live.as_ref())
            .any(|live| live.is_under_way() && live.tokens == 0)
    }
}
