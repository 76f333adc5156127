//! The gallery: a grid of sequences, each with its first frame, title and counts. Filter, open, type or paste a path.

use std::cmp::Reverse;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::sieve::Sieve;
use super::turn::Turn;
use crate::app::action::Action;
use crate::app::card::Card;
use crate::app::effect::Effect;
use crate::app::key::Key;
use crate::app::look::{HERE, spinner};
use crate::app::setting::Setting;
use crate::app::text;
use crate::app::widgets::bars;
use crate::app::widgets::field::{Field, Typed};
use crate::app::widgets::picture::picture;
use crate::canvas::Canvas;
use crate::story::{Notice, SequenceId};

/// What is being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Typing {
    Filter(Field),
    Path(Field),
}

/// How the sequences are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Order {
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

    fn words(self) -> &'static str {
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
    cards: Vec<Card>,
    /// Places in `cards` of what is shown, in order.
    shown: Vec<usize>,
    order: Order,
    loaded: bool,
    filter: String,
    typing: Option<Typing>,
    /// Place of the chosen card among those shown.
    chosen: usize,
    /// First row of tiles on the screen.
    top: usize,
    /// A path being opened.
    opening: Option<String>,
    notice: Option<Notice>,
}

/// Rows of text below a tile's picture.
const CAPTION: u16 = 2;
/// From this height on a tile leaves a row free below itself.
const ROOMY: u16 = 12;

/// Tiles do not grow beyond so many across: one alone need not fill the window.
const LEAST_ACROSS: u16 = 3;

/// Tiles across, tiles down, and the size of one in cells.
struct Grid {
    across: usize,
    down: usize,
    width: u16,
    height: u16,
}

impl Grid {
    /// Tiles wide enough for most titles, with pictures of about three to four; larger where all `cards` still fit.
    fn new(body: Rect, cards: usize) -> Grid {
        let wanted = 22 + body.width / 25;
        let most = (body.width / wanted).clamp(1, 8);
        let larger = (LEAST_ACROSS..most).map(|across| Grid::across(body, across));
        let all = larger.into_iter().find(|grid| grid.across * grid.down >= cards);
        all.unwrap_or_else(|| Grid::across(body, most))
    }

