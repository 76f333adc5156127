//! Where the frames of a sequence go: one row as a filmstrip, several as a comic page, whatever shows them largest.
//! What would be too small is put on further pages.

use std::ops::Range;

use ratatui::layout::Rect;

/// A picture smaller than this tells nothing.
const LEAST_COLUMNS: f64 = 10.0;
const LEAST_ROWS: f64 = 4.0;

/// The frames of one page and their places: each slot is a picture with a line below it for its caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    pub page: Range<usize>,
    pub slots: Vec<Rect>,
    /// Cells covered by all pictures of a full page.
    pub seen: f64,
    /// Rows that the slots take from the top.
    pub height: u16,
}

struct Grid {
    columns: usize,
    rows: usize,
    /// Of one picture, in cells.
    width: f64,
    height: f64,
}

impl Grid {
    /// The largest pictures of this shape in so many columns and rows.
    fn new(area: Rect, columns: usize, rows: usize, shape: f64) -> Grid {
        let slot_width = f64::from(area.width / columns as u16) - 1.0;
        let slot_height = f64::from(area.height / rows as u16) - 1.0;
        // Whole rows, so that captions stand right below.
        let height = (slot_width / shape).min(slot_height);
        let height = if height >= LEAST_ROWS { height.floor() } else { height };
        Grid { columns, rows, width: height * shape, height }
    }
}

impl Strip {
    /// Lays out the page that shows frame `focus` of `frames`. `shape` is the width of a picture over its height, in cells.
    pub fn new(area: Rect, frames: usize, focus: usize, shape: f64) -> Strip {
        let large = |grid: &Grid| grid.width >= LEAST_COLUMNS && grid.height >= LEAST_ROWS;
        // However many there are: more than this would all be too small.
        let widest = usize::from(area.width) / LEAST_COLUMNS as usize;
        let fit = (widest * (usize::from(area.height) / LEAST_ROWS as usize)).clamp(1, frames.max(1));
        let most = (1..=fit).rev().find(|&count| best(area, count, shape).is_some_and(|grid| large(&grid)));
        let most = most.unwrap_or(1);
        let pages = frames.div_ceil(most).max(1);
        // Even pages: 9 frames as 5 and 4 rather than 8 and 1.
        let each = frames.div_ceil(pages).max(1);
        let first = focus.min(frames.saturating_sub(1)) / each * each;
        let page = first..(first + each).min(frames);
        match best(area, each, shape) {
            // A last page with fewer frames is worth as much as the others: the pages must not differ in how they are laid.
            Some(grid) => Strip { seen: grid.width * grid.height * each as f64, ..Strip::lay(area, page, &grid) },
            None => Strip { page: first..first, slots: Vec::new(), seen: 0.0, height: 0 },
        }
    }

    /// All frames as panels of one page with a free panel of at least `least` cells after the last one, which reaches to
    /// the end of its row and of the area; every way there is.
    pub fn with_panel(area: Rect, frames: usize, shape: f64, least: (u16, u16)) -> Vec<(Strip, Rect)> {
        let broken_rows =
            (2..=frames.min(usize::from(area.width / 3))).filter(|columns| !frames.is_multiple_of(*columns));
        let page = |columns: usize| {
            let rows = u16::try_from(frames.div_ceil(columns)).ok().filter(|rows| *rows <= area.height)?;
            let grid = Grid::new(area, columns, usize::from(rows), shape);
            if grid.width < LEAST_COLUMNS || grid.height < LEAST_ROWS {
                return None;
            }
            let strip = Strip::lay(area, 0..frames, &grid);
            let (first, last) = (strip.slots.first()?, strip.slots.last()?);
            let row = first.x + (first.width + 1) * columns as u16 - 1;
            let (x, y) = (last.right() + 1, last.y);
            let panel = Rect { x, y, width: row.saturating_sub(x), height: area.bottom().saturating_sub(y) };
            (panel.width >= least.0 && panel.height >= least.1).then_some((strip, panel))
        };
        broken_rows.filter_map(page).collect()
    }

    fn lay(area: Rect, page: Range<usize>, grid: &Grid) -> Strip {
        let columns = grid.columns as u16;
        let width = (grid.width.ceil() as u16 + 2).min(area.width / columns);
        let height = grid.height.ceil() as u16 + 1;
        let left = area.x + (area.width - width * columns) / 2;
        let slot = |n: usize| Rect {
            x: left + width * (n % grid.columns) as u16,
            y: area.y + height * (n / grid.columns) as u16,
            width: width - 1,
            height,
        };
        let slots: Vec<Rect> = (0..page.len()).map(slot).collect();
        let seen = grid.width * grid.height * page.len() as f64;
        Strip { page, slots, seen, height: height * grid.rows as u16 }
    }
}

/// The grid that shows `count` pictures largest; of equals the one with fewer rows.
fn best(area: Rect, count: usize, shape: f64) -> Option<Grid> {
    let grid = |columns: usize| Grid::new(area, columns, count.div_ceil(columns), shape);
    let widest = count.min(usize::from(area.width / 3)).max(1);
    let grids = (1..=widest).rev().map(grid).filter(|grid| grid.width >= 2.0 && grid.height >= 1.0);
    let best = grids.reduce(|best, grid| if grid.width > best.width + 0.01 { grid } else { best })?;
    // As many rows, evenly filled: 8 frames as 4 and 4 rather than 7 and 1.
    Some(Grid { columns: count.div_ceil(best.rows), ..best })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square picture in cells twice as high as wide.
    const SQUARE: f64 = 2.0;

    #[test]
    fn a_flat_area_makes_a_filmstrip_and_a_tall_one_a_comic_page() {
        let flat = Strip::new(Rect::new(0, 1, 80, 12), 5, 0, SQUARE);
        assert!(flat.slots.iter().all(|slot| slot.y == 1), "{flat:?}");
        assert_eq!((flat.page, flat.slots[0].width, flat.height), (0..5, 15, 8));
        let tall = Strip::new(Rect::new(0, 0, 40, 50), 5, 0, SQUARE);
        assert_eq!(tall.slots[4].y, tall.slots[0].height * 2, "{tall:?}");
    }

    #[test]
    fn frames_that_would_be_too_small_go_on_even_pages() {
        let strip = |focus| Strip::new(Rect::new(0, 0, 80, 9), 16, focus, SQUARE);
        assert_eq!(strip(0).page, 0..6);
        assert_eq!(strip(7).page, 6..12);
        assert_eq!(strip(15).page, 12..16);
    }

    #[test]
    fn slots_stay_inside_and_apart() {
        for (width, height, frames) in [(60, 6, 7), (38, 40, 3), (133, 33, 24), (200, 50, 1), (5, 3, 4), (0, 0, 2)] {
            let area = Rect::new(3, 2, width, height);
            let strip = Strip::new(area, frames, frames - 1, 1.5);
            for (n, slot) in strip.slots.iter().enumerate() {
                assert_eq!(slot.intersection(area), *slot, "{area} {slot}");
                assert!(strip.slots[..n].iter().all(|other| !other.intersects(*slot)));
            }
        }
    }
}
