//! A pair before a rater: what was said of it so far, and what they are looking at.

use std::time::Duration;

use crate::app::action::Action;
use ratatui_textarea::TextArea;

use super::marking::{self, Marked, Marking};
use crate::app::text;
use crate::app::widgets::field::Field;
use crate::app::widgets::typing::page;
use crate::story::{Better, Finish, Growth, Mark, Pairing, Preference, ReadSoFar, Rewritten, Story, TurnKind, Verdict};

/// A pause at the keys longer than this is no work.
const PAUSE: Duration = Duration::from_secs(20);
/// What is typed or picked over a pair.
#[derive(Clone, Debug)]
pub enum Over {
    Reason(Field),
    Skip(usize),
    Marking(Marking),
    /// The story on the right, or the left one, as the rater would have it.
    Rewriting(bool, Box<TextArea<'static>>),
}

/// A pair, and what was said of it so far.
#[derive(Clone, Debug)]
pub struct AtPair {
    pub pairing: Pairing,
    pub verdict: Option<Verdict>,
    pub criteria: Vec<Option<Better>>,
    /// The criterion that is asked now; past the last one: all are answered.
    pub asking: usize,
    pub reason: String,
    pub marks: Vec<Marked>,
    /// A side, and its story as the rater would have it.
    pub rewritten: Option<(bool, String)>,
    pub flagged: bool,
    pub frame: usize,
    pub zoomed: bool,
    /// One story at a time: whether the right one is shown.
    pub flipped: Option<bool>,
    pub top: usize,
    pub over: Option<Over>,
    /// The vote is on its way to the disk.
    pub sending: bool,
    pub since: Duration,
    last_key: Duration,
    /// When the turn was held for longer last.
    held: Duration,
    pub active: Duration,
}

/// Whether the criteria are asked after this verdict.
pub fn asks_more(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Prefer(_))
}

impl AtPair {
    pub fn new(pairing: Pairing, now: Duration) -> AtPair {
        let mut pair = AtPair {
            verdict: None,
            criteria: vec![None; pairing.criteria.len()],
            asking: 0,
            reason: String::new(),
            marks: Vec::new(),
            rewritten: None,
            flagged: false,
            frame: 0,
            zoomed: false,
            flipped: None,
            top: 0,
            over: None,
            sending: false,
            since: now,
            last_key: now,
            held: now,
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
            let side = |in_first: bool| in_first != left;
            pair.marks = draft
                .marks
                .iter()
                .map(|mark| Marked { right: side(mark.in_first), from: mark.from, to: mark.to, fault: mark.fault })
                .collect();
            pair.rewritten = draft.better.map(|better| (side(better.of_first), better.text));
            pair.active = Duration::from_millis(draft.active_ms);
        }
        pair
    }

    /// A key was pressed: time up to here was spent, unless it was long.
    pub fn touch(&mut self, now: Duration) {
        let since = now.saturating_sub(self.last_key);
        self.active += since.min(PAUSE);
        self.last_key = now;
    }

    /// Whether the turn is to be held for longer now: somebody is at the keys, and a good part of its lease has gone by.
    pub fn holds(&mut self, now: Duration) -> bool {
        let lease = Duration::from_secs(self.pairing.lease_seconds.into());
        let due = !self.sending && now.saturating_sub(self.held) >= lease / 4;
        if due {
            self.held = now;
        }
        due
    }

    /// Everything is said.
    pub fn is_whole(&self) -> bool {
        let all = |verdict| !asks_more(verdict) || self.criteria.iter().all(Option::is_some);
        !self.sending && self.verdict.is_some_and(all)
    }

    /// Takes a story as it stands now; nothing if it is not one of this pair's. Gives why the pair cannot be judged, if that shows.
    pub fn grow(&mut self, story: &str, growth: &Growth) -> Option<Option<&'static str>> {
        let Pairing { first, second, .. } = &mut self.pairing;
        let own = [&mut *first, second].into_iter().find(|own| own.id == story)?;
        match growth {
            Growth::Telling(text) => own.text.clone_from(text),
            Growth::Told(told) => *own = (**told).clone(),
            Growth::Failed(_) => {}
        }
        let Pairing { first, second, .. } = &self.pairing;
        let told = |story: &Story| story.finish != Finish::Awaited;
        Some(if [first, second].iter().any(|story| story.finish == Finish::Length) {
            Some("a story was cut at its limit")
        } else if told(first) && told(second) && first.text == second.text {
            Some("both stories came out the same")
        } else {
            None
        })
    }

    /// How much of the stories there is, where one of them is still being told.
    fn so_far(&self) -> Option<ReadSoFar> {
        let Pairing { first, second, .. } = &self.pairing;
        let length = |story: &Story| story.text.chars().count();
        let growing = [first, second].iter().any(|story| story.finish == Finish::Awaited);
        growing.then(|| ReadSoFar { first: length(first), second: length(second) })
    }

    pub fn is_practice(&self) -> bool {
        self.pairing.kind == TurnKind::Practice
    }

    /// The story on a side.
    pub fn story(&self, right: bool) -> &str {
        let first = right != self.pairing.first_is_left;
        if first { &self.pairing.first.text } else { &self.pairing.second.text }
    }

    /// How many words the stories on the left and on the right have.
    pub fn words(&self) -> [usize; 2] {
        [false, true].map(|right| self.story(right).split_whitespace().count())
    }

    /// As it is stored: in the campaign's order of the stories, whichever side they stand on. Nothing without a verdict; what
    /// was seen, and when, is for the screen to add.
    pub fn preference(&self) -> Option<Preference> {
        let left = self.pairing.first_is_left;
        let verdict = self.verdict?;
        let place = |better: &Better| if left { *better } else { better.swapped() };
        let criteria =
            if asks_more(verdict) { self.criteria.iter().flatten().map(place).collect() } else { Vec::new() };
        let mark = |mark: &Marked| Mark {
            in_first: mark.right != left,
            from: mark.from,
            to: mark.to,
            words: marking::words(self.story(mark.right), mark.from, mark.to),
            fault: mark.fault,
        };
        let rewritten = self.rewritten.as_ref();
        Some(Preference {
            verdict: if left { verdict } else { verdict.swapped() },
            criteria,
            reason: text::clean(&self.reason),
            marks: self.marks.iter().map(mark).collect(),
            better: rewritten.map(|(right, text)| Rewritten { of_first: *right != left, text: text::clean(text) }),
            flagged: self.flagged,
            active_ms: self.active.as_millis() as u64,
            wall_ms: 0,
            screen: String::new(),
            guideline: self.pairing.guideline_version,
            so_far: self.so_far(),
            imported: None,
        })
    }

    /// The story that is preferred so far; the left one where neither is.
    fn preferred(&self) -> bool {
        matches!(self.verdict, Some(Verdict::Prefer(..0)))
    }

    /// Takes what was said; false where the action says nothing about the pair.
    pub fn say(&mut self, action: Action) -> bool {
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
            Action::Mark => {
                let right = self.flipped.unwrap_or(false);
                self.over = Some(Over::Marking(Marking::new(right)));
            }
            Action::Edit => {
                let before = self.rewritten.clone();
                let (right, text) =
                    before.unwrap_or_else(|| (self.preferred(), self.story(self.preferred()).to_owned()));
                self.over = Some(Over::Rewriting(right, Box::new(page(&text))));
            }
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
