//! Pictures of a shelf that several servers share. Each home has the files that it has shown; what the database holds of
//! them is for homes that lack some. A database in the home itself holds none.

use super::dialect::Dialect;
use super::shelf_error::ShelfError;
use super::sql::{self, Writing};
use super::storage::{Shelf, blocking};
use crate::pixels::Picture;

impl Shelf {
    /// Gives a picture, whose row is there, to the servers that share this shelf.
    pub(super) async fn share_picture(&self, writing: &mut Writing, picture: &Picture) -> Result<(), ShelfError> {
        if self.dialect() == Dialect::Postgres {
            let query = "INSERT INTO image_bytes (hash, content) VALUES ($1, $2) ON CONFLICT (hash) DO NOTHING";
            let done = sql::query(query).bind(picture.hash()).bind(picture.bytes()).execute(&mut **writing).await;
            done.map_err(|error| self.cause(error))?;
        }
        Ok(())
    }

    /// Brings the pictures of these hashes that this home has no file of. One that nobody has stays away: who reads it hears so.
    pub(super) async fn bring_pictures(&self, hashes: Vec<String>) -> Result<(), ShelfError> {
        if self.dialect() == Dialect::Sqlite {
            return Ok(());
        }
        let images = self.images.clone();
        let lacking: Vec<String> =
            blocking(move || hashes.into_iter().filter(|hash| !images.has(hash)).collect()).await;
        for hash in lacking {
            let query = "SELECT content FROM image_bytes WHERE hash = $1";
            let found: Option<Vec<u8>> = sql::query_scalar(query)
                .bind(&hash)
                .fetch_optional(&self.pool)
                .await
                .map_err(|error| self.cause(error))?;
            let Some(bytes) = found else { continue };
            let images = self.images.clone();
            blocking(move || images.put_bytes(&hash, &bytes)).await?;
        }
        Ok(())
    }
}
