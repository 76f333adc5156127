//! How tokens are drawn: a form over the visitor's own layer of the sampling. What is not set is as the model asks.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::key::{Key, KeyCode};
use crate::app::look::HERE;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::list::{Chosen, view_list};
use crate::story::SamplingPatch;

/// One row of the form.
struct Row {
    name: &'static str,
    meaning: &'static str,
    least: f64,
    most: f64,
    step: f64,
    /// What the first step begins from.
    usual: f64,
    get: fn(&SamplingPatch) -> Option<f64>,
    set: fn(&mut SamplingPatch, Option<f64>),
}

const WHOLE: f64 = 9_007_199_254_740_992.0;

const ROWS: [Row; 7] = [
    Row {
        name: "temperature",
        meaning: "0 takes always the most likely token; higher is more daring",
        least: 0.0,
        most: 5.0,
        step: 0.1,
        usual: 0.7,
        get: |p| p.temperature,
        set: |p, v| p.temperature = v,
    },
    Row {
        name: "top-k",
        meaning: "only the k most likely tokens; 0 means all",
        least: 0.0,
        most: 1e6,
        step: 5.0,
        usual: 40.0,
        get: |p| p.top_k.map(|v| v as f64),
        set: |p, v| p.top_k = v.map(|v| v as usize),
    },
    Row {
        name: "top-p",
        meaning: "the fewest tokens whose probabilities reach p; 1 means all",
        least: 0.01,
        most: 1.0,
        step: 0.05,
        usual: 0.95,
        get: |p| p.top_p,
        set: |p, v| p.top_p = v,
    },
    Row {
        name: "min-p",
        meaning: "only tokens at least this fraction as likely as the most likely one; 0 means all",
        least: 0.0,
        most: 1.0,
        step: 0.05,
        usual: 0.05,
        get: |p| p.min_p,
        set: |p, v| p.min_p = v,
    },
    Row {
        name: "repetition penalty",
        meaning: "above 1 makes tokens that were seen less likely; 1 is off",
        least: 0.1,
        most: 5.0,
        step: 0.05,
        usual: 1.1,
        get: |p| p.repetition_penalty,
        set: |p, v| p.repetition_penalty = v,
    },
    Row {
        name: "seed",
        meaning: "the same seed tells the same story",
        least: 0.0,
        most: WHOLE,
        step: 1.0,
        usual: 1.0,
        get: |p| p.seed.map(|v| v as f64),
        set: |p, v| p.seed = v.map(|v| v as u64),
    },
    Row {
        name: "most tokens",
        meaning: "the story is cut after so many, in each chapter",
        least: 1.0,
        most: 100_000.0,
        step: 16.0,
        usual: 256.0,
        get: |p| p.max_new_tokens.map(|v| v as f64),
        set: |p, v| p.max_new_tokens = v.map(|v| v as usize),
    },
];

/// Width of the column of names, and of that of values.
const NAMES: usize = 22;
const VALUES: usize = 22;

/// The form.
#[derive(Clone, Debug)]
pub struct SamplingForm {
    patch: SamplingPatch,
    row: Chosen,
    /// A number being typed.
    typed: Option<String>,
}

impl SamplingForm {
    pub fn new(patch: SamplingPatch) -> SamplingForm {
        SamplingForm { patch, row: Chosen::default(), typed: None }
    }

    /// A key that is no action: digits are typed into the chosen row.
    pub fn press(&mut self, key: Key) -> Option<Turn> {
        let digit = |c: char| c.is_ascii_digit() || c == '.';
        match (key.code, key.ctrl || key.alt) {
            (KeyCode::Char(c), false) if digit(c) => self.typed.get_or_insert_default().push(c),
            (KeyCode::Backspace, false) => match self.typed.as_mut() {
                Some(typed) => {
                    typed.pop();
                }
                None => return Some(self.set(None)),
            },
            (KeyCode::Enter, false) if self.typed.is_some() => return Some(self.take_typed()),
            (KeyCode::Esc, false) if self.typed.is_some() => self.typed = None,
            _ => return None,
        }
        Some(Turn::Stay)
    }

    fn set(&mut self, value: Option<f64>) -> Turn {
        let row = &ROWS[self.row.0];
        (row.set)(&mut self.patch, value.map(|value| value.clamp(row.least, row.most)));
        Turn::Sample(Box::new(self.patch.clone()))
    }

    fn take_typed(&mut self) -> Turn {
        let number = self.typed.take().and_then(|typed| typed.parse::<f64>().ok());
        number.map_or(Turn::Stay, |number| self.set(Some(number)))
    }

    pub fn act(&mut self, action: Action) -> Turn {
        if self.typed.is_some() {
            return self.take_typed();
        }
        if self.row.act(action, ROWS.len()) {
            return Turn::Stay;
        }
        let row = &ROWS[self.row.0];
        let stepped = |direction: f64| match (row.get)(&self.patch) {
            // Steps add up without the dust of binary fractions.
            Some(value) => ((value + direction * row.step) * 1000.0).round() / 1000.0,
            None => row.usual,
        };
        match action {
            Action::Left => self.set(Some(stepped(-1.0))),
            Action::Right => self.set(Some(stepped(1.0))),
            Action::Reset => self.set(None),
            Action::Back | Action::Sampling | Action::Open => Turn::Leave,
            _ => Turn::Stay,
        }
    }

    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 2, y: body.y + 1, width: body.width - 4, height: body.height - 1 };
        let item = |n: usize| {
            let row = &ROWS[n];
            let here = n == self.row.0;
            let value = match (&self.typed, (row.get)(&self.patch)) {
                (Some(typed), _) if here => format!("{typed}▏"),
                (_, Some(value)) => value.to_string(),
                (_, None) => "as the model asks".to_owned(),
            };
            let name = format!("{} {}", if here { HERE } else { " " }, row.name);
            let style = if here { look.chosen } else { look.text };
            let meaning = text::clip(row.meaning, usize::from(area.width).saturating_sub(NAMES + VALUES));
            vec![
                Line::from(vec![
                    Span::styled(format!("{name:<NAMES$}"), style),
                    Span::styled(format!("{value:<VALUES$}"), style),
                    Span::styled(meaning, look.quiet),
                ]),
                Line::default(),
            ]
        };
        view_list(area, ROWS.len(), 2, self.row, buffer, item);
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let words = "type a number, or step with ← and →";
        bars::row(line, vec![Span::styled(words, look.quiet)], vec![], buffer);
    }
}
