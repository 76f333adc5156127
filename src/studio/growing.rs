//! Stories that a campaign has told while it is rated: each is told once, when somebody comes to it first, and everybody who looks
//! sees it grow. Who comes late sees all that was told so far; who is slow is waited for by nobody and misses nothing, as what is
//! passed on is always the whole text. A telling goes on when those who looked have gone. One that is broken off, with the program,
//! is told again by whoever comes next, the same: its seed is on the shelf.

use std::sync::PoisonError;

use tokio::sync::watch;

use super::handle::Studio;
use super::telling::TellOrder;
use crate::shelf::AwaitedStory;
use crate::story::{Growth, Notice, Request, Story, Telling};

impl Studio {
    /// A story as it grows; it is told from now on if it was not before. The last thing to be seen is that it is told, or failed.
    pub fn grow(&self, id: &str) -> watch::Receiver<Growth> {
        let mut growing = self.inner.growing.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(grows) = growing.get(id) {
            return grows.clone();
        }
        let (says, grows) = watch::channel(Growth::Telling(String::new()));
        growing.insert(id.to_owned(), grows.clone());
        let (studio, id) = (self.clone(), id.to_owned());
        tokio::spawn(async move {
            let told = studio.tell_awaited(&id, &says).await;
            // On the shelf before it is no longer growing: who looks in between finds one or the other.
            studio.inner.growing.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
            says.send_replace(match told {
                Ok(story) => Growth::Told(Box::new(story)),
                Err(notice) => {
                    tracing::warn!(%notice, "a story of a campaign was not told");
                    Growth::Failed(notice)
                }
            });
        });
        grows
    }

    /// The story once it is told, whoever tells it.
    pub async fn grown(&self, story: &Story) -> Result<Story, Notice> {
        let mut grows = self.grow(&story.id);
        let ended = |growth: &Growth| !matches!(growth, Growth::Telling(_));
        let broken = |_| Notice::ours("a telling ended without a story");
        match grows.wait_for(ended).await.map_err(broken)?.clone() {
            Growth::Told(story) => Ok(*story),
            Growth::Failed(notice) => Err(notice),
            Growth::Telling(_) => Err(Notice::ours("a telling ended without a story")),
        }
    }

    async fn tell_awaited(&self, id: &str, says: &watch::Sender<Growth>) -> Result<Story, Notice> {
        let shelf = &self.inner.shelf;
        if let Some(AwaitedStory { sequence, model, place, sampling, .. }) = shelf.awaited(id).await? {
            let request = Request { sampling, ..Request::default() };
            let order = TellOrder { beside: Some((model, place)), keep: false, ..TellOrder::new(sequence, request) };
            let mut tellings = self.tell(order).await?;
            let told = loop {
                match tellings.recv().await {
                    Some(Telling::Piece { piece, .. }) => says.send_modify(|growth| {
                        if let Growth::Telling(text) = growth {
                            text.push_str(&piece.text);
                        }
                    }),
                    Some(Telling::Done { story, .. }) => break *story,
                    Some(Telling::Failed { notice }) => return Err(notice),
                    Some(_) => {}
                    None => return Err(Notice::ours("a telling ended without a story")),
                }
            };
            shelf.tell_awaited(&Story { id: id.to_owned(), ..told }).await?;
        }
        // As it stands there: another server may have told it first.
        Ok(shelf.story_of(id).await?)
    }
}
