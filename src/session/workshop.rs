//! Where pictures are made for a visit: fetching, decoding, resizing and encoding on other threads, two at a time.

use std::collections::HashMap;

use tokio::sync::mpsc::Sender;

use crate::canvas::{Canvas, Shown, Wish};
use crate::pixels::Picture;
use crate::studio::Studio;

/// Pictures being made at a time: two keep a small machine busy and leave the model its share.
const AT_A_TIME: usize = 2;

/// A wish and what was made of it; nothing, if the picture cannot be shown.
pub struct Made {
    pub wish: Wish,
    pub shown: Option<Shown>,
}

/// Makes the pictures that a visit may have to show: those of the sequence being read are at hand, others are fetched.
pub struct Workshop {
    studio: Studio,
    open: HashMap<String, Picture>,
}

impl Workshop {
    pub fn new(studio: Studio) -> Workshop {
        Workshop { studio, open: HashMap::new() }
    }

    /// The pictures of the sequence that is opened now; those of the one before are let go.
    pub fn stock(&mut self, pictures: &[Picture]) {
        self.open = pictures.iter().map(|picture| (picture.hash().to_owned(), picture.clone())).collect();
    }

    /// Sets to work on what the last view missed; what is made is sent to `done`.
    pub fn work(&self, canvas: &Canvas, done: &Sender<Made>) {
        for wish in canvas.take_wishes(AT_A_TIME) {
            let (at_hand, studio, done) = (self.open.get(&wish.hash).cloned(), self.studio.clone(), done.clone());
            tokio::task::spawn_blocking(move || {
                let fetched = at_hand.map_or_else(|| studio.find_picture(&wish.hash), Ok);
                let picture = fetched.inspect_err(|notice| tracing::warn!(%notice, "a picture cannot be fetched"));
                let shown = picture.ok().and_then(|picture| make(&picture, &wish));
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
