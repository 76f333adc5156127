//! What every screen may know and none may change: the window, the time, the model, the look, the keys.

use std::time::Duration;

use ratatui::layout::Rect;

use super::event::Template;
use super::keymap::Keymap;
use super::look::Look;
use crate::canvas::CellSize;
use crate::story::{ModelCard, SamplingPatch, Task};

/// The setting of one visit.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The window, in cells.
    pub columns: u16,
    pub rows: u16,
    /// A cell, in pixels.
    pub cell: CellSize,
    /// Since the session began.
    pub now: Duration,
    /// `None` until the studio has said.
    pub model: Option<ModelCard>,
    /// The visitor's own say about the sampling.
    pub sampling: SamplingPatch,
    /// How each task is asked.
    pub templates: Vec<Template>,
    pub look: Look,
    /// Draw no signs but ASCII.
    pub ascii: bool,
    pub keymap: Keymap,
}

impl Setting {
    /// The whole window.
    pub fn window(&self) -> Rect {
        Rect::new(0, 0, self.columns, self.rows)
    }

    /// The last row of the window.
    pub fn foot(&self) -> Rect {
        Rect::new(0, self.rows.saturating_sub(1), self.columns, 1)
    }

    /// The window between the header and the two lines at the foot.
    pub fn body(&self) -> Rect {
        Rect::new(0, 1, self.columns, self.rows.saturating_sub(3))
    }

    /// How a task is asked, once the studio has said.
    pub fn template(&self, task: Task) -> Option<&Template> {
        self.templates.iter().find(|template| template.task == task)
    }

    /// How many cells wide a picture of these pixels is for each cell it is high.
    pub fn shape(&self, width: u32, height: u32) -> f64 {
        let pixels = f64::from(width.max(1)) / f64::from(height.max(1));
        pixels * f64::from(self.cell.height) / f64::from(self.cell.width)
    }
}
