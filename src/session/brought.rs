//! What somebody who was sent for something brings back to the visit.

use tokio::sync::mpsc::Sender;

use crate::app::Event;
use crate::pixels::Picture;

/// What an errand brings: an event, and the pictures of a sequence that was opened.
pub struct Brought {
    pub event: Event,
    pub pictures: Option<Vec<Picture>>,
}

pub async fn bring(back: &Sender<Brought>, event: Event, pictures: Option<Vec<Picture>>) {
    // Nobody listens any more once the visit is over.
    let _ = back.send(Brought { event, pictures }).await;
}
