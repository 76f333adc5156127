//! The handle itself: what it holds, how it is opened, which model tells.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::watch;

use super::bundled::{BUNDLED, Bundled};
use super::counting::Counting;
use super::models::Registry;
use super::run_feeds::Running;
use crate::config::Config;
use crate::exchange::Opened;
use crate::pixels::Picture;
use crate::shelf::Shelf;
use crate::story::{Growth, ModelCard, Notice, Quant, SequenceId, Story};
use crate::writer::{Desk, DeskManner, ModelSource};

/// What a visitor does with sequences, stories and models. Cheap to clone; every clone is the same studio, and the last
/// one that goes takes the model with it.
#[derive(Clone)]
pub struct Studio {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub shelf: Shelf,
    /// Frames told in one go; 0: as many as the model was made for.
    pub chapter: usize,
    /// What comes with the program, by id.
    pub bundled: Vec<(SequenceId, &'static Bundled)>,
    /// Sequences that somebody holds open, so that two visitors share their pictures.
    pub open: Mutex<HashMap<SequenceId, Weak<Opened>>>,
    /// Those that were opened last stay open for a while, so that who comes next need not decode them again.
    pub recent: Mutex<VecDeque<Arc<Opened>>>,
    /// When the votes of a campaign are counted again.
    pub(super) counting: Mutex<Counting>,
    /// Stories that were rated last.
    pub stories: Mutex<VecDeque<Story>>,
    /// Those that are being told while they are rated.
    pub(super) growing: Mutex<HashMap<String, watch::Receiver<Growth>>>,
    /// Covers of the bundled sequences, by hash: they are on no shelf.
    pub covers: Mutex<HashMap<String, Picture>>,
    pub(super) registry: Registry,
    /// How weights are kept, whatever was said when a model was chosen.
    quant: Option<Quant>,
    pub(super) running: Running,
    /// What a program that works for this studio has to be told, by variables.
    pub(super) environment: Vec<(String, String)>,
    desk: Mutex<Desk>,
    /// The configuration names the model that tells.
    pinned: bool,
    /// Desks beside that one, by model and column of a comparison.
    beside: Mutex<HashMap<(String, usize), Desk>>,
    model: watch::Sender<ModelCard>,
    /// Counts the desks: only the last one opened may say how the model is.
    desks: Arc<AtomicU64>,
    /// Tellings whose last word has not yet reached the shelf.
    pub(super) under_way: watch::Sender<usize>,
}

/// A model of more bytes than this is not loaded twice.
pub(super) const LARGE: u64 = 1 << 30;

/// How long somebody who leaves waits for what was told to reach the shelf: a model that still looks at its frames has
/// told nothing and is not waited for to the end.
const PATIENCE: Duration = Duration::from_secs(3);

impl Studio {
    /// Opens the home folder and sets the current model to loading, which goes on while the studio is used.
    pub async fn open(config: &Config) -> Result<Studio, Notice> {
        let studio = Studio::begin(config, true).await?;
        studio.inner.running.begin();
        Ok(studio)
    }

    /// The same with the model at rest until somebody has it tell: who rates or counts needs none.
    pub async fn at_rest(config: &Config) -> Result<Studio, Notice> {
        Studio::begin(config, false).await
    }

    async fn begin(config: &Config, load: bool) -> Result<Studio, Notice> {
        let shelf = Shelf::open(&config.home, config.database.as_deref()).await?;
        let registry = Registry::new(shelf.clone());
        let (card, source) = registry.current(config.model.as_deref()).await?;
        let (model, _) = watch::channel(card.clone());
        let desks = Arc::new(AtomicU64::new(0));
        let quant = registry.quant(&card.name, config.quant).await?;
        let desk = seat(source, quant, &card, load, &model, &desks);
        Ok(Studio {
            inner: Arc::new(Inner {
                shelf,
                chapter: config.chapter,
                bundled: BUNDLED.iter().map(|bundled| (bundled.id(), bundled)).collect(),
                open: Mutex::default(),
                recent: Mutex::default(),
                counting: Mutex::default(),
                stories: Mutex::default(),
                growing: Mutex::default(),
                covers: Mutex::default(),
                registry,
                quant: config.quant,
                running: Running::new(config),
                environment: config.environment(),
                desk: Mutex::new(desk),
                pinned: config.model.is_some(),
                beside: Mutex::default(),
                model,
                desks,
                under_way: watch::Sender::new(0),
            }),
        })
    }

    /// The current model, and every change of its state from now on.
    pub fn model(&self) -> watch::Receiver<ModelCard> {
        self.inner.model.subscribe()
    }

