//! What a new loop is begun by: a plan, its main fields with what they mean, each changed where that is wished.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::action::Action;
use crate::app::key::Key;
use crate::app::look::{HERE, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::field::{Field, Typed};
use crate::app::widgets::list::{Chosen, view_list};
use crate::story::{LoopField, LoopPlanCard, LoopWish};

/// Columns of a field's key, and of its value where what it means stands beside it.
const KEY: usize = 20;
const VALUE: usize = 24;

/// What an action came to.
#[derive(Debug, PartialEq)]
pub enum Begin {
    Stay,
    Leave,
    Start(LoopWish),
}

/// The plans; with `open`, the fields of the chosen one.
#[derive(Debug, Default)]
pub struct BeginLoop {
    plans: Option<Vec<LoopPlanCard>>,
    chosen: Chosen,
    open: Option<Fields>,
    sent: bool,
}

/// A plan's fields as they are to be.
#[derive(Debug)]
struct Fields {
    fields: Vec<LoopField>,
    at: Chosen,
    typing: Option<Field>,
}

impl BeginLoop {
    pub fn list(&mut self, plans: Vec<LoopPlanCard>) {
        let one = plans.len() == 1;
        self.plans = Some(plans);
        // Where there is nothing to choose from it is looked at at once.
        if one && self.open.is_none() {
            self.look();
        }
    }

    fn plan(&self) -> Option<&LoopPlanCard> {
        self.plans.as_ref()?.get(self.chosen.0)
    }

    fn look(&mut self) {
        self.open = self.plan().map(|plan| Fields { fields: plan.fields.clone(), at: Chosen(0), typing: None });
    }

    pub fn is_waiting(&self) -> bool {
        self.plans.is_none() || self.sent
    }

    pub fn is_sent(&self) -> bool {
        self.sent
    }

    /// It was not begun: the fields can be changed again.
    pub fn mend(&mut self) {
        self.sent = false;
    }

    /// What the loop is called.
    pub fn name(&self) -> String {
        let fields = self.open.as_ref().map(|open| open.fields.as_slice()).unwrap_or_default();
        fields.iter().find(|field| field.key == "name").map(|field| field.value.clone()).unwrap_or_default()
    }

    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::Open => self.plan().is_some() && !self.sent,
            Action::NewLoop => self.open.is_some() && !self.sent,
            Action::Reset => self.changed().is_some(),
            Action::GoOn | Action::Accept | Action::Round | Action::LeaveLoop => false,
            _ => true,
        }
    }

    /// What the chosen field was before it was changed.
    fn changed(&self) -> Option<String> {
        let open = self.open.as_ref()?;
        let (now, before) = (open.fields.get(open.at.0)?, self.plan()?.fields.get(open.at.0)?);
        (now.value != before.value).then(|| before.value.clone())
    }

    /// A letter of a value; false where none is typed.
    pub fn press(&mut self, key: Key) -> bool {
        let Some(open) = &mut self.open else { return false };
        let Some(field) = &mut open.typing else { return false };
        match field.press(key) {
            Typed::Meant => {
                let text = std::mem::take(&mut field.text);
                if let Some(field) = open.fields.get_mut(open.at.0) {
                    field.value = text.trim().to_owned();
                }
                open.typing = None;
            }
            Typed::GivenUp => open.typing = None,
            Typed::Changed | Typed::Other => {}
        }
        true
    }

    pub fn paste(&mut self, pasted: &str) {
        if let Some(field) = self.open.as_mut().and_then(|open| open.typing.as_mut()) {
            field.paste(pasted);
        }
    }

    pub fn act(&mut self, action: Action) -> Begin {
        let count = self.plans.as_ref().map_or(0, Vec::len);
        let before = self.changed();
        let source = self.plan().map(|plan| plan.source.clone());
        match (action, &mut self.open) {
            (Action::Back, Some(_)) if count > 1 => self.open = None,
            (Action::Back, _) => return Begin::Leave,
            (Action::Open, Some(open)) => {
                open.typing = open.fields.get(open.at.0).map(|field| Field::with(&field.value));
            }
            (Action::Open, None) => self.look(),
            (Action::Reset, Some(open)) => {
                if let (Some(field), Some(before)) = (open.fields.get_mut(open.at.0), before) {
                    field.value = before;
                }
            }
            (Action::NewLoop, Some(open)) => {
                let fields = open.fields.iter().map(|field| (field.key.clone(), field.value.clone())).collect();
                self.sent = true;
                return source.map_or(Begin::Leave, |source| Begin::Start(LoopWish::Start { source, fields }));
            }
            (_, Some(open)) => {
                open.at.act(action, open.fields.len());
            }
            (_, None) => {
                self.chosen.act(action, count);
            }
        }
        Begin::Stay
    }

    pub fn view(&self, area: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let Some(plans) = &self.plans else {
            let words = format!("{} looking for plans", spinner(setting.now.as_millis() / 125));
            buffer.set_string(area.x, area.y, words, look.quiet);
            return;
        };
        let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
        let Some(open) = &self.open else {
            buffer.set_string(area.x, area.y, "Begin a loop by which plan?", look.strong);
            view_list(list, plans.len(), 2, self.chosen, buffer, |n| {
                let here = n == self.chosen.0;
                let style = if here { look.chosen } else { look.strong };
                vec![
                    Line::from(vec![
                        Span::styled(format!("{} ", if here { HERE } else { " " }), look.chosen),
                        Span::styled(text::clean_line(&plans[n].source), style),
                    ]),
                    Line::styled(format!("    {}", text::clean_line(&plans[n].about)), look.quiet),
                ]
            });
            return;
        };
        let source = self.plan().map(|plan| text::clean_line(&plan.source)).unwrap_or_default();
        let words = if self.sent { "it begins" } else { "enter changes a field, n begins the loop" };
        let head = vec![Span::styled(format!("{source}  "), look.strong), Span::styled(words, look.quiet)];
        bars::row(area, head, vec![], buffer);
        // What the chosen field means stands below once more, where beside it there was no room.
        let list = Rect { height: list.height.saturating_sub(2), ..list };
        if let Some(field) = open.fields.get(open.at.0) {
            let below = Rect { y: list.bottom() + 1, height: 1, ..list };
            bars::row(below, vec![Span::styled(field.meaning, look.quiet)], vec![], buffer);
        }
        view_list(list, open.fields.len(), 1, open.at, buffer, |n| {
            let (field, here) = (&open.fields[n], n == open.at.0);
            let typed = open.typing.as_ref().filter(|_| here).map(|typing| typing.text.clone());
            let changed = self.plan().and_then(|plan| plan.fields.get(n)).is_some_and(|plan| plan.value != field.value);
            field_line(field, typed, (here, changed), usize::from(list.width), setting)
        });
    }
}

fn field_line(
    field: &LoopField,
    typed: Option<String>,
    (here, changed): (bool, bool),
    columns: usize,
    setting: &Setting,
) -> Vec<Line<'static>> {
    let look = &setting.look;
    let key = format!("{:KEY$} ", field.key);
    let mut spans = vec![
        Span::styled(format!("{} ", if here { HERE } else { " " }), look.chosen),
        Span::styled(key, if here { look.chosen } else { look.strong }),
    ];
    let room = columns.saturating_sub(KEY + 3);
    if let Some(typed) = typed {
        // What is typed stands at the end.
        spans.push(Span::styled(text::clip_middle(&format!("{}▏", text::clean_line(&typed)), room), look.lit));
        return vec![Line::from(spans)];
    }
    let value = if field.value.is_empty() { "·".to_owned() } else { text::clean_line(&field.value) };
    let value = text::clip_middle(&value, VALUE.min(room));
    let pad = " ".repeat((VALUE + 1).saturating_sub(text::width(&value)));
    spans.push(Span::styled(value, if changed { look.lit } else { look.text }));
    spans.push(Span::styled(format!("{pad}{}", text::clip(field.meaning, room.saturating_sub(VALUE + 1))), look.quiet));
    vec![Line::from(spans)]
}
