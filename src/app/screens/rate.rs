//! The rating screen: two stories, blind, about the frames above them. One key says which is better and how much, one more
//! answers each criterion, enter keeps it. The page turns only when the vote is on the disk.

use std::time::Duration;

use super::at_pair::{AtPair, Over, asks_more};
use super::marking::Did;
use super::sight::Looking;
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::effect::{Effect, Rating};
use crate::app::key::{Key, KeyCode};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::field::Typed;
use crate::app::widgets::typing::input;
use crate::canvas::Protocol;
use crate::story::{Asked, Growth, Notice, Pairing, Preference, SkipReason};

/// A break is offered after so many votes of a visit.
const BREAK_AFTER: u64 = 40;

/// What lies before the rater.
#[derive(Clone, Debug)]
pub(super) enum Before {
    Waiting,
    Consent {
        guideline: String,
        version: u32,
    },
    Sight(Looking),
    Pair(Box<AtPair>),
    Nothing {
        done: u64,
    },
    /// The campaign asks for a terminal that shows pictures better than this one.
    CannotSee,
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
    /// What comes next has been asked for and has not come.
    pub(super) asking: bool,
    protocol: Protocol,
}

impl Rate {
    /// `needs_pictures`: blocks of characters do not do.
    pub fn new(protocol: Protocol, needs_pictures: bool) -> Rate {
        let (notice, said, began) = (None, None, Duration::ZERO);
        let sees = !needs_pictures || !matches!(protocol, Protocol::HalfBlocks | Protocol::Off);
        let before = if sees { Before::Waiting } else { Before::CannotSee };
        Rate { before, notice, said, votes: 0, began, asking: sees, protocol }
    }

    /// Whether there is anything to ask for.
    pub fn sees(&self) -> bool {
        !matches!(self.before, Before::CannotSee)
    }

    /// What is asked next has come, or could not be had.
    pub fn take(&mut self, asked: Result<Asked, Notice>, setting: &Setting) {
        self.asking = false;
        match asked {
            Ok(Asked::Consent { guideline, version }) => self.before = Before::Consent { guideline, version },
            Ok(Asked::Sight(sight)) => self.before = Before::Sight(Looking::new(sight)),
            Ok(Asked::Nothing { done }) => self.before = Before::Nothing { done },
            Ok(Asked::Pairing(pairing)) => {
                if self.votes == 0 {
                    self.began = setting.now;
                }
                self.before = Before::Pair(Box::new(AtPair::new(*pairing, setting.now)));
            }
            Err(notice) => (self.notice, self.before) = (Some(notice), Before::Waiting),
        }
    }

    /// A story is told further, or to its end: what then cannot be judged is not asked about any more.
    pub fn grow(&mut self, story: &str, growth: Growth) -> Vec<Effect> {
        let Before::Pair(pair) = &mut self.before else { return Vec::new() };
        let Some(closed) = pair.grow(story, &growth) else { return Vec::new() };
        match (closed, growth) {
            (_, Growth::Failed(notice)) => self.notice = Some(notice),
            // A vote that is on its way hears of it by itself.
            (Some(why), _) if !pair.sending => {
                self.said = Some(format!("{why}: here is another pair"));
                return vec![self.ask()];
            }
            _ => {}
        }
        Vec::new()
    }

