//! Evaluations: what is under way, suites that one can be started by, and what was found, which is looked at as a table (`sheet`).
//! Drawing is in `evaluate_view`.

use super::behind::scrolled;
use super::sheet::Sheet;
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::Effect;
use crate::app::event::Event;
use crate::app::key::Key;
use crate::app::setting::Setting;
use crate::app::widgets::field::{Field, Typed};
use crate::app::widgets::list::Chosen;
use crate::story::{EvaluationCard, Notice, RunCard, RunPlan, RunState, RunWish, SuiteCard};

/// Most tales of a suite: more is a slip of the pen.
const MOST_TALES: u64 = 100_000;

/// A row of the list.
#[derive(Clone, Copy, Debug)]
pub(super) enum Item<'a> {
    Run(&'a RunCard),
    Suite(&'a SuiteCard),
    Found(&'a EvaluationCard),
}

impl Item<'_> {
    /// Stays the same while others come and go.
    fn key(self) -> String {
        match self {
            Item::Run(card) => format!("run {}", card.id),
            Item::Suite(card) => format!("suite {}", card.source),
            Item::Found(card) => format!("found {}", card.id),
        }
    }
}

/// The list and what lies over it.
#[derive(Default)]
pub struct Evaluate {
    pub(super) suites: Option<Vec<SuiteCard>>,
    pub(super) found: Option<Vec<EvaluationCard>>,
    /// Those that evaluate.
    pub(super) runs: Option<Vec<RunCard>>,
    pub(super) chosen: Chosen,
    /// The chosen one stays chosen where others come before it.
    at: Option<String>,
    /// How many tales are to be told.
    pub(super) typing: Option<Field>,
    pub(super) said: Option<Result<String, Notice>>,
    /// The words of the chosen suite are read, from this line on.
    pub(super) reading: Option<usize>,
    pub(super) sheet: Option<Sheet>,
}

impl Evaluate {
    /// What has to be asked for when it opens.
    pub fn begin() -> Vec<Effect> {
        vec![Effect::LoadSuites, Effect::LoadEvaluations, Effect::WatchRuns(true)]
    }

    /// What has to be given up when it closes.
    pub fn leave() -> Vec<Effect> {
        vec![Effect::WatchRuns(false)]
    }

    /// All rows: what is under way or did not come to its end, then suites, then what was found.
    pub(super) fn items(&self) -> Vec<Item<'_>> {
        let runs = self.runs.iter().flatten().filter(|card| card.state != RunState::Finished).map(Item::Run);
        let suites = self.suites.iter().flatten().map(Item::Suite);
        runs.chain(suites).chain(self.found.iter().flatten().map(Item::Found)).collect()
    }

    pub(super) fn current(&self) -> Option<Item<'_>> {
        self.items().get(self.chosen.0).copied()
    }

    pub(super) fn suite(&self) -> Option<&SuiteCard> {
        match self.current() {
            Some(Item::Suite(card)) => Some(card),
            _ => None,
        }
    }

    fn run(&self) -> Option<&RunCard> {
        match self.current() {
            Some(Item::Run(card)) => Some(card),
            _ => None,
        }
    }

    /// What concerns suites, evaluations and runs.
    pub fn take(&mut self, event: &Event) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Suites(Ok(listed)) => self.suites = Some(listed.clone()),
            Event::Evaluations(Ok(listed)) => self.found = Some(listed.clone()),
            Event::Suites(Err(notice)) => {
                self.suites.get_or_insert_default();
                self.said = Some(Err(notice.clone()));
            }
            Event::Evaluations(Err(notice)) => {
                self.found.get_or_insert_default();
                self.said = Some(Err(notice.clone()));
            }
            Event::Runs(runs) => effects = self.list(runs),
            Event::RunWished(said) => self.said = Some(said.clone()),
            Event::Evaluation(..) | Event::Specimens { .. } | Event::Frames(..) => {
                return self.sheet.as_mut().map(|sheet| sheet.take(event)).unwrap_or_default();
            }
            _ => {}
        }
        let place = self.at.as_ref().and_then(|at| self.items().iter().position(|item| item.key() == *at));
        self.choose(place.unwrap_or(self.chosen.0));
        effects
    }

    fn choose(&mut self, place: usize) {
        let place = place.min(self.items().len().saturating_sub(1));
        self.chosen = Chosen(place);
        self.at = self.current().map(Item::key);
    }

    /// Runs have come or changed; one that has ended may have found something.
    fn list(&mut self, runs: &[RunCard]) -> Vec<Effect> {
        let new: Vec<RunCard> = runs.iter().filter(|card| card.evaluates()).cloned().collect();
        let goes_on = |id: &str| new.iter().any(|card| card.id == id && card.state.is_active());
        let ended = self.runs.iter().flatten().any(|old| old.state.is_active() && !goes_on(&old.id));
        self.runs = Some(new);
        if ended { vec![Effect::LoadEvaluations] } else { Vec::new() }
    }

    pub fn say(&mut self, said: Result<String, Notice>) {
        self.said = Some(said);
    }

    pub fn is_waiting(&self) -> bool {
        let starting = self.runs.iter().flatten().any(|card| card.state == RunState::Starting);
        self.suites.is_none() || self.found.is_none() || starting || self.sheet.as_ref().is_some_and(Sheet::is_waiting)
    }

    pub fn can(&self, action: Action) -> bool {
        if let Some(sheet) = &self.sheet {
            return sheet.can(action);
        }
        let is = |test: fn(RunState) -> bool| self.reading.is_none() && self.run().is_some_and(|card| test(card.state));
        match action {
            Action::Open => self.reading.is_none() && matches!(self.current(), Some(Item::Suite(_) | Item::Found(_))),
            Action::Start => self.suite().is_some(),
            Action::Stop => is(|state| (state.is_active() && state != RunState::Stopping) || state == RunState::Queued),
            Action::Resume => is(|state| state.can_go_on() || state == RunState::Paused),
            Action::Flip | Action::Left | Action::Right => false,
            _ => true,
        }
    }

    /// A line that is typed.
    pub fn press(&mut self, key: Key) -> Option<Turn> {
        let turn = match self.typing.as_mut()?.press(key) {
            Typed::Meant => {
                let typed = self.typing.take().map(|field| field.text).unwrap_or_default();
                self.start(typed.trim())
            }
            Typed::GivenUp => {
                self.typing = None;
                Turn::Stay
            }
            Typed::Changed | Typed::Other => Turn::Stay,
        };
        Some(turn)
    }

    pub fn paste(&mut self, pasted: &str) {
        self.typing.iter_mut().for_each(|field| field.paste(pasted));
    }

    /// Starts the chosen suite over so many tales.
    fn start(&mut self, typed: &str) -> Turn {
        let Some(suite) = self.suite() else { return Turn::Stay };
        match typed.parse::<u64>() {
            Ok(count @ 1..=MOST_TALES) => {
                let other = suite.tales.filter(|tales| *tales != count);
                let changes = other.map(|_| format!("sequences.world.count={count}")).into_iter().collect();
                let plan = RunPlan { recipe: suite.source.clone(), changes };
                Turn::Do(Effect::WishRun(RunWish::Start(plan)))
            }
            _ => {
                let what = format!("'{typed}' is no number of tales");
                self.said = Some(Err(Notice::yours(what, format!("type one from 1 to {MOST_TALES}"))));
                Turn::Stay
            }
        }
    }

    pub fn act(&mut self, action: Action, setting: &Setting) -> Turn {
        self.said = None;
        if !self.can(action) {
            return Turn::Stay;
        }
        if let Some(sheet) = &mut self.sheet {
            return sheet.act(action, setting).unwrap_or_else(|| {
                self.sheet = None;
                Turn::Stay
            });
        }
        let wish = |card: Option<&RunCard>, wish: fn(String) -> RunWish| {
            card.map_or(Turn::Stay, |card| Turn::Do(Effect::WishRun(wish(card.id.clone()))))
        };
        match (action, self.reading) {
            (Action::Start, _) => return self.ask(),
            (Action::Back, Some(_)) => self.reading = None,
            (Action::Back, None) => return Turn::Leave,
            (_, Some(top)) => {
                let lines = self.suite().map_or(0, |suite| suite.text.lines().count());
                let most = lines.saturating_sub(usize::from(setting.body().height));
                self.reading = Some(scrolled(action, top, most));
            }
            (Action::Stop, None) => return wish(self.run(), RunWish::Stop),
            (Action::Resume, None) => return wish(self.run(), RunWish::Resume),
            (Action::Open, None) => return self.open(),
            _ => {
                let mut chosen = self.chosen;
                if chosen.act(action, self.items().len()) {
                    self.choose(chosen.0);
                }
            }
        }
        Turn::Stay
    }

    /// Asks how many tales are to be told, where the suite has any.
    fn ask(&mut self) -> Turn {
        match self.suite().map(|suite| (suite.tales, suite.source.clone())) {
            Some((Some(tales), _)) => {
                self.typing = Some(Field::with(&tales.to_string()));
                Turn::Stay
            }
            Some((None, recipe)) => Turn::Do(Effect::WishRun(RunWish::Start(RunPlan { recipe, changes: Vec::new() }))),
            None => Turn::Stay,
        }
    }

    fn open(&mut self) -> Turn {
        match self.current() {
            Some(Item::Found(card)) => {
                let (id, sheet) = (card.id.clone(), Sheet::new(card.clone()));
                self.sheet = Some(sheet);
                Turn::Do(Effect::LoadEvaluation(id))
            }
            Some(Item::Suite(_)) => {
                self.reading = Some(0);
                Turn::Stay
            }
            _ => Turn::Stay,
        }
    }
}
