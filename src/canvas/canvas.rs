//! Pictures in the cells of one session's terminal. A view asks for pictures; what is there is drawn, what is not becomes a wish.
//!
//! Between views the session takes the wishes, has them fulfilled on other threads and keeps what they made.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ratatui::buffer::{Buffer, CellDiffOption};
use ratatui::layout::Rect;

use super::album::{Album, Key, MOST_BYTES};
use super::fit::{CellSize, fit};
use super::found::Found;
use super::kitty;
use super::prints::{Print, Prints};
use super::protocol::Protocol;
use super::shown::Shown;
use super::veil::Veil;
use super::wish::Wish;

/// A picture as a view knows it: by content and shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pic {
    /// Content hash of the encoded picture (hex).
    pub hash: String,
    /// In pixels.
    pub width: u32,
    pub height: u32,
    /// What lies over it.
    pub veil: Option<Veil>,
}

/// What became of a picture in a view; the area is where it is, or would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    Shown(Rect),
    /// It is being made: the area is the view's to fill meanwhile.
    Waiting(Rect),
    /// It cannot be shown.
    Broken(Rect),
    /// This terminal shows no pictures.
    Off(Rect),
}

impl Placed {
    pub fn area(self) -> Rect {
        match self {
            Placed::Shown(area) | Placed::Waiting(area) | Placed::Broken(area) | Placed::Off(area) => area,
        }
    }
}

/// What this terminal can show, and what it has been shown.
pub struct Canvas {
    found: Found,
    inner: Mutex<Inner>,
    /// What other sessions show too.
    prints: Option<Arc<Prints>>,
    /// Bytes of encoded pictures that it holds at most, beside those that are seen.
    most: usize,
}

struct Inner {
    cell: CellSize,
    album: Album,
    /// Number of the view being drawn.
    view: u64,
    wishes: Vec<Wish>,
    in_flight: HashSet<Key>,
    broken: HashSet<String>,
    next_id: u32,
    /// Where pictures lie over cells: in this view, and in the one before.
    over: Vec<Rect>,
    over_before: Vec<Rect>,
    /// Bytes for the terminal that belong to no cell.
    bytes: String,
}

impl Canvas {
    /// A canvas for a terminal. Kitty's pictures are numbered from `first_id`, which should differ between sessions.
    pub fn new(found: Found, first_id: u32) -> Canvas {
        let inner = Inner {
            cell: found.cell,
            album: Album::default(),
            view: 0,
            wishes: Vec::new(),
            in_flight: HashSet::new(),
            broken: HashSet::new(),
            next_id: first_id.max(1),
            over: Vec::new(),
            over_before: Vec::new(),
            bytes: String::new(),
        };
        Canvas { found, inner: Mutex::new(inner), prints: None, most: MOST_BYTES }
    }

    /// The same, sharing pictures with other sessions and holding no more bytes of them than `most`: one of many sessions in
    /// one process.
    pub fn sharing(self, prints: Arc<Prints>, most: usize) -> Canvas {
        Canvas { prints: Some(prints), most, ..self }
    }

    pub fn found(&self) -> &Found {
        &self.found
    }

    /// Size of a cell in pixels, told or guessed.
    pub fn cell(&self) -> CellSize {
        self.inner().cell
    }

    /// A new view begins.
    pub fn begin(&self) {
        let inner = &mut *self.inner();
        inner.view += 1;
        inner.wishes.clear();
        inner.over_before = std::mem::take(&mut inner.over);
    }

    /// Draws the picture in the middle of `slot`, as large as it fits; or says what stands in its way.
    pub fn place(&self, pic: &Pic, slot: Rect, buffer: &mut Buffer) -> Placed {
        let inner = &mut *self.inner();
        let slot = slot.intersection(buffer.area);
        let Some(fit) = fit((pic.width, pic.height), slot.width, slot.height, inner.cell) else {
            return Placed::Off(Rect { height: 0, ..slot });
        };
        let middle = |columns: u16, rows: u16| Rect {
            x: slot.x + (slot.width.saturating_sub(columns)) / 2,
            y: slot.y + (slot.height.saturating_sub(rows)) / 2,
            width: columns.min(slot.width),
            height: rows.min(slot.height),
        };
        let area = middle(fit.columns, fit.rows);
        if self.found.protocol == Protocol::Off {
            return Placed::Off(area);
        }
        if inner.broken.contains(&pic.hash) {
            return Placed::Broken(area);
        }
        // The box is named by the fitted size, so that slots of different shapes share one encoding.
        let key = Key { hash: pic.hash.clone(), columns: fit.columns, rows: fit.rows, veil: pic.veil.clone() };
        let view = inner.view;
        if inner.album.get(&key, view).is_none() {
            match self.prints.as_ref().and_then(|prints| prints.get(&self.print(&key, inner.cell))) {
                Some(shown) => drop(inner.album.put(key.clone(), shown, view)),
                None => self.wish(inner, &key),
            }
        }
        let shown = match inner.album.get(&key, view).is_some() {
            true => inner.album.get(&key, view),
            false => inner.album.nearest(&key, view),
        };
        let Some(shown) = shown else { return Placed::Waiting(area) };
        let drawn = shown.draw(middle(shown.columns, shown.rows), buffer);
        if self.found.protocol.lies_over_cells() {
            inner.over.push(drawn);
        }
        Placed::Shown(drawn)
    }

