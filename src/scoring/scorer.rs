//! The thread where the reward model reads: requests queue, one is read at a time, and what does not fit the queue is refused.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::time::Instant;

use tokio::sync::oneshot;

use super::counters::{Counters, count};
use crate::story::Notice;
use crate::writer::Order;
use crate::writer::reward_model::RewardModel;

/// Requests that may wait.
const WAITING: usize = 64;
/// Stories that are read together: more take memory and are no faster.
const TOGETHER: usize = 16;

/// Stories of one request about the same pictures, by their place in it.
pub struct Bundle {
    pub order: Order,
    pub texts: Vec<String>,
    pub places: Vec<usize>,
}

type Worths = Vec<(usize, Vec<f64>)>;

struct Job {
    bundles: Vec<Bundle>,
    answer: oneshot::Sender<Result<Worths, Notice>>,
}

/// A handle to the thread; it ends when the last is gone.
#[derive(Clone)]
pub struct Scorer {
    jobs: SyncSender<Job>,
}

/// Why nothing was scored.
pub enum Unscored {
    /// Too many wait.
    Full,
    Failed(Notice),
}

impl Scorer {
    /// # Errors
    /// A machine that has no thread left.
    pub fn start(model: RewardModel, counters: Arc<Counters>) -> Result<Scorer, Notice> {
        let (jobs, queue) = sync_channel::<Job>(WAITING);
        let work = move || {
            for Job { bundles, answer } in queue {
                // Whoever has gone meanwhile needs no answer.
                if answer.is_closed() {
                    continue;
                }
                let began = Instant::now();
                let read = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&model, &bundles)));
                let read = read.unwrap_or_else(|_| Err(Notice::ours("scoring failed inside the engine")));
                count(&counters.busy_ms, began.elapsed().as_millis() as u64);
                let _ = answer.send(read);
            }
        };
        let spawned = std::thread::Builder::new().name("scorer".to_owned()).spawn(work);
        spawned.map_err(|error| Notice::outside(format!("no thread can be started: {error}"), "end other programs"))?;
        Ok(Scorer { jobs })
    }

    /// The worths, by place.
    pub async fn score(&self, bundles: Vec<Bundle>) -> Result<Worths, Unscored> {
        let (answer, hears) = oneshot::channel();
        self.jobs.try_send(Job { bundles, answer }).map_err(|error| match error {
            TrySendError::Full(_) => Unscored::Full,
            TrySendError::Disconnected(_) => Unscored::Failed(Notice::ours("the scoring thread has ended")),
        })?;
        let broke = |_| Unscored::Failed(Notice::ours("the scoring thread has ended"));
        hears.await.map_err(broke)?.map_err(Unscored::Failed)
    }
}

fn read(model: &RewardModel, bundles: &[Bundle]) -> Result<Worths, Notice> {
    let mut worths = Vec::new();
    for Bundle { order, texts, places } in bundles {
        for (texts, places) in texts.chunks(TOGETHER).zip(places.chunks(TOGETHER)) {
            let found = model.worth(order, texts).map_err(Notice::from)?;
            worths.extend(places.iter().copied().zip(found));
        }
    }
    Ok(worths)
}
