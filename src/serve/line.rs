//! An SSH channel as a door. What is sent waits until the visitor's window takes it: a slow line gets fewer views, not a queue.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crossterm::event::Event as Input;
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc::Receiver;
use tokio::time::Instant;

use super::keystrokes::Keystrokes;
use crate::canvas::{Found, Probe, Surroundings, Wanted};
use crate::session::{Door, Heard, LateReplies, Window};

/// What comes over the line.
#[derive(Debug)]
pub enum Came {
    Bytes(Vec<u8>),
    /// The window has another size, which is already in `Shared`.
    Resized,
    /// The other end has closed the channel.
    Left,
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
/// tmux answers before the terminal behind it does.
const BEHIND_TMUX: Duration = Duration::from_millis(250);
/// A visit without a key ends after so long.
const IDLE: Duration = Duration::from_secs(2 * 3600);
/// Nobody is waited for longer than this with bytes that they do not take.
const STALLED: Duration = Duration::from_secs(60);

/// One visitor's line.
pub struct Line {
    from: Receiver<Came>,
    to: Pin<Box<dyn AsyncWrite + Send>>,
    size: Shared,
    keys: Keystrokes,
    late: LateReplies,
    waiting: VecDeque<Input>,
    /// When something came last.
    heard: Instant,
}

impl Line {
    pub fn new(from: Receiver<Came>, to: Pin<Box<dyn AsyncWrite + Send>>, size: Shared) -> Line {
        let (keys, late, waiting) = (Keystrokes::default(), LateReplies::new(true), VecDeque::new());
        Line { from, to, size, keys, late, waiting, heard: Instant::now() }
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
        let mut until = Instant::now() + longest;
        while !probe.is_done() {
            if probe.has_ended() && !around.speaks_kitty {
                // tmux has answered for itself; what lies behind it gets a little longer.
                until = until.min(Instant::now() + if around.tmux { BEHIND_TMUX } else { Duration::ZERO });
            }
            match tokio::time::timeout_at(until, self.from.recv()).await {
                Ok(Some(Came::Bytes(bytes))) => probe.hear(&bytes),
                Ok(Some(Came::Resized)) => {}
                Ok(Some(Came::Left) | None) => return Err(io::ErrorKind::BrokenPipe.into()),
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
            // Who presses nothing for so long has gone, whatever the line says.
            let Ok(came) = tokio::time::timeout_at(self.heard + IDLE, self.from.recv()).await else {
                return Heard::Gone;
            };
            self.heard = Instant::now();
            match came {
                Some(Came::Bytes(bytes)) => {
                    let late = &mut self.late;
                    let keys = self.keys.read(&bytes).into_iter();
                    self.waiting.extend(keys.filter(|key| !late.swallow(key, std::time::Instant::now())));
                }
                Some(Came::Left) => return Heard::Gone,
                Some(Came::Resized) => {
                    let Size { columns, rows, .. } = self.size();
                    return Heard::Input(Input::Resize(columns, rows));
                }
                None => return Heard::Gone,
            }
        }
    }

    fn at_once(&mut self) -> Option<Heard> {
        self.waiting.pop_front().map(Heard::Input)
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
