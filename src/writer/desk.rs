//! The desk: a thread where one model writes. Orders queue; a listener that breaks frees the desk at the next token.
//!
//! candle blocks, so nothing here is async; the studio bridges. A model that cannot be opened answers every order with why.

use std::ops::ControlFlow;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};

use super::embedded::EMBEDDED;
use super::order::Order;
use super::storyteller::{ModelSource, Storyteller};
use super::teller::Teller;
use crate::model::format::Format;
use crate::story::{ModelCard, ModelState, Notice, Quant, Telling};

type Sink = Box<dyn FnMut(Telling) -> ControlFlow<()> + Send>;

/// An order, whether it is still wanted, and who hears of it.
struct Job {
    order: Order,
    wanted: Box<dyn Fn() -> bool + Send>,
    sink: Sink,
}

/// How a desk works.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeskManner {
    /// How the weights are kept.
    pub quant: Option<Quant>,
    /// The model is loaded now, not with the first order.
    pub at_once: bool,
    /// It computes on its own thread alone, after the prompt: where other desks tell beside it, threads that wait for each other
    /// would cost more than they bring.
    pub alone: bool,
}

/// A handle to the thread; clones share it, and the thread ends when the last is gone.
#[derive(Clone)]
pub struct Desk {
    orders: Sender<Job>,
    card: Arc<Mutex<ModelCard>>,
}

impl Desk {
    /// Starts the thread. `changed` hears of every new state of the card.
    pub fn open(source: ModelSource, manner: DeskManner, changed: impl Fn(ModelCard) + Send + Sync + 'static) -> Self {
        let DeskManner { quant, at_once, alone } = manner;
        let (orders, queue) = channel::<Job>();
        let name = match &source {
            ModelSource::Embedded => EMBEDDED.to_owned(),
            ModelSource::Folder { name, .. } | ModelSource::Remote { name, .. } => name.clone(),
        };
        let card = Arc::new(Mutex::new(ModelCard {
            name,
            family: String::new(),
            parameters: 0,
            bytes: 0,
            source: describe(&source),
            dtype: String::new(),
            world_only: source == ModelSource::Embedded,
            base: None,
            current: true,
            state: ModelState::Resting,
            percent: 0,
            memory: 0,
        }));
        let shared = card.clone();
        let work = move || {
            let publish = Arc::new(move |change: &dyn Fn(&mut ModelCard)| {
                if let Ok(mut card) = shared.lock() {
                    let before = card.clone();
                    change(&mut card);
                    if *card != before {
                        changed(card.clone());
                    }
                }
            });
            let load = || {
                publish(&|card| card.state = ModelState::Loading);
                let meter = publish.clone();
                let watch = Box::new(move |percent| meter(&|card: &mut ModelCard| card.percent = percent));
                let mut teller = Teller::open(&source, quant.and_then(format), watch).map_err(Notice::from);
                if let Ok(Teller::Here(here)) = &mut teller {
                    here.alone = alone;
                }
                match &teller {
                    Ok(teller) => publish(&|card| *card = describe_loaded(teller, &source)),
                    Err(_) => publish(&|card| card.state = ModelState::Broken),
                }
                teller
            };
            let mut teller = at_once.then(load);
            for Job { order, wanted, mut sink } in queue {
                let result = match teller.get_or_insert_with(load) {
                    Ok(teller) => guarded(teller, &order, &*wanted, &mut sink),
                    Err(notice) => Err(notice.clone()),
                };
                if let Err(notice) = result {
                    let _ = sink(Telling::Failed { notice });
                }
            }
        };
        if let Err(error) = std::thread::Builder::new().name("desk".to_owned()).spawn(work) {
            tracing::error!("the desk's thread could not be started: {error}");
        }
        Self { orders, card }
    }

    /// What the model is and where it stands.
    pub fn card(&self) -> ModelCard {
        match self.card.lock() {
            Ok(card) => card.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Queues an order. `sink` is called on the desk's thread; `Break` cancels at the next token. A remote model is waited for
    /// as long as `wanted` says so.
    pub fn tell(
        &self,
        order: Order,
        wanted: impl Fn() -> bool + Send + 'static,
        sink: impl FnMut(Telling) -> ControlFlow<()> + Send + 'static,
    ) {
        if let Err(refused) = self.orders.send(Job { order, wanted: Box::new(wanted), sink: Box::new(sink) }) {
            let Job { mut sink, .. } = refused.0;
            let notice = Notice::outside("the model's thread has ended", "choose the model again");
            let _ = sink(Telling::Failed { notice });
        }
    }
}

/// A panic inside one telling must not take the desk away from everybody else.
fn guarded(teller: &mut Teller, order: &Order, wanted: &dyn Fn() -> bool, sink: &mut Sink) -> Result<(), Notice> {
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| teller.tell(order, wanted, sink)));
    match told {
        Ok(result) => result.map_err(Notice::from),
        Err(_) => Err(Notice::ours("telling this sequence failed inside the engine")),
    }
}

/// What a person's word means for the weights; `None`: as they are stored.
pub fn format(quant: Quant) -> Option<Format> {
    match quant {
        Quant::Off => None,
        Quant::Q8 => Some(Format::Q8),
        Quant::Q4 => Some(Format::Q4),
    }
}

fn describe(source: &ModelSource) -> String {
    match source {
        ModelSource::Embedded => EMBEDDED.to_owned(),
        ModelSource::Folder { path, .. } => path.display().to_string(),
        ModelSource::Remote { remote, .. } => remote.source(),
    }
}

fn describe_loaded(teller: &Teller, source: &ModelSource) -> ModelCard {
    match teller {
        Teller::Here(teller) => describe_here(teller, source),
        Teller::Remote(teller) => ModelCard {
            name: teller.name.clone(),
            family: teller.remote.engine.clone(),
            parameters: 0,
            bytes: 0,
            source: describe(source),
            dtype: String::new(),
            world_only: false,
            base: None,
            current: true,
            state: ModelState::Ready,
            percent: 100,
            memory: 0,
        },
    }
}

fn describe_here(teller: &Storyteller, source: &ModelSource) -> ModelCard {
    ModelCard {
        name: teller.name.clone(),
        family: teller.model.config.model_type.clone(),
        parameters: teller.parameters,
        bytes: teller.bytes,
        source: describe(source),
        dtype: teller.format.to_string(),
        world_only: teller.processor.notes.world_only,
        base: None,
        current: true,
        state: ModelState::Ready,
        percent: 100,
        memory: teller.memory,
    }
}