    /// The view is drawn: cells that a picture lay over and that are free now are marked to be printed again.
    pub fn finish(&self, buffer: &mut Buffer) {
        let inner = &mut *self.inner();
        for rect in &inner.over_before {
            let rect = rect.intersection(buffer.area);
            for position in rect.positions() {
                if inner.over.iter().any(|over| over.contains(position)) {
                    continue;
                }
                if let Some(cell) = buffer.cell_mut(position) {
                    cell.set_diff_option(CellDiffOption::AlwaysUpdate);
                }
            }
        }
        let gone = inner.album.shrink(self.most, inner.view);
        inner.say_farewell(&gone, self.found.tmux);
    }

    /// Up to `most` pictures that the last view missed and nobody is making; they count as being made from now on.
    pub fn take_wishes(&self, most: usize) -> Vec<Wish> {
        let inner = &mut *self.inner();
        let free = most.saturating_sub(inner.in_flight.len()).min(inner.wishes.len());
        let wishes: Vec<Wish> = inner.wishes.drain(..free).collect();
        for wish in &wishes {
            inner.in_flight.insert(key(wish));
        }
        wishes
    }

    /// A wish was fulfilled, or could not be.
    pub fn keep(&self, wish: &Wish, made: Option<Shown>) {
        let inner = &mut *self.inner();
        inner.in_flight.remove(&key(wish));
        match made {
            // Made for a cell size that is no longer true: the next view will wish anew.
            Some(_) if wish.cell != inner.cell => {}
            Some(shown) => {
                let (view, shown) = (inner.view, Arc::new(shown));
                if let Some(prints) = &self.prints {
                    prints.put(self.print(&key(wish), wish.cell), &shown);
                }
                let before = inner.album.put(key(wish), shown, view);
                inner.say_farewell(before.as_slice(), self.found.tmux);
            }
            None => {
                inner.broken.insert(wish.hash.clone());
            }
        }
    }

    /// The window changed; `cell` is the new size of a cell where the terminal tells it. Pictures for other cells are let go.
    pub fn resized(&self, cell: Option<CellSize>) {
        let changed = cell.is_some_and(|cell| cell != self.cell());
        if changed {
            self.forget();
        }
        let inner = &mut *self.inner();
        inner.cell = cell.unwrap_or(inner.cell);
        // The screen is drawn anew: nothing lies over it any more.
        inner.over.clear();
    }

    /// Forgets every picture, and has the terminal forget them: on leaving, and when the terminal lost them.
    pub fn forget(&self) {
        let inner = &mut *self.inner();
        let gone = inner.album.empty();
        inner.say_farewell(&gone, self.found.tmux);
        inner.over.clear();
    }

    /// Bytes to send before the next view: farewells to pictures.
    pub fn take_bytes(&self) -> String {
        std::mem::take(&mut self.inner().bytes)
    }

    /// Nothing that the last view wanted is missing or being made.
    pub fn is_settled(&self) -> bool {
        let inner = self.inner();
        inner.wishes.is_empty() && inner.in_flight.is_empty()
    }

    fn wish(&self, inner: &mut Inner, key: &Key) {
        if inner.in_flight.contains(key) || inner.wishes.iter().any(|wish| self::key(wish) == *key) {
            return;
        }
        let id = inner.next_id;
        inner.next_id = inner.next_id.checked_add(1).unwrap_or(1);
        inner.wishes.push(Wish {
            hash: key.hash.clone(),
            columns: key.columns,
            rows: key.rows,
            veil: key.veil.clone(),
            protocol: self.found.protocol,
            depth: self.found.depth,
            cell: inner.cell,
            id,
            tmux: self.found.tmux,
            deflate: self.found.deflate,
        });
    }

    fn print(&self, key: &Key, cell: CellSize) -> Print {
        Print { key: key.clone(), protocol: self.found.protocol, depth: self.found.depth, cell, tmux: self.found.tmux }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn say_farewell(&mut self, gone: &[Arc<Shown>], tmux: bool) {
        for id in gone.iter().filter_map(|shown| shown.id) {
            self.bytes.push_str(&kitty::forget(id, tmux));
        }
    }
}

fn key(wish: &Wish) -> Key {
    Key { hash: wish.hash.clone(), columns: wish.columns, rows: wish.rows, veil: wish.veil.clone() }
}
