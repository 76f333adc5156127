//! What a new run is started from: the recipes, one of them with its keys explained, and what it will take.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::run_data::{Choice, RunData};
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::key::Key;
use crate::app::look::{HERE, Look, spinner};
use crate::app::recipe_words::meaning;
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::list::{Chosen, view_list};
use crate::story::{Notice, RecipeCard, RunPlan, RunVotes, RunWish};

/// Columns of a key and its value, where what it means stands beside them.
const KEY: usize = 40;

/// The recipes; with a forecast, the chosen one is looked at.
#[derive(Debug, Default)]
pub struct BeginRun {
    recipes: Option<Vec<RecipeCard>>,
    chosen: Chosen,
    /// What the chosen one learns from, while that is chosen.
    data: Option<RunData>,
    /// Of the chosen recipe; and what was said of the votes that were frozen for it.
    changes: Vec<String>,
    said: Option<String>,
    /// What the chosen one will take; `None` inside while it is tried.
    forecast: Option<Option<Result<String, Notice>>>,
    top: usize,
    over: bool,
}

impl BeginRun {
    pub fn list(&mut self, recipes: Vec<RecipeCard>) {
        self.recipes = Some(recipes);
    }

    pub fn forecast(&mut self, said: Result<String, Notice>) {
        if let Some(waiting) = &mut self.forecast {
            *waiting = Some(said);
        }
    }

    pub fn is_over(&self) -> bool {
        self.over
    }

    pub fn is_waiting(&self) -> bool {
        let data = self.data.as_ref().is_some_and(RunData::is_waiting);
        self.recipes.is_none() || data || matches!(self.forecast, Some(None))
    }

    /// Votes that it may learn from have come.
    pub fn offer(&mut self, votes: Result<Vec<RunVotes>, Notice>) {
        if let Some(data) = &mut self.data {
            data.offer(votes);
        }
    }

    /// The votes that were chosen are frozen, or cannot be.
    pub fn frozen(&mut self, frozen: Result<(String, String), Notice>) -> Vec<Effect> {
        let Some(data) = &mut self.data else { return Vec::new() };
        data.freezing = false;
        match frozen {
            Ok((folder, words)) => {
                let change = data.change(&folder);
                self.said = Some(words);
                self.look_ahead(Some(change)).into_iter().collect()
            }
            Err(notice) => {
                data.fault = Some(notice);
                Vec::new()
            }
        }
    }

    /// A letter of a path that is typed.
    pub fn press(&mut self, key: Key) -> Option<Turn> {
        let choice = self.data.as_mut()?.press(key)?;
        Some(self.choose(choice))
    }

    pub fn paste(&mut self, pasted: &str) {
        if let Some(data) = &mut self.data {
            data.paste(pasted);
        }
    }

    fn choose(&mut self, choice: Option<Choice>) -> Turn {
        match choice {
            Some(Choice::Change(change)) => self.look_ahead(change).map_or(Turn::Stay, Turn::Do),
            Some(Choice::Freeze(campaign)) => Turn::Do(Effect::FreezeVotes(campaign)),
            None => Turn::Stay,
        }
    }

    /// What the run is to learn from is settled: it is tried.
    fn look_ahead(&mut self, change: Option<String>) -> Option<Effect> {
        self.data = None;
        self.changes = change.into_iter().collect();
        self.forecast = Some(None);
        Some(Effect::Forecast(Some(self.plan()?)))
    }

    fn plan(&self) -> Option<RunPlan> {
        Some(RunPlan { recipe: self.current()?.source.clone(), changes: self.changes.clone() })
    }