    /// The vote is kept, or is not: then the pair stays, with everything that was said.
    pub fn kept(&mut self, kept: Result<Option<String>, Notice>) -> Vec<Effect> {
        match kept {
            Ok(said) => {
                self.votes += 1;
                let offer =
                    self.votes.is_multiple_of(BREAK_AFTER).then(|| "kept · a good moment for a break".to_owned());
                self.said = said.or(offer).or_else(|| Some("kept".to_owned()));
                vec![self.ask()]
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

    /// Asks for what comes next. The pair stays before the rater until it is there: an empty screen between two would flicker.
    fn ask(&mut self) -> Effect {
        self.asking = true;
        match &mut self.before {
            Before::Pair(pair) => (pair.sending, pair.over, pair.zoomed) = (true, None, false),
            other => *other = Before::Waiting,
        }
        Effect::Rate(Rating::Next)
    }

    /// Something here changes with time alone.
    pub fn is_waiting(&self) -> bool {
        matches!(&self.before, Before::Waiting) && self.notice.is_none()
            || matches!(&self.before, Before::Pair(pair) if pair.sending)
    }

    pub fn can(&self, action: Action) -> bool {
        let Before::Pair(pair) = &self.before else {
            return match action {
                Action::Keep => match self.before {
                    Before::Consent { .. } | Before::Nothing { .. } => true,
                    Before::Waiting => !self.asking,
                    Before::Pair(_) | Before::Sight(_) | Before::CannotSee => false,
                },
                Action::Undo => matches!(self.before, Before::Nothing { done } if done > 0),
                Action::Help | Action::Quit | Action::Palette => true,
                _ => false,
            };
        };
        match action {
            Action::Keep => pair.is_whole(),
            Action::Same => pair.asking < pair.criteria.len() && pair.verdict.is_some_and(asks_more),
            Action::Previous => pair.verdict.is_some(),
            Action::Undo => pair.pairing.done > 0 && !pair.sending,
            _ => !pair.sending || matches!(action, Action::Help | Action::Quit),
        }
    }

    /// A key while something is typed or picked over the pair; `None`: it is to be looked up.
    pub fn press(&mut self, key: Key, setting: &Setting) -> Option<Turn> {
        if let Before::Sight(looking) = &mut self.before {
            let answers = looking.press(key)?;
            self.before = Before::Waiting;
            return Some(Turn::DoAll(vec![Effect::Rate(Rating::Saw(answers)), self.ask()]));
        }
        let Before::Pair(pair) = &mut self.before else { return None };
        pair.touch(setting.now);
        let words = pair.words();
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
                    self.said = Some("passed over".to_owned());
                    let skip = Effect::Rate(Rating::Skip { turn: id, event, reason });
                    return Some(Turn::DoAll(vec![skip, self.ask()]));
                }
                _ => pair.over = None,
            },
            Over::Marking(marking) => match marking.press(key, words) {
                Did::Moved => pair.flipped = pair.flipped.map(|_| marking.right),
                Did::Mark(mark) => {
                    pair.marks.push(mark);
                    return Some(self.draft(setting).map_or(Turn::Stay, Turn::Do));
                }
                Did::Unmark { right, at } => {
                    pair.marks.retain(|mark| mark.right != right || !(mark.from..mark.to).contains(&at));
                    return Some(self.draft(setting).map_or(Turn::Stay, Turn::Do));
                }
                Did::Leave => pair.over = None,
            },
            Over::Rewriting(right, area) => match (key.code, key.ctrl) {
                (KeyCode::Char('s'), true) => {
                    let (right, text) = (*right, area.lines().join("\n"));
                    let changed = text.trim() != pair.story(right).trim() && !text.trim().is_empty();
                    pair.rewritten = changed.then_some((right, text));
                    pair.over = None;
                    return Some(self.draft(setting).map_or(Turn::Stay, Turn::Do));
                }
                (KeyCode::Esc, _) => pair.over = None,
                _ => drop(area.input(input(key))),
            },
        }
        Some(Turn::Stay)
    }

    /// After a key, whatever it meant: that the turn is to be held for longer, now and then.
    pub fn hold(&mut self, setting: &Setting) -> Option<Effect> {
        let Before::Pair(pair) = &mut self.before else { return None };
        pair.holds(setting.now).then(|| Effect::Rate(Rating::Hold(pair.pairing.id.clone())))
    }

    pub fn paste(&mut self, pasted: &str) {
        if let Before::Pair(pair) = &mut self.before {
            match &mut pair.over {
                Some(Over::Reason(field)) => field.paste(pasted),
                Some(Over::Rewriting(_, area)) => drop(area.insert_str(text::clean(pasted))),
                _ => {}
            }
        }
    }

    pub fn act(&mut self, action: Action, setting: &Setting) -> Turn {
        if action == Action::Quit {
            return Turn::Do(Effect::Quit);
        }
        // Of what went wrong nothing is forgotten before it is tried again.
        if !matches!(self.before, Before::Waiting) || action == Action::Keep {
            self.notice = None;
        }
        if action == Action::Undo {
            if !self.can(action) {
                return Turn::Stay;
            }
            self.said = Some("your last vote is taken back; enter gives it again as it was".to_owned());
            return Turn::DoAll(vec![Effect::Rate(Rating::Undo), self.ask()]);
        }
        let pair = match &mut self.before {
            Before::Pair(pair) => pair,
            Before::Consent { version, .. } if action == Action::Keep => {
                let version = *version;
                return Turn::DoAll(vec![Effect::Rate(Rating::Agree(version)), self.ask()]);
            }
            Before::Nothing { .. } if action == Action::Keep => return Turn::Do(self.ask()),
            Before::Waiting if action == Action::Keep && !self.asking => return Turn::Do(self.ask()),
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
            let keep =
                |preference| Turn::Do(Effect::Rate(Rating::Keep { turn, event, preference: Box::new(preference) }));
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
        let cell = setting.cell;
        Some(Preference {
            wall_ms: setting.now.saturating_sub(pair.since).as_millis() as u64,
            screen: format!(
                "{} {}x{} {}x{}",
                self.protocol.word(),
                cell.width,
                cell.height,
                setting.columns,
                setting.rows
            ),
            ..pair.preference()?
        })
    }
}
