//! The stories on the shelf. They go on once and never change; the database itself refuses.

use std::collections::HashMap;

use sqlx::FromRow;

use super::shelf_error::ShelfError;
use super::sql::{self, At, Query};
use super::storage::Shelf;
use crate::story::{SequenceId, Story, Timing, Writer};

#[derive(FromRow)]
struct StoryRow {
    id: String,
    sequence_id: String,
    task: String,
    prompt: String,
    content: String,
    tokens: String,
    model: String,
    model_hash: String,
    adapter: Option<String>,
    sampling: String,
    finish: String,
    told_at: i64,
    first_token_ms: f64,
    vision_ms: f64,
    prefill_ms: f64,
    decode_ms: f64,
    prompt_tokens: i64,
    new_tokens: i64,
    origin: String,
}

impl Shelf {
    /// Puts a finished story on the shelf. Its sequence must be there. When this returns, the story lasts.
    pub async fn put_story(&self, story: &Story) -> Result<(), ShelfError> {
        self.add_story(&self.pool, story).await
    }

    /// The same, on its own or within a transaction that writes.
    pub(super) async fn add_story<'e>(&self, on: impl Into<At<'e>>, story: &Story) -> Result<(), ShelfError> {
        let query = "INSERT INTO stories (id, sequence_id, task, prompt, content, tokens, model, model_hash, adapter, \
                     sampling, seed, finish, told_at, first_token_ms, vision_ms, prefill_ms, decode_ms, \
                     prompt_tokens, new_tokens, origin) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)";
        let query = bind_told(sql::query(query).bind(&story.id).bind(&story.sequence.0), story)?;
        query.execute(on).await.map_err(|error| self.cause(error))?;
        Ok(())
    }

    /// The stories told about a sequence, newest first; those that are still to be told are not among them.
    pub async fn stories(&self, sequence: &SequenceId) -> Result<Vec<Story>, ShelfError> {
        let query = "SELECT id, sequence_id, task, prompt, content, tokens, model, model_hash, adapter, sampling, \
                     finish, told_at, first_token_ms, vision_ms, prefill_ms, decode_ms, prompt_tokens, new_tokens, origin \
                     FROM stories WHERE sequence_id = $1 AND finish <> 'awaited' ORDER BY id DESC";
        let rows: Vec<StoryRow> =
            sql::query_as(query).bind(&sequence.0).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        rows.into_iter().map(Story::try_from).collect()
    }

    /// The story of this id.
    pub async fn story(&self, id: &str) -> Result<Option<Story>, ShelfError> {
        let query = "SELECT id, sequence_id, task, prompt, content, tokens, model, model_hash, adapter, sampling, \
                     finish, told_at, first_token_ms, vision_ms, prefill_ms, decode_ms, prompt_tokens, new_tokens, origin \
                     FROM stories WHERE id = $1";
        let row: Option<StoryRow> =
            sql::query_as(query).bind(id).fetch_optional(&self.pool).await.map_err(|error| self.cause(error))?;
        row.map(Story::try_from).transpose()
    }

    /// How many stories each sequence has; sequences without one are left out.
    pub async fn story_counts(&self) -> Result<HashMap<SequenceId, usize>, ShelfError> {
        let rows: Vec<(String, i64)> =
            sql::query_as("SELECT sequence_id, COUNT(*) FROM stories WHERE finish <> 'awaited' GROUP BY sequence_id")
                .fetch_all(&self.pool)
                .await
                .map_err(|error| self.cause(error))?;
        Ok(rows.into_iter().map(|(id, count)| (SequenceId(id), usize::try_from(count).unwrap_or(0))).collect())
    }
}

impl TryFrom<StoryRow> for Story {
    type Error = ShelfError;

    fn try_from(row: StoryRow) -> Result<Story, ShelfError> {
        let broken = |error: serde_json::Error| ShelfError::Row(format!("story {}: {error}", row.id));
        Ok(Story {
            sequence: SequenceId(row.sequence_id),
            task: row.task.parse().map_err(|_| ShelfError::Row(format!("story {}: task {}", row.id, row.task)))?,
            tokens: serde_json::from_str(&row.tokens).map_err(broken)?,
            sampling: serde_json::from_str(&row.sampling).map_err(broken)?,
            finish: serde_json::from_str(&format!("\"{}\"", row.finish)).map_err(broken)?,
            timing: Timing {
                first_token_ms: row.first_token_ms,
                vision_ms: row.vision_ms,
                prefill_ms: row.prefill_ms,
                decode_ms: row.decode_ms,
                prompt_tokens: row.prompt_tokens.unsigned_abs() as usize,
                new_tokens: row.new_tokens.unsigned_abs() as usize,
            },
            writer: Writer { model: row.model, model_hash: row.model_hash, adapter: row.adapter },
            prompt: row.prompt,
            text: row.content,
            told_at: row.told_at.unsigned_abs(),
            origin: serde_json::from_str(&row.origin).map_err(broken)?,
            id: row.id,
        })
    }
}

/// What a story is once it is told, column by column from its task to its origin.
pub(super) fn bind_told<'q>(query: Query<'q, ()>, story: &Story) -> Result<Query<'q, ()>, ShelfError> {
    Ok(query
        .bind(story.task.word())
        .bind(&story.prompt)
        .bind(&story.text)
        .bind(json(&story.tokens)?)
        .bind(&story.writer.model)
        .bind(&story.writer.model_hash)
        .bind(&story.writer.adapter)
        .bind(json(&story.sampling)?)
        .bind(story.sampling.seed.to_string())
        .bind(json(&story.finish)?.trim_matches('"'))
        .bind(i64::try_from(story.told_at).unwrap_or(i64::MAX))
        .bind(story.timing.first_token_ms)
        .bind(story.timing.vision_ms)
        .bind(story.timing.prefill_ms)
        .bind(story.timing.decode_ms)
        .bind(story.timing.prompt_tokens as i64)
        .bind(story.timing.new_tokens as i64)
        .bind(json(&story.origin)?))
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> Result<String, ShelfError> {
    serde_json::to_string(value).map_err(|error| ShelfError::Row(error.to_string()))
}
