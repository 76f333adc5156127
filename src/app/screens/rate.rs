//! The rating screen: two stories, blind, about the frames above them. One key says which is better and how much, one more
//! answers each criterion, enter keeps it. The page turns only when the vote is on the disk.

use std::time::Duration;

use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::{Effect, Rating};
use crate::app::key::{Key, KeyCode};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::field::{Field, Typed};
use crate::canvas::Protocol;
use crate::story::{Asked, Better, Notice, Pairing, Preference, SkipReason, TurnKind, Verdict};

/// A pause at the keys longer than this is no work.
const PAUSE: Duration = Duration::from_secs(20);
/// A break is offered after so many votes of a visit.
const BREAK_AFTER: u64 = 40;

/// What lies before the rater.
#[derive(Clone, Debug)]
pub(super) enum Before {
    Waiting,
    Consent { guideline: String, version: u32 },
    Pair(Box<AtPair>),
    Nothing { done: u64 },
    /// The campaign asks for a terminal that shows pictures better than this one.
    CannotSee,
}

/// What is typed or picked over a pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Over {
    Reason(Field),
    Skip(usize),
}

/// A pair, and what was said of it so far.
#[derive(Clone, Debug)]
pub(super) struct AtPair {
    pub pairing: Pairing,
    pub verdict: Option<Verdict>,
    pub criteria: Vec<Option<Better>>,
    /// The criterion that is asked now; past the last one: all are answered.
    pub asking: usize,
    pub reason: String,
    pub flagged: bool,
    pub frame: usize,
    pub zoomed: bool,
    /// One story at a time: whether the right one is shown.
    pub flipped: Option<bool>,
    pub top: usize,
    pub over: Option<Over>,
    /// The vote is on its way to the disk.
    pub sending: bool,
    since: Duration,
    last_key: Duration,
    active: Duration,
}

/// The rater's screen.
#[derive(Clone, Debug)]
pub struct Rate {
    pub(super) before: Before,
    pub(super) notice: Option<Notice>,
    /// What was done last.
    pub(super) said: Option<String>,
    /// Votes of this visit, and when it began to count.
    pub(super) votes: u64,
    pub(super) began: Duration,
    protocol: Protocol,
}

impl Rate {
    /// `needs_pictures`: blocks of characters do not do.
    pub fn new(protocol: Protocol, needs_pictures: bool) -> Rate {
        let (notice, said, began) = (None, None, Duration::ZERO);
        let sees = !needs_pictures || !matches!(protocol, Protocol::HalfBlocks | Protocol::Off);
        let before = if sees { Before::Waiting } else { Before::CannotSee };
        Rate { before, notice, said, votes: 0, began, protocol }
    }

    /// Whether there is anything to ask for.
    pub fn sees(&self) -> bool {
        !matches!(self.before, Before::CannotSee)
    }

    /// What is asked next has come, or could not be had.
    pub fn take(&mut self, asked: Result<Asked, Notice>, setting: &Setting) {
        match asked {
            Ok(Asked::Consent { guideline, version }) => self.before = Before::Consent { guideline, version },
            Ok(Asked::Nothing { done }) => self.before = Before::Nothing { done },
            Ok(Asked::Pairing(pairing)) => {
                if self.votes == 0 {
                    self.began = setting.now;
                }
                self.before = Before::Pair(Box::new(AtPair::new(*pairing, setting.now)));
            }
            Err(notice) => self.notice = Some(notice),
        }
    }

    /// The vote is kept, or is not: then the pair stays, with everything that was said.
    pub fn kept(&mut self, kept: Result<Option<String>, Notice>) -> Vec<Effect> {
        match kept {
            Ok(said) => {
                self.votes += 1;
                let offer = self.votes.is_multiple_of(BREAK_AFTER).then(|| "kept · a good moment for a break".to_owned());
                self.said = said.or(offer).or_else(|| Some("kept".to_owned()));
                self.before = Before::Waiting;
                vec![Effect::Rate(Rating::Next)]
            }
            Err(notice) => {
                self.notice = Some(notice);
                if let Before::Pair(pair) = &mut self.before {
                    pair.sending = false;
                }
                Vec::new()
            }
        }
    }

    /// Something here changes with time alone.
    pub fn is_waiting(&self) -> bool {
        matches!(&self.before, Before::Waiting) && self.notice.is_none()
            || matches!(&self.before, Before::Pair(pair) if pair.sending)
    }

