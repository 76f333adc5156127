//! How large a picture may be in a box of cells: its shape is kept, what is left of the box stays empty.

/// Size of one cell in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CellSize {
    pub width: u16,
    pub height: u16,
}

impl Default for CellSize {
    /// What terminals come near to when they do not tell.
    fn default() -> Self {
        CellSize { width: 10, height: 20 }
    }
}

impl CellSize {
    /// From the size of a window in pixels and in cells; `None` where the terminal left something out.
    pub fn of_window(pixels: (u16, u16), cells: (u16, u16)) -> Option<CellSize> {
        let width = pixels.0.checked_div(cells.0)?;
        let height = pixels.1.checked_div(cells.1)?;
        CellSize::believable(width, height)
    }

    /// What a terminal says of its cells, if that can be true: what is said over a line is anybody's.
    pub fn believable(width: u16, height: u16) -> Option<CellSize> {
        ((2..=100).contains(&width) && (4..=200).contains(&height)).then_some(CellSize { width, height })
    }
}

/// A picture in cells and in the pixels of those cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fit {
    pub columns: u16,
    pub rows: u16,
    pub width: u32,
    pub height: u32,
}

/// Pixels of one picture on a screen at most: twice those of a 4K screen.
const MOST_PIXELS: f64 = 16e6;

/// Kitty numbers the cells of a picture with a table of this length.
const MOST_CELLS: u16 = 297;

/// The largest size with the shape of `picture` (pixels) within `columns` x `rows` cells; `None` if there is no room.
///
/// Two columns are the least: a picture printed over a single cell would leave the cursor's place in doubt.
pub fn fit(picture: (u32, u32), columns: u16, rows: u16, cell: CellSize) -> Option<Fit> {
    let (columns, rows) = (columns.min(MOST_CELLS), rows.min(MOST_CELLS));
    if columns < 2 || rows == 0 || picture.0 == 0 || picture.1 == 0 {
        return None;
    }
    let (box_width, box_height) =
        (f64::from(columns) * f64::from(cell.width), f64::from(rows) * f64::from(cell.height));
    let scale = (box_width / f64::from(picture.0)).min(box_height / f64::from(picture.1));
    let scale = scale.min((MOST_PIXELS / (f64::from(picture.0) * f64::from(picture.1))).sqrt());
    let side = |pixels: u32, most: f64| (f64::from(pixels) * scale).round().clamp(1.0, most) as u32;
    let (width, height) = (side(picture.0, box_width), side(picture.1, box_height));
    let cells = |pixels: u32, cell: u16| (pixels.div_ceil(u32::from(cell))) as u16;
    Some(Fit {
        columns: cells(width, cell.width).clamp(2, columns),
        rows: cells(height, cell.height).clamp(1, rows),
        width,
        height,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: CellSize = CellSize { width: 10, height: 20 };

    #[test]
    fn a_wide_picture_fills_the_width_and_keeps_its_shape() {
        let fit = fit((1920, 1080), 80, 24, CELL).unwrap();
        assert_eq!((fit.columns, fit.width, fit.height, fit.rows), (80, 800, 450, 23));
    }

    #[test]
    fn a_tall_picture_fills_the_height() {
        let fit = fit((100, 400), 40, 10, CELL).unwrap();
        assert_eq!((fit.rows, fit.width, fit.height, fit.columns), (10, 50, 200, 5));
    }

    #[test]
    fn no_room_is_said_and_a_sliver_still_has_two_columns() {
        assert_eq!(fit((10, 10), 1, 5, CELL), None);
        assert_eq!(fit((10, 10), 5, 0, CELL), None);
        assert_eq!(fit((1, 4000), 20, 10, CELL).unwrap().columns, 2);
    }

    #[test]
    fn a_window_without_pixels_tells_no_cell_size() {
        assert_eq!(CellSize::of_window((0, 0), (80, 24)), None);
        assert_eq!(CellSize::of_window((800, 480), (0, 24)), None);
        assert_eq!(CellSize::of_window((800, 480), (80, 24)), Some(CELL));
    }
}
