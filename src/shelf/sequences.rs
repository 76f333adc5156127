//! The sequences on the shelf, with their frames and images. Opening one again brings it to the front of the gallery.

use rayon::prelude::*;
use sqlx::FromRow;

use super::clock;
use super::shelf_error::ShelfError;
use super::sql;
use super::storage::{Shelf, blocking};
use crate::pixels::Picture;
use crate::story::{Frame, Sequence, SequenceId};

/// A sequence as the gallery lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceLine {
    pub id: SequenceId,
    pub title: String,
    pub source: String,
    pub credits: Option<String>,
    pub in_world: bool,
    pub frames: usize,
    /// Hash of the first frame's image, and its size in pixels.
    pub cover: String,
    pub cover_size: (u32, u32),
}

#[derive(FromRow)]
struct SequenceRow {
    id: String,
    title: String,
    source: String,
    credits: Option<String>,
    members: String,
    in_world: bool,
}

#[derive(FromRow)]
struct FrameRow {
    place: i64,
    hash: String,
    name: String,
    words: Option<String>,
    width: i64,
    height: i64,
}

#[derive(FromRow)]
struct LineRow {
    id: String,
    title: String,
    source: String,
    credits: Option<String>,
    in_world: bool,
    frames: i64,
    cover: String,
    width: i64,
    height: i64,
}