    pub fn can(&self, action: Action) -> bool {
        let Before::Pair(pair) = &self.before else {
            return match action {
                Action::Keep => matches!(self.before, Before::Consent { .. }) || self.notice.is_some(),
                Action::Undo => matches!(self.before, Before::Waiting | Before::Nothing { .. }),
                Action::Help | Action::Quit | Action::Palette => true,
                _ => false,
            };
        };
        match action {
            Action::Keep => pair.is_whole(),
            Action::Same => pair.asking < pair.criteria.len() && pair.verdict.is_some_and(asks_more),
            Action::Previous => pair.verdict.is_some(),
            Action::Undo => pair.pairing.done > 0,
            _ => !pair.sending || matches!(action, Action::Help | Action::Quit),
        }
    }

    /// A key while something is typed or picked over the pair; `None`: it is to be looked up.
    pub fn press(&mut self, key: Key, setting: &Setting) -> Option<Turn> {
        let Before::Pair(pair) = &mut self.before else { return None };
        pair.touch(setting.now);
        let over = pair.over.as_mut()?;
        match over {
            Over::Reason(field) => match field.press(key) {
                Typed::Meant => {
                    pair.reason = field.text.trim().to_owned();
                    pair.over = None;
                    return Some(Turn::Do(self.draft(setting)?));
                }
                Typed::GivenUp => pair.over = None,
                Typed::Changed | Typed::Other => {}
            },
            Over::Skip(chosen) => match key.code {
                KeyCode::Up | KeyCode::Char('k') => *chosen = chosen.saturating_sub(1),
                KeyCode::Down | KeyCode::Char('j') => *chosen = (*chosen + 1).min(SkipReason::ALL.len() - 1),
                KeyCode::Enter => {
                    let reason = SkipReason::ALL[*chosen];
                    let Pairing { id, event, .. } = pair.pairing.clone();
                    self.before = Before::Waiting;
                    self.said = Some("passed over".to_owned());
                    return Some(Turn::DoAll(vec![Effect::Rate(Rating::Skip { turn: id, event, reason }), Effect::Rate(Rating::Next)]));
                }
                _ => pair.over = None,
            },
        }
        Some(Turn::Stay)
    }

    pub fn paste(&mut self, pasted: &str) {
        if let Before::Pair(pair) = &mut self.before
            && let Some(Over::Reason(field)) = &mut pair.over
        {
            field.paste(pasted);
        }
    }

    pub fn act(&mut self, action: Action, setting: &Setting) -> Turn {
        self.notice = None;
        if action == Action::Quit {
            return Turn::Do(Effect::Quit);
        }
        if action == Action::Undo && self.can(action) {
            self.before = Before::Waiting;
            self.said = Some("your last vote is taken back".to_owned());
            return Turn::DoAll(vec![Effect::Rate(Rating::Undo), Effect::Rate(Rating::Next)]);
        }
        let pair = match &mut self.before {
            Before::Pair(pair) => pair,
            Before::Consent { version, .. } if action == Action::Keep => {
                let version = *version;
                self.before = Before::Waiting;
                return Turn::DoAll(vec![Effect::Rate(Rating::Agree(version)), Effect::Rate(Rating::Next)]);
            }
            Before::Waiting if action == Action::Keep => return Turn::Do(Effect::Rate(Rating::Next)),
            _ => return Turn::Stay,
        };
        if pair.sending {
            return Turn::Stay;
        }
        self.said = None;
        if action == Action::Keep {
            if !pair.is_whole() {
                return Turn::Stay;
            }
            pair.sending = true;
            let (turn, event) = (pair.pairing.id.clone(), pair.pairing.event.clone());
            let keep = |preference| Turn::Do(Effect::Rate(Rating::Keep { turn, event, preference: Box::new(preference) }));
            return self.preference(setting).map_or(Turn::Stay, keep);
        }
        if pair.say(action) {
            return self.draft(setting).map_or(Turn::Stay, Turn::Do);
        }
        Turn::Stay
    }

    /// What was said so far, to be kept should the line be lost.
    fn draft(&self, setting: &Setting) -> Option<Effect> {
        let Before::Pair(pair) = &self.before else { return None };
        let preference = Box::new(self.preference(setting)?);
        Some(Effect::Rate(Rating::Draft { turn: pair.pairing.id.clone(), preference }))
    }

    /// As it is stored: in the campaign's order of the stories, whichever side they stand on.
    fn preference(&self, setting: &Setting) -> Option<Preference> {
        let Before::Pair(pair) = &self.before else { return None };
        let order = |verdict: Verdict| if pair.pairing.first_is_left { verdict } else { verdict.swapped() };
        let place = |better: &Better| if pair.pairing.first_is_left { *better } else { better.swapped() };
        let verdict = pair.verdict?;
        let criteria = if asks_more(verdict) { pair.criteria.iter().flatten().map(place).collect() } else { Vec::new() };
        let cell = setting.cell;
        Some(Preference {
            verdict: order(verdict),
            criteria,
            reason: text::clean(&pair.reason),
            flagged: pair.flagged,
            active_ms: pair.active.as_millis() as u64,
            wall_ms: setting.now.saturating_sub(pair.since).as_millis() as u64,
            screen: format!(
                "{} {}x{} {}x{}",
                self.protocol.word(),
                cell.width,
                cell.height,
                setting.columns,
                setting.rows
            ),
            guideline: pair.pairing.guideline_version,
        })
    }
}

