//! How the gallery's tiles share the window.

use ratatui::layout::Rect;

/// Rows of text below a tile's picture.
pub const CAPTION: u16 = 2;
/// From this height on a tile leaves a row free below itself.
pub const ROOMY: u16 = 12;

/// Tiles do not grow beyond so many across: one alone need not fill the window.
const LEAST_ACROSS: u16 = 3;

/// Tiles across, tiles down, and the size of one in cells.
pub struct Grid {
    pub across: usize,
    pub down: usize,
    pub width: u16,
    pub height: u16,
}

impl Grid {
    /// Tiles wide enough for most titles, with pictures of about three to four; larger where all `cards` still fit.
    pub fn new(body: Rect, cards: usize) -> Grid {
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
