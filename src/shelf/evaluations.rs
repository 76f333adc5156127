//! Evaluations: what suites found, with everything needed to make it again. One is put here once and never changes; the stories
//! behind it lie in its folder.

use sqlx::FromRow;

use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;
use crate::story::{Evaluation, EvaluationCard};

#[derive(FromRow)]
struct Row {
    card: String,
    content: String,
}

impl Shelf {
    /// Keeps an evaluation under the id of its card, which is new. When this returns, it lasts.
    pub async fn put_evaluation(&self, card: &EvaluationCard, evaluation: &Evaluation) -> Result<(), ShelfError> {
        let text = |json: serde_json::Result<String>| json.map_err(|error| ShelfError::Row(error.to_string()));
        let query = "INSERT INTO evaluations (id, suite, ended_at, card, content) VALUES ($1, $2, $3, $4, $5)";
        let query = sql::query(query)
            .bind(&card.id)
            // PostgreSQL takes no zero byte in text; within JSON there is none.
            .bind(card.suite.replace('\0', ""))
            .bind(i64::try_from(card.ended_at).unwrap_or(i64::MAX))
            .bind(text(serde_json::to_string(card))?)
            .bind(text(serde_json::to_string(evaluation))?);
        let mut writing = self.begin().await?;
        query.execute(&mut *writing).await.map_err(|error| self.cause(error))?;
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// All of them, the newest first.
    pub async fn evaluations(&self) -> Result<Vec<EvaluationCard>, ShelfError> {
        let query = sql::query_scalar("SELECT card FROM evaluations ORDER BY ended_at DESC, id DESC");
        let cards: Vec<String> = query.fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        cards.iter().map(|card| read(card)).collect()
    }

    /// The evaluation of this id.
    pub async fn evaluation(&self, id: &str) -> Result<Option<(EvaluationCard, Evaluation)>, ShelfError> {
        let query = sql::query_as("SELECT card, content FROM evaluations WHERE id = $1").bind(id);
        let row: Option<Row> = query.fetch_optional(&self.pool).await.map_err(|error| self.cause(error))?;
        row.map(|row| Ok((read(&row.card)?, read(&row.content)?))).transpose()
    }
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ShelfError> {
    serde_json::from_str(text).map_err(|error| ShelfError::Row(format!("an evaluation: {error}")))
}