/// Whether the criteria are asked after this verdict.
fn asks_more(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Prefer(_))
}

impl AtPair {
    fn new(pairing: Pairing, now: Duration) -> AtPair {
        let mut pair = AtPair {
            verdict: None,
            criteria: vec![None; pairing.criteria.len()],
            asking: 0,
            reason: String::new(),
            flagged: false,
            frame: 0,
            zoomed: false,
            flipped: None,
            top: 0,
            over: None,
            sending: false,
            since: now,
            last_key: now,
            active: Duration::ZERO,
            pairing,
        };
        if let Some(draft) = pair.pairing.draft.clone() {
            let left = pair.pairing.first_is_left;
            pair.verdict = Some(if left { draft.verdict } else { draft.verdict.swapped() });
            for (place, better) in pair.criteria.iter_mut().zip(&draft.criteria) {
                *place = Some(if left { *better } else { better.swapped() });
            }
            pair.asking = draft.criteria.len();
            (pair.reason, pair.flagged) = (draft.reason, draft.flagged);
            pair.active = Duration::from_millis(draft.active_ms);
        }
        pair
    }

    /// A key was pressed: time up to here was spent, unless it was long.
    fn touch(&mut self, now: Duration) {
        let since = now.saturating_sub(self.last_key);
        self.active += since.min(PAUSE);
        self.last_key = now;
    }

    /// Everything is said.
    pub fn is_whole(&self) -> bool {
        let all = |verdict| !asks_more(verdict) || self.criteria.iter().all(Option::is_some);
        !self.sending && self.verdict.is_some_and(all)
    }

    pub fn is_practice(&self) -> bool {
        self.pairing.kind == TurnKind::Practice
    }

    /// The story on a side.
    pub fn story(&self, right: bool) -> &str {
        let first = right != self.pairing.first_is_left;
        if first { &self.pairing.first.text } else { &self.pairing.second.text }
    }

    /// Takes what was said; false where the action says nothing about the pair.
    fn say(&mut self, action: Action) -> bool {
        let verdict = match action {
            Action::MuchLeft => Verdict::Prefer(3),
            Action::MoreLeft => Verdict::Prefer(2),
            Action::BitLeft => Verdict::Prefer(1),
            Action::Tie => Verdict::Prefer(0),
            Action::BitRight => Verdict::Prefer(-1),
            Action::MoreRight => Verdict::Prefer(-2),
            Action::MuchRight => Verdict::Prefer(-3),
            Action::BothBad => Verdict::BothBad,
            Action::CannotJudge => Verdict::CannotJudge,
            _ => return self.look(action),
        };
        self.verdict = Some(verdict);
        true
    }

    fn look(&mut self, action: Action) -> bool {
        let frames = self.pairing.sequence.frames.len();
        if self.zoomed {
            match action {
                Action::Left => self.frame = self.frame.saturating_sub(1),
                Action::Right => self.frame = (self.frame + 1).min(frames.saturating_sub(1)),
                Action::Zoom | Action::Back => self.zoomed = false,
                _ => {}
            }
            return false;
        }
        let answer = match action {
            Action::Left => Some(Better::First),
            Action::Same => Some(Better::Same),
            Action::Right => Some(Better::Second),
            _ => None,
        };
        if let (Some(answer), Some(verdict)) = (answer, self.verdict)
            && asks_more(verdict)
            && let Some(place) = self.criteria.get_mut(self.asking)
        {
            *place = Some(answer);
            self.asking += 1;
            return true;
        }
        match action {
            Action::Previous if self.asking > 0 => {
                self.asking -= 1;
                self.criteria[self.asking] = None;
            }
            Action::Previous => self.verdict = None,
            Action::Flag => {
                self.flagged = !self.flagged;
                return self.verdict.is_some();
            }
            Action::Reason => self.over = Some(Over::Reason(Field::with(&self.reason))),
            Action::Skip => self.over = Some(Over::Skip(0)),
            Action::Zoom => self.zoomed = true,
            Action::Next => self.frame = (self.frame + 1) % frames.max(1),
            Action::Flip => {
                self.flipped = match self.flipped {
                    None => Some(false),
                    Some(false) => Some(true),
                    Some(true) => None,
                };
                self.top = 0;
            }
            Action::Up => self.top = self.top.saturating_sub(1),
            Action::Down => self.top += 1,
            _ => {}
        }
        false
    }
}
