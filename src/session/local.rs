//! The local terminal as a door: the process's own standard input and output, its signals, its environment.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use crossterm::terminal::{size, window_size};
use futures_util::StreamExt;
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{Signal as Signals, SignalKind, signal};

use super::door::{Door, Heard, Window};
use super::keys::keymap;
use super::late_replies::LateReplies;
use super::restore::{self, Restore};
use super::tty;
use super::visit::Visit;
use crate::app::Keymap;
use crate::canvas::{Canvas, CellSize, Found, Protocol, Replies, Surroundings, Wanted};
use crate::config::{Config, ImagesChoice};
use crate::story::{Campaign, Notice, Rater};
use crate::studio::Studio;

/// The studio in the local terminal, until the visitor leaves.
///
/// # Errors
/// Where standard output is no terminal, or it stops taking bytes.
pub async fn local(studio: Studio, config: &Config) -> Result<(), Notice> {
    sit_down(studio, config, None).await
}

/// The rating screen in the local terminal, until the rater leaves.
///
/// # Errors
/// As `local`.
pub async fn rate(studio: Studio, config: &Config, campaign: Campaign, rater: Rater) -> Result<(), Notice> {
    sit_down(studio, config, Some((campaign, rater))).await
}

async fn sit_down(studio: Studio, config: &Config, seat: Option<(Campaign, Rater)>) -> Result<(), Notice> {
    if !io::stdout().is_terminal() {
        return Err(Notice::yours(
            "The studio needs a terminal to draw on, and standard output is none",
            "storyloom tell <sequence> writes plain text anywhere",
        ));
    }
    // What is wrong with the keys is said before the screen is taken.
    let keymap = keymap(config)?;
    visit(studio, config, keymap, seat).await.map_err(|error| {
        let advice = "another terminal; storyloom doctor says what this one can show";
        Notice::outside(format!("The terminal cannot be used: {error}"), advice)
    })
}

async fn visit(studio: Studio, config: &Config, keymap: Keymap, seat: Option<(Campaign, Rater)>) -> io::Result<()> {
    let mut restore = Restore::enter()?;
    // What colours there are is decided for each visit by its look; NO_COLOR is respected there.
    crossterm::style::force_color_output(true);
    let (found, answered) = find(config.images)?;
    restore::take(config.mouse)?;
    let mut door = LocalDoor::new(&found, !answered, config.mouse)?;
    let canvas = Arc::new(Canvas::new(found, rand::random_range(1 << 16..1 << 30)));
    restore.watch(canvas.clone());
    let mut visit =
        Visit::new(&door, canvas, studio.clone(), config.sampling.clone()).with_keys(keymap).with_ascii(config.ascii);
    if let Some((campaign, rater)) = seat {
        visit = visit.for_rater(campaign, rater);
    }
    visit.run(&mut door, &studio).await
}

/// What the local terminal can show, for `doctor`; a plain guess from the environment where nobody can be asked.
///
/// # Errors
/// Where the terminal cannot be put into raw mode.
pub fn look_at_terminal(images: ImagesChoice) -> Result<Found, Notice> {
    let outside = |error: io::Error| {
        Notice::outside(format!("The terminal cannot be asked: {error}"), "storyloom doctor in another terminal")
    };
    if !io::stdout().is_terminal() {
        let around = Surroundings::from_vars(vars());
        return Ok(Found::new(wanted(images), &around, &Replies::default(), ((0, 0), (80, 24))));
    }
    crossterm::terminal::enable_raw_mode().map_err(outside)?;
    let found = find(images);
    crossterm::terminal::disable_raw_mode().map_err(outside)?;
    found.map(|(found, _)| found).map_err(outside)
}

/// Asks the terminal; also says whether all has been answered that may be.
fn find(images: ImagesChoice) -> io::Result<(Found, bool)> {
    let around = Surroundings::from_vars(vars());
    let replies = tty::ask(&around)?;
    let window = window_size()?;
    let window = ((window.width, window.height), (window.columns, window.rows));
    // Behind tmux the terminal's own answer may be under way still.
    let all = replies.ended && (replies.kitty || !around.tmux);
    Ok((Found::new(wanted(images), &around, &replies, window), all))
}

fn vars() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn wanted(images: ImagesChoice) -> Wanted {
    match images {
        ImagesChoice::Auto => Wanted::Best,
        ImagesChoice::Kitty => Wanted::Only(Protocol::Kitty),
        ImagesChoice::Sixel => Wanted::Only(Protocol::Sixel),
        ImagesChoice::Iterm => Wanted::Only(Protocol::Iterm2),
        ImagesChoice::Half => Wanted::Only(Protocol::HalfBlocks),
        ImagesChoice::Off => Wanted::Only(Protocol::Off),
    }
}

struct LocalDoor {
    events: EventStream,
    late: LateReplies,
    term: Signals,
    hup: Signals,
    int: Signals,
    cont: Signals,
    /// The operating system's window size agrees with what the terminal told of its cells, so it may be asked again.
    cells_agree: bool,
    mouse: bool,
}

impl LocalDoor {
    fn new(found: &Found, late: bool, mouse: bool) -> io::Result<LocalDoor> {
        Ok(LocalDoor {
            mouse,
            events: EventStream::new(),
            late: LateReplies::new(late),
            term: signal(SignalKind::terminate())?,
            hup: signal(SignalKind::hangup())?,
            int: signal(SignalKind::interrupt())?,
            cont: signal(SignalKind::from_raw(Signal::CONT.as_raw()))?,
            cells_agree: cell() == Some(found.cell),
        })
    }
}

/// Size of a cell, as far as the operating system knows it.
fn cell() -> Option<CellSize> {
    let window = window_size().ok()?;
    CellSize::of_window((window.width, window.height), (window.columns, window.rows))
}

impl Door for LocalDoor {
    async fn hear(&mut self) -> Heard {
        loop {
            let event = tokio::select! {
                event = self.events.next() => event,
                _ = self.term.recv() => return Heard::Gone,
                _ = self.hup.recv() => return Heard::Gone,
                _ = self.int.recv() => return Heard::Gone,
                _ = self.cont.recv() => {
                    return if restore::take(self.mouse).is_ok() { Heard::Back } else { Heard::Gone };
                }
            };
            match event {
                Some(Ok(Event::Key(key))) if self.late.swallow(&Event::Key(key), Instant::now()) => {}
                Some(Ok(event)) => return Heard::Input(event),
                // Standard input is closed: nobody can press a key any more.
                Some(Err(_)) | None => return Heard::Gone,
            }
        }
    }

    async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(bytes)?;
        out.flush()
    }

    fn window(&self) -> Window {
        let (columns, rows) = size().unwrap_or((80, 24));
        Window { columns, rows, cell: cell().filter(|_| self.cells_agree) }
    }

    async fn suspend(&mut self) -> io::Result<()> {
        restore::give_back();
        kill_process(getpid(), Signal::TSTP)?;
        // The stop reaches the threads a moment later; a process nobody can continue is not stopped at all.
        tokio::select! {
            _ = self.cont.recv() => {}
            () = tokio::time::sleep(Duration::from_millis(300)) => {}
        }
        restore::take(self.mouse)
    }
}
