//! Loops: where each stands, what it waits for and what it asks; begun, gone on with, answered and left. Drawing is in
//! `loops_view`.

use super::begin_loop::{Begin, BeginLoop};
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::key::Key;
use crate::app::widgets::list::Chosen;
use crate::story::{LoopCard, LoopStep, LoopWish, Notice};

/// The list, and what lies over it.
#[derive(Debug, Default)]
pub struct Loops {
    pub(super) cards: Option<Result<Vec<LoopCard>, Notice>>,
    pub(super) chosen: Chosen,
    /// The chosen one stays chosen where others come before it.
    at: Option<String>,
    /// The page of the chosen one is read, from this line on.
    pub(super) page: Option<usize>,
    pub(super) begin: Option<BeginLoop>,
    pub(super) said: Option<Result<String, Notice>>,
    /// A wish is being carried out.
    pub(super) wished: bool,
}

impl Loops {
    /// What has to be asked for when it opens.
    pub fn begin() -> Vec<Effect> {
        vec![Effect::WatchLoops(true)]
    }

    /// What has to be given up when it closes.
    pub fn leave() -> Vec<Effect> {
        vec![Effect::WatchLoops(false)]
    }

    pub(super) fn listed(&self) -> &[LoopCard] {
        self.cards.as_ref().and_then(|cards| cards.as_ref().ok()).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn current(&self) -> Option<&LoopCard> {
        self.listed().get(self.chosen.0)
    }

    pub fn say(&mut self, said: Result<String, Notice>) {
        self.said = Some(said);
    }

    /// What concerns loops.
    pub fn take(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Loops(cards) => {
                self.cards = Some(cards);
                let at = self.at.as_ref().and_then(|name| self.listed().iter().position(|card| card.name == *name));
                self.chosen = Chosen(at.unwrap_or(self.chosen.0).min(self.listed().len().saturating_sub(1)));
                self.at = self.current().map(|card| card.name.clone());
            }
            Event::LoopPlans(Ok(plans)) => self.begin.iter_mut().for_each(|begin| begin.list(plans.clone())),
            Event::LoopPlans(Err(notice)) => (self.begin, self.said) = (None, Some(Err(notice))),
            Event::LoopWished(said) => {
                self.wished = false;
                let begun = self.begin.as_ref().is_some_and(BeginLoop::is_sent);
                match (begun, &said) {
                    (true, Ok(_)) => {
                        self.at = self.begin.take().map(|begin| begin.name());
                    }
                    // The fields stay as they are: what is wrong can be mended.
                    (true, Err(_)) => self.begin.iter_mut().for_each(BeginLoop::mend),
                    (false, _) => {}
                }
                self.said = Some(said);
            }
            _ => {}
        }
        Vec::new()
    }

    pub fn is_waiting(&self) -> bool {
        self.cards.is_none() || self.wished || self.begin.as_ref().is_some_and(BeginLoop::is_waiting)
    }

    pub fn can(&self, action: Action) -> bool {
        if let Some(begin) = &self.begin {
            return begin.can(action);
        }
        let card = self.current().filter(|card| card.step.is_some());
        let idle = card.filter(|card| !card.going && !self.wished);
        match action {
            Action::Open => self.page.is_none() && card.is_some(),
            Action::GoOn => idle.is_some_and(|card| card.asks.is_none() && card.step != Some(LoopStep::Over)),
            Action::Accept => idle.is_some_and(|card| card.asks.is_some()),
            Action::Round => idle.is_some_and(|card| card.asks.is_some() || card.step == Some(LoopStep::Over)),
            Action::LeaveLoop => card.is_some_and(|card| card.going),
            Action::Reset => false,
            _ => true,
        }
    }

    /// A letter of a value that is typed.
    pub fn press(&mut self, key: Key) -> Option<Turn> {
        self.begin.as_mut()?.press(key).then_some(Turn::Stay)
    }

    pub fn paste(&mut self, pasted: &str) {
        if let Some(begin) = &mut self.begin {
            begin.paste(pasted);
        }
    }

    pub fn act(&mut self, action: Action) -> Turn {
        if !self.can(action) {
            return Turn::Stay;
        }
        self.said = None;
        if let Some(begin) = &mut self.begin {
            match begin.act(action) {
                Begin::Stay => {}
                Begin::Leave => self.begin = None,
                Begin::Start(wish) => {
                    self.wished = true;
                    return Turn::Do(Effect::WishLoop(wish));
                }
            }
            return Turn::Stay;
        }
        let name = self.current().map(|card| card.name.clone()).unwrap_or_default();
        let wish = match action {
            Action::GoOn => LoopWish::GoOn(name),
            Action::Accept => LoopWish::Accept(name),
            Action::Round => LoopWish::Again(name),
            Action::LeaveLoop => LoopWish::Leave(name),
            _ => return self.turn(action),
        };
        self.wished = true;
        Turn::Do(Effect::WishLoop(wish))
    }

    /// What changes only what is seen.
    fn turn(&mut self, action: Action) -> Turn {
        match (action, self.page) {
            (Action::NewLoop, _) => {
                self.begin = Some(BeginLoop::default());
                return Turn::Do(Effect::LoadLoopPlans);
            }
            (Action::Open, None) | (Action::First, Some(_)) => self.page = Some(0),
            (Action::Back, Some(_)) => self.page = None,
            (Action::Back, None) => return Turn::Leave,
            (Action::Up, Some(top)) => self.page = Some(top.saturating_sub(1)),
            (Action::Down, Some(top)) => self.page = Some(top + 1),
            (Action::PageUp, Some(top)) => self.page = Some(top.saturating_sub(10)),
            (Action::PageDown, Some(top)) => self.page = Some(top + 10),
            (_, None) => {
                let count = self.listed().len();
                if self.chosen.act(action, count) {
                    self.at = self.current().map(|card| card.name.clone());
                }
            }
            _ => {}
        }
        Turn::Stay
    }
}
