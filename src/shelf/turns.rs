//! Whose turn it is at which pair. A turn is a lease: it holds a place among the pair's votes until the vote is there, the
//! rater passes, or the lease runs out. All is decided in one transaction that writes, so overlap is exact however many ask:
//! `ratings` calls these transactions, `locks` has what keeps them apart.

use sqlx::FromRow;

use super::campaigns::new_id;
use super::shelf_error::ShelfError;
use super::sql::{self, Writing};
use super::storage::Shelf;
use super::verdicts::turn_kind;
use super::vote_log::NewEvent;
use crate::story::{Campaign, Plan, Preference, SkipReason, Story, TurnKind};

/// A turn with its pair, as the database knows it.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct TurnRow {
    pub id: String,
    pub pair_id: String,
    pub kind: String,
    pub repeated: bool,
    pub first_is_left: bool,
    pub sequence_id: String,
    pub first_id: String,
    pub second_id: String,
    pub answer: Option<i64>,
    pub draft: Option<String>,
}

impl TurnRow {
    pub fn kind(&self) -> TurnKind {
        turn_kind(&self.kind, self.repeated)
    }
}

/// What became of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is on the disk.
    Now,
    /// It was there already: a key pressed twice, a message sent again.
    Before,
    /// Others have filled the place, or another vote stands at the turn: it is in the log and does not count.
    Late,
}

const TURN: &str = "SELECT t.id, t.pair_id, p.kind, t.repeated, t.first_is_left, p.sequence_id, p.first_id, p.second_id, \
    p.answer, t.draft FROM turns t JOIN pairs p ON p.id = t.pair_id";

/// Turns of a pair that hold a place: finished ones, and open ones whose lease runs.
const PLACES: &str = "(SELECT COUNT(*) FROM turns o WHERE o.pair_id = p.id AND NOT o.repeated \
    AND (o.state = 'done' OR (o.state = 'open' AND o.lease_until > $3)))";

/// Turns between a vote and its repetition, at least.
const APART: i64 = 3;

