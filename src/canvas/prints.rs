//! Pictures that several sessions show alike: made once, held by all of them.
//!
//! Kitty's are not among them: each terminal is sent each of them under a number of its own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::album::Key;
use super::depth::Depth;
use super::fit::CellSize;
use super::protocol::Protocol;
use super::shown::Shown;

/// Bytes of encoded pictures that are held for whoever comes next.
const MOST_BYTES: usize = 32 << 20;

/// A picture in a box of cells, for terminals of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Print {
    pub key: Key,
    pub protocol: Protocol,
    pub depth: Depth,
    pub cell: CellSize,
    pub tmux: bool,
}

/// What is shared; the least recently asked for gives way when too many bytes are held.
#[derive(Default)]
pub struct Prints(Mutex<Held>);

#[derive(Default)]
struct Held {
    prints: HashMap<Print, (Arc<Shown>, u64)>,
    bytes: usize,
    /// Counts what was asked for.
    asked: u64,
}

impl Prints {
    pub(super) fn get(&self, print: &Print) -> Option<Arc<Shown>> {
        let held = &mut *self.held();
        held.asked += 1;
        let (shown, last) = held.prints.get_mut(print)?;
        *last = held.asked;
        Some(shown.clone())
    }

    /// Holds a picture for others, if it is one that others can show.
    pub(super) fn put(&self, print: Print, shown: &Arc<Shown>) {
        if shown.id.is_some() {
            return;
        }
        let held = &mut *self.held();
        held.asked += 1;
        held.bytes += shown.weight;
        if let Some((before, _)) = held.prints.insert(print, (shown.clone(), held.asked)) {
            held.bytes -= before.weight;
        }
        while held.bytes > MOST_BYTES {
            let oldest = held.prints.iter().min_by_key(|(_, (_, last))| *last).map(|(print, _)| print.clone());
            let Some((gone, _)) = oldest.and_then(|print| held.prints.remove(&print)) else { break };
            held.bytes -= gone.weight;
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Size;
    use ratatui_image::protocol::Protocol as Encoded;
    use ratatui_image::protocol::sixel::Sixel;

    use super::super::shown::Drawing;
    use super::*;

    fn print(hash: &str) -> Print {
        let key = Key { hash: hash.into(), columns: 8, rows: 4, veil: None };
        Print { key, protocol: Protocol::Sixel, depth: Depth::True, cell: CellSize::default(), tmux: false }
    }

    fn shown(weight: usize, id: Option<u32>) -> Arc<Shown> {
        let sixel = Sixel { data: String::new(), size: Size::new(8, 1), is_tmux: false };
        Arc::new(Shown { drawing: Drawing::Bytes(Encoded::Sixel(sixel)), columns: 8, rows: 1, id, weight })
    }

    #[test]
    fn what_was_asked_for_longest_ago_gives_way() {
        let prints = Prints::default();
        prints.put(print("a"), &shown(MOST_BYTES / 2, None));
        prints.put(print("b"), &shown(MOST_BYTES / 2, None));
        assert!(prints.get(&print("a")).is_some());
        prints.put(print("c"), &shown(1, None));
        assert!(prints.get(&print("b")).is_none());
        assert!(prints.get(&print("a")).is_some() && prints.get(&print("c")).is_some());
    }

    #[test]
    fn numbered_pictures_and_other_terminals_are_kept_apart() {
        let prints = Prints::default();
        prints.put(print("a"), &shown(1, Some(7)));
        assert!(prints.get(&print("a")).is_none());
        prints.put(print("a"), &shown(1, None));
        assert!(prints.get(&Print { protocol: Protocol::Iterm2, ..print("a") }).is_none());
    }
}
