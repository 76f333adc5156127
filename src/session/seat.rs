//! Where a rater sits: what they say reaches the disk in the order it was said, one thing after the other.

use std::time::Duration;

use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::brought::{Brought, bring};
use crate::app::{Event, Rating};
use crate::pixels::Picture;
use crate::story::{Asked, Campaign, Finish, Growth, Rater};
use crate::studio::{Ahead, KeptVote, Studio};

/// A draft is written once nothing was added to it for so long: a vote given in a second needs none.
const DRAFT_RESTS: Duration = Duration::from_millis(700);

/// Who sits there, and what for.
pub struct Sitter {
    pub campaign: Campaign,
    pub rater: Rater,
    /// How their terminal shows pictures.
    pub screen: &'static str,
}

/// One rater's seat. What comes of what they do is brought as events.
pub struct Seat {
    asks: UnboundedSender<Rating>,
    clerk: JoinHandle<()>,
}

impl Seat {
    pub fn take(studio: Studio, back: Sender<Brought>, sitter: Sitter) -> Seat {
        let (asks, asked) = unbounded_channel();
        let clerk = tokio::spawn(serve(studio, back, sitter, asked));
        Seat { asks, clerk }
    }

    /// The app asks for one thing at a time, so the queue holds a few at most.
    pub fn ask(&self, rating: Rating) {
        // The clerk leaves only after the seat.
        let _ = self.asks.send(rating);
    }

    /// Until everything that was said is on the disk.
    pub async fn leave(self) {
        drop(self.asks);
        let _ = self.clerk.await;
    }
}

/// Does what is asked until the seat is left, then writes the draft that is still open.
async fn serve(studio: Studio, back: Sender<Brought>, sitter: Sitter, mut asked: UnboundedReceiver<Rating>) {
    let (mut draft, mut ahead): (Option<Rating>, Option<Ahead>) = (None, None);
    // Dropped, they end.
    let mut watches = JoinSet::new();
    loop {
        let next = match &draft {
            None => asked.recv().await,
            Some(_) => match timeout(DRAFT_RESTS, asked.recv()).await {
                Ok(next) => next,
                Err(_) => {
                    if let Some(draft) = draft.take() {
                        rated(&studio, &sitter, draft, &mut ahead).await;
                    }
                    continue;
                }
            },
        };
        match next {
            Some(newer @ Rating::Draft { .. }) => draft = Some(newer),
            Some(rating) => {
                // What is kept or passed over needs no draft any more; before anything else it is written.
                let ends = matches!(rating, Rating::Keep { .. } | Rating::Skip { .. });
                if let Some(draft) = draft.take().filter(|_| !ends) {
                    rated(&studio, &sitter, draft, &mut ahead).await;
                }
                if let Some((event, pictures)) = rated(&studio, &sitter, rating, &mut ahead).await {
                    let growing = growing(&event);
                    bring(&back, event, pictures).await;
                    if let Some(growing) = growing {
                        watches.shutdown().await;
                        for story in growing {
                            watches.spawn(watch(studio.clone(), back.clone(), story));
                        }
                    }
                }
            }
            None => {
                if let Some(draft) = draft.take() {
                    rated(&studio, &sitter, draft, &mut ahead).await;
                }
                return;
            }
        }
    }
}

/// The stories of a pair that are still being told; nothing where no pair is brought.
fn growing(event: &Event) -> Option<Vec<String>> {
    let Event::Asked(Ok(asked)) = event else { return None };
    let Asked::Pairing(pairing) = asked else { return Some(Vec::new()) };
    let awaited = [&pairing.first, &pairing.second].into_iter().filter(|story| story.finish == Finish::Awaited);
    Some(awaited.map(|story| story.id.clone()).collect())
}

/// Brings a story as it grows, to its end.
async fn watch(studio: Studio, back: Sender<Brought>, story: String) {
    let mut grows = studio.grow(&story);
    loop {
        let growth = grows.borrow_and_update().clone();
        let last = !matches!(growth, Growth::Telling(_));
        bring(&back, Event::Growing(story.clone(), growth), None).await;
        if last || grows.changed().await.is_err() {
            return;
        }
    }
}

/// What comes of one thing that a rater did. `ahead`: what they are asked next, where that came with their vote; it holds for the very
/// next thing they do.
async fn rated(
    studio: &Studio,
    sitter: &Sitter,
    asked: Rating,
    ahead: &mut Option<Ahead>,
) -> Option<(Event, Option<Vec<Picture>>)> {
    let Sitter { campaign, rater, screen } = sitter;
    let known = ahead.take();
    let failed = |notice| Some((Event::Asked(Err(notice)), None));
    match asked {
        Rating::Next => {
            let asked = match known {
                Some(known) => studio.asked_ahead(campaign, known).await,
                None => studio.asked(campaign, rater, screen).await,
            };
            let pictures = match &asked {
                Ok(Asked::Pairing(pairing)) => match studio.sequence(&pairing.sequence.id).await {
                    Ok(opened) => Some(opened.pictures.clone()),
                    Err(notice) => return failed(notice),
                },
                Ok(Asked::Sight(sight)) => match studio.sight_pictures(sight).await {
                    Ok(pictures) => Some(pictures),
                    Err(notice) => return failed(notice),
                },
                _ => None,
            };
            Some((Event::Asked(asked), pictures))
        }
        Rating::Agree(version) => studio.agree(campaign, rater, version).await.err().and_then(failed),
        Rating::Saw(answers) => studio.saw(campaign, rater, screen, &answers).await.err().and_then(failed),
        Rating::Keep { turn, event, preference } => {
            let kept = studio.keep_vote(campaign, rater, (&turn, &event), &preference).await;
            let said = kept.map(|KeptVote { said, ahead: next }| {
                *ahead = next;
                said
            });
            Some((Event::VoteKept(said), None))
        }
        Rating::Draft { turn, preference } => {
            // A draft that cannot be kept is not worth a word: the vote itself will say so.
            let kept = studio.keep_draft(campaign, rater, &turn, &preference).await;
            kept.inspect_err(|notice| tracing::warn!(%notice, "a draft is not kept")).ok()?;
            None
        }
        Rating::Hold(turn) => {
            let held = studio.hold_pair(campaign, rater, &turn).await;
            held.inspect_err(|notice| tracing::warn!(%notice, "a turn is not held for longer")).ok()?;
            None
        }
        Rating::Skip { turn, event, reason } => {
            studio.skip_pair(rater, (&turn, &event), reason).await.err().and_then(failed)
        }
        Rating::Undo => studio.undo_vote(campaign, rater).await.err().and_then(failed),
    }
}
