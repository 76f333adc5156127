//! Training: the runs there are, one of them looked at closely, and what a new one is started from. Drawing is in `train_view`.

use std::collections::HashMap;
use std::sync::Arc;

use super::begin_run::BeginRun;
use super::run_page::RunPage;
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::event::{Event, Opened};
use crate::app::key::{Key, KeyCode};
use crate::app::setting::Setting;
use crate::app::widgets::field::{Field, Typed};
use crate::app::widgets::list::Chosen;
use crate::story::{Notice, RunCard, RunSeen, RunState, RunWish, Sequence, SequenceId, Whose};

/// What a line is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Note,
    Tags,
    Fork,
}

/// How two recipes differ.
#[derive(Clone, Debug)]
pub(super) struct Differing {
    /// The runs that they are of.
    pub of: [String; 2],
    /// Once they have come.
    pub lines: Option<Result<Vec<String>, Notice>>,
}

/// The list of runs and what lies over it.
#[derive(Default)]
pub struct Train {
    pub(super) runs: Option<Arc<Vec<RunCard>>>,
    pub(super) chosen: Chosen,
    /// The chosen one stays chosen where others come before it.
    pub(super) at: Option<String>,
    /// Laid over one another in charts.
    pub(super) marked: Vec<String>,
    pub(super) seen: HashMap<String, Arc<RunSeen>>,
    pub(super) page: Option<RunPage>,
    pub(super) begin: Option<BeginRun>,
    pub(super) typing: Option<(Asked, Field)>,
    /// It is asked whether this one is to be deleted.
    pub(super) sure: Option<String>,
    pub(super) said: Option<Result<String, Notice>>,
    pub(super) differing: Option<Differing>,
    pub(super) top: usize,
    /// Sequences that texts are about, where they are on the shelf.
    pub(super) sequences: HashMap<String, Option<Arc<Sequence>>>,
}

impl Train {
    /// What has to be asked for when it opens.
    pub fn begin() -> Vec<Effect> {
        vec![Effect::WatchRuns(true)]
    }

    /// What has to be given up when it closes.
    pub fn leave() -> Vec<Effect> {
        vec![Effect::WatchRuns(false), Effect::FollowRuns(Vec::new()), Effect::Forecast(None)]
    }

