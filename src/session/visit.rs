//! The loop of one visit: hear, drain what waits, draw once, at most thirty times a second and never without a change.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::Event as Input;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::mpsc::{self, Receiver};
use tokio::time::{Instant, sleep_until};

use super::brought::Brought;
use super::brush::Brush;
use super::door::{Door, Heard};
use super::errands::Errands;
use super::pace::Pace;
use super::run_errands::RunErrands;
use super::workshop::{Made, Workshop};
use crate::app::{App, Effect, Event, Key, Keymap, Look, Mouse, Rating, svg};
use crate::canvas::{Canvas, Shade};
use crate::story::{Campaign, Rater, SamplingPatch};
use crate::studio::Studio;

/// The app's clock, while something waits.
const TICK: Duration = Duration::from_millis(125);
/// The same where a page turns late, because many turn theirs: drawing more often would make it later.
const LATE_TICK: Duration = Duration::from_secs(1);
/// Inputs that are heard before the next view, at most: a flood must not keep it away.
const AT_ONCE: usize = 64;
/// A rater's page turns within this: until then nothing is drawn in between. One that turns later shows what it waits for.
const TURNS: Duration = Duration::from_millis(150);
/// A window being dragged to another size gets its new pictures when it has come to rest.
const REST: Duration = Duration::from_millis(80);

/// What is carried out for a visitor, whatever the app should ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    All,
    Look,
    Rate,
}

impl Rights {
    fn allow(self, effect: &Effect) -> bool {
        match self {
            Rights::All => true,
            Rights::Rate => matches!(effect, Effect::Rate(_) | Effect::Suspend | Effect::Quit),
            Rights::Look => match effect {
                // Reading a story over, to look inside it, keeps nothing.
                Effect::Tell { ask, .. } => !ask.keep,
                Effect::LoadGallery | Effect::Open(_) | Effect::LoadNotes(_) | Effect::LoadModels => true,
                Effect::LoadCampaigns | Effect::LoadResults { .. } => true,
                Effect::WatchRuns(_) | Effect::FollowRuns(_) | Effect::LoadRecipes | Effect::CompareRuns(..) => true,
                Effect::LoadChain(_) | Effect::WatchLoops(_) => true,
                Effect::LoadTemplates | Effect::LoadAbout(_) | Effect::AskFirstTime => true,
                Effect::LoadSuites | Effect::LoadEvaluations | Effect::LoadEvaluation(_) => true,
                Effect::LoadSpecimens { .. } | Effect::LoadFrames { .. } => true,
                Effect::StopTelling(_) | Effect::ClearBeside | Effect::Suspend | Effect::Quit => true,
                _ => false,
            },
        }
    }
}

/// One visit.
pub struct Visit {
    app: App,
    canvas: Arc<Canvas>,
    brush: Brush,
    workshop: Workshop,
    errands: Errands,
    runs: RunErrands,
    brought: Receiver<Brought>,
    made: (mpsc::Sender<Made>, Receiver<Made>),
    began: Instant,
    /// Something has changed since the last view.
    dirty: bool,
    /// A key was pressed since: somebody waits for the view.
    asked: bool,
    pace: Pace,
    /// What a rater said is being kept, and the next pair has not come: no view is worth drawing before this.
    turning: Option<Instant>,
    /// No pictures are made before this.
    rest_until: Instant,
    over: bool,
    rights: Rights,
}

impl Visit {
    /// A visit through `door`, on a terminal that can show what `canvas` found.
    pub fn new(door: &impl Door, canvas: Arc<Canvas>, studio: Studio, sampling: SamplingPatch) -> Visit {
        let window = door.window();
        let look = Look::new(canvas.found().shade.unwrap_or(Shade::Dark), canvas.found().depth);
        let app = App::new(look, sampling, window.columns, window.rows, canvas.cell());
        let (back, brought) = mpsc::channel(64);
        let now = Instant::now();
        Visit {
            app,
            canvas,
            brush: Brush::new(window.columns, window.rows),
            workshop: Workshop::new(studio.clone()),
            runs: RunErrands::new(studio.clone(), back.clone()),
            errands: Errands::new(studio, back),
            brought,
            made: mpsc::channel(8),
            began: now,
            dirty: true,
            asked: true,
            pace: Pace::default(),
            turning: None,
            rest_until: now,
            over: false,
            rights: Rights::All,
        }
    }

    /// The same visit with other keys.
    pub fn with_keys(mut self, keymap: Keymap) -> Visit {
        self.app = self.app.with_keys(keymap);
        self
    }

