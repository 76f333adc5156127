//! What a mouse does: the left button and the wheel. Movement and the other buttons are the terminal's.

use ratatui::crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

/// A button or the wheel, somewhere on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mouse {
    pub at: Position,
    pub did: Did,
}

/// What it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Did {
    Click,
    WheelUp,
    WheelDown,
}

impl Mouse {
    /// The mouse of a terminal's event; `None` for what storyloom does not hear.
    pub fn from_event(event: &MouseEvent) -> Option<Mouse> {
        let did = match event.kind {
            MouseEventKind::Down(MouseButton::Left) => Did::Click,
            MouseEventKind::ScrollUp => Did::WheelUp,
            MouseEventKind::ScrollDown => Did::WheelDown,
            _ => return None,
        };
        Some(Mouse { at: Position::new(event.column, event.row), did })
    }
}
