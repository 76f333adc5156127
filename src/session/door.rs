//! A door: where a visitor's keys come from, where bytes go, how large the window is. Local terminal or SSH channel.

use std::future::Future;
use std::io;

use crossterm::event::Event;

use crate::canvas::CellSize;

/// The visitor's window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub columns: u16,
    pub rows: u16,
    /// Size of a cell, where the door tells it.
    pub cell: Option<CellSize>,
}

/// What came through the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    Input(Event),
    /// The visitor came back to a terminal that others have written on.
    Back,
    /// The visitor has left, or was asked to.
    Gone,
}

/// A visitor's terminal.
pub trait Door {
    /// The next thing that happens. Giving up waiting loses nothing.
    fn hear(&mut self) -> impl Future<Output = Heard> + Send;

    /// What has come already, with what was heard before; nothing where a door cannot tell without waiting.
    fn at_once(&mut self) -> Option<Heard> {
        None
    }

    /// Sends bytes and waits until they are taken: a slow terminal is sent fewer views, not a longer queue.
    fn send(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<()>> + Send;

    fn window(&self) -> Window;

    /// Gives the terminal back to the shell until the visitor returns; does nothing where there is no shell.
    fn suspend(&mut self) -> impl Future<Output = io::Result<()>> + Send;
}
