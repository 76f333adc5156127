//! What a visit has to do with runs and loops: relays of what others read already, and wishes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use super::brought::{Brought, bring};
use crate::app::{Effect, Event};
use crate::studio::{AdoptOrder, Feed, Studio};

/// Between two looks at loops.
const LOOK: Duration = Duration::from_secs(1);

/// Runs errands about runs and loops for one visit.
pub struct RunErrands {
    studio: Studio,
    back: Sender<Brought>,
    list: Option<JoinHandle<()>>,
    followed: HashMap<String, JoinHandle<()>>,
    forecast: Option<JoinHandle<()>>,
    loops: Option<JoinHandle<()>>,
}

impl RunErrands {
    pub fn new(studio: Studio, back: Sender<Brought>) -> RunErrands {
        RunErrands { studio, back, list: None, followed: HashMap::new(), forecast: None, loops: None }
    }

    /// Carries out what concerns runs; anything else is not for here.
    pub fn carry_out(&mut self, effect: Effect) {
        let (studio, back) = (self.studio.clone(), self.back.clone());
        match effect {
            Effect::WatchRuns(true) => {
                // Who asks anew wants to see the list at once, also where another screen has it already.
                let relay = relay(studio.watch_runs(), back, Event::Runs);
                self.list.replace(relay).iter().for_each(JoinHandle::abort);
            }
            Effect::WatchRuns(false) => {
                self.list.take().iter().for_each(JoinHandle::abort);
            }
            Effect::FollowRuns(ids) => {
                self.followed.retain(|id, relay| {
                    let kept = ids.contains(id);
                    if !kept {
                        relay.abort();
                    }
                    kept
                });
                for id in ids {
                    let begin = |id: &String| relay(studio.follow_run(id), back.clone(), Event::Run);
                    self.followed.entry(id).or_insert_with_key(begin);
                }
            }
            Effect::Forecast(None) => {
                self.forecast.take().iter().for_each(JoinHandle::abort);
            }
            Effect::LoadRunVotes => {
                tokio::spawn(async move { bring(&back, Event::RunVotes(studio.run_votes().await), None).await });
            }
            Effect::FreezeVotes(campaign) => {
                tokio::spawn(
                    async move { bring(&back, Event::Frozen(studio.freeze_for_run(&campaign).await), None).await },
                );
            }
            Effect::Forecast(Some(plan)) => {
                self.forecast.take().iter().for_each(JoinHandle::abort);
                self.forecast = Some(tokio::spawn(async move {
                    let said = studio.forecast_run(&plan).await;
                    bring(&back, Event::Forecast(said), None).await;
                }));
            }
            Effect::LoadRecipes => {
                tokio::spawn(async move { bring(&back, Event::Recipes(studio.recipes().await), None).await });
            }
            Effect::CompareRuns(first, second) => {
                tokio::spawn(async move {
                    let compared = studio.compare_runs(&first, &second).await;
                    bring(&back, Event::RunsCompared(compared), None).await;
                });
            }
            Effect::Adopt(run) => {
                tokio::spawn(async move {
                    let adopted = match run {
                        Some(from) => studio.adopt(AdoptOrder { from, ..AdoptOrder::default() }).await,
                        None => studio.undo_adoption().await,
                    };
                    bring(&back, Event::RunWished(adopted.map(|adopted| adopted.words())), None).await;
                });
            }
            Effect::WishRun(wish) => {
                tokio::spawn(async move {
                    let wished = studio.wish_run(wish).await;
                    bring(&back, Event::RunWished(wished), None).await;
                });
            }
            Effect::WatchLoops(true) => {
                self.loops.get_or_insert_with(|| tokio::spawn(watch_loops(studio, back)));
            }
            Effect::WatchLoops(false) => {
                self.loops.take().iter().for_each(JoinHandle::abort);
            }
            Effect::LoadLoopPlans => {
                tokio::spawn(async move { bring(&back, Event::LoopPlans(studio.loop_plans().await), None).await });
            }
            Effect::WishLoop(wish) => {
                tokio::spawn(async move { bring(&back, Event::LoopWished(studio.wish_loop(wish).await), None).await });
            }
            Effect::LoadChain(whose) => {
                tokio::spawn(async move {
                    let chain = studio.chain_of(&whose).await;
                    bring(&back, Event::Chain(whose, chain), None).await;
                });
            }
            _ => {}
        }
    }
}

/// Brings the loops, and every change, as long as somebody looks at them.
async fn watch_loops(studio: Studio, back: Sender<Brought>) {
    let mut before = None;
    loop {
        let cards = studio.loop_cards().await;
        if before.as_ref() != Some(&cards) {
            before = Some(cards.clone());
            bring(&back, Event::Loops(cards), None).await;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Brings what is there, and every change. Where the visit is slow, what came in between is left out.
fn relay<T: Send + Sync + 'static>(
    mut feed: Feed<T>,
    back: Sender<Brought>,
    event: fn(Arc<T>) -> Event,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            let seen = feed.borrow_and_update().clone();
            if let Some(seen) = seen {
                bring(&back, event(seen), None).await;
            }
            if feed.changed().await.is_err() {
                return;
            }
        }
    })
}

impl Drop for RunErrands {
    fn drop(&mut self) {
        let own = self.list.iter().chain(&self.forecast).chain(&self.loops);
        own.chain(self.followed.values()).for_each(JoinHandle::abort);
    }
}