    fn across(body: Rect, across: u16) -> Grid {
        let width = body.width / across;
        let ideal = (width * 3 / 8 + CAPTION + 1).max(6);
        let down = ((body.height + ideal / 2) / ideal).max(1);
        Grid { across: usize::from(across), down: usize::from(down), width, height: body.height / down }
    }
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
        self.opening = None;
        match added {
            Ok(card) => {
                self.cards.retain(|other| other.id != card.id);
                self.cards.insert(0, card.clone());
                self.filter.clear();
                self.choose(Some(&card.id));
                Some(card)
            }
            Err(notice) => {
                self.notice = Some(notice);
                None
            }
        }
    }

    /// One more story of a sequence is on the shelf.
    pub fn count_story(&mut self, id: &SequenceId) {
        if let Some(card) = self.cards.iter_mut().find(|card| card.id == *id) {
            card.stories += 1;
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
        let scored = self.cards.iter().enumerate().filter_map(|(place, card)| Some((sieve.score(card)?, place)));
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

    fn shown(&self) -> Vec<&Card> {
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
        self.notice = None;
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

    pub fn view(&self, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
        let body = setting.body();
        let shown = self.shown();
        if shown.is_empty() {
            self.view_empty(body, setting, buffer);
        }
        let grid = Grid::new(body, self.cards.len());
        let from = self.top * grid.across;
        for (n, card) in shown.iter().enumerate().skip(from).take(grid.across * grid.down) {
            let (across, down) = ((n - from) % grid.across, (n - from) / grid.across);
            let tile = Rect {
                x: body.x + across as u16 * grid.width,
                y: body.y + down as u16 * grid.height,
                width: grid.width,
                height: grid.height,
            };
            view_tile(card, n == self.chosen, tile, setting, canvas, buffer);
        }
        self.view_foot(&shown, setting, buffer);
    }

    fn view_empty(&self, body: Rect, setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let lines = if !self.loaded {
            vec![Line::styled(format!("{} opening the shelf", spinner(setting.now.as_millis() / 125)), look.quiet)]
        } else if self.filter.is_empty() {
            vec![
                Line::styled("There are no sequences yet.", look.strong),
                Line::styled("Press o and type the path of a folder of pictures, a CBZ or an animation,", look.quiet),
                Line::styled("or drop it onto this window.", look.quiet),
            ]
        } else {
            let words = format!("Nothing here has \"{}\" in its title or source.", text::clip(&self.filter, 40));
            vec![Line::styled(words, look.strong), Line::styled("Press esc to see all sequences.", look.quiet)]
        };
        let top = body.y + body.height.saturating_sub(lines.len() as u16) / 2;
        for (y, line) in (top..body.bottom()).zip(&lines) {
            let width = (line.width() as u16).min(body.width);
            buffer.set_line(body.x + (body.width - width) / 2, y, line, width);
        }
    }

    /// The line above the footer: what is being typed, what went wrong, or more about the chosen sequence.
    fn view_foot(&self, shown: &[&Card], setting: &Setting, buffer: &mut Buffer) {
        let look = &setting.look;
        let line =
            Rect { x: 1, y: setting.rows.saturating_sub(2), width: setting.columns.saturating_sub(2), height: 1 };
        let of = format!("{} of {}", shown.len(), self.cards.len());
        match (&self.typing, &self.notice, &self.opening) {
            (Some(Typing::Filter(field)), ..) => {
                let typed =
                    vec![Span::styled("/ ", look.lit), Span::raw(field.text.as_str()), Span::styled("▏", look.lit)];
                bars::row(line, typed, vec![Span::styled(of, look.quiet)], buffer);
            }
            (Some(Typing::Path(field)), ..) => {
                let room = usize::from(line.width).saturating_sub(30);
                let typed = text::clip_middle(&field.text, room);
                let spans = vec![Span::styled("open: ", look.lit), Span::raw(typed), Span::styled("▏", look.lit)];
                bars::row(line, spans, vec![Span::styled("enter opens, esc leaves", look.quiet)], buffer);
            }
            (None, Some(notice), _) => {
                let lines = bars::notice_lines(notice, line.width, look);
                let height = (lines.len() as u16).min(setting.rows / 2);
                let area = Rect { y: line.bottom() - height, height, ..line };
                clear(Rect { x: 0, width: setting.columns, ..area }, buffer);
                bars::write_lines(area, &lines, buffer);
            }
            (None, None, Some(path)) => {
                let sign = spinner(setting.now.as_millis() / 125);
                let words = format!("{sign} opening {}", text::clip_middle(path, usize::from(line.width) - 12));
                bars::row(line, vec![Span::styled(words, look.lit)], vec![], buffer);
            }
            (None, None, None) => {
                let Some(card) = shown.get(self.chosen) else { return };
                let mut about = vec![Span::styled(card.title.as_str(), look.strong)];
                for more in [card.credits.as_deref(), Some(card.source.as_str())].into_iter().flatten() {
                    about.push(Span::styled(format!(" · {more}"), look.quiet));
                }
                let place = match self.filter.is_empty() {
                    true if self.order != Order::Listed => {
                        format!("{}/{} {}", self.chosen + 1, shown.len(), self.order.words())
                    }
                    true => format!("{}/{}", self.chosen + 1, shown.len()),
                    false => format!("filter \"{}\": {of}", text::clip(&self.filter, 20)),
                };
                bars::row(line, about, vec![Span::styled(place, look.quiet)], buffer);
            }
        }
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

fn clear(area: Rect, buffer: &mut Buffer) {
    for position in area.intersection(buffer.area).positions() {
        if let Some(cell) = buffer.cell_mut(position) {
            cell.reset();
        }
    }
}

fn view_tile(card: &Card, chosen: bool, tile: Rect, setting: &Setting, canvas: &Canvas, buffer: &mut Buffer) {
    let look = &setting.look;
    let inner = Rect { x: tile.x + 1, width: tile.width.saturating_sub(2), ..tile };
    let below = CAPTION + u16::from(tile.height >= ROOMY);
    let slot = Rect { height: inner.height.saturating_sub(below), ..inner };
    let taken = picture(canvas, &card.cover, &card.title, slot, look, buffer);
    if chosen {
        for y in taken.top()..taken.bottom() {
            let left = taken.x.saturating_sub(1).max(tile.x);
            buffer.set_string(left, y, "▐", look.chosen);
        }
    }
    let line = Rect { y: slot.bottom(), height: 1, ..inner };
    if line.bottom() > buffer.area.bottom() {
        return;
    }
    let width = usize::from(line.width);
    let (title_style, count_style) = if chosen { (look.chosen_bar, look.text) } else { (look.text, look.quiet) };
    let title = if chosen { format!("{HERE} {}", card.title) } else { card.title.clone() };
    let title = text::clip(&title, width);
    let space = width - text::width(&title);
    let (before, after) = (space / 2, space - space / 2);
    let title = format!("{}{title}{}", " ".repeat(before), " ".repeat(after));
    buffer.set_string(line.x, line.y, title, title_style);
    let counts = text::clip(&card.counts(), width);
    let indent = (width - text::width(&counts)) / 2;
    if line.y + 1 < tile.bottom() {
        buffer.set_string(line.x + indent as u16, line.y + 1, counts, count_style);
    }
}
