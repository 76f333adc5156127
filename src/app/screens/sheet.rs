//! What a suite found, as a table to walk through; how it was made, and the stories behind a figure (`behind`). Drawing is in
//! `sheet_view`.

use super::behind::{Behind, scrolled};
use super::sheet_account::account;
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::setting::Setting;
use crate::app::widgets::list::Chosen;
use crate::story::{Evaluation, EvaluationCard, Notice};

/// One evaluation.
#[derive(Clone, Debug)]
pub(super) struct Sheet {
    pub card: EvaluationCard,
    /// Once it has come.
    pub found: Option<Result<Box<Evaluation>, Notice>>,
    /// The chosen figure: its measure and its model.
    pub row: Chosen,
    pub column: usize,
    /// How it was made is read instead, from this line on.
    pub account: Option<usize>,
    pub behind: Option<Behind>,
}

impl Sheet {
    pub fn new(card: EvaluationCard) -> Sheet {
        Sheet { card, found: None, row: Chosen(0), column: 0, account: None, behind: None }
    }

    pub fn evaluation(&self) -> Option<&Evaluation> {
        self.found.as_ref()?.as_ref().ok().map(Box::as_ref)
    }

    fn has_table(&self) -> bool {
        self.evaluation().is_some_and(|found| !found.rows.is_empty() && !found.models.is_empty())
    }

    pub fn is_waiting(&self) -> bool {
        self.found.is_none() || self.behind.as_ref().is_some_and(Behind::is_waiting)
    }

    /// What concerns this evaluation; news of another one come too late.
    pub fn take(&mut self, event: &Event) -> Vec<Effect> {
        match event {
            Event::Evaluation(id, found) if *id == self.card.id => {
                self.found = Some(found.clone());
                // Reward models alone make no table.
                self.account = (found.is_ok() && !self.has_table()).then_some(0);
            }
            Event::Specimens { evaluation, model, result } => {
                let behind = self.behind.as_mut();
                let meant = behind.filter(|behind| behind.evaluation == *evaluation && behind.model == *model);
                return meant.map(|behind| behind.take(result.clone())).unwrap_or_default();
            }
            Event::Frames(id, frames) => self.behind.iter_mut().for_each(|behind| behind.frames(id, frames)),
            _ => {}
        }
        Vec::new()
    }

    pub fn can(&self, action: Action) -> bool {
        match action {
            Action::Open => self.behind.is_none() && self.account.is_none() && self.has_table(),
            Action::Flip => self.behind.is_none() && self.has_table(),
            Action::Left | Action::Right => self.behind.is_some() || (self.account.is_none() && self.has_table()),
            Action::Start | Action::Stop | Action::Resume => false,
            _ => true,
        }
    }

    /// `None`: it is left.
    pub fn act(&mut self, action: Action, setting: &Setting) -> Option<Turn> {
        if let Some(behind) = &mut self.behind {
            let turn = behind.act(action, setting);
            if turn.is_none() {
                self.behind = None;
            }
            return Some(turn.unwrap_or(Turn::Stay));
        }
        if action == Action::Back {
            return None;
        }
        let Some(found) = self.evaluation() else { return Some(Turn::Stay) };
        let (rows, models) = (found.rows.len(), found.models.len());
        match (action, self.account) {
            (Action::Flip, Some(_)) => self.account = None,
            (Action::Flip, None) => self.account = Some(0),
            (_, Some(top)) => {
                let body = setting.body();
                let lines = account(&self.card, found, body.width.saturating_sub(2), &setting.look);
                let most = lines.len().saturating_sub(usize::from(body.height));
                self.account = Some(scrolled(action, top, most));
            }
            (Action::Left, None) => self.column = self.column.saturating_sub(1),
            (Action::Right, None) => self.column = (self.column + 1).min(models.saturating_sub(1)),
            (Action::Open, None) => return Some(self.open()),
            _ => {
                self.row.act(action, rows);
            }
        }
        Some(Turn::Stay)
    }

    /// The stories behind the chosen figure.
    fn open(&mut self) -> Turn {
        let chosen = self.evaluation().and_then(|found| {
            let (row, model) = (found.rows.get(self.row.0)?, found.models.get(self.column)?);
            Some(Behind::new(self.card.id.clone(), model.name.clone(), row))
        });
        let Some(behind) = chosen else { return Turn::Stay };
        let effect = Effect::LoadSpecimens { evaluation: behind.evaluation.clone(), model: behind.model.clone() };
        self.behind = Some(behind);
        Turn::Do(effect)
    }
}