    /// All models, the embedded one first; the current one is marked and has its state.
    pub async fn models(&self) -> Result<Vec<ModelCard>, Notice> {
        let current = self.inner.model.borrow().clone();
        let mut cards = self.inner.registry.list(Some(&current.name)).await?;
        if let Some(card) = cards.iter_mut().find(|card| card.current) {
            *card = current;
        }
        Ok(cards)
    }

    /// Lets another model tell, from now on and in later runs. Stories under way are told to their end by the old one.
    pub async fn use_model(&self, name: &str) -> Result<ModelCard, Notice> {
        let (card, source) = self.inner.registry.choose(name).await?;
        let desk = seat(source, self.quant(&card.name).await?, &card, true, &self.inner.model, &self.inner.desks);
        *self.inner.desk.lock().unwrap_or_else(PoisonError::into_inner) = desk;
        Ok(self.inner.model.borrow().clone())
    }

    /// The model that another program chose meanwhile takes its seat before the next story; what was asked for by name stays.
    pub(super) async fn follow_choice(&self) -> Result<(), Notice> {
        let current = self.inner.model.borrow().name.clone();
        if self.inner.pinned
            || self.inner.registry.list(None).await?.iter().any(|card| card.current && card.name == current)
        {
            return Ok(());
        }
        let (card, source) = self.inner.registry.current(None).await?;
        let desk = seat(source, self.quant(&card.name).await?, &card, true, &self.inner.model, &self.inner.desks);
        *self.inner.desk.lock().unwrap_or_else(PoisonError::into_inner) = desk;
        Ok(())
    }

    /// Lets the current model leave the memory, once the stories under way are told; the next story loads it again.
    pub async fn rest_model(&self) -> Result<ModelCard, Notice> {
        let name = self.inner.model.borrow().name.clone();
        let (card, source) = self.inner.registry.current(Some(&name)).await?;
        let desk = seat(source, self.quant(&card.name).await?, &card, false, &self.inner.model, &self.inner.desks);
        *self.inner.desk.lock().unwrap_or_else(PoisonError::into_inner) = desk;
        Ok(self.inner.model.borrow().clone())
    }

    /// How a model's weights are to be kept.
    async fn quant(&self, name: &str) -> Result<Option<Quant>, Notice> {
        self.inner.registry.quant(name, self.inner.quant).await
    }

    /// What a model's folder says of it: its README, without the lines that are there for machines.
    pub async fn about_model(&self, name: &str) -> Result<Option<String>, Notice> {
        self.inner.registry.about(name).await
    }

    /// Until every telling that nobody listens to any more has come to rest and what it told is on the shelf. To be
    /// awaited before the program ends.
    pub async fn settle(&self) {
        let mut under_way = self.inner.under_way.subscribe();
        if tokio::time::timeout(PATIENCE, under_way.wait_for(|count| *count == 0)).await.is_err() {
            tracing::warn!("a telling did not end in time; what it told is lost");
        }
    }

    /// A desk of its own for one column of a comparison, so that several tell at the same time; where the model is large,
    /// one desk for all of its columns, which then tell one after the other.
    pub(super) async fn desk_beside(&self, model: &str, column: usize) -> Result<Desk, Notice> {
        let (card, source) = self.inner.registry.current(Some(model)).await?;
        let quant = self.quant(&card.name).await?;
        let alone = card.bytes <= LARGE;
        let column = if alone { column } else { 0 };
        let mut beside = self.inner.beside.lock().unwrap_or_else(PoisonError::into_inner);
        let manner = DeskManner { quant, at_once: true, alone };
        let desk = beside.entry((model.to_owned(), column)).or_insert_with(|| Desk::open(source, manner, |_| ()));
        Ok(desk.clone())
    }

    /// The comparison is over: its models leave the memory when they have told what they were asked for.
    pub fn clear_beside(&self) {
        self.inner.beside.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// The desk where the current model sits.
    pub(super) fn desk(&self) -> Desk {
        self.inner.desk.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Opens a desk for a model and has it say its state to `model` as long as no later desk was opened.
fn seat(
    source: ModelSource,
    quant: Option<Quant>,
    card: &ModelCard,
    at_once: bool,
    model: &watch::Sender<ModelCard>,
    desks: &Arc<AtomicU64>,
) -> Desk {
    let number = desks.fetch_add(1, Ordering::SeqCst) + 1;
    model.send_replace(card.clone());
    let (model, desks) = (model.clone(), desks.clone());
    Desk::open(source, DeskManner { quant, at_once, alone: false }, move |seen| {
        // Everything but the state the list knows better: it has the name and the source that a person gave.
        model.send_if_modified(|card| {
            let new = (seen.state, seen.percent, seen.memory);
            let changes = desks.load(Ordering::SeqCst) == number && (card.state, card.percent, card.memory) != new;
            if changes {
                (card.state, card.percent, card.memory) = new;
            }
            changes
        });
    })
}
