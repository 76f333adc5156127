//! The reader: all frames of one sequence, the story streaming beside or below them, the frame being told lit up.

use ratatui::layout::Position;

use super::inspector::ALTERNATIVES;
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::card::Card;
use crate::app::effect::{Ask, Effect};
use crate::app::event::Opened;
use crate::app::live::{Live, Stage};
use crate::app::setting::Setting;
use crate::story::{Frame, Gaze, Notice, Request, Story, Task, Telling};

/// One sequence being read.
#[derive(Clone, Debug)]
pub struct Reader {
    pub card: Card,
    pub opened: Option<Opened>,
    pub(super) fault: Option<Notice>,
    /// Pictures that were left out when it was opened.
    pub(super) problems: Vec<Notice>,
    pub live: Option<Live>,
    pub(super) task: Task,
    /// The frame the visitor or the story has come to.
    pub focus: Option<usize>,
    /// First row of the story on the screen; `None` follows its end.
    pub(super) top: Option<usize>,
    /// What was done last; the next key takes it away.
    pub(super) said: Option<String>,
}

/// How warm a model draws that drew greedily and is to tell again.
const AGAIN: f64 = 0.8;
/// Stories among which the best is chosen.
const CANDIDATES: usize = 8;

impl Reader {
    pub fn new(card: Card, task: Task, problems: Vec<Notice>) -> Reader {
        Reader { card, opened: None, fault: None, problems, live: None, task, focus: None, top: Some(0), said: None }
    }

    pub fn task(&self) -> Task {
        self.task
    }

    /// The sequence has come, or cannot. Its latest story is shown until another is told.
    pub fn take(&mut self, result: Result<Opened, Notice>) {
        match result {
            Ok(mut opened) => {
                if !opened.problems.is_empty() {
                    self.problems = std::mem::take(&mut opened.problems);
                }
                self.card.stories = opened.stories.len();
                self.card.frames = opened.sequence.frames.len();
                if self.live.is_none() {
                    self.live = opened.stories.first().cloned().map(Live::told);
                }
                self.opened = Some(opened);
            }
            Err(notice) => self.fault = Some(notice),
        }
    }

    /// A telling brings something; true if it was the whole story.
    pub fn hear(&mut self, number: u64, telling: Telling, setting: &Setting) -> bool {
        let Some(live) = self.live.as_mut().filter(|live| live.number == number && live.is_under_way()) else {
            return false;
        };
        live.hear(telling, setting.now);
        if let Some(frame) = live.frame().filter(|frame| *frame < self.card.frames) {
            self.focus = Some(frame);
        }
        let kept = live.story.clone().filter(|_| live.again.is_none());
        if let (Some(story), Some(opened)) = (&kept, &mut self.opened) {
            opened.stories.insert(0, story.clone());
        }
        kept.is_some()
    }

    /// The stream of a telling has ended.
    pub fn over(&mut self, number: u64) {
        if let Some(live) = self.live.as_mut().filter(|live| live.number == number) {
            live.over();
        }
    }

    /// The number of a telling under way.
    pub fn telling(&self) -> Option<u64> {
        self.live.as_ref().filter(|live| live.is_under_way()).map(|live| live.number)
    }

    /// The stories of the sequence, newest first.
    pub fn stories(&self) -> &[Story] {
        self.opened.as_ref().map_or(&[], |opened| &opened.stories)
    }

    /// What came of something that was asked for.
    pub fn say(&mut self, said: Result<String, Notice>) {
        match said {
            Ok(words) => self.said = Some(words),
            Err(notice) => self.problems.insert(0, notice),
        }
    }

    /// Shows a story.
    pub fn show(&mut self, story: Story) {
        self.live = Some(Live::told(story));
        (self.focus, self.top) = (None, Some(0));
    }

    /// One more story of the sequence, told elsewhere than here.
    pub fn put(&mut self, story: Story) {
        if let Some(opened) = &mut self.opened {
            opened.stories.insert(0, story);
        }
    }

    /// A story that a person wrote is on the shelf and shown, or is not; how many more there are.
    pub fn keep(&mut self, kept: Result<Box<Story>, Notice>) -> usize {
        match kept {
            Ok(story) if story.sequence == self.card.id => {
                if let Some(opened) = &mut self.opened {
                    opened.stories.insert(0, (*story).clone());
                }
                self.show(*story);
                1
            }
            Ok(_) => 0,
            Err(notice) => {
                self.problems.insert(0, notice);
                0
            }
        }
    }

