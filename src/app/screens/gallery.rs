//! The gallery: a grid of sequences, each with its first frame, title and counts. Filter, open, type or paste a path.

use std::cmp::Reverse;

use ratatui::layout::Position;

use super::grid::Grid;
use super::sieve::Sieve;
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::card::Card;
use crate::app::effect::Effect;
use crate::app::key::Key;
use crate::app::setting::Setting;
use crate::app::widgets::field::{Field, Typed};
use crate::story::{Notice, SequenceId};

/// What is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typing {
    Filter(Field),
    Path(Field),
}

/// How the sequences are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// The bundled ones, then what was opened last.
    #[default]
    Listed,
    Title,
    Stories,
    Frames,
}

impl Order {
    fn next(self) -> Order {
        match self {
            Order::Listed => Order::Title,
            Order::Title => Order::Stories,
            Order::Stories => Order::Frames,
            Order::Frames => Order::Listed,
        }
    }

    pub(super) fn words(self) -> &'static str {
        match self {
            Order::Listed => "as listed",
            Order::Title => "by title",
            Order::Stories => "by stories",
            Order::Frames => "by frames",
        }
    }
}

/// The gallery.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    pub(super) cards: Vec<Card>,
    /// Places in `cards` of what is shown, in order.
    shown: Vec<usize>,
    pub(super) order: Order,
    pub(super) loaded: bool,
    pub(super) filter: String,
    /// Only the sequences of this folder are shown.
    pub(super) group: Option<String>,
    pub(super) typing: Option<Typing>,
    /// Place of the chosen card among those shown.
    pub(super) chosen: usize,
    /// First row of tiles on the screen.
    pub(super) top: usize,
    /// A path being opened.
    pub(super) opening: Option<String>,
    /// Of a folder of sequences so many are opened, of so many.
    pub(super) gathering: Option<(usize, usize)>,
    pub(super) notice: Option<Notice>,
    /// What was done last; the next key takes it away.
    pub(super) said: Option<String>,
}

impl Gallery {
    /// The sequences, as the studio lists them.
    pub fn list(&mut self, listed: Result<Vec<Card>, Notice>) {
        self.loaded = true;
        match listed {
            Ok(cards) => {
                let chosen = self.current().map(|card| card.id.clone());
                self.cards = cards;
                self.choose(chosen.as_ref());
            }
            Err(notice) => self.notice = Some(notice),
        }
    }

    /// A path was opened (or not): its card comes first and is chosen.
    pub fn add(&mut self, added: Result<Card, Notice>) -> Option<Card> {
        (self.opening, self.gathering) = (None, None);
        match added {
            Ok(card) => {
                self.cards.retain(|other| other.id != card.id);
                self.cards.insert(0, card.clone());
                self.filter.clear();
                self.group = None;
                self.choose(Some(&card.id));
                Some(card)
            }
            Err(notice) => {
                self.notice = Some(notice);
                None
            }
        }
    }

    /// Of a folder of sequences so many are opened.
    pub fn gather(&mut self, done: usize, of: usize) {
        self.gathering = Some((done, of));
    }

    /// A folder of sequences was opened: its group is shown.
    pub fn gathered(&mut self, count: usize, group: String, problems: &[Notice]) {
        (self.opening, self.gathering) = (None, None);
        match problems {
            [] => self.said = Some(format!("{count} sequences from {group}")),
            [first, rest @ ..] => {
                let more = if rest.is_empty() { String::new() } else { format!(" (and {} more like it)", rest.len()) };
                let what = format!("{count} sequences from {group}, but {}{more}", first.what);
                self.notice = Some(Notice { what, ..first.clone() });
            }
        }
        self.filter.clear();
        self.group = Some(group);
        self.chosen = 0;
        self.sift();
    }

    /// The groups there are, in the order of the cards, each with how many it has.
    fn groups(&self) -> Vec<&str> {
        let mut groups: Vec<&str> = Vec::new();
        for card in &self.cards {
            if !groups.contains(&card.group.as_str()) {
                groups.push(&card.group);
            }
        }
        groups
    }