impl Shelf {
    /// Puts a sequence and its pictures on the shelf, or brings it to the front if it is there already; then its title,
    /// source, names and words become what they are now. `pictures[i]` belongs to `sequence.frames[i]`.
    pub async fn put_sequence(&self, sequence: &Sequence, pictures: &[Picture]) -> Result<(), ShelfError> {
        let (images, kept) = (self.images.clone(), pictures.to_vec());
        // The files first: a row must never name an image that is not there.
        blocking(move || kept.iter().try_for_each(|picture| images.put(picture))).await?;
        let members = serde_json::to_string(&sequence.cast).map_err(|error| ShelfError::Row(error.to_string()))?;
        let mut writing = self.begin().await?;
        // In one order for all, so that two who put the same pictures do not wait for each other.
        let mut in_order: Vec<&Picture> = pictures.iter().collect();
        in_order.sort_unstable_by_key(|picture| picture.hash());
        for picture in in_order {
            let query = "INSERT INTO images (hash, media, width, height, bytes, added_at) \
                         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (hash) DO NOTHING";
            sql::query(query)
                .bind(picture.hash())
                .bind(media(picture.bytes()))
                .bind(i64::from(picture.width()))
                .bind(i64::from(picture.height()))
                .bind(picture.bytes().len() as i64)
                .bind(clock::now())
                .execute(&mut *writing)
                .await
                .map_err(|error| self.cause(error))?;
            self.share_picture(&mut writing, picture).await?;
        }
        // Later than every other opening even if the clock went back or did not move.
        let last: Option<i64> = sql::query_scalar("SELECT MAX(opened_at) FROM sequences")
            .fetch_one(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        let query = "INSERT INTO sequences (id, title, source, credits, members, in_world, opened_at) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7) \
                     ON CONFLICT (id) DO UPDATE SET title = excluded.title, source = excluded.source, \
                     credits = excluded.credits, members = excluded.members, in_world = excluded.in_world, \
                     opened_at = excluded.opened_at";
        sql::query(query)
            .bind(&sequence.id.0)
            .bind(&sequence.title)
            .bind(&sequence.source)
            .bind(&sequence.credits)
            .bind(members)
            .bind(sequence.in_world)
            .bind(clock::now().max(last.map_or(0, |last| last + 1)))
            .execute(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        for frame in &sequence.frames {
            let query = "INSERT INTO frames (sequence_id, place, hash, name, words) VALUES ($1, $2, $3, $4, $5) \
                         ON CONFLICT (sequence_id, place) DO UPDATE SET hash = excluded.hash, name = excluded.name, \
                         words = excluded.words";
            sql::query(query)
                .bind(&sequence.id.0)
                .bind(frame.place as i64)
                .bind(&frame.hash)
                .bind(&frame.name)
                .bind(&frame.text)
                .execute(&mut *writing)
                .await
                .map_err(|error| self.cause(error))?;
        }
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// The sequence of this id, if it is on the shelf.
    pub async fn sequence(&self, id: &SequenceId) -> Result<Option<Sequence>, ShelfError> {
        let query = "SELECT id, title, source, credits, members, in_world FROM sequences WHERE id = $1";
        let row: Option<SequenceRow> =
            sql::query_as(query).bind(&id.0).fetch_optional(&self.pool).await.map_err(|error| self.cause(error))?;
        let Some(row) = row else { return Ok(None) };
        let query = "SELECT f.place, f.hash, f.name, f.words, i.width, i.height FROM frames f \
                     JOIN images i ON i.hash = f.hash WHERE f.sequence_id = $1 ORDER BY f.place";
        let frames: Vec<FrameRow> =
            sql::query_as(query).bind(&id.0).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        let cast = serde_json::from_str(&row.members)
            .map_err(|error| ShelfError::Row(format!("cast of sequence {}: {error}", row.id)))?;
        Ok(Some(Sequence {
            id: SequenceId(row.id),
            title: row.title,
            source: row.source,
            credits: row.credits,
            cast,
            frames: frames.into_iter().map(Frame::from).collect(),
            in_world: row.in_world,
        }))
    }

    /// All sequences, the one opened last first.
    pub async fn sequences(&self) -> Result<Vec<SequenceLine>, ShelfError> {
        let query = "SELECT s.id, s.title, s.source, s.credits, s.in_world, COUNT(*) AS frames, MIN(c.hash) AS cover, \
                     MIN(i.width) AS width, MIN(i.height) AS height \
                     FROM sequences s JOIN frames f ON f.sequence_id = s.id \
                     JOIN frames c ON c.sequence_id = s.id AND c.place = 0 JOIN images i ON i.hash = c.hash \
                     GROUP BY s.id, s.title, s.source, s.credits, s.in_world, s.opened_at ORDER BY s.opened_at DESC";
        let rows: Vec<LineRow> = sql::query_as(query).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        self.bring_pictures(rows.iter().map(|row| row.cover.clone()).collect()).await?;
        Ok(rows.into_iter().map(SequenceLine::from).collect())
    }

    /// The picture of this hash, held against it: a cover, or one of those that `pictures` has given. Blocks.
    pub fn picture(&self, hash: &str) -> Result<Picture, ShelfError> {
        self.images.get(hash)
    }

    /// The pictures of these hashes, in their order, each held against its hash.
    pub async fn pictures(&self, hashes: Vec<String>) -> Result<Vec<Picture>, ShelfError> {
        self.bring_pictures(hashes.clone()).await?;
        let images = self.images.clone();
        blocking(move || hashes.par_iter().map(|hash| images.get(hash)).collect()).await
    }
}

impl From<FrameRow> for Frame {
    fn from(row: FrameRow) -> Frame {
        Frame {
            place: row.place.unsigned_abs() as usize,
            name: row.name,
            hash: row.hash,
            width: size(row.width),
            height: size(row.height),
            text: row.words,
        }
    }
}

impl From<LineRow> for SequenceLine {
    fn from(row: LineRow) -> SequenceLine {
        SequenceLine {
            id: SequenceId(row.id),
            title: row.title,
            source: row.source,
            credits: row.credits,
            in_world: row.in_world,
            frames: row.frames.unsigned_abs() as usize,
            cover: row.cover,
            cover_size: (size(row.width), size(row.height)),
        }
    }
}

fn size(pixels: i64) -> u32 {
    u32::try_from(pixels).unwrap_or_default()
}

/// What kind of image these bytes are, as the web names it.
fn media(bytes: &[u8]) -> &'static str {
    image::guess_format(bytes).map_or("application/octet-stream", |format| format.to_mime_type())
}
