//! Which keys the queries of attention see: all before them, or, where several stories stand behind one beginning in a row, that
//! beginning and their own story alone.

use std::ops::Range;

/// Query rows whose probabilities are held at a time.
const BLOCK: usize = 64;

/// Where the stories of a row lie that share their beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branches {
    /// Tokens that all of them follow.
    pub beginning: usize,
    /// Where each ends, rising; the first begins where the beginning ends, each other one where the one before it ends.
    pub ends: Vec<usize>,
}

impl Branches {
    /// Stretches of a row of `seq` tokens with how much of its beginning each sees besides itself: the beginning, the stories,
    /// what fills the row.
    fn stretches(&self, seq: usize) -> impl Iterator<Item = (Range<usize>, usize)> + '_ {
        let last = self.ends.last().copied().unwrap_or(self.beginning);
        let starts = std::iter::once(self.beginning).chain(self.ends.iter().copied());
        let stories = starts.zip(&self.ends).map(|(start, end)| (start..*end, self.beginning));
        std::iter::once((0..self.beginning, 0)).chain(stories).chain(std::iter::once((last..seq, 0)))
    }

    /// Position of each of `seq` tokens: every story goes on where the beginning ends. 0 where the row is filled up.
    pub fn positions(&self, seq: usize) -> Vec<u32> {
        let last = self.tokens();
        let place = |(stretch, shared): (Range<usize>, usize)| {
            let filled = stretch.start >= last;
            stretch.clone().map(move |at| if filled { 0 } else { (shared + at - stretch.start) as u32 })
        };
        self.stretches(seq).flat_map(place).collect()
    }

    /// Tokens of beginning and stories together.
    pub fn tokens(&self) -> usize {
        self.ends.last().copied().unwrap_or(self.beginning)
    }

    /// Whether query `i` sees key `j` among `seq` of each.
    pub fn sees(&self, i: usize, j: usize, seq: usize) -> bool {
        let mut stretches = self.stretches(seq);
        stretches.any(|(stretch, shared)| stretch.contains(&i) && j <= i && (j >= stretch.start || j < shared))
    }
}

/// A block of queries of one row with the keys that they see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub queries: Range<usize>,
    /// So many keys from the row's first on, and then those from `own` on.
    shared: usize,
    own: usize,
    /// Keys that the last of the queries sees.
    pub width: usize,
    /// Keys that each query sees less than the one after it.
    step: usize,
}

impl Window {
    /// Of `seq` queries over `keys` keys in order; `causal`: the last sees all of them, the one before one less.
    pub fn plain(seq: usize, keys: usize, causal: bool) -> Vec<Self> {
        let before = keys.saturating_sub(seq);
        let window = |queries: Range<usize>| {
            let width = if causal { before + queries.end } else { keys };
            Self { queries, shared: 0, own: 0, width, step: usize::from(causal) }
        };
        blocks(0..seq).map(window).collect()
    }

    /// Of one query that sees all keys.
    pub fn one(keys: usize) -> Self {
        Self { queries: 0..1, shared: 0, own: 0, width: keys, step: 0 }
    }

    /// Of the tokens of a row that branches.
    pub fn branching(branches: &Branches, seq: usize) -> Vec<Self> {
        let of_stretch = |(stretch, shared): (Range<usize>, usize)| {
            let own = stretch.start;
            let window = move |queries: Range<usize>| {
                let width = shared + queries.end - own;
                Self { queries, shared, own, width, step: 1 }
            };
            blocks(stretch).map(window)
        };
        branches.stretches(seq).flat_map(of_stretch).collect()
    }

    /// How many of the window's keys its `i`-th query sees, from the first on.
    pub fn seen(&self, i: usize) -> usize {
        self.width - self.step * (self.queries.len() - 1 - i)
    }

    /// The keys as they lie: the first of a run among the window's own, and which keys of the row it has.
    pub fn runs(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let own = self.own..self.own + self.width - self.shared;
        [(0, 0..self.shared), (self.shared, own)].into_iter().filter(|(_, keys)| !keys.is_empty())
    }
}

fn blocks(stretch: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    stretch.clone().step_by(BLOCK).map(move |first| first..(first + BLOCK).min(stretch.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_sees_what_the_mask_says() {
        let branches = Branches { beginning: 70, ends: vec![150, 153, 230] };
        let seq = 240;
        let mut queries = 0;
        for window in Window::branching(&branches, seq) {
            assert_eq!(window.queries.start, queries, "windows follow each other");
            queries = window.queries.end;
            for (i, query) in window.queries.clone().enumerate() {
                let keys: Vec<usize> = window.runs().flat_map(|(_, keys)| keys).take(window.seen(i)).collect();
                let masked: Vec<usize> = (0..seq).filter(|key| branches.sees(query, *key, seq)).collect();
                assert_eq!(keys, masked, "query {query}");
            }
        }
        assert_eq!(queries, seq);
        assert!(branches.sees(151, 69, seq) && !branches.sees(151, 70, seq) && !branches.sees(151, 152, seq));
    }

    #[test]
    fn plain_windows_are_causal_or_see_everything() {
        let seen = |causal| -> Vec<usize> {
            let windows = Window::plain(65, 100, causal);
            windows.iter().flat_map(|window| (0..window.queries.len()).map(|i| window.seen(i))).collect()
        };
        assert_eq!(seen(true), (36..=100).collect::<Vec<_>>());
        assert_eq!(seen(false), vec![100; 65]);
    }

    #[test]
    fn every_story_goes_on_where_the_beginning_ends() {
        let branches = Branches { beginning: 2, ends: vec![4, 7] };
        assert_eq!(branches.positions(9), [0, 1, 2, 3, 2, 3, 4, 0, 0]);
    }
}
