//! Where tokens stand, for families to which that is more than a number: pictures that take three (Wang et al., 2024), and
//! tables that stretch with the text (Peng et al., 2023; Su, 2023).

use super::look::Grid;
use super::ops::RopeTable;

/// How a family counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Positions {
    /// One after the other.
    Line,
    /// Time, row and column: so many angles of each, in blocks or turn by turn.
    Sections { sections: [usize; 3], interleaved: bool },
    /// Trained on so many tokens: beyond them the table's base grows and queries weigh more, where the config says so.
    Stretching { trained: usize, base_grows: bool, queries_grow: bool },
}

/// Time, row and column of each token of some rows, and what the next of each row would have in all three. `slots` and `padding`
/// are (batch * seq), `grids` those of the pictures in order; `first` is where each row begins.
pub fn places(
    slots: &[bool],
    grids: &[Grid],
    padding: Option<&[bool]>,
    seq: usize,
    first: u32,
) -> (Vec<[u32; 3]>, Vec<u32>) {
    let mut places = Vec::with_capacity(slots.len());
    let mut ends = Vec::new();
    let mut grids = grids.iter();
    for row in 0..slots.len() / seq.max(1) {
        let mut next = first;
        let mut picture: Option<(Grid, usize)> = None;
        for at in row * seq..(row + 1) * seq {
            if padding.is_some_and(|padding| padding[at]) {
                places.push([0; 3]);
                continue;
            }
            if !slots[at] {
                places.push([next; 3]);
                next += 1;
                continue;
            }
            let (grid, seen) = picture.take().or_else(|| grids.next().map(|grid| (*grid, 0))).unwrap_or_default();
            let wide = grid.wide.max(1);
            places.push([next, next + (seen / wide) as u32, next + (seen % wide) as u32]);
            if seen + 1 < grid.rows() {
                picture = Some((grid, seen + 1));
            } else {
                // What follows a picture stands beyond its longer side.
                next += grid.high.max(grid.wide).max(1) as u32;
            }
        }
        ends.push(next);
    }
    (places, ends)
}

/// Inverse wavelengths, in f32 as the reference computes them.
pub fn frequencies(half: usize, theta: f64) -> Vec<f32> {
    (0..half).map(|i| 1.0 / (theta as f32).powf((2 * i) as f32 / (2 * half) as f32)).collect()
}

/// A table with a row for each place.
pub fn table(places: &[[u32; 3]], half: usize, theta: f64, sections: [usize; 3], interleaved: bool) -> RopeTable {
    let frequencies = frequencies(half, theta);
    let [time, rows, columns] = sections;
    let axis = |i: usize| match interleaved {
        true if i % 3 == 1 && i < 3 * rows => 1,
        true if i % 3 == 2 && i < 3 * columns => 2,
        true => 0,
        false if i < time => 0,
        false if i < time + rows => 1,
        false => 2,
    };
    let angles: Vec<f32> =
        places.iter().flat_map(|place| (0..half).map(|i| place[axis(i)] as f32 * frequencies[i])).collect();
    RopeTable::of_angles(&angles, half)
}

/// The base of the table for a text of so many tokens: fixed when the text is first read, and kept while it is gone on with.
pub fn grown_base(theta: f64, head_dim: usize, trained: usize, tokens: usize) -> f64 {
    let step = (tokens as f64 / trained as f64).log2() + 1.0;
    let alpha = (2f64.powf(step.ceil()) - 1.0).max(1.0);
    theta * alpha.powf(head_dim as f64 / (head_dim as f64 - 2.0))
}

/// What the query at a position is multiplied by: the logarithm of its place to the base of the training's length.
pub fn query_weight(position: u32, trained: usize) -> f32 {
    let place = f64::from(position) + 1.0;
    if place > trained as f64 { (place.ln() / (trained as f64).ln()) as f32 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_on_beyond_the_longer_side_of_a_picture() {
        let slots = [false, true, true, true, true, true, true, false, false];
        let grid = Grid { high: 2, wide: 3 };
        let (found, ends) = places(&slots, &[grid], None, 9, 0);
        assert_eq!(found[1..4], [[1, 1, 1], [1, 1, 2], [1, 1, 3]]);
        assert_eq!(found[4..7], [[1, 2, 1], [1, 2, 2], [1, 2, 3]]);
        assert_eq!((found[7], found[8], ends), ([4; 3], [5; 3], vec![6]));
        // Padding on the left moves nothing.
        let padded: Vec<bool> = [false, false].into_iter().chain(slots).collect();
        let padding: Vec<bool> = (0..11).map(|i| i < 2).collect();
        assert_eq!(places(&padded, &[grid], Some(&padding), 11, 0).0[2..], found);
    }
}
