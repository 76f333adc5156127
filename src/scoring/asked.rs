//! The plain form: stories with their pictures, or with the id of a sequence that is on the shelf.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use crate::pixels::Picture;
use crate::story::{CastMember, Frame, Notice, Request, Sequence, SequenceId, Task};
use crate::studio::{Bundled, Studio};
use crate::writer::Order;

/// Most stories of one request, and most pictures of one story.
pub const MOST_STORIES: usize = 512;
const MOST_PICTURES: usize = 64;

/// A story and what it is about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Item {
    pub text: String,
    /// A sequence on the shelf, or a bundled one, by its name.
    pub sequence: Option<String>,
    /// Or pictures in order: data URLs, or plain base64.
    pub images: Vec<String>,
    /// What the story was asked for; the usual task without it.
    pub task: Option<String>,
    pub so_far: Option<String>,
    /// Who it is about, where the pictures come along.
    pub cast: Vec<Member>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    pub name: String,
    #[serde(default)]
    pub species: String,
}

/// The stories of `POST /score`: several as `items`, or one.
///
/// # Errors
/// What is not of this form.
pub fn items(body: &[u8]) -> Result<Vec<Item>, Notice> {
    let read = |body: &[u8]| {
        let mut value: Value = serde_json::from_slice(body)?;
        match value.as_object_mut().and_then(|object| object.remove("items")) {
            Some(items) => serde_json::from_value(items),
            None if value.is_object() => Ok(vec![serde_json::from_value(value)?]),
            None => Err(serde::de::Error::custom("it is no JSON object")),
        }
    };
    read(body).map_err(|error: serde_json::Error| {
        Notice::yours(format!("the request cannot be read: {error}"), "docs/remote.md shows what to send")
    })
}

impl Item {
    /// What a reward model is asked with.
    ///
    /// # Errors
    /// A story without words, without pictures, or about a sequence that is not here.
    pub async fn order(&self, studio: &Studio) -> Result<Order, Notice> {
        if self.text.trim().is_empty() {
            return Err(Notice::yours("it has no text", "send the story as \"text\""));
        }
        let task = self.task.as_deref().map_or(Ok(Task::Story), str::parse)?;
        let request = Request { task, so_far: self.so_far.clone(), ..Request::default() };
        let (sequence, pictures) = match &self.sequence {
            Some(name) if self.images.is_empty() => on_the_shelf(studio, name).await?,
            Some(_) => return Err(Notice::yours("it has a sequence and images", "send one of the two")),
            None => self.enclosed().await?,
        };
        Ok(Order { sequence, pictures, request, window: 0 })
    }

    async fn enclosed(&self) -> Result<(Arc<Sequence>, Arc<Vec<Picture>>), Notice> {
        if self.images.is_empty() || self.images.len() > MOST_PICTURES {
            let what = format!("it has {} images", self.images.len());
            return Err(Notice::yours(what, format!("send 1 to {MOST_PICTURES} as \"images\", or a \"sequence\"")));
        }
        let images = self.images.clone();
        // Decoding is work: it must not keep other requests waiting.
        let work =
            tokio::task::spawn_blocking(move || images.iter().enumerate().map(picture).collect::<Result<Vec<_>, _>>());
        let pictures = work.await.map_err(|error| Notice::ours(format!("decoding broke off: {error}")))??;
        let frame = |(place, picture): (usize, &Picture)| Frame {
            place,
            name: format!("image {}", place + 1),
            hash: picture.hash().to_owned(),
            width: picture.width(),
            height: picture.height(),
            text: None,
        };
        let member = |member: &Member| CastMember { name: member.name.clone(), species: member.species.clone() };
        let sequence = Sequence {
            id: SequenceId("enclosed".to_owned()),
            title: String::new(),
            source: "a request".to_owned(),
            credits: None,
            cast: self.cast.iter().map(member).collect(),
            frames: pictures.iter().enumerate().map(frame).collect(),
            in_world: false,
        };
        Ok((Arc::new(sequence), Arc::new(pictures)))
    }
}

fn picture((at, text): (usize, &String)) -> Result<Picture, Notice> {
    let wrong = |why: String| {
        let what = format!("image {} cannot be read: {why}", at + 1);
        Notice::yours(what, "send data:image/png;base64,.. or plain base64 of a JPEG, PNG, WebP, GIF, BMP or TIFF")
    };
    let encoded = match text.strip_prefix("data:") {
        Some(rest) => rest.split_once(";base64,").ok_or_else(|| wrong("its data URL is not base64".to_owned()))?.1,
        None => text,
    };
    let bytes = STANDARD.decode(encoded.trim()).map_err(|error| wrong(error.to_string()))?;
    Picture::from_bytes("image", bytes).map_err(|error| wrong(error.to_string()))
}

/// A sequence of this studio, by its id or a bundled one's name.
pub async fn on_the_shelf(studio: &Studio, name: &str) -> Result<(Arc<Sequence>, Arc<Vec<Picture>>), Notice> {
    let id = Bundled::find(name).map_or_else(|| SequenceId(name.to_owned()), Bundled::id);
    let opened = studio.sequence(&id).await.map_err(|_| {
        let said: String = name.chars().filter(|sign| !sign.is_control()).take(80).collect();
        let try_this = "labels must be ids of sequences on this shelf: those of a snapshot or an export are";
        Notice::yours(format!("there is no sequence '{said}' here"), try_this)
    })?;
    if !opened.sequence.has_pictures() {
        return Err(Notice::yours(
            "its sequence has no pictures",
            "a reward model reads stories beside their pictures",
        ));
    }
    Ok((Arc::new(opened.sequence.clone()), Arc::new(opened.pictures.clone())))
}
