//! Stories of a campaign that are told while it is rated: they stand on the shelf before they are told, and are told once.
//!
//! With its last word a story may close its pairs: one that its token limit cut would lose for its end alone, and of two equal ones
//! nobody can prefer one. A closed pair is given to nobody any more, and its votes do not count.

use sqlx::FromRow;

use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;
use super::stories::{bind_told, json};
use crate::story::{Finish, Origin, Sampling, SamplingPatch, SequenceId, Story, Task, Timing, Writer};

/// A story that is still to be told, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct AwaitedStory {
    pub id: String,
    pub sequence: SequenceId,
    /// The model's name.
    pub model: String,
    /// Of its system in the campaign.
    pub place: usize,
    /// With its seed, so that it would be told the same again.
    pub sampling: SamplingPatch,
}

#[derive(FromRow)]
struct AwaitedRow {
    sequence_id: String,
    model: String,
    place: i64,
    sampling: String,
}

impl AwaitedStory {
    /// As it stands on the shelf until it is told.
    pub fn story(&self) -> Story {
        Story {
            id: self.id.clone(),
            sequence: self.sequence.clone(),
            task: Task::Story,
            prompt: String::new(),
            text: String::new(),
            tokens: Vec::new(),
            writer: Writer { model: self.model.clone(), model_hash: String::new(), adapter: None },
            sampling: Sampling::default(),
            finish: Finish::Awaited,
            timing: Timing::default(),
            told_at: 0,
            origin: Origin::default(),
        }
    }
}

impl Shelf {
    /// Puts stories on the shelf that are still to be told. Their sequences must be there.
    pub async fn put_awaited(&self, stories: &[AwaitedStory]) -> Result<(), ShelfError> {
        let mut writing = self.begin().await?;
        for story in stories {
            self.add_story(&mut *writing, &story.story()).await?;
            let query = "INSERT INTO awaited_stories (story_id, model, place, sampling) VALUES ($1, $2, $3, $4)";
            sql::query(query)
                .bind(&story.id)
                .bind(&story.model)
                .bind(story.place as i64)
                .bind(json(&story.sampling)?)
                .execute(&mut *writing)
                .await
                .map_err(|error| self.cause(error))?;
        }
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// How a story is to be told; `None` once it is.
    pub async fn awaited(&self, id: &str) -> Result<Option<AwaitedStory>, ShelfError> {
        let query = "SELECT s.sequence_id, a.model, a.place, a.sampling FROM awaited_stories a \
                     JOIN stories s ON s.id = a.story_id WHERE a.story_id = $1 AND s.finish = 'awaited'";
        let found: Option<AwaitedRow> =
            sql::query_as(query).bind(id).fetch_optional(&self.pool).await.map_err(|error| self.cause(error))?;
        let Some(AwaitedRow { sequence_id, model, place, sampling }) = found else { return Ok(None) };
        let sampling = serde_json::from_str(&sampling)
            .map_err(|error| ShelfError::Row(format!("the awaited story {id}: {error}")))?;
        let place = place.unsigned_abs() as usize;
        Ok(Some(AwaitedStory { id: id.to_owned(), sequence: SequenceId(sequence_id), model, place, sampling }))
    }

    /// The story is told. It comes onto the shelf under its id, and closes pairs that cannot be judged by it; whoever is at one of
    /// them has lost their turn. Where it was told before, nothing changes.
    pub async fn tell_awaited(&self, story: &Story) -> Result<(), ShelfError> {
        let mut writing = self.begin().await?;
        // Two stories of one pair may be told at the same moment: the second must see the first.
        let query = format!(
            "SELECT id FROM pairs WHERE first_id = $1 OR second_id = $1 ORDER BY id{}",
            self.dialect().for_update()
        );
        let pairs: Vec<String> = sql::query_scalar(&query)
            .bind(&story.id)
            .fetch_all(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        let query = "UPDATE stories SET task = $2, prompt = $3, content = $4, tokens = $5, model = $6, model_hash = $7, adapter = $8, \
                     sampling = $9, seed = $10, finish = $11, told_at = $12, first_token_ms = $13, vision_ms = $14, prefill_ms = $15, \
                     decode_ms = $16, prompt_tokens = $17, new_tokens = $18, origin = $19 WHERE id = $1 AND finish = 'awaited'";
        let told = bind_told(sql::query(query).bind(&story.id), story)?.execute(&mut *writing).await;
        if told.map_err(|error| self.cause(error))?.rows_affected() == 0 {
            return Ok(());
        }
        for pair in pairs {
            let query = "UPDATE pairs SET kind = 'closed' WHERE id = $1 AND kind = 'plain' AND ($2 OR EXISTS (SELECT 1 FROM stories o \
                         WHERE o.id IN (pairs.first_id, pairs.second_id) AND o.id <> $3 AND o.finish <> 'awaited' AND o.content = $4))";
            let closing =
                sql::query(query).bind(&pair).bind(story.finish == Finish::Length).bind(&story.id).bind(&story.text);
            let closed = closing.execute(&mut *writing).await.map_err(|error| self.cause(error))?.rows_affected() > 0;
            if closed {
                let query = "UPDATE turns SET state = 'lost', ended_at = $2, draft = NULL WHERE pair_id = $1 AND state = 'open'";
                let lost = sql::query(query).bind(&pair).bind(writing.now).execute(&mut *writing).await;
                lost.map_err(|error| self.cause(error))?;
            }
        }
        writing.commit().await.map_err(|error| self.cause(error))
    }
}