    fn current(&self) -> Option<&RecipeCard> {
        self.recipes.as_ref()?.get(self.chosen.0)
    }

    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::Open => self.current().is_some(),
            Action::Up | Action::Down | Action::PageUp | Action::PageDown | Action::First | Action::Last => true,
            Action::Back | Action::Help | Action::Palette | Action::Quit | Action::Suspend | Action::Shot => true,
            _ => false,
        }
    }

    pub fn act(&mut self, action: Action, _setting: &Setting) -> Turn {
        let count = self.recipes.as_ref().map_or(0, Vec::len);
        let (Some(plan), key) = (self.plan(), self.current().and_then(|card| card.data.clone())) else {
            self.over = action == Action::Back;
            return Turn::Stay;
        };
        if let Some(data) = &mut self.data {
            if action == Action::Back {
                self.data = None;
                return Turn::Stay;
            }
            let choice = data.act(action);
            return self.choose(choice);
        }
        match (action, self.forecast.is_some()) {
            (Action::Back, true) => {
                (self.forecast, self.top, self.said) = (None, 0, None);
                self.changes.clear();
                return Turn::Do(Effect::Forecast(None));
            }
            (Action::Back, false) => self.over = true,
            (Action::Open, false) => {
                let Some(key) = key else { return self.choose(Some(Choice::Change(None))) };
                let data = self.data.insert(RunData::new(&key));
                return if data.wants_votes() { Turn::Do(Effect::LoadRunVotes) } else { Turn::Stay };
            }
            (Action::Open, true) => {
                self.over = true;
                let start = Effect::WishRun(RunWish::Start(plan));
                return Turn::DoAll(vec![Effect::Forecast(None), start]);
            }
            (Action::Up, true) => self.top = self.top.saturating_sub(1),
            (Action::Down, true) => self.top += 1,
            (Action::PageUp, true) => self.top = self.top.saturating_sub(10),
            (Action::PageDown, true) => self.top += 10,
            (_, false) => {
                self.chosen.act(action, count);
            }
            _ => {}
        }
        Turn::Stay
    }

    pub fn view(&self, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let body = setting.body();
        let area = Rect { x: 1, width: body.width - 2, ..body };
        let Some(recipes) = &self.recipes else {
            let words = format!("{} looking for recipes", spinner(setting.now.as_millis() / 125));
            buffer.set_string(area.x, area.y, words, look.quiet);
            return;
        };
        let Some(card) = self.current() else {
            let words = "There are no recipes: write one, and keep it in the folder recipes of the home.";
            bars::write_lines(area, &bars::marked(" ", look.quiet, words, look.quiet, usize::from(area.width)), buffer);
            return;
        };
        if let Some(data) = &self.data {
            return data.view(area, setting, buffer);
        }
        if self.forecast.is_none() {
            buffer.set_string(area.x, area.y, "Start a run from which recipe?", look.strong);
            let list = Rect { y: area.y + 2, height: area.height.saturating_sub(2), ..area };
            view_list(list, recipes.len(), 2, self.chosen, buffer, |n| {
                let here = n == self.chosen.0;
                let style = if here { look.chosen } else { look.strong };
                let first = vec![
                    Span::styled(format!("{} ", if here { HERE } else { " " }), look.chosen),
                    Span::styled(text::clean_line(&recipes[n].name), style),
                    Span::styled(format!("  {}", recipes[n].kind), look.quiet),
                ];
                let about = about(&recipes[n]);
                vec![Line::from(first), Line::styled(format!("    {about}"), look.quiet)]
            });
            return;
        }
        let lines = self.forecast_lines(card, area.width, setting);
        let height = (lines.len() as u16).min(area.height / 2);
        bars::write_lines(Rect { height, ..area }, &lines, buffer);
        let below = Rect { y: area.y + height, height: area.height - height, ..area };
        let recipe = recipe_lines(&card.text, usize::from(area.width), look);
        let top = self.top.min(recipe.len().saturating_sub(usize::from(below.height)));
        bars::write_lines(below, &recipe[top..], buffer);
    }

    /// What the chosen recipe will take.
    fn forecast_lines(&self, card: &RecipeCard, columns: u16, setting: &Setting) -> Vec<Line<'static>> {
        let look = &setting.look;
        let mut lines = vec![Line::from(vec![
            Span::styled(format!("{} ", text::clean_line(&card.name)), look.strong),
            Span::styled("enter starts it; esc goes back", look.quiet),
        ])];
        let changes = self.said.iter().chain(&self.changes);
        lines.extend(changes.map(|words| Line::styled(text::clean_line(words), look.lit)));
        match &self.forecast {
            Some(Some(Ok(said))) => {
                lines.extend(said.lines().map(|line| Line::styled(text::clean_line(line), look.text)));
            }
            Some(Some(Err(notice))) => lines.extend(bars::notice_lines(notice, columns, look)),
            _ => {
                let words = "trying a few steps of each stage, to tell what time and memory it takes";
                let words = format!("{} {words}", spinner(setting.now.as_millis() / 125));
                lines.push(Line::styled(words, look.quiet));
            }
        }
        lines.push(Line::default());
        lines
    }
}

/// Its first remark, or where it is.
fn about(card: &RecipeCard) -> String {
    let remark = card.text.lines().next().and_then(|line| line.strip_prefix("# "));
    let about = remark.map_or_else(|| card.source.clone(), |remark| format!("{remark}  ({})", card.source));
    text::clean_line(&about)
}

/// A recipe, what its keys mean beside them where there is room.
pub fn recipe_lines(recipe: &str, columns: usize, look: &Look) -> Vec<Line<'static>> {
    let line = |line: &str| {
        let line = text::clean(line);
        let style = match () {
            () if line.starts_with('#') => look.quiet,
            () if line.starts_with('[') => look.strong,
            () => look.text,
        };
        match meaning(&line).filter(|_| columns > KEY + 20) {
            Some(words) => {
                let pad = KEY.saturating_sub(text::width(&line)).max(2);
                let room = columns.saturating_sub(text::width(&line) + pad);
                let words = text::clip(words, room);
                Line::from(vec![Span::styled(line, style), Span::raw(" ".repeat(pad)), Span::styled(words, look.quiet)])
            }
            None => Line::styled(text::clip(&line, columns), style),
        }
    };
    recipe.lines().map(line).collect()
}
