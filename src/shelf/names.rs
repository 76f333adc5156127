//! Models and adapters share one set of names: `--model NAME` must mean one thing.

use super::shelf_error::ShelfError;
use super::sql::{self, Writing};
use super::storage::Shelf;

impl Shelf {
    /// Refuses a name that a model or an adapter already bears.
    pub(super) async fn claim(&self, writing: &mut Writing, name: &str) -> Result<(), ShelfError> {
        self.lock_names(writing).await?;
        let query = "SELECT name FROM checkpoints WHERE name = $1 UNION ALL SELECT name FROM adapters WHERE name = $1";
        let found: Option<String> = sql::query_scalar(query)
            .bind(name)
            .fetch_optional(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        match found {
            Some(name) => Err(ShelfError::NameTaken { name }),
            None => Ok(()),
        }
    }
}
