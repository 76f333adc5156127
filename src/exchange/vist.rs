//! VIST: `story-in-sequence` (a story over the photos of an album) and `description-in-isolation` (single captions).
//!
//! The layout is that of the published annotation files, as github.com/lichengunc/vist_api reads them: `annotations` is a
//! list of one-element lists, a story is what shares a `story_id`, and its order is `worker_arranged_photo_order` (stories)
//! or `photo_order_in_story` (descriptions). Bloom-VIST has the same layout with `local_image_path` and without an order.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::find_image::Finder;
use super::records::{Loose, word};
use super::row::{Found, Lines, Row, Words, lines, name};

/// Endings that the photos of VIST have.
const ENDINGS: [&str; 4] = ["jpg", "png", "gif", "jpeg"];

#[derive(Deserialize)]
struct File {
    annotations: Vec<Loose<Vec<Annotation>>>,
    #[serde(default)]
    images: Vec<Loose<Image>>,
    #[serde(default)]
    albums: Vec<Loose<Album>>,
}

#[derive(Deserialize)]
struct Annotation {
    #[serde(deserialize_with = "word")]
    photo_flickr_id: Option<String>,
    #[serde(default, deserialize_with = "word")]
    story_id: Option<String>,
    #[serde(default, deserialize_with = "word")]
    album_id: Option<String>,
    /// As the worker wrote it; `text` is the same in tokens, with names replaced.
    #[serde(default)]
    original_text: String,
    #[serde(default)]
    text: String,
    #[serde(default, deserialize_with = "word")]
    worker_arranged_photo_order: Option<String>,
    #[serde(default, deserialize_with = "word")]
    photo_order_in_story: Option<String>,
}

#[derive(Deserialize)]
struct Image {
    #[serde(deserialize_with = "word")]
    id: Option<String>,
    local_image_path: Option<String>,
}

#[derive(Deserialize)]
struct Album {
    #[serde(deserialize_with = "word")]
    id: Option<String>,
    title: Option<String>,
}

/// What a photo is said to show, and where in its story.
struct Told {
    order: i64,
    photo: String,
    text: String,
}

/// The stories of a file; `split` is "train" where the file is `train.story-in-sequence.json`.
pub(super) fn rows(bytes: &[u8], finder: &Finder, split: &str) -> Result<Vec<Found>, String> {
    let file: File = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    let images = file.images.into_iter().filter_map(|image| image.read().ok());
    let local: HashMap<String, String> =
        images.filter_map(|image| Some((image.id?, image.local_image_path?))).collect();
    let albums = file.albums.into_iter().filter_map(|album| album.read().ok());
    let titles: HashMap<String, String> = albums.filter_map(|album| Some((album.id?, album.title?))).collect();

    let mut found = Vec::new();
    // By story, and within a story of descriptions by who described: a photo that comes again begins another row.
    let mut stories: BTreeMap<(String, usize), Story> = BTreeMap::new();
    let mut seen: HashMap<(String, String), usize> = HashMap::new();
    for (number, annotation) in (1..).zip(file.annotations) {
        let wrong = |why: &str| Found { number, id: String::new(), row: Err(why.to_owned()) };
        let annotation = match annotation.read().map(|mut list| list.pop()) {
            Ok(Some(annotation)) => annotation,
            Ok(None) => {
                found.push(wrong("the annotation is empty"));
                continue;
            }
            Err(why) => {
                found.push(wrong(&why));
                continue;
            }
        };
        let photo = annotation.photo_flickr_id.unwrap_or_default();
        let story_id = annotation.story_id.unwrap_or_else(|| format!("annotation {number}"));
        let order = annotation.worker_arranged_photo_order;
        let captions = order.is_none() && annotation.photo_order_in_story.is_some();
        let order = order.or(annotation.photo_order_in_story).and_then(|order| order.parse().ok());
        let again = seen.entry((story_id.clone(), photo.clone())).or_default();
        let teller = if captions { *again } else { 0 };
        *again += 1;
        let story = stories.entry((story_id, teller)).or_insert_with(|| Story {
            number,
            album: annotation.album_id.unwrap_or_default(),
            captions,
            told: Vec::new(),
        });
        let text = if annotation.original_text.trim().is_empty() { annotation.text } else { annotation.original_text };
        // Without an order the list's own is kept: the sort is stable.
        story.told.push(Told { order: order.unwrap_or(0), photo, text });
    }
    found.extend(stories.into_iter().map(|((id, _), story)| {
        let title = titles.get(&story.album).map(String::as_str).unwrap_or_default();
        Found { number: story.number, id: id.clone(), row: story.row(&id, title, finder, split, &local) }
    }));
    found.sort_by_key(|found| found.number);
    Ok(found)
}

/// A story while its annotations come together.
struct Story {
    number: usize,
    album: String,
    captions: bool,
    told: Vec<Told>,
}

impl Story {
    fn row(
        mut self,
        id: &str,
        title: &str,
        finder: &Finder,
        split: &str,
        local: &HashMap<String, String>,
    ) -> Result<Row, String> {
        self.told.sort_by_key(|told| told.order);
        let photo = |told: &Told| match local.get(&told.photo) {
            _ if told.photo.is_empty() => Err("an annotation has no photo_flickr_id".to_owned()),
            Some(path) => finder.find(path),
            None => finder.first(places(&told.photo, split)),
        };
        let images = self.told.iter().map(photo).collect::<Result<_, _>>()?;
        let texts = lines(self.told.iter().map(|told| told.text.as_str()))?;
        let words = match self.captions {
            true => Lines { captions: texts, ..Lines::default() },
            false => Lines { story: texts, ..Lines::default() },
        };
        let group = if self.album.is_empty() { id } else { &self.album };
        let (cast, words) = (Vec::new(), Words::Lines(words));
        Ok(Row { id: name(id), group: group.to_owned(), title: name(title), cast, images, words })
    }
}

/// Where a photo may be: as the published archives unpack (`train/123.jpg`), or all in one folder.
pub(super) fn places(photo: &str, split: &str) -> impl Iterator<Item = String> {
    let folders = [format!("{split}/"), String::new(), "train/".to_owned(), "val/".to_owned(), "test/".to_owned()];
    let file = move |folder: String| ENDINGS.map(|ending| format!("{folder}{photo}.{ending}"));
    folders.into_iter().filter(|folder| folder != "/").flat_map(file)
}