    /// The telling of this number goes on the shelf, as far as it has come.
    pub fn keeps(&self, number: u64) -> bool {
        self.live.as_ref().is_some_and(|live| live.number == number && live.again.is_none()) && self.has_words()
    }

    /// Something has been told, be it only a word.
    pub fn has_words(&self) -> bool {
        self.live.as_ref().is_some_and(|live| !live.text.trim().is_empty())
    }

    /// Something here changes with time alone.
    pub fn is_waiting(&self) -> bool {
        let opening = self.opened.is_none() && self.fault.is_none();
        opening || self.live.as_ref().is_some_and(|live| live.is_under_way() && live.tokens == 0)
    }

    /// Whether an action would do something now: the footer hints at nothing else.
    pub fn can(&self, action: Action) -> bool {
        let telling = self.telling().is_some();
        match action {
            Action::Tell | Action::Zoom => self.opened.is_some() && !(telling && action == Action::Tell),
            Action::Best => self.opened.is_some() && !telling,
            Action::Stop => telling,
            Action::Continue => !telling && self.has_words(),
            Action::Edit | Action::Export => !telling && self.live.as_ref().is_some_and(|live| live.story.is_some()),
            Action::Inspect => {
                let told = |live: &Live| live.story.as_ref().is_some_and(|story| !story.tokens.is_empty());
                !telling && self.opened.is_some() && self.live.as_ref().is_some_and(told)
            }
            Action::Compare | Action::Annotate => !telling && self.opened.is_some(),
            Action::History => !self.stories().is_empty(),
            Action::Older => !telling && self.beside(1).is_some(),
            Action::Newer => !telling && self.beside(-1).is_some(),
            _ => true,
        }
    }

    pub(super) fn frames(&self) -> &[Frame] {
        self.opened.as_ref().map_or(&[], |opened| &opened.sequence.frames)
    }

    /// `number` is for a telling, should the action begin one.
    pub fn act(&mut self, action: Action, number: u64, setting: &Setting) -> Turn {
        if !self.can(action) {
            return Turn::Stay;
        }
        self.said = None;
        match action {
            Action::Export => {
                let story = self.live.as_ref().and_then(|live| live.story.clone());
                story.map_or(Turn::Stay, |story| Turn::Do(Effect::Export(Box::new(story))))
            }
            Action::Tell => self.tell(number, self.task, setting),
            Action::Best => self.tell_best(number, setting),
            Action::Continue => self.tell(number, Task::Continuation, setting),
            Action::Stop => {
                let Some(number) = self.telling() else { return Turn::Stay };
                if let Some(live) = &mut self.live {
                    live.stop();
                }
                Turn::Do(Effect::StopTelling(number))
            }
            Action::Task => {
                let place = Task::ALL.iter().position(|task| *task == self.task).unwrap_or(0);
                self.task = Task::ALL[(place + 1) % Task::ALL.len()];
                Turn::Stay
            }
            Action::Left => self.look_at(-1),
            Action::Right => self.look_at(1),
            Action::Up => self.scroll(-1, setting),
            Action::Down => self.scroll(1, setting),
            Action::PageUp => self.scroll(-8, setting),
            Action::PageDown => self.scroll(8, setting),
            Action::First => self.scroll(isize::MIN / 2, setting),
            Action::Last => self.scroll(isize::MAX / 2, setting),
            Action::Older | Action::Newer => {
                let story = self.beside(if action == Action::Older { 1 } else { -1 }).cloned();
                story.map_or(Turn::Stay, |story| Turn::Story(Box::new(story)))
            }
            Action::Next => Turn::Neighbour(1),
            Action::Previous => Turn::Neighbour(-1),
            Action::Back => Turn::Leave,
            _ => Turn::Stay,
        }
    }