    /// The group after the one shown; after the last, all.
    fn next_group(&mut self) {
        let groups = self.groups();
        let next = match &self.group {
            None => 0,
            Some(group) => groups.iter().position(|known| known == group).map_or(0, |place| place + 1),
        };
        self.group = groups.get(next).map(|group| (*group).to_owned());
    }

    /// One more story of a sequence is on the shelf.
    pub fn count_story(&mut self, id: &SequenceId) {
        if let Some(card) = self.cards.iter_mut().find(|card| card.id == *id) {
            card.stories += 1;
        }
    }

    /// What came of something that was asked for.
    pub fn say(&mut self, said: Result<String, Notice>) {
        match said {
            Ok(words) => self.said = Some(words),
            Err(notice) => self.notice = Some(notice),
        }
    }

    /// Chooses the card with this id, or keeps to what is shown.
    fn choose(&mut self, id: Option<&SequenceId>) {
        self.sift();
        let place = id.and_then(|id| self.shown().iter().position(|card| card.id == *id));
        self.chosen = place.unwrap_or(self.chosen).min(self.shown.len().saturating_sub(1));
    }

    /// What is shown, after the cards, the filter or the order have changed.
    fn sift(&mut self) {
        let mut sieve = Sieve::new(&self.filter);
        let group = self.group.as_deref();
        let among = self.cards.iter().enumerate().filter(|(_, card)| group.is_none_or(|group| card.group == group));
        let scored = among.filter_map(|(place, card)| Some((sieve.score(card)?, place)));
        let mut scored: Vec<(u32, usize)> = scored.collect();
        let card = |place: usize| &self.cards[place];
        match self.order {
            // What fits the letters best comes first.
            Order::Listed => scored.sort_by_key(|(score, _)| Reverse(*score)),
            Order::Title => scored.sort_by_cached_key(|(_, place)| card(*place).title.to_lowercase()),
            Order::Stories => scored.sort_by_key(|(_, place)| Reverse(card(*place).stories)),
            Order::Frames => scored.sort_by_key(|(_, place)| card(*place).frames),
        }
        self.shown = scored.into_iter().map(|(_, place)| place).collect();
    }

    pub(super) fn shown(&self) -> Vec<&Card> {
        self.shown.iter().map(|place| &self.cards[*place]).collect()
    }

    fn current(&self) -> Option<&Card> {
        self.shown.get(self.chosen).map(|place| &self.cards[*place])
    }

    /// The neighbour of a sequence among those shown, `step` away, with its place; it becomes the chosen one.
    pub fn neighbour(&mut self, id: &SequenceId, step: isize) -> Option<Card> {
        let shown = self.shown();
        let here = shown.iter().position(|card| card.id == *id)?;
        let there = here.checked_add_signed(step)?;
        let card = (*shown.get(there)?).clone();
        self.chosen = there;
        Some(card)
    }

    /// "3 of 12" for the header of a reader.
    pub fn place_of(&self, id: &SequenceId) -> Option<(usize, usize)> {
        let shown = self.shown();
        shown.iter().position(|card| card.id == *id).map(|place| (place + 1, shown.len()))
    }

    pub fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    /// Something here changes with time alone.
    pub fn is_waiting(&self) -> bool {
        !self.loaded || self.opening.is_some()
    }

    /// A key while a line is typed.
    pub fn press(&mut self, key: Key, setting: &Setting) -> Turn {
        let Some(typing) = &mut self.typing else { return Turn::Stay };
        let turn = match typing {
            Typing::Filter(field) => match field.press(key) {
                Typed::Changed => {
                    self.filter.clone_from(&field.text);
                    self.chosen = 0;
                    self.sift();
                    Turn::Stay
                }
                Typed::Meant => {
                    self.typing = None;
                    Turn::Stay
                }
                Typed::GivenUp => {
                    let chosen = self.current().map(|card| card.id.clone());
                    self.typing = None;
                    self.filter.clear();
                    self.choose(chosen.as_ref());
                    Turn::Stay
                }
                Typed::Other => Turn::Stay,
            },
            Typing::Path(field) => match field.press(key) {
                Typed::Meant if !field.text.trim().is_empty() => {
                    let path = field.text.trim().to_owned();
                    self.typing = None;
                    self.opening = Some(path.clone());
                    Turn::Do(Effect::OpenPath(path))
                }
                Typed::Meant | Typed::GivenUp => {
                    self.typing = None;
                    Turn::Stay
                }
                Typed::Changed | Typed::Other => Turn::Stay,
            },
        };
        self.show_chosen(setting);
        turn
    }

