//! Readers of runs: one for all visitors of a studio, however many there are, and only while somebody looks.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::config::Config;
use crate::runs::{Runs, Share};
use crate::story::{RunCard, RunSeen};

/// Between two looks at a folder.
const LOOK: Duration = Duration::from_millis(500);

/// What is seen of it, and every change; `None` until the first look.
pub type Feed<T> = watch::Receiver<Option<Arc<T>>>;

/// The runs of a studio, and who reads them.
pub(super) struct Running {
    pub runs: Runs,
    pub lists: Feeds<Vec<RunCard>>,
    pub each: Feeds<RunSeen>,
}

impl Running {
    pub fn new(config: &Config) -> Running {
        let nice = i32::try_from(config.runs_nice).unwrap_or_default();
        let share = Share { at_once: config.runs_at_once, nice, threads: config.runs_threads };
        let runs = Runs::new(&config.home, share).with_database(config.database.clone());
        Running { runs, lists: Feeds::default(), each: Feeds::default() }
    }

    /// Starts a queue that was left when the machine went down.
    pub fn begin(&self) {
        let runs = self.runs.clone();
        tokio::task::spawn_blocking(move || {
            if let Err(notice) = runs.advance() {
                tracing::warn!(%notice, "runs that wait cannot be started");
            }
        });
    }
}

/// Readers by what they read.
pub(super) struct Feeds<T>(Arc<Mutex<Senders<T>>>);

type Senders<T> = HashMap<String, watch::Sender<Option<Arc<T>>>>;

impl<T> Default for Feeds<T> {
    fn default() -> Self {
        Feeds(Arc::default())
    }
}

impl<T: PartialEq + Send + Sync + 'static> Feeds<T> {
    /// Joins those who read this already, or begins to read with `look`.
    pub fn subscribe(&self, key: &str, mut look: impl FnMut() -> Option<Arc<T>> + Send + 'static) -> Feed<T> {
        let mut feeds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = feeds.get(key) {
            return sender.subscribe();
        }
        let (sender, feed) = watch::channel(None);
        feeds.insert(key.to_owned(), sender.clone());
        drop(feeds);
        let (feeds, key) = (self.0.clone(), key.to_owned());
        tokio::spawn(async move {
            loop {
                let looked = tokio::task::spawn_blocking(move || {
                    let seen = look();
                    (look, seen)
                });
                let Ok((back, seen)) = looked.await else { break };
                look = back;
                sender.send_if_modified(|old| {
                    let same = match (&*old, &seen) {
                        (Some(old), Some(seen)) => Arc::ptr_eq(old, seen) || old == seen,
                        (None, None) => true,
                        _ => false,
                    };
                    if !same {
                        *old = seen;
                    }
                    !same
                });
                tokio::time::sleep(LOOK).await;
                let mut feeds = feeds.lock().unwrap_or_else(PoisonError::into_inner);
                // Nobody can join while the lock is held.
                if sender.receiver_count() == 0 {
                    feeds.remove(&key);
                    return;
                }
            }
            feeds.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
        });
        feed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn visitors_share_one_reader_and_all_hear_the_same() {
        let feeds: Feeds<usize> = Feeds::default();
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = looks.clone();
        let mut first = feeds.subscribe("run", move || Some(Arc::new(counted.fetch_add(1, Ordering::SeqCst))));
        let others: Vec<Feed<usize>> = (0..50).map(|_| feeds.subscribe("run", || None)).collect();
        let seen = first.wait_for(Option::is_some).await.unwrap().clone().unwrap();
        for mut other in others {
            let heard = other.wait_for(Option::is_some).await.unwrap().clone().unwrap();
            assert!(Arc::ptr_eq(&seen, &heard) || *heard > *seen, "another reader would say nothing");
        }
        assert_eq!(feeds.0.lock().unwrap().len(), 1);
        assert!(looks.load(Ordering::SeqCst) < 10, "one looks for all");
    }
}
