//! What was chosen while the program ran, by name. What is chosen beforehand is the configuration's.

use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;

impl Shelf {
    /// What was chosen under this name.
    pub async fn setting(&self, name: &str) -> Result<Option<String>, ShelfError> {
        sql::query_scalar("SELECT value FROM settings WHERE name = $1")
            .bind(name)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.cause(error))
    }

    /// Chooses under this name.
    pub async fn set(&self, name: &str, value: &str) -> Result<(), ShelfError> {
        let query = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        let done = sql::query(query).bind(name).bind(value).execute(&self.pool).await;
        done.map(|_| ()).map_err(|error| self.cause(error))
    }
}