    pub(super) fn cards(&self) -> &[RunCard] {
        self.runs.as_deref().map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn current(&self) -> Option<&RunCard> {
        self.cards().get(self.chosen.0)
    }

    /// Whose lineage is asked for here.
    pub fn whose(&self) -> Whose {
        self.current().map_or(Whose::InUse, |card| Whose::Run(card.id.clone()))
    }

    fn card(&self, id: &str) -> Option<&RunCard> {
        self.cards().iter().find(|card| card.id == id)
    }

    /// The runs that charts show, the chosen one first.
    pub(super) fn shown(&self) -> Vec<&RunSeen> {
        let first = self.current().map(|card| card.id.clone());
        let others = self.marked.iter().filter(|id| Some(*id) != first.as_ref()).cloned();
        let ids: Vec<String> = first.iter().cloned().chain(others).collect();
        ids.iter().filter_map(|id| self.seen.get(id).map(Arc::as_ref)).collect()
    }

    /// What concerns runs.
    pub fn take(&mut self, event: Event) -> Vec<Effect> {
        match event {
            Event::Runs(runs) => return self.list(runs),
            Event::Run(seen) => drop(self.seen.insert(seen.card.id.clone(), seen)),
            Event::RunWished(said) => self.said = Some(said),
            Event::RunVotes(votes) => self.begin.iter_mut().for_each(|begin| begin.offer(votes.clone())),
            Event::Frozen(frozen) => {
                return self.begin.as_mut().map(|begin| begin.frozen(frozen)).unwrap_or_default();
            }
            Event::Forecast(said) => self.begin.iter_mut().for_each(|begin| begin.forecast(said.clone())),
            Event::RunsCompared(lines) => {
                if let Some(differing) = &mut self.differing {
                    differing.lines = Some(lines);
                }
            }
            Event::Recipes(Ok(recipes)) => self.begin.iter_mut().for_each(|begin| begin.list(recipes.clone())),
            Event::Recipes(Err(notice)) => self.said = Some(Err(notice)),
            _ => {}
        }
        Vec::new()
    }

    /// The list has come, or has changed.
    fn list(&mut self, runs: Arc<Vec<RunCard>>) -> Vec<Effect> {
        let at = self.at.as_ref().and_then(|id| runs.iter().position(|card| card.id == *id));
        self.chosen = Chosen(at.unwrap_or(self.chosen.0).min(runs.len().saturating_sub(1)));
        self.marked.retain(|id| runs.iter().any(|card| card.id == *id));
        self.runs = Some(runs);
        if self.current().is_none() {
            self.page = None;
        }
        self.follow()
    }

    pub fn say(&mut self, said: Result<String, Notice>) {
        self.said = Some(said);
    }

    /// A sequence that a text is about has come, or is not there.
    pub fn opened(&mut self, id: &SequenceId, result: &Result<Opened, Notice>) {
        if let Some(place) = self.sequences.get_mut(&id.0) {
            *place = result.as_ref().ok().map(|opened| opened.sequence.clone());
        }
    }

    /// Asks for what the chosen run and the marked ones write; a chosen run has another chart beside it.
    fn follow(&mut self) -> Vec<Effect> {
        let chosen = self.current().map(|card| card.id.clone());
        if self.at != chosen {
            self.at.clone_from(&chosen);
        }
        let ids: Vec<String> = chosen
            .iter()
            .cloned()
            .chain(self.marked.iter().filter(|id| Some(*id) != chosen.as_ref()).cloned())
            .collect();
        self.seen.retain(|id, _| ids.contains(id));
        vec![Effect::FollowRuns(ids)]
    }

    pub fn is_waiting(&self) -> bool {
        let page = self.page.as_ref().and(self.current()).is_some_and(|card| !self.seen.contains_key(&card.id));
        let differing = self.differing.as_ref().is_some_and(|differing| differing.lines.is_none());
        let starting = self.cards().iter().any(|card| card.state == RunState::Starting);
        self.runs.is_none() || page || differing || starting || self.begin.as_ref().is_some_and(BeginRun::is_waiting)
    }

    pub fn can(&self, action: Action) -> bool {
        if let Some(begin) = &self.begin {
            return begin.can(action);
        }
        if self.differing.is_some() {
            return matches!(action, Action::Up | Action::Down | Action::Back | Action::Help | Action::Palette);
        }
        let state = self.current().map(|card| card.state);
        let is = |test: fn(RunState) -> bool| state.is_some_and(test);
        match action {
            Action::Open => self.page.is_none() && state.is_some(),
            Action::Stop => is(|state| (state.is_active() && state != RunState::Stopping) || state == RunState::Queued),
            Action::Pause => is(|state| matches!(state, RunState::Starting | RunState::Running)),
            Action::Resume => is(|state| state.can_go_on() || state == RunState::Paused),
            Action::Adopt => is(RunState::can_go_on) && self.current().is_some_and(|card| !card.forks.is_empty()),
            Action::Fork => self.current().is_some_and(|card| !card.forks.is_empty()),
            Action::Note | Action::Tag | Action::Together => state.is_some(),
            Action::Sooner => self.current().is_some_and(|card| card.place.is_some_and(|place| place > 1)),
            Action::Delete => is(|state| !state.is_active()),
            Action::Differ => self.pair().is_some(),
            Action::Metric | Action::Scale | Action::Smooth | Action::Closer | Action::Wider => {
                self.page.as_ref().is_none_or(RunPage::has_charts) && state.is_some()
            }
            Action::Flip => self.page.is_some(),
            Action::Left | Action::Right => self.page.is_some(),
            _ => true,
        }
    }

    /// The chosen run and the one it is held against: the first other one that is marked, or the one it was forked from.
    fn pair(&self) -> Option<(String, String)> {
        let card = self.current()?;
        let other = self.marked.iter().find(|id| **id != card.id).cloned();
        let parent = card.parent.as_ref().map(|(id, _)| id.clone()).filter(|id| self.card(id).is_some());
        Some((other.or(parent)?, card.id.clone()))
    }

    /// A line that is typed, or an answer.
    pub fn press(&mut self, key: Key) -> Option<Turn> {
        if let Some(begin) = &mut self.begin {
            return begin.press(key);
        }
        if let Some(id) = self.sure.take() {
            self.said = Some(Ok("nothing was deleted".to_owned()));
            if key.code != KeyCode::Char('y') {
                return Some(Turn::Stay);
            }
            self.said = None;
            self.page = None;
            return Some(Turn::Do(Effect::WishRun(RunWish::Delete(id))));
        }
        let (asked, field) = self.typing.as_mut()?;
        let asked = *asked;
        match field.press(key) {
            Typed::Meant => {
                let text = self.typing.take().map(|(_, field)| field.text).unwrap_or_default();
                Some(self.typed(asked, text.trim()))
            }
            Typed::GivenUp => {
                self.typing = None;
                Some(Turn::Stay)
            }
            Typed::Changed | Typed::Other => Some(Turn::Stay),
        }
    }

    fn typed(&mut self, asked: Asked, text: &str) -> Turn {
        let Some(run) = self.current().map(|card| card.id.clone()) else { return Turn::Stay };
        let wish = match asked {
            Asked::Note => RunWish::Note { run, note: text.to_owned() },
            Asked::Tags => {
                let tags = text.split([' ', ',']).filter(|tag| !tag.is_empty());
                RunWish::Tag { run, tags: tags.map(|tag| tag.trim_start_matches('#').to_owned()).collect() }
            }
            Asked::Fork => match text.parse() {
                Ok(step) => RunWish::Fork { run, step: Some(step) },
                Err(_) => {
                    self.said =
                        Some(Err(Notice::yours(format!("'{text}' is no step"), "type one of those that are kept")));
                    return Turn::Stay;
                }
            },
        };
        Turn::Do(Effect::WishRun(wish))
    }

    pub fn paste(&mut self, pasted: &str) {
        match (&mut self.begin, &mut self.typing) {
            (Some(begin), _) => begin.paste(pasted),
            (None, Some((_, field))) => field.paste(pasted),
            (None, None) => {}
        }
    }

    pub fn act(&mut self, action: Action, setting: &Setting) -> Turn {
        self.said = None;
        if !self.can(action) {
            return Turn::Stay;
        }
        if let Some(begin) = &mut self.begin {
            let turn = begin.act(action, setting);
            if begin.is_over() {
                self.begin = None;
            }
            return turn;
        }
        if self.differing.is_some() {
            match action {
                Action::Back => (self.differing, self.top) = (None, 0),
                Action::Up => self.top = self.top.saturating_sub(1),
                Action::Down => self.top += 1,
                _ => {}
            }
            return Turn::Stay;
        }
        let current = self.current().map(|card| (card.id.clone(), card.clone()));
        let wish = |wish: fn(String) -> RunWish| {
            current.as_ref().map_or(Turn::Stay, |(id, _)| Turn::Do(Effect::WishRun(wish(id.clone()))))
        };
        match action {
            Action::Start => {
                self.begin = Some(BeginRun::default());
                return Turn::Do(Effect::LoadRecipes);
            }
            Action::Stop => return wish(RunWish::Stop),
            Action::Pause => return wish(RunWish::Pause),
            Action::Resume => return wish(RunWish::Resume),
            Action::Sooner => return wish(RunWish::First),
            Action::Adopt => return Turn::Do(Effect::Adopt(current.map(|(id, _)| id))),
            Action::Unadopt => return Turn::Do(Effect::Adopt(None)),
            Action::Delete => self.sure = current.map(|(id, _)| id),
            Action::Note => {
                self.typing = current.map(|(_, card)| (Asked::Note, Field::with(&card.note)));
            }
            Action::Tag => {
                self.typing = current.map(|(_, card)| (Asked::Tags, Field::with(&card.tags.join(" "))));
            }
            Action::Fork => {
                let last = current.and_then(|(_, card)| card.forks.last().copied());
                self.typing = last.map(|step| (Asked::Fork, Field::with(&step.to_string())));
            }
            Action::Together => {
                let Some((id, _)) = current else { return Turn::Stay };
                match self.marked.iter().position(|marked| *marked == id) {
                    Some(at) => drop(self.marked.remove(at)),
                    None => self.marked.push(id),
                }
                return Turn::DoAll(self.follow());
            }
            Action::Differ => {
                let Some((first, second)) = self.pair() else { return Turn::Stay };
                let of = [first.clone(), second.clone()];
                (self.differing, self.top) = (Some(Differing { of, lines: None }), 0);
                return Turn::Do(Effect::CompareRuns(first, second));
            }
            Action::Back if self.page.is_some() => self.page = None,
            Action::Back | Action::Train => return Turn::Leave,
            Action::Open => self.page = Some(RunPage::default()),
            _ if self.page.is_some() => return self.turn_page(action, setting),
            _ if self.chosen.act(action, self.cards().len()) => return Turn::DoAll(self.follow()),
            _ => {}
        }
        Turn::Stay
    }

    /// What the page of a run does; a text about a sequence has it opened, once.
    fn turn_page(&mut self, action: Action, setting: &Setting) -> Turn {
        let seen = self.current().and_then(|card| self.seen.get(&card.id)).cloned();
        let (Some(page), Some(seen)) = (&mut self.page, seen) else { return Turn::Stay };
        page.act(action, &seen, setting);
        let sequence = page.text(&seen).and_then(|text| text.sequence.clone());
        match sequence.filter(|id| !self.sequences.contains_key(id)) {
            Some(id) => {
                self.sequences.insert(id.clone(), None);
                Turn::Do(Effect::Open(SequenceId(id)))
            }
            None => Turn::Stay,
        }
    }
}
