//! How long a visitor waits from a key to the view that answers it, while a story streams and a model is being loaded.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossterm::event::{Event as Input, KeyCode, KeyEvent, KeyModifiers};

use super::figure::{Figure, since};
use super::runtime::runtime;
use crate::canvas::{Canvas, Depth, Found, Protocol};
use crate::config::{Config, Flags};
use crate::session::{Door, Heard, Visit, Window};
use crate::story::{Notice, SamplingPatch};
use crate::studio::Studio;
use crate::writer::{ModelSource, Storyteller};

/// From one key to the next, in milliseconds: not in step with the views.
const GAPS: [u64; 7] = [61, 113, 47, 89, 140, 53, 97];
/// A telling is begun again after so many keys.
const TELL_EVERY: usize = 40;

/// A door where keys come by a plan and the views that answer them are timed.
struct Stopwatch {
    /// What is pressed, and how long after the key before.
    plan: VecDeque<(KeyCode, Duration)>,
    next: tokio::time::Instant,
    /// When the key was pressed that no view has answered yet.
    pressed: Option<Instant>,
    waits: Vec<f64>,
}

impl Door for Stopwatch {
    async fn hear(&mut self) -> Heard {
        let Some((code, _)) = self.plan.front().copied() else { return Heard::Gone };
        tokio::time::sleep_until(self.next).await;
        // A key counts from when it was due: a visit that is busy elsewhere is late for it.
        self.pressed.get_or_insert(self.next.into_std());
        self.plan.pop_front();
        self.next += self.plan.front().map_or(Duration::ZERO, |(_, gap)| *gap);
        Heard::Input(Input::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    async fn send(&mut self, _: &[u8]) -> io::Result<()> {
        if let Some(pressed) = self.pressed.take() {
            self.waits.push(since(pressed) * 1000.0);
        }
        Ok(())
    }

    fn window(&self) -> Window {
        Window { columns: 120, rows: 40, cell: None }
    }

    async fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Presses `count` keys in a reader whose story streams, with pictures in half blocks, while another thread loads the
/// embedded storyteller over and over.
pub fn keys(count: usize) -> Result<Vec<Figure>, Notice> {
    let outside =
        |e: &dyn std::fmt::Display| Notice::outside(format!("the visit of the measurement: {e}"), "try again");
    let home = tempfile::tempdir().map_err(|e| outside(&e))?;
    let mut config = Config::load(Flags { home: Some(home.path().to_owned()), ..Flags::default() })?;
    config.database = None;
    let over = Arc::new(AtomicBool::new(false));
    let loading = {
        let over = over.clone();
        std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                if let Err(error) = Storyteller::open(&ModelSource::Embedded, None) {
                    tracing::warn!("the model that is loaded meanwhile: {error}");
                    break;
                }
            }
        })
    };
    let mut door = Stopwatch {
        plan: plan(count),
        next: tokio::time::Instant::now() + Duration::from_secs(2),
        pressed: None,
        waits: Vec::new(),
    };
    let visited = runtime()?.block_on(async {
        let studio = Studio::open(&config).await?;
        let found = Found::plain(Protocol::HalfBlocks, Depth::True);
        let visit = Visit::new(&door, Arc::new(Canvas::new(found, 1)), studio.clone(), SamplingPatch::default());
        visit.run(&mut door, &studio).await.map_err(|e| outside(&e))
    });
    over.store(true, Ordering::Relaxed);
    drop(loading.join());
    visited?;
    door.waits.sort_by(f64::total_cmp);
    let at = |share: f64| door.waits[((door.waits.len() - 1) as f64 * share).round() as usize];
    let figure = |share: f64, what: &str| Figure {
        what: format!("key to view, {} keys: {what}", door.waits.len()),
        median: at(share),
        least: at(0.0),
        most: at(1.0),
        unit: "ms",
        gigabytes: None,
    };
    Ok(vec![figure(0.5, "median"), figure(0.99, "99 of 100")])
}

/// Opens the first tale and has it told again and again, with frames chosen meanwhile.
fn plan(count: usize) -> VecDeque<(KeyCode, Duration)> {
    let settle = Duration::from_millis(1500);
    let mut plan = VecDeque::from([(KeyCode::Esc, settle), (KeyCode::Enter, settle)]);
    for n in 0..count {
        let code = match n {
            _ if n % TELL_EVERY == 0 => KeyCode::Char(' '),
            _ if n % 2 == 0 => KeyCode::Right,
            _ => KeyCode::Left,
        };
        plan.push_back((code, if n == 0 { settle } else { Duration::from_millis(GAPS[n % GAPS.len()]) }));
    }
    plan
}