    /// The same visit with ASCII for all signs.
    pub fn with_ascii(mut self, ascii: bool) -> Visit {
        self.app = self.app.with_ascii(ascii);
        self
    }

    /// A visit that rates and does nothing else.
    pub fn for_rater(mut self, campaign: Campaign, rater: Rater) -> Visit {
        self.app = self.app.for_rater(self.canvas.found().protocol, campaign.plan.needs_pictures);
        self.errands.take_seat(campaign, rater, self.canvas.found().protocol.word());
        self.rights = Rights::Rate;
        self
    }

    /// A visit that looks at everything and changes nothing.
    pub fn to_look(mut self) -> Visit {
        self.app = self.app.looking_only();
        self.rights = Rights::Look;
        self
    }

    /// Until the visitor leaves.
    ///
    /// # Errors
    /// Where the terminal takes no more bytes: the visitor's end is gone.
    pub async fn run(mut self, door: &mut impl Door, studio: &Studio) -> io::Result<()> {
        let mut model = studio.model();
        let card = model.borrow_and_update().clone();
        self.update(Event::Model(card), door).await?;
        for effect in self.app.begin() {
            self.carry_out(effect, door).await?;
        }
        let mut model_lives = true;
        while !self.over {
            let now = Instant::now();
            let due = self.pace.next(self.asked).max(self.turning).unwrap_or(now);
            if self.dirty && now >= due {
                self.draw(door).await?;
            }
            let resting = Instant::now() >= self.rest_until;
            if resting {
                self.workshop.work(&self.canvas, &self.made.0);
            }
            let tick = Instant::now() + if self.turning.is_some() { LATE_TICK } else { TICK };
            tokio::select! {
                heard = door.hear() => {
                    self.hear(heard, door).await?;
                    // What was typed at once is answered at once, in one view.
                    for _ in 0..AT_ONCE {
                        let Some(heard) = door.at_once() else { break };
                        self.hear(heard, door).await?;
                    }
                }
                Some(brought) = self.brought.recv() => {
                    self.take(brought, door).await?;
                    while let Ok(brought) = self.brought.try_recv() {
                        self.take(brought, door).await?;
                    }
                }
                Some(made) = self.made.1.recv() => {
                    self.canvas.keep(&made.wish, made.shown);
                    self.dirty = true;
                }
                changed = model.changed(), if model_lives => match changed {
                    Ok(()) => {
                        let card = model.borrow_and_update().clone();
                        self.update(Event::Model(card), door).await?;
                    }
                    Err(_) => model_lives = false,
                },
                () = sleep_until(due), if self.dirty => {}
                () = sleep_until(self.rest_until), if !resting => {}
                () = sleep_until(tick), if !self.dirty && self.app.is_waiting() => {
                    self.app.update(Event::Clock(self.began.elapsed()));
                    self.dirty = true;
                }
            }
        }
        // Whoever is being waited for must not wait for this visit to hear them.
        self.brought.close();
        self.errands.settle().await;
        Ok(())
    }

    async fn hear(&mut self, heard: Heard, door: &mut impl Door) -> io::Result<()> {
        self.asked = true;
        match heard {
            Heard::Input(Input::Key(key)) => {
                if let Some(key) = Key::from_event(&key) {
                    self.update(Event::Key(key), door).await?;
                }
            }
            Heard::Input(Input::Paste(text)) => self.update(Event::Paste(text), door).await?,
            Heard::Input(Input::Mouse(mouse)) => {
                if let Some(mouse) = Mouse::from_event(&mouse) {
                    self.update(Event::Mouse(mouse), door).await?;
                }
            }
            Heard::Input(Input::Resize(..)) => self.resize(door).await?,
            Heard::Input(_) => {}
            Heard::Back => {
                self.canvas.forget();
                self.resize(door).await?;
            }
            Heard::Gone => self.over = true,
        }
        Ok(())
    }

    /// Lays everything out for the window as it is now, and draws it whole.
    async fn resize(&mut self, door: &mut impl Door) -> io::Result<()> {
        let window = door.window();
        self.canvas.resized(window.cell);
        self.brush = Brush::new(window.columns, window.rows);
        self.rest_until = Instant::now() + REST;
        let cell = self.canvas.cell();
        self.update(Event::Resized { columns: window.columns, rows: window.rows, cell }, door).await
    }

    async fn take(&mut self, brought: Brought, door: &mut impl Door) -> io::Result<()> {
        if let Some(pictures) = brought.pictures {
            self.workshop.stock(&pictures);
        }
        // A rater waits for the next pair as for the answer to a key.
        if matches!(brought.event, Event::Asked(_) | Event::VoteKept(Err(_))) {
            (self.asked, self.turning) = (true, None);
        }
        self.update(brought.event, door).await
    }

