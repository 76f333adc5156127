//! How long a visitor waits for the gallery of a shelf that holds many sequences, and how much memory it takes.

use std::hint::black_box;
use std::time::Instant;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rayon::prelude::*;

use super::figure::{Figure, measure, since};
use super::runtime::runtime;
use crate::app::{App, Event, Key, KeyCode, Look};
use crate::canvas::{Canvas, CellSize, Depth, Found, Protocol, Shade};
use crate::config::{Config, Flags};
use crate::pixels::{Picture, Rgb};
use crate::session::gallery_card;
use crate::shelf::Shelf;
use crate::story::{Frame, Notice, SamplingPatch, Sequence, SequenceId};
use crate::studio::Studio;
use crate::train::forecast::peak_memory;

/// The window it is drawn in.
const WINDOW: (u16, u16) = (120, 40);

/// A shelf of `count` sequences of two pictures in a temporary folder: opened, listed and drawn; then scrolled through.
pub fn gallery(runs: u16, count: usize) -> Result<Vec<Figure>, Notice> {
    let outside = |e: &dyn std::fmt::Display| {
        Notice::outside(format!("the shelf of the measurement: {e}"), "make room in TMPDIR")
    };
    let home = tempfile::tempdir().map_err(|e| outside(&e))?;
    let runtime = runtime()?;
    runtime.block_on(fill(home.path(), count))?;
    let mut config = Config::load(Flags { home: Some(home.path().to_owned()), ..Flags::default() })?;
    config.database = None;
    let first = measure(&format!("gallery of {count}: from start to its first screen"), "ms", runs, || {
        let started = Instant::now();
        let app = runtime.block_on(opened(&config))?;
        black_box(drawn(&app));
        Ok::<_, Notice>(since(started) * 1000.0)
    })?;
    let mut app = runtime.block_on(opened(&config))?;
    let scroll = measure(&format!("gallery of {count}: a page down and its screen"), "ms", runs, || {
        let started = Instant::now();
        app.update(Event::Key(Key::plain(KeyCode::PageDown)));
        black_box(drawn(&app));
        Ok::<_, Notice>(since(started) * 1000.0)
    })?;
    let gigabytes = peak_memory().map(|bytes| bytes as f64 / 1e9);
    Ok(vec![first, Figure { gigabytes, ..scroll }])
}

async fn fill(home: &std::path::Path, count: usize) -> Result<(), Notice> {
    let shelf = Shelf::open(home, None).await?;
    for n in 0..count {
        let picture = |place: usize| {
            let shade = |at: usize| ((at * 7 + n * 31 + place * 101) % 251) as u8;
            let rgb = Rgb { width: 96, height: 96, data: (0..96 * 96 * 3).map(shade).collect() };
            Picture::from_rgb(&rgb).map_err(|e| Notice::ours(e.to_string()))
        };
        let pictures = [0, 1].into_par_iter().map(picture).collect::<Result<Vec<_>, _>>()?;
        let frame = |(place, picture): (usize, &Picture)| Frame {
            place,
            name: format!("{place}.png"),
            hash: picture.hash().to_owned(),
            width: 96,
            height: 96,
            text: None,
        };
        let sequence = Sequence {
            id: SequenceId(format!("seq-bench-{n}")),
            title: format!("A tale of the number {n}"),
            source: "bench".to_owned(),
            credits: None,
            cast: Vec::new(),
            frames: pictures.iter().enumerate().map(frame).collect(),
            in_world: false,
        };
        shelf.put_sequence(&sequence, &pictures).await?;
    }
    Ok(())
}

async fn opened(config: &Config) -> Result<App, Notice> {
    let studio = Studio::open(config).await?;
    let cards = studio.gallery().await?;
    let look = Look::new(Shade::Dark, Depth::True);
    let mut app = App::new(look, SamplingPatch::default(), WINDOW.0, WINDOW.1, CellSize::default());
    app.update(Event::Gallery(Ok(cards.iter().map(gallery_card).collect())));
    Ok(app)
}

fn drawn(app: &App) -> Terminal<TestBackend> {
    let found = Found::plain(Protocol::HalfBlocks, Depth::True);
    let canvas = Canvas::new(found, 1);
    let Ok(mut terminal) = Terminal::new(TestBackend::new(WINDOW.0, WINDOW.1));
    canvas.begin();
    let Ok(_) = terminal.draw(|frame| app.view(frame, &canvas));
    terminal
}
