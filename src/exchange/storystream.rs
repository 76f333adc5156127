//! StoryStream: JSON lines of `id`, `images`, `captions` (which tell the story, one for each picture) and `orders`.
//!
//! Layout: StoryStream/README.md of github.com/TencentARC/SEED-Story. A story has 30 pictures of one episode, whose folder
//! they name; stages cut it by their `frames`, so chunking beforehand is not needed.

use serde::Deserialize;

use super::find_image::Finder;
use super::records::{found, word};
use super::row::{Found, Lines, Row, Words, lines, name};

#[derive(Deserialize)]
struct Record {
    #[serde(default, deserialize_with = "word")]
    id: Option<String>,
    images: Vec<String>,
    captions: Vec<String>,
    #[serde(default)]
    orders: Vec<i64>,
}

pub(super) fn rows(bytes: &[u8], finder: &Finder) -> Result<Vec<Found>, String> {
    found(bytes, |record: &Record| record.id.as_ref(), |record, id| row(&record, id, finder))
}

fn row(record: &Record, id: &str, finder: &Finder) -> Result<Row, String> {
    let (pictures, texts) = (record.images.len(), record.captions.len());
    if pictures != texts {
        return Err(format!("it has {texts} texts for {pictures} pictures"));
    }
    if !record.orders.is_empty() && record.orders.len() != pictures {
        return Err(format!("it has {} orders for {pictures} pictures", record.orders.len()));
    }
    let mut places: Vec<usize> = (0..pictures).collect();
    places.sort_by_key(|place| record.orders.get(*place));
    let images = finder.all(places.iter().map(|place| record.images[*place].as_str()))?;
    let story = lines(places.iter().map(|place| record.captions[*place].as_str()))?;
    // Stories of one episode overlap and continue each other.
    let group = record.images[0].rsplit_once('/').map_or(id, |(episode, _)| episode).to_owned();
    let words = Words::Lines(Lines { story, ..Lines::default() });
    Ok(Row { id: name(id), group, title: String::new(), cast: Vec::new(), images, words })
}