    async fn update(&mut self, event: Event, door: &mut impl Door) -> io::Result<()> {
        self.app.update(Event::Clock(self.began.elapsed()));
        self.dirty = true;
        for effect in self.app.update(event) {
            self.carry_out(effect, door).await?;
        }
        Ok(())
    }

    async fn carry_out(&mut self, effect: Effect, door: &mut impl Door) -> io::Result<()> {
        if !self.rights.allow(&effect) {
            return Ok(());
        }
        match effect {
            Effect::LoadGallery => self.errands.gallery(),
            Effect::Open(id) => self.errands.open(id),
            Effect::OpenPath(typed) => self.errands.open_path(&typed),
            Effect::Tell { number, ask } => self.errands.tell(number, *ask),
            Effect::StopTelling(number) => self.errands.stop_telling(number),
            Effect::KeepStory(story) => self.errands.keep_story(*story),
            Effect::Export(story) => self.errands.export(*story),
            Effect::LoadNotes(id) => self.errands.notes(id),
            Effect::KeepNotes(id, notes) => self.errands.keep_notes(id, *notes),
            Effect::SendPairs(stories) => self.errands.send_pairs(stories),
            Effect::ClearBeside => self.errands.clear_beside(),
            Effect::LoadCampaigns => self.errands.campaigns(None),
            Effect::SetCampaign(campaign, state) => self.errands.campaigns(Some((campaign, state))),
            Effect::LoadResults { campaign, simulated } => self.errands.results(campaign, simulated),
            Effect::WatchRuns(_)
            | Effect::FollowRuns(_)
            | Effect::LoadRecipes
            | Effect::LoadRunVotes
            | Effect::FreezeVotes(_)
            | Effect::Forecast(_)
            | Effect::CompareRuns(..)
            | Effect::WishRun(_)
            | Effect::Adopt(_)
            | Effect::LoadChain(_)
            | Effect::WatchLoops(_)
            | Effect::LoadLoopPlans
            | Effect::WishLoop(_) => self.runs.carry_out(effect),
            Effect::LoadSuites
            | Effect::LoadEvaluations
            | Effect::LoadEvaluation(_)
            | Effect::LoadSpecimens { .. }
            | Effect::LoadFrames { .. } => self.errands.evaluations(effect),
            Effect::LoadModels => self.errands.models(None),
            Effect::LoadAbout(name) => self.errands.about(name),
            Effect::UnloadModel => self.errands.unload(),
            Effect::UseModel(name) => self.errands.models(Some(name)),
            Effect::AskFirstTime => self.errands.first_time(),
            Effect::LoadTemplates => self.errands.templates(None),
            Effect::KeepTemplate(task, own) => self.errands.templates(Some((task, own))),
            Effect::Rate(asked) => {
                if matches!(asked, Rating::Keep { .. }) {
                    self.turning = Some(Instant::now() + TURNS);
                }
                self.errands.rate(asked);
            }
            Effect::Shot => self.shoot(),
            Effect::Suspend => {
                self.canvas.forget();
                door.send(self.canvas.take_bytes().as_bytes()).await?;
                door.suspend().await?;
                let window = door.window();
                self.canvas.resized(window.cell);
                self.brush = Brush::new(window.columns, window.rows);
                let cell = self.canvas.cell();
                self.app.update(Event::Resized { columns: window.columns, rows: window.rows, cell });
            }
            Effect::Quit => self.over = true,
        }
        Ok(())
    }

    /// Writes the screen as it is now, drawn once more into memory.
    fn shoot(&self) {
        let window = self.brush.size();
        let mut terminal = match Terminal::new(TestBackend::new(window.0, window.1)) {
            Ok(terminal) => terminal,
            Err(never) => match never {},
        };
        let Ok(drawn) = terminal.draw(|frame| self.app.view(frame, &self.canvas));
        let drawing = svg(drawn.buffer, self.canvas.found().shade.unwrap_or(Shade::Dark));
        self.errands.keep_shot(drawing);
    }

    async fn draw(&mut self, door: &mut impl Door) -> io::Result<()> {
        (self.dirty, self.asked) = (false, false);
        self.pace.drew(Instant::now());
        self.canvas.begin();
        let (app, canvas) = (&self.app, &self.canvas);
        let farewells = canvas.take_bytes();
        let bytes = self.brush.draw(&farewells, |frame| {
            app.view(frame, canvas);
            canvas.finish(frame.buffer_mut());
        });
        door.send(&bytes).await
    }
}