    fn tell(&mut self, number: u64, task: Task, setting: &Setting) -> Turn {
        let before = self.live.as_ref().map(Live::whole).filter(|text| !text.trim().is_empty());
        let so_far = before.filter(|_| task == Task::Continuation);
        let mut sampling = setting.sampling.clone();
        // Told again means told otherwise: the next seed.
        if let Some(story) = self.live.as_ref().and_then(|live| live.story.as_ref()).filter(|story| story.task == task)
        {
            sampling.seed = Some(story.sampling.seed.wrapping_add(1));
            // Without chance every seed tells the same.
            let warmth = if story.sampling.temperature == 0.0 { AGAIN } else { story.sampling.temperature };
            sampling.temperature.get_or_insert(warmth);
        }
        let template = setting.template(task).and_then(|template| template.own.clone());
        let request = Request { task, template, so_far, sampling, ..Request::default() };
        Turn::Do(self.begin(number, Ask::new(self.card.id.clone(), request), setting))
    }

    /// Has several told, all warm enough to differ, of which the best is shown.
    fn tell_best(&mut self, number: u64, setting: &Setting) -> Turn {
        let mut sampling = setting.sampling.clone();
        sampling.temperature = Some(sampling.temperature.filter(|warmth| *warmth > 0.0).unwrap_or(AGAIN));
        let template = setting.template(self.task).and_then(|template| template.own.clone());
        let request = Request { task: self.task, template, sampling, stories: CANDIDATES, ..Request::default() };
        self.said = Some(format!("{CANDIDATES} stories are told, of which the reward model chooses one"));
        self.live = Some(Live::new(number, self.task, setting.now));
        (self.focus, self.top) = (None, None);
        let ask = Ask { best: true, ..Ask::new(self.card.id.clone(), request) };
        Turn::Do(Effect::Tell { number, ask: Box::new(ask) })
    }

    /// The best of several has come, or has not; how many more stories are shown.
    pub fn best(&mut self, number: u64, told: Result<(Box<Story>, String), Notice>) -> usize {
        if self.telling() != Some(number) {
            return 0;
        }
        match told {
            Ok((story, words)) => {
                let kept = self.keep(Ok(story));
                self.said = Some(words);
                kept
            }
            Err(notice) => {
                self.said = None;
                if let Some(live) = &mut self.live {
                    live.stage = Stage::Failed(notice);
                }
                0
            }
        }
    }

    /// Begins a telling.
    pub fn begin(&mut self, number: u64, mut ask: Ask, setting: &Setting) -> Effect {
        // What the inspector shows is measured as the story streams: little beside the telling itself.
        (ask.request.alternatives, ask.request.gaze) = (ALTERNATIVES, Gaze::Frames);
        let mut live = Live::new(number, ask.request.task, setting.now);
        live.before = ask.request.so_far.clone().unwrap_or_default();
        live.again.clone_from(&ask.again);
        self.live = Some(live);
        (self.focus, self.top) = (None, None);
        Effect::Tell { number, ask: Box::new(ask) }
    }

    /// The story `step` older than the one shown.
    fn beside(&self, step: isize) -> Option<&Story> {
        let shown = self.live.as_ref()?.story.as_ref()?;
        let place = self.stories().iter().position(|story| story.id == shown.id)?;
        self.stories().get(place.checked_add_signed(step)?)
    }

    /// A click on a frame lights it up; true on one that is lit already: it wants to be seen closely.
    pub fn click(&mut self, at: Position, setting: &Setting) -> bool {
        let strip = self.layout(setting).strip;
        let hit = strip.slots.iter().zip(strip.page).find(|(slot, _)| slot.contains(at)).map(|(_, place)| place);
        let again = hit.is_some() && hit == self.focus;
        self.focus = hit.or(self.focus);
        again
    }

    fn look_at(&mut self, step: isize) -> Turn {
        let last = self.frames().len().saturating_sub(1);
        self.focus = match self.focus {
            None => Some(if step > 0 { 0 } else { last }),
            Some(focus) => Some(focus.saturating_add_signed(step).min(last)),
        };
        Turn::Stay
    }

    fn scroll(&mut self, step: isize, setting: &Setting) -> Turn {
        let layout = self.layout(setting);
        let pane = self.pane(setting);
        let area = pane.text_area(layout.pane, setting);
        let rows = pane.rows(area);
        let first = pane.first_row(rows, area.height);
        let most = rows.saturating_sub(usize::from(area.height));
        let there = first.saturating_add_signed(step).min(most);
        // At the end of a story being told the view goes on following it.
        self.top = (there < most || self.telling().is_none()).then_some(there);
        Turn::Stay
    }
}
