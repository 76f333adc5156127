//! How the frames of a sequence and their story share the window: beside each other, one below the other, or the story as
//! the last panel of a comic page; whichever shows the frames largest and still leaves the story room to be read.

use ratatui::layout::Rect;

use crate::app::widgets::strip::Strip;

/// Least width of a pane beside the frames, and least height of one below them.
const PANE_WIDTH: u16 = 38;
const PANE_HEIGHT: u16 = 8;
/// A panel among the frames smaller than this would show too little of a story at once.
const PANEL: (u16, u16) = (34, 14);
/// The widest pane beside the frames: longer lines are harder to read.
const WIDEST_PANE: u16 = 76;

/// Letters told of one frame, about, and for how many frames the pane is made: it scrolls.
const LETTERS_A_FRAME: u16 = 110;
const FRAMES_AT_ONCE: usize = 8;
/// Columns of the pane that are not the story's: its margin, and what is left at the ends of lines.
const COLUMNS_AROUND: u16 = 6;
/// Rows of the pane that are not the story's: its head, its figures and a free one for each.
const ROWS_AROUND: u16 = 5;

/// Where things are.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    pub strip: Strip,
    pub pane: Rect,
}

/// What is to be laid out.
#[derive(Clone, Copy, Debug)]
pub struct Content {
    pub frames: usize,
    /// The frame that has to be seen.
    pub focus: usize,
    /// Width over height of a picture, in cells.
    pub shape: f64,
    /// Cells that warnings take above the story.
    pub warnings: usize,
}

impl Spread {
    /// The best of all ways to lay `content` out in `body`.
    pub fn new(body: Rect, content: Content) -> Spread {
        let body = Rect { x: body.x + 1, width: body.width.saturating_sub(2), ..body };
        let mut best = Spread::below(body, content, PANE_HEIGHT);
        // Lines are easiest to read beside the frames: that is worth somewhat smaller pictures, and so on.
        let mut most = 0.8 * best.worth(content);
        let mut consider = |spread: Spread, favour: f64| {
            let worth = favour * spread.worth(content);
            if worth >= most {
                (best, most) = (spread, worth);
            }
        };
        for height in PANE_HEIGHT + 1..=body.height / 2 {
            consider(Spread::below(body, content, height), 0.8);
        }
        for (strip, pane) in Strip::with_panel(body, content.frames, content.shape, PANEL) {
            consider(Spread { strip, pane }, 0.9);
        }
        if body.width >= 2 * PANE_WIDTH + 12 {
            for width in PANE_WIDTH..=WIDEST_PANE.min(body.width / 2) {
                consider(Spread::beside(body, content, width), 1.0);
            }
        }
        best
    }

    fn below(body: Rect, content: Content, height: u16) -> Spread {
        let room = Rect { height: body.height.saturating_sub(height).min(body.height * 3 / 5), ..body };
        let strip = Strip::new(room, content.frames, content.focus, content.shape);
        let pane = Rect { y: body.y + strip.height, height: body.height - strip.height, ..body };
        Spread { strip, pane }
    }

    fn beside(body: Rect, content: Content, width: u16) -> Spread {
        let room = Rect { width: body.width - width - 2, ..body };
        let strip = Strip::new(room, content.frames, content.focus, content.shape);
        Spread { strip, pane: Rect { x: body.right() - width, width, ..body } }
    }

    /// Cells of pictures, and much less where the story cannot be read at once: then it must be scrolled.
    fn worth(&self, content: Content) -> f64 {
        let columns = self.pane.width.saturating_sub(COLUMNS_AROUND).max(1);
        let lines = content.frames.min(FRAMES_AT_ONCE) * usize::from(LETTERS_A_FRAME.div_ceil(columns));
        let warnings = content.warnings.div_ceil(usize::from(columns));
        let need = (lines + warnings) as f64 + f64::from(ROWS_AROUND);
        self.strip.seen * (f64::from(self.pane.height) / need).min(1.0).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(width: u16, height: u16, frames: usize) -> Spread {
        Spread::new(Rect::new(0, 1, width, height), Content { frames, focus: 0, shape: 2.0, warnings: 0 })
    }

    #[test]
    fn five_frames_and_their_story_fill_the_window_as_panels() {
        for (width, height, least) in [(120, 37, 28), (160, 47, 44), (200, 57, 52), (90, 57, 36)] {
            let Spread { strip, pane } = spread(width, height, 5);
            assert!(strip.slots[0].width >= least, "{width}x{height}: {strip:?}");
            assert!(pane.width >= 37 && pane.height >= 19, "{width}x{height}: {pane}");
            assert!(strip.slots[4].y == pane.y && strip.slots[4].right() < pane.x, "{strip:?} {pane}");
        }
    }

    #[test]
    fn a_small_window_keeps_the_story_below_its_filmstrip() {
        let Spread { strip, pane } = spread(80, 21, 5);
        assert!(strip.slots.iter().all(|slot| slot.y == 1 && slot.bottom() <= pane.y), "{strip:?} {pane}");
        assert!(pane.height >= 9 && pane.width == 78, "{pane}");
    }

    #[test]
    fn nothing_overlaps_and_nothing_leaves_the_window() {
        for width in (20..240).step_by(13) {
            for height in (6..80).step_by(7) {
                for frames in [1, 2, 3, 4, 5, 6, 8, 11, 40, 10_000] {
                    let body = Rect::new(0, 1, width, height);
                    let Spread { strip, pane } = spread(width, height, frames);
                    let inside = |rect: Rect| rect.intersection(body) == rect;
                    assert!(inside(pane), "{body} {frames}: {pane}");
                    for slot in &strip.slots {
                        assert!(inside(*slot) && !slot.intersects(pane), "{body} {frames}: {slot} {pane}");
                    }
                }
            }
        }
    }
}
