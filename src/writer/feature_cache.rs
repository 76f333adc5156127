//! What a model saw in pictures it has looked at before, by content hash: telling again costs no second look.

use std::collections::VecDeque;

use super::chat::Layout;
use crate::model::look::Look;

/// Most floats kept, 64 MiB of them.
const ROOM: usize = 16 << 20;

struct Seen {
    hash: String,
    split: bool,
    features: Look,
    layout: Layout,
}

/// The features of the pictures used last.
#[derive(Default)]
pub struct FeatureCache {
    /// Least recently used first.
    seen: VecDeque<Seen>,
}

impl FeatureCache {
    pub fn get(&mut self, hash: &str, split: bool) -> Option<(Look, Layout)> {
        let at = self.seen.iter().position(|s| s.hash == hash && s.split == split)?;
        let hit = self.seen.remove(at)?;
        let found = (hit.features.clone(), hit.layout);
        self.seen.push_back(hit);
        Some(found)
    }

    pub fn put(&mut self, hash: &str, split: bool, features: Look, layout: Layout) {
        self.seen.push_back(Seen { hash: hash.to_owned(), split, features, layout });
        let size = |seen: &VecDeque<Seen>| seen.iter().map(|s| s.features.numbers()).sum::<usize>();
        while self.seen.len() > 1 && size(&self.seen) > ROOM {
            self.seen.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::look::Grid;
    use candle_core::{DType, Device, Tensor};

    #[test]
    fn the_least_recently_used_goes_first_and_a_split_is_another_entry() {
        let mut cache = FeatureCache::default();
        let layout = Layout::whole(Grid::square(2));
        let big = Tensor::zeros((1, 1, ROOM / 2), DType::F32, &Device::Cpu).unwrap();
        let big = Look::uniform(&big, Grid::square(1)).unwrap();
        cache.put("a", false, big.clone(), layout);
        cache.put("b", false, big.clone(), layout);
        assert!(cache.get("a", true).is_none());
        assert!(cache.get("a", false).is_some());
        cache.put("c", false, big, layout);
        assert!(cache.get("b", false).is_none());
        assert!(cache.get("a", false).is_some());
    }
}
