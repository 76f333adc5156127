//! Where pictures are made for a visit: decoding, resizing and encoding on other threads, two at a time.

use std::collections::HashMap;

use tokio::sync::mpsc::Sender;

use crate::canvas::{Canvas, Shown, Wish};
use crate::pixels::Picture;

/// Pictures being made at a time: two keep a small machine busy and leave the model its share.
const AT_A_TIME: usize = 2;

/// A wish and what was made of it; nothing, if the picture cannot be shown.
pub struct Made {
    pub wish: Wish,
    pub shown: Option<Shown>,
}

/// The encoded pictures a visit may have to show: the gallery's covers, and those of the sequence being read.
#[derive(Default)]
pub struct Workshop {
    covers: HashMap<String, Picture>,
    open: HashMap<String, Picture>,
}

impl Workshop {
    /// The gallery's covers. Those known before stay: a picture on the screen does not go away.
    pub fn stock_covers(&mut self, pictures: Vec<Picture>) {
        self.covers.extend(pictures.into_iter().map(|picture| (picture.hash().to_owned(), picture)));
    }

    /// The pictures of the sequence that is opened now; those of the one before are let go.
    pub fn stock_open(&mut self, pictures: &[Picture]) {
        self.open = pictures.iter().map(|picture| (picture.hash().to_owned(), picture.clone())).collect();
    }

    /// Sets to work on what the last view missed; what is made is sent to `done`.
    pub fn work(&self, canvas: &Canvas, done: &Sender<Made>) {
        for wish in canvas.take_wishes(AT_A_TIME) {
            let Some(picture) = self.open.get(&wish.hash).or_else(|| self.covers.get(&wish.hash)).cloned() else {
                // Not stocked yet: the view that comes with the picture will wish again.
                canvas.put_off(&wish);
                continue;
            };
            let done = done.clone();
            tokio::task::spawn_blocking(move || {
                let shown = make(&picture, &wish);
                // Nobody listens any more once the visit is over.
                let _ = done.blocking_send(Made { wish, shown });
            });
        }
    }
}

/// Decodes and encodes; what went wrong goes to the log, the screen shows the picture's place.
fn make(picture: &Picture, wish: &Wish) -> Option<Shown> {
    let rgb = picture.rgb().inspect_err(|error| tracing::warn!(%error, "a picture cannot be decoded")).ok()?;
    wish.fulfil(&rgb).inspect_err(|error| tracing::warn!(%error, "a picture cannot be encoded")).ok()
}