    /// Pasted (or dropped) text: into the line being typed, or as a path to open.
    pub fn paste(&mut self, pasted: &str) {
        match &mut self.typing {
            Some(Typing::Filter(field)) => {
                field.paste(pasted);
                self.filter.clone_from(&field.text);
                self.chosen = 0;
                self.sift();
            }
            Some(Typing::Path(field)) => field.paste(pasted),
            None => self.typing = Some(Typing::Path(Field::with(pasted.trim()))),
        }
    }

    pub fn act(&mut self, action: Action, setting: &Setting) -> Turn {
        let grid = Grid::new(setting.body(), self.cards.len());
        let last = self.shown.len().saturating_sub(1);
        let page = grid.across * grid.down;
        (self.notice, self.said) = (None, None);
        match action {
            Action::Left => self.chosen = self.chosen.saturating_sub(1),
            Action::Right => self.chosen = (self.chosen + 1).min(last),
            Action::Up if self.chosen >= grid.across => self.chosen -= grid.across,
            Action::Down => self.chosen = step_down(self.chosen, grid.across, last),
            Action::PageUp => self.chosen = self.chosen.saturating_sub(page),
            Action::PageDown => self.chosen = (self.chosen + page).min(last),
            Action::First => self.chosen = 0,
            Action::Last => self.chosen = last,
            Action::Filter => self.typing = Some(Typing::Filter(Field::with(&self.filter))),
            Action::Sort => {
                let chosen = self.current().map(|card| card.id.clone());
                self.order = self.order.next();
                self.choose(chosen.as_ref());
            }
            Action::Group => {
                let chosen = self.current().map(|card| card.id.clone());
                self.next_group();
                self.choose(chosen.as_ref());
            }
            Action::OpenPath => self.typing = Some(Typing::Path(Field::default())),
            Action::Open => {
                if let Some(card) = self.current() {
                    return Turn::Read(Box::new(card.clone()));
                }
            }
            Action::Back if !self.filter.is_empty() => {
                let chosen = self.current().map(|card| card.id.clone());
                self.filter.clear();
                self.choose(chosen.as_ref());
            }
            Action::Back if self.group.is_some() => {
                let chosen = self.current().map(|card| card.id.clone());
                self.group = None;
                self.choose(chosen.as_ref());
            }
            Action::Quit => return Turn::Do(Effect::Quit),
            _ => {}
        }
        self.show_chosen(setting);
        Turn::Stay
    }

    /// A click: chooses a tile; on the chosen one, opens it.
    pub fn click(&mut self, at: Position, setting: &Setting) -> Turn {
        let body = setting.body();
        let grid = Grid::new(body, self.cards.len());
        if self.typing.is_some() || !body.contains(at) || at.x / grid.width >= grid.across as u16 {
            return Turn::Stay;
        }
        let (across, down) = (usize::from((at.x - body.x) / grid.width), usize::from((at.y - body.y) / grid.height));
        let place = (self.top + down) * grid.across + across;
        match self.shown.get(place) {
            Some(_) if place == self.chosen => self.act(Action::Open, setting),
            Some(_) => {
                self.chosen = place;
                Turn::Stay
            }
            None => Turn::Stay,
        }
    }

    /// Scrolls so that the chosen tile is on the screen.
    pub fn show_chosen(&mut self, setting: &Setting) {
        let grid = Grid::new(setting.body(), self.cards.len());
        let row = self.chosen / grid.across;
        self.top = self.top.clamp((row + 1).saturating_sub(grid.down), row);
    }
}

/// A row down; from the last row but one to the last tile, where the last row is short.
fn step_down(chosen: usize, across: usize, last: usize) -> usize {
    if chosen + across <= last {
        chosen + across
    } else if chosen / across < last / across {
        last
    } else {
        chosen
    }
}