impl Shelf {
    /// See `next_turn`.
    pub(super) async fn give_turn(&self, campaign: &Campaign, rater: &str) -> Result<Option<TurnRow>, ShelfError> {
        let mut writing = self.begin_for(rater).await?;
        let now = writing.now;
        let query =
            format!("{TURN} WHERE t.campaign_id = $1 AND t.rater_id = $2 AND t.state = 'open' ORDER BY t.shown_at");
        let open: Vec<TurnRow> = sql::query_as(&query)
            .bind(&campaign.id)
            .bind(rater)
            .fetch_all(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        for turn in open {
            if self.renew(&mut writing, &turn, &campaign.plan).await? {
                writing.commit().await.map_err(|error| self.cause(error))?;
                return Ok(Some(turn));
            }
        }
        let chosen = self.choose(&mut writing, campaign, rater).await?;
        let Some((pair, repeat_of)) = chosen else { return Ok(None) };
        // A repetition stands the other way round than it did.
        let first_is_left = repeat_of.map_or_else(rand::random::<bool>, |was_left: bool| !was_left);
        let id = new_id("t");
        let query = "INSERT INTO turns (id, campaign_id, pair_id, rater_id, repeated, first_is_left, state, lease_until, \
                     shown_at) VALUES ($1, $2, $3, $4, $5, $6, 'open', $7, $8)";
        sql::query(query)
            .bind(&id)
            .bind(&campaign.id)
            .bind(&pair)
            .bind(rater)
            .bind(repeat_of.is_some())
            .bind(first_is_left)
            .bind(now + lease(&campaign.plan))
            .bind(now)
            .execute(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        let turn = self.turn(&mut writing, &id).await?;
        writing.commit().await.map_err(|error| self.cause(error))?;
        Ok(turn)
    }

    async fn turn(&self, writing: &mut Writing, id: &str) -> Result<Option<TurnRow>, ShelfError> {
        let query = format!("{TURN} WHERE t.id = $1");
        sql::query_as(&query).bind(id).fetch_optional(&mut **writing).await.map_err(|error| self.cause(error))
    }

    /// Holds an open turn for longer; false if its lease has run out and its place is taken.
    async fn renew(&self, writing: &mut Writing, turn: &TurnRow, plan: &Plan) -> Result<bool, ShelfError> {
        let (counts, now) = (turn.kind() == TurnKind::Plain, writing.now);
        self.lock_pair(writing, &turn.pair_id).await?;
        let taken = self.taken(writing, &turn.pair_id, &turn.id).await?;
        let keeps = !counts || taken < i64::from(plan.overlap);
        let (state, until) = if keeps { ("open", now + lease(plan)) } else { ("lost", now) };
        sql::query("UPDATE turns SET state = $1, lease_until = $2 WHERE id = $3")
            .bind(state)
            .bind(until)
            .bind(&turn.id)
            .execute(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        Ok(keeps)
    }

    /// How many places of a pair are taken, one turn left out.
    pub(super) async fn taken(&self, writing: &mut Writing, pair: &str, but: &str) -> Result<i64, ShelfError> {
        let query = "SELECT COUNT(*) FROM turns o WHERE o.pair_id = $1 AND NOT o.repeated AND o.id <> $2 \
                     AND (o.state = 'done' OR (o.state = 'open' AND o.lease_until > $3))";
        let query = sql::query_scalar(query).bind(pair).bind(but).bind(writing.now);
        query.fetch_one(&mut **writing).await.map_err(|error| self.cause(error))
    }

    /// The next pair for a rater; for a repetition also whether the first story stood on the left before.
    async fn choose(
        &self,
        writing: &mut Writing,
        campaign: &Campaign,
        rater: &str,
    ) -> Result<Option<(String, Option<bool>)>, ShelfError> {
        let query = "SELECT COUNT(*), COALESCE(SUM(CASE WHEN p.kind = 'gold' THEN 1 ELSE 0 END), 0), \
                     COALESCE(SUM(CASE WHEN t.repeated THEN 1 ELSE 0 END), 0) \
                     FROM turns t JOIN pairs p ON p.id = t.pair_id \
                     WHERE t.campaign_id = $1 AND t.rater_id = $2 AND t.state <> 'lost' AND p.kind <> 'practice'";
        let (given, gold, repeats): (i64, i64, i64) = sql::query_as(query)
            .bind(&campaign.id)
            .bind(rater)
            .fetch_one(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        let due = |share: f64, had: i64| ((given + 1) as f64 * share).floor() as i64 > had;
        let fresh = |kind: &str, places: &str| {
            format!(
                "SELECT p.id FROM pairs p WHERE p.campaign_id = $1 AND p.kind = '{kind}' AND $3 >= 0 \
                 AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.pair_id = p.id AND t.rater_id = $2 AND NOT t.repeated) \
                 {places} \
                 ORDER BY p.votes DESC, p.shuffle LIMIT 1"
            )
        };
        let plain = fresh("plain", &format!("AND p.votes < {0} AND {PLACES} < {0}", campaign.plan.overlap));
        let mut wanted = vec![fresh("practice", "")];
        if due(campaign.plan.gold, gold) {
            wanted.push(fresh("gold", ""));
        }
        for query in &wanted {
            if let Some(pair) = self.first_of(writing, query, campaign, rater).await? {
                return Ok(Some((pair, None)));
            }
        }
        if due(campaign.plan.repeats, repeats)
            && let Some((pair, left)) = self.to_repeat(writing, campaign, rater).await?
        {
            return Ok(Some((pair, Some(left))));
        }
        Ok(self.first_free(writing, &plain, campaign, rater).await?.map(|pair| (pair, None)))
    }

    /// What a query for a pair finds first.
    pub(super) async fn first_of(
        &self,
        writing: &mut Writing,
        query: &str,
        campaign: &Campaign,
        rater: &str,
    ) -> Result<Option<String>, ShelfError> {
        let query = sql::query_scalar(query).bind(&campaign.id).bind(rater).bind(writing.now);
        query.fetch_optional(&mut **writing).await.map_err(|error| self.cause(error))
    }

    /// A plain pair that the rater has voted on a while ago and not repeated yet.
    async fn to_repeat(
        &self,
        writing: &mut Writing,
        campaign: &Campaign,
        rater: &str,
    ) -> Result<Option<(String, bool)>, ShelfError> {
        let query = "SELECT t.pair_id, t.first_is_left FROM turns t JOIN pairs p ON p.id = t.pair_id \
                     WHERE t.campaign_id = $1 AND t.rater_id = $2 AND t.state = 'done' AND NOT t.repeated \
                     AND p.kind = 'plain' AND NOT EXISTS (SELECT 1 FROM turns r WHERE r.pair_id = t.pair_id \
                     AND r.rater_id = $2 AND r.repeated) ORDER BY t.ended_at DESC LIMIT 1 OFFSET $3";
        let query = sql::query_as(query).bind(&campaign.id).bind(rater).bind(APART - 1);
        query.fetch_optional(&mut **writing).await.map_err(|error| self.cause(error))
    }

    /// See `keep_vote`.
    pub(super) async fn take_vote(
        &self,
        plan: &Plan,
        event: &str,
        turn: &str,
        rater: &str,
        preference: &Preference,
    ) -> Result<Kept, ShelfError> {
        let content = serde_json::to_string(preference).map_err(|error| ShelfError::Row(error.to_string()))?;
        let mut writing = self.begin_for(rater).await?;
        if self.has_event(&mut writing, event).await? {
            return Ok(Kept::Before);
        }
        let state = self.state_of(&mut writing, turn, rater).await?;
        let found = self.turn(&mut writing, turn).await?.ok_or(ShelfError::NoTurn)?;
        let kept = match state.as_str() {
            "done" if self.says_the_same(&mut writing, turn, preference).await? => return Ok(Kept::Before),
            "open" if self.renew(&mut writing, &found, plan).await? => Kept::Now,
            _ => Kept::Late,
        };
        let kind = if kept == Kept::Now { "vote" } else { "late" };
        self.add_event(&mut writing, NewEvent { id: event, turn, rater, kind, content }).await?;
        if kept == Kept::Now {
            self.end_turn(&mut writing, turn, "done").await?;
            self.count_vote(&mut writing, &found, 1).await?;
        }
        writing.commit().await.map_err(|error| self.cause(error))?;
        Ok(kept)
    }

    /// Whether the vote that stands at a turn is this one, whatever time it took.
    async fn says_the_same(
        &self,
        writing: &mut Writing,
        turn: &str,
        preference: &Preference,
    ) -> Result<bool, ShelfError> {
        let standing: Option<String> = sql::query_scalar("SELECT content FROM current_votes WHERE turn_id = $1")
            .bind(turn)
            .fetch_optional(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        let standing = standing.and_then(|content| serde_json::from_str::<Preference>(&content).ok());
        Ok(standing.is_some_and(|said| (said.verdict, &said.criteria) == (preference.verdict, &preference.criteria)))
    }

    async fn state_of(&self, writing: &mut Writing, turn: &str, rater: &str) -> Result<String, ShelfError> {
        let state: Option<String> = sql::query_scalar("SELECT state FROM turns WHERE id = $1 AND rater_id = $2")
            .bind(turn)
            .bind(rater)
            .fetch_optional(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        state.ok_or(ShelfError::NoTurn)
    }

    async fn end_turn(&self, writing: &mut Writing, turn: &str, state: &str) -> Result<(), ShelfError> {
        sql::query("UPDATE turns SET state = $1, ended_at = $2, draft = NULL WHERE id = $3")
            .bind(state)
            .bind(writing.now)
            .bind(turn)
            .execute(&mut **writing)
            .await
            .map_err(|error| self.cause(error))?;
        Ok(())
    }

    /// A plain turn's vote counts for its pair.
    async fn count_vote(&self, writing: &mut Writing, turn: &TurnRow, by: i64) -> Result<(), ShelfError> {
        if turn.kind() == TurnKind::Plain {
            sql::query("UPDATE pairs SET votes = votes + $1 WHERE id = $2")
                .bind(by)
                .bind(&turn.pair_id)
                .execute(&mut **writing)
                .await
                .map_err(|error| self.cause(error))?;
        }
        Ok(())
    }

    /// See `skip_turn`.
    pub(super) async fn pass_turn(
        &self,
        event: &str,
        turn: &str,
        rater: &str,
        reason: SkipReason,
    ) -> Result<(), ShelfError> {
        let mut writing = self.begin_for(rater).await?;
        if self.has_event(&mut writing, event).await? || self.state_of(&mut writing, turn, rater).await? != "open" {
            return Ok(());
        }
        let content = serde_json::json!({ "reason": reason }).to_string();
        self.add_event(&mut writing, NewEvent { id: event, turn, rater, kind: "skip", content }).await?;
        self.end_turn(&mut writing, turn, "skipped").await?;
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// See `undo_vote`.
    pub(super) async fn take_back(&self, campaign: &Campaign, event: &str, rater: &str) -> Result<bool, ShelfError> {
        let mut writing = self.begin_for(rater).await?;
        if self.has_event(&mut writing, event).await? {
            return Ok(true);
        }
        let query = "SELECT v.turn_id, v.content FROM current_votes v JOIN turns t ON t.id = v.turn_id \
                     WHERE t.campaign_id = $1 AND v.rater_id = $2 ORDER BY v.rater_seq DESC LIMIT 1";
        let last: Option<(String, String)> = sql::query_as(query)
            .bind(&campaign.id)
            .bind(rater)
            .fetch_optional(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        let Some((turn, content)) = last else { return Ok(false) };
        let found = self.turn(&mut writing, &turn).await?.ok_or(ShelfError::NoTurn)?;
        self.lock_pair(&mut writing, &found.pair_id).await?;
        let taken_back = NewEvent { id: event, turn: &turn, rater, kind: "undo", content: "{}".to_owned() };
        self.add_event(&mut writing, taken_back).await?;
        let now = writing.now;
        // Shown before whatever is open now: the rater goes back to it.
        sql::query("UPDATE turns SET state = 'open', lease_until = $1, shown_at = 0, draft = $2 WHERE id = $3")
            .bind(now + lease(&campaign.plan))
            .bind(content)
            .bind(&turn)
            .execute(&mut *writing)
            .await
            .map_err(|error| self.cause(error))?;
        self.count_vote(&mut writing, &found, -1).await?;
        writing.commit().await.map_err(|error| self.cause(error))?;
        Ok(true)
    }

    /// See `keep_draft`.
    pub(super) async fn take_draft(
        &self,
        plan: &Plan,
        turn: &str,
        rater: &str,
        draft: &Preference,
    ) -> Result<(), ShelfError> {
        let content = serde_json::to_string(draft).map_err(|error| ShelfError::Row(error.to_string()))?;
        let mut writing = self.begin_for(rater).await?;
        if self.state_of(&mut writing, turn, rater).await? != "open" {
            return Ok(());
        }
        let found = self.turn(&mut writing, turn).await?.ok_or(ShelfError::NoTurn)?;
        if self.renew(&mut writing, &found, plan).await? {
            sql::query("UPDATE turns SET draft = $1 WHERE id = $2")
                .bind(content)
                .bind(turn)
                .execute(&mut *writing)
                .await
                .map_err(|error| self.cause(error))?;
        }
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// Two stories, by their ids.
    pub async fn story_of(&self, id: &str) -> Result<Story, ShelfError> {
        self.story(id).await?.ok_or_else(|| ShelfError::Row(format!("the story {id} of a pair is missing")))
    }
}

fn lease(plan: &Plan) -> i64 {
    i64::from(plan.lease_seconds) * 1000
}
