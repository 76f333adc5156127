//! Has stories told: an order goes to the desk, pieces come back to whoever listens, finished stories go on the shelf first.

use std::ops::ControlFlow;
use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::handle::{Inner, Studio};
use crate::exchange::Opened;
use crate::shelf::Shelf;
use crate::story::{Finish, Notice, Request, SequenceId, Story, Telling};
use crate::writer::Order;

/// Pieces under way at most: enough that a screen drawn 30 times a second never holds the model up.
const UNDER_WAY: usize = 256;

/// What is to be told.
#[derive(Clone, Debug)]
pub struct TellOrder {
    pub sequence: SequenceId,
    pub request: Request,
    /// Frames a chapter; `None`: what the configuration says, 0: what suits the model.
    pub window: Option<usize>,
    /// Put what is told on the shelf.
    pub keep: bool,
    /// The story that this one becomes another version of.
    pub parent: Option<String>,
    /// A model and a column of a comparison; `None`: the current model tells.
    pub beside: Option<(String, usize)>,
}

impl TellOrder {
    /// An order whose stories are kept. The configuration's layer of the sampling is the caller's to put in.
    pub fn new(sequence: SequenceId, request: Request) -> TellOrder {
        TellOrder { sequence, request, window: None, keep: true, parent: None, beside: None }
    }
}

impl Studio {
    /// Has the current model tell. What happens comes through the receiver, in order; dropping it stops the telling at
    /// the next token. A story is on the shelf before its `Done` comes; if the shelf refuses, `Failed` comes instead.
    pub async fn tell(&self, order: TellOrder) -> Result<Receiver<Telling>, Notice> {
        let opened = self.shelve(&order.sequence).await?;
        let told = Order {
            sequence: Arc::new(opened.sequence.clone()),
            pictures: Arc::new(opened.pictures.clone()),
            request: order.request,
            window: order.window.unwrap_or(self.inner.chapter),
        };
        let desk = match &order.beside {
            Some((model, column)) => self.desk_beside(model, *column).await?,
            None => {
                self.follow_choice().await?;
                self.desk()
            }
        };
        let (from_desk, desk_says) = channel(UNDER_WAY);
        let (listener, listens) = channel(UNDER_WAY);
        let gone = listener.clone();
        let waits = listener.clone();
        let keeping = Keeping { keep: order.keep, parent: order.parent };
        tokio::spawn(relay(UnderWay::begin(self.inner.clone()), keeping, desk_says, listener));
        let wanted = move || !waits.is_closed();
        desk.tell(told, wanted, move |telling| {
            let told = matches!(telling, Telling::Done { .. } | Telling::Failed { .. });
            let heard = from_desk.blocking_send(telling).is_ok();
            // A story that is done is kept even if nobody waits for it any more.
            if heard && (told || !gone.is_closed()) { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        Ok(listens)
    }

    /// Opens a sequence. Stories point at theirs: a bundled one is put on the shelf with its first story.
    pub(super) async fn shelve(&self, id: &SequenceId) -> Result<Arc<Opened>, Notice> {
        let opened = self.sequence(id).await?;
        if self.inner.shelf.sequence(id).await?.is_none() {
            self.inner.shelf.put_sequence(&opened.sequence, &opened.pictures).await?;
        }
        Ok(opened)
    }

    /// The stories told about a sequence, newest first.
    pub async fn stories(&self, id: &SequenceId) -> Result<Vec<Story>, Notice> {
        Ok(self.inner.shelf.stories(id).await?)
    }
}

/// Passes on what the desk says, and puts stories on the shelf before anybody hears that they are done. It goes on to the
/// desk's last word even when nobody listens: what was told up to a stop is a story too.
async fn relay(under_way: UnderWay, keeping: Keeping, mut desk_says: Receiver<Telling>, listener: Sender<Telling>) {
    while let Some(telling) = desk_says.recv().await {
        let telling = match telling {
            Telling::Done { which, mut story } if keeping.keep => {
                story.origin.parent.clone_from(&keeping.parent);
                match keep(&under_way.0.shelf, &story).await {
                    Ok(()) => Telling::Done { which, story },
                    Err(notice) => Telling::Failed { notice },
                }
            }
            other => other,
        };
        // An error means that nobody listens; the desk finds out by itself and ends.
        let _ = listener.send(telling).await;
    }
}

/// What becomes of the stories of an order.
struct Keeping {
    keep: bool,
    parent: Option<String>,
}

/// Counts a telling as under way for as long as it lives.
struct UnderWay(Arc<Inner>);

impl UnderWay {
    fn begin(inner: Arc<Inner>) -> UnderWay {
        inner.under_way.send_modify(|count| *count += 1);
        UnderWay(inner)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|count| *count -= 1);
    }
}

/// A story stopped before its first word is nothing to keep.
async fn keep(shelf: &Shelf, story: &Story) -> Result<(), Notice> {
    if story.finish == Finish::Cancelled && story.text.trim().is_empty() {
        return Ok(());
    }
    Ok(shelf.put_story(story).await?)
}
