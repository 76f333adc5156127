//! The encoded pictures of one session: the least recently drawn give way when too many bytes are held.

use std::collections::HashMap;
use std::sync::Arc;

use super::shown::Shown;
use super::veil::Veil;

/// Bytes of encoded pictures a session holds before it lets some go: some screens full of kitty pictures.
pub(super) const MOST_BYTES: usize = 48 << 20;

/// A picture in a box of cells.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub hash: String,
    pub columns: u16,
    pub rows: u16,
    pub veil: Option<Veil>,
}

struct Kept {
    shown: Arc<Shown>,
    drawn: u64,
}

/// Pictures by key, with the number of the view that last drew each.
#[derive(Default)]
pub(super) struct Album {
    kept: HashMap<Key, Kept>,
    bytes: usize,
}

impl Album {
    /// The picture in this size; it counts as drawn in `view`.
    pub fn get(&mut self, key: &Key, view: u64) -> Option<&Shown> {
        let kept = self.kept.get_mut(key)?;
        kept.drawn = view;
        Some(&kept.shown)
    }

    /// The largest other size of the picture that fits the box, whatever lies over it: shown until the right one is there.
    pub fn nearest(&mut self, key: &Key, view: u64) -> Option<&Shown> {
        let near = self
            .kept
            .iter_mut()
            .filter(|(other, kept)| {
                other.hash == key.hash && kept.shown.columns <= key.columns && kept.shown.rows <= key.rows
            })
            .max_by_key(|(_, kept)| kept.shown.columns)?;
        near.1.drawn = view;
        Some(&near.1.shown)
    }

    /// Keeps a picture.
    pub fn put(&mut self, key: Key, shown: Arc<Shown>, view: u64) -> Option<Arc<Shown>> {
        self.bytes += shown.weight;
        let before = self.kept.insert(key, Kept { shown, drawn: view })?;
        self.bytes -= before.shown.weight;
        Some(before.shown)
    }

    /// Lets go of what was drawn longest ago, until `most` bytes are left; never of what `view` drew.
    pub fn shrink(&mut self, most: usize, view: u64) -> Vec<Arc<Shown>> {
        let mut gone = Vec::new();
        while self.bytes > most {
            let oldest = self.kept.iter().filter(|(_, kept)| kept.drawn < view).min_by_key(|(_, kept)| kept.drawn);
            let Some(key) = oldest.map(|(key, _)| key.clone()) else { break };
            if let Some(kept) = self.kept.remove(&key) {
                self.bytes -= kept.shown.weight;
                gone.push(kept.shown);
            }
        }
        gone
    }

    /// Lets go of everything.
    pub fn empty(&mut self) -> Vec<Arc<Shown>> {
        self.bytes = 0;
        self.kept.drain().map(|(_, kept)| kept.shown).collect()
    }
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Size;
    use ratatui_image::protocol::Protocol as Encoded;
    use ratatui_image::protocol::sixel::Sixel;

    use super::super::shown::Drawing;
    use super::*;

    fn shown(columns: u16, weight: usize) -> Arc<Shown> {
        let sixel = Sixel { data: String::new(), size: Size::new(columns, 1), is_tmux: false };
        Arc::new(Shown { drawing: Drawing::Bytes(Encoded::Sixel(sixel)), columns, rows: 1, id: None, weight })
    }

    fn key(hash: &str, columns: u16) -> Key {
        Key { hash: hash.into(), columns, rows: 4, veil: None }
    }

    #[test]
    fn what_was_drawn_longest_ago_goes_first_and_what_is_seen_stays() {
        let mut album = Album::default();
        for (i, hash) in ["a", "b", "c"].iter().enumerate() {
            album.put(key(hash, 8), shown(8, 10), i as u64);
        }
        assert!(album.get(&key("a", 8), 5).is_some());
        assert_eq!(album.shrink(10, 5).len(), 2);
        assert!(album.get(&key("a", 8), 5).is_some());
        assert!(album.shrink(0, 5).is_empty(), "the view still shows it");
    }

    #[test]
    fn another_size_stands_in_if_it_fits() {
        let mut album = Album::default();
        album.put(key("a", 8), shown(8, 1), 0);
        album.put(key("a", 20), shown(20, 1), 0);
        assert_eq!(album.nearest(&key("a", 30), 1).map(|shown| shown.columns), Some(20));
        assert_eq!(album.nearest(&key("a", 10), 1).map(|shown| shown.columns), Some(8));
        assert!(album.nearest(&key("a", 4), 1).is_none());
    }
}
