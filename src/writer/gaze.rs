//! Where the model looked for a token: shares of attention on frames, and on their patches.

use std::ops::Range;

use super::chat::Layout;
use crate::model::look::Grid;
use crate::model::ops::AttentionProbe;
use crate::story::{Gaze, Patches};

/// What was attended to, a value a frame.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    pub frames: Vec<f32>,
    pub patches: Vec<Patches>,
}

/// Mean attention over layers and heads, a value a story. `frames` are the positions of each frame's image tokens, a range a
/// tile; `layouts` say how the tiles lie. Empty without a probe.
pub fn seen(
    probe: Option<&AttentionProbe>,
    gaze: Gaze,
    stories: usize,
    frames: &[Vec<Range<usize>>],
    layouts: &[Layout],
) -> Vec<Seen> {
    let Some(probe) = probe.and_then(|probe| probe.lock().ok()) else { return vec![Seen::default(); stories] };
    let keys = probe.0.len() / stories.max(1);
    let summands = (probe.1 / stories.max(1)).max(1) as f32;
    let story = |row: &[f32]| {
        let weights = |ranges: &Vec<Range<usize>>| -> Vec<Vec<f32>> {
            ranges.iter().map(|range| row[range.clone()].iter().map(|x| x / summands).collect()).collect()
        };
        let tiles: Vec<Vec<Vec<f32>>> = frames.iter().map(weights).collect();
        let patches = |(i, tiles): (usize, &Vec<Vec<f32>>)| lay_out(tiles, layouts.get(i).copied().unwrap_or_default());
        Seen {
            frames: tiles.iter().map(|tiles| tiles.iter().flatten().sum()).collect(),
            patches: if gaze == Gaze::Patches { tiles.iter().enumerate().map(patches).collect() } else { Vec::new() },
        }
    };
    probe.0.chunks_exact(keys.max(1)).map(story).collect()
}

/// The tiles of a frame as one field: rows of tiles, and spread over all of it the last, which shows the whole frame small.
fn lay_out(tiles: &[Vec<f32>], layout: Layout) -> Patches {
    let Layout { rows, cols, grid: Grid { high, wide } } = layout;
    // What stands in one line was gathered from all over the picture.
    if tiles.is_empty() || high * wide == 0 || high == 1 || tiles.iter().any(|tile| tile.len() != high * wide) {
        return Patches::default();
    }
    if rows * cols == 0 || tiles.len() < rows * cols {
        return Patches { columns: wide, shares: tiles[0].clone() };
    }
    let (columns, height) = (cols * wide, rows * high);
    let whole = tiles.get(rows * cols);
    let share = |place: usize| {
        let (x, y) = (place % columns, place / columns);
        let own = tiles[y / high * cols + x / wide][y % high * wide + x % wide];
        own + whole.map_or(0.0, |whole| whole[y * high / height * wide + x * wide / columns] / (rows * cols) as f32)
    };
    Patches { columns, shares: (0..columns * height).map(share).collect() }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn shares_are_means_and_lie_where_the_patches_are() {
        let row: Vec<f32> = (0..10).map(|i| i as f32 * 2.0).collect();
        let probe: AttentionProbe = Arc::new(Mutex::new((row, 2)));
        let (frames, layout) = (vec![vec![1..5], vec![5..9]], Layout::whole(Grid::square(2)));
        let seen = seen(Some(&probe), Gaze::Patches, 1, &frames, &[layout; 2]).remove(0);
        assert_eq!(seen.frames, [10.0, 26.0]);
        assert_eq!(seen.patches[1], Patches { columns: 2, shares: vec![5.0, 6.0, 7.0, 8.0] });
    }

    #[test]
    fn tiles_lie_beside_each_other_and_nothing_is_lost() {
        let tiles = [vec![1.0, 2.0, 3.0, 4.0], vec![5.0, 6.0, 7.0, 8.0], vec![10.0, 20.0, 30.0, 40.0]];
        let patches = lay_out(&tiles, Layout { rows: 1, cols: 2, grid: Grid::square(2) });
        assert_eq!((patches.columns, patches.shares.len()), (4, 8));
        assert_eq!(patches.shares[..4], [6.0, 7.0, 15.0, 16.0]);
        assert_eq!(patches.shares.iter().sum::<f32>(), 136.0);
    }
}
