//! An SSH channel as a door. What is sent waits until the visitor's window takes it: a slow line gets fewer views, not a queue.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossterm::event::Event as Input;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::Receiver;

use super::keystrokes::Keystrokes;
use crate::canvas::{Found, Probe, Surroundings, Wanted};
use crate::session::{Door, Heard, Window};

/// What comes over the line.
#[derive(Debug)]
pub enum Came {
    Bytes(Vec<u8>),
    /// The window has another size, which is already in `Shared`.
    Resized,
}

/// The visitor's window as it is now: columns, rows, pixels.
pub type Shared = Arc<Mutex<Size>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    pub columns: u16,
    pub rows: u16,
    pub pixels: (u16, u16),
}

/// How long a terminal at the end of a line has to say what it can show.
const LONGEST: Duration = Duration::from_millis(900);
/// And one that says it speaks kitty's protocol.
const SPEAKS_KITTY: Duration = Duration::from_millis(2500);
/// Nobody is waited for longer than this with bytes that they do not take.
const STALLED: Duration = Duration::from_secs(60);

/// One visitor's line.
pub struct Line {
    from: Receiver<Came>,
    to: Pin<Box<dyn AsyncWrite + Send>>,
    size: Shared,
    keys: Keystrokes,
    waiting: VecDeque<Input>,
}

impl Line {
    pub fn new(from: Receiver<Came>, to: Pin<Box<dyn AsyncWrite + Send>>, size: Shared) -> Line {
        Line { from, to, size, keys: Keystrokes::default(), waiting: VecDeque::new() }
    }

    fn size(&self) -> Size {
        *self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the terminal at the other end what it can show.
    ///
    /// # Errors
    /// Where the line is gone.
    pub async fn find(&mut self, around: &Surroundings) -> io::Result<Found> {
        let (mut probe, query) = Probe::new(around);
        self.send(&query).await?;
        let longest = if around.speaks_kitty { SPEAKS_KITTY } else { LONGEST };
        let until = tokio::time::Instant::now() + longest;
        while !probe.is_done() && !(probe.has_ended() && !around.speaks_kitty) {
            match tokio::time::timeout_at(until, self.from.recv()).await {
                Ok(Some(Came::Bytes(bytes))) => probe.hear(&bytes),
                Ok(Some(Came::Resized)) => {}
                Ok(None) => return Err(io::ErrorKind::BrokenPipe.into()),
                Err(_) => break,
            }
        }
        self.send(b"\r\x1b[J").await?;
        let Size { columns, rows, pixels } = self.size();
        Ok(Found::new(Wanted::Best, around, &probe.replies(), (pixels, (columns, rows))))
    }
}

impl Door for Line {
    async fn hear(&mut self) -> Heard {
        loop {
            if let Some(input) = self.waiting.pop_front() {
                return Heard::Input(input);
            }
            match self.from.recv().await {
                Some(Came::Bytes(bytes)) => self.waiting.extend(self.keys.read(&bytes)),
                Some(Came::Resized) => {
                    let Size { columns, rows, .. } = self.size();
                    return Heard::Input(Input::Resize(columns, rows));
                }
                None => return Heard::Gone,
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let sending = async {
            self.to.write_all(bytes).await?;
            self.to.flush().await
        };
        tokio::time::timeout(STALLED, sending).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    fn window(&self) -> Window {
        let Size { columns, rows, pixels } = self.size();
        let cell = crate::canvas::CellSize::of_window(pixels, (columns, rows));
        Window { columns, rows, cell }
    }

    async fn suspend(&mut self) -> io::Result<()> {
        // There is no shell to go back to.
        Ok(())
    }
}
