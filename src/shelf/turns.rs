//! Whose turn it is at which pair. A turn is a lease: it holds a place among the pair's votes until the vote is there, the
//! rater passes, or the lease runs out. All is decided in one transaction that writes, so overlap is exact however many ask:
//! `ratings` calls these transactions, `locks` has what keeps them apart.

use sqlx::FromRow;

use super::campaigns::new_id;
use super::choosing::{Choosing, Chosen};
use super::shelf_error::ShelfError;
use super::sql::{self, Query, Writing};
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
    pub(super) state: String,
}

impl TurnRow {
    /// A turn that begins now, and how it is written.
    pub(super) fn begin(chosen: Chosen, campaign: &Campaign, rater: &str, now: i64) -> (TurnRow, Query<'static, ()>) {
        let Chosen { pair, was_left, drawn } = chosen;
        // A repetition stands the other way round than it did.
        let first_is_left = was_left.map_or_else(rand::random::<bool>, |was_left: bool| !was_left);
        let turn = TurnRow {
            id: new_id("t"),
            pair_id: pair.id,
            kind: pair.kind,
            repeated: was_left.is_some(),
            first_is_left,
            sequence_id: pair.sequence_id,
            first_id: pair.first_id,
            second_id: pair.second_id,
            answer: pair.answer,
            draft: None,
            state: "open".to_owned(),
        };
        let query = "INSERT INTO turns (id, campaign_id, pair_id, rater_id, repeated, first_is_left, state, lease_until, \
                     shown_at, chance, among, kind) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
        let insert = sql::query(query)
            .bind(&turn.id)
            .bind(&campaign.id)
            .bind(&turn.pair_id)
            .bind(rater)
            .bind(turn.repeated)
            .bind(turn.first_is_left)
            .bind(&turn.state)
            .bind(now + lease(&campaign.plan))
            .bind(now)
            .bind(drawn.map(|(chance, _)| chance))
            .bind(drawn.map(|(_, among)| among))
            .bind(&turn.kind);
        (turn, insert)
    }

    /// Its pair takes no votes any more.
    pub(super) fn is_closed(&self) -> bool {
        self.kind == "closed"
    }

    pub fn kind(&self) -> TurnKind {
        turn_kind(&self.kind, self.repeated)
    }
}

/// What a rater is at.
#[derive(Clone, Debug, PartialEq)]
pub struct Next {
    /// Nothing, if nothing is left for them.
    pub turn: Option<TurnRow>,
    /// Their votes so far, and those that are still to be had for them.
    pub done: u64,
    pub left: u64,
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

/// A turn, and whether an event is in the log already.
#[derive(FromRow)]
struct Found {
    #[sqlx(flatten)]
    turn: TurnRow,
    known: bool,
}

pub(super) const TURN: &str = "SELECT t.id, t.pair_id, p.kind, t.repeated, t.first_is_left, p.sequence_id, p.first_id, p.second_id, \
    p.answer, t.draft, t.state FROM turns t JOIN pairs p ON p.id = t.pair_id";
impl Shelf {
    /// See `next_turn`.
    pub(super) async fn give_turn(&self, campaign: &Campaign, rater: &str) -> Result<Next, ShelfError> {
        let mut writing = self.begin_leasing_for(rater).await?;
        let tally = self.tally(&mut writing, campaign, rater).await?;
        let left = self.left(&mut writing, campaign, rater).await?;
        let (done, left) = tally.progress(&campaign.plan, left);
        let next = |turn| Next { turn, done, left };
        if tally.is_full(&campaign.plan) {
            return Ok(next(None));
        }
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
                return Ok(next(Some(turn)));
            }
        }
        let choosing = Choosing { campaign, rater, tally, patient: true };
        let Some(chosen) = self.choose(&mut writing, choosing).await? else { return Ok(next(None)) };
        let (turn, insert) = TurnRow::begin(chosen, campaign, rater, writing.now);
        insert.execute(&mut *writing).await.map_err(|error| self.cause(error))?;
        writing.commit().await.map_err(|error| self.cause(error))?;
        Ok(next(Some(turn)))
    }

    async fn turn(&self, writing: &mut Writing, id: &str) -> Result<Option<TurnRow>, ShelfError> {
        let query = format!("{TURN} WHERE t.id = $1");
        sql::query_as(&query).bind(id).fetch_optional(&mut **writing).await.map_err(|error| self.cause(error))
    }

    /// A turn of this rater's.
    async fn found(&self, writing: &mut Writing, turn: &str, rater: &str, event: &str) -> Result<Found, ShelfError> {
        let known = "EXISTS (SELECT 1 FROM vote_events e WHERE e.id = $3) AS known";
        let query = format!(
            "{} WHERE t.id = $1 AND t.rater_id = $2",
            TURN.replacen("t.state", &format!("t.state, {known}"), 1)
        );
        let found = sql::query_as(&query).bind(turn).bind(rater).bind(event).fetch_optional(&mut **writing).await;
        found.map_err(|error| self.cause(error))?.ok_or(ShelfError::NoTurn)
    }

    /// Whether an open turn still has its place: its lease may have run out, and others have taken it.
    async fn has_place(&self, writing: &mut Writing, turn: &TurnRow, plan: &Plan) -> Result<bool, ShelfError> {
        if turn.is_closed() || turn.kind() != TurnKind::Plain {
            return Ok(!turn.is_closed());
        }
        self.lock_pair(writing, &turn.pair_id).await?;
        Ok(self.taken(writing, &turn.pair_id, &turn.id).await? < i64::from(plan.overlap))
    }

    /// Holds an open turn for longer; false if it has no place any more.
    async fn renew(&self, writing: &mut Writing, turn: &TurnRow, plan: &Plan) -> Result<bool, ShelfError> {
        let (keeps, now) = (self.has_place(writing, turn, plan).await?, writing.now);
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

    /// See `skip_turn`.
    pub(super) async fn pass_turn(
        &self,
        event: &str,
        turn: &str,
        rater: &str,
        reason: SkipReason,
    ) -> Result<(), ShelfError> {
        let mut writing = self.begin_for(rater).await?;
        let Found { turn: found, known } = self.found(&mut writing, turn, rater, event).await?;
        if known || found.state != "open" {
            drop(writing);
            return self.settled().await;
        }
        let content = serde_json::json!({ "reason": reason }).to_string();
        self.add_event(&mut writing, NewEvent { id: event, turn, rater, kind: "skip", content }).await?;
        end_turn(&writing, turn, "skipped").execute(&mut *writing).await.map_err(|error| self.cause(error))?;
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// See `undo_vote`.
    pub(super) async fn take_back(&self, campaign: &Campaign, event: &str, rater: &str) -> Result<bool, ShelfError> {
        let mut writing = self.begin_for(rater).await?;
        if self.has_event(&mut writing, event).await? {
            drop(writing);
            self.settled().await?;
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
        if let Some(count) = count_vote(&found, -1) {
            count.execute(&mut *writing).await.map_err(|error| self.cause(error))?;
        }
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
        let mut writing = self.begin_leasing_for(rater).await?;
        let Found { turn: found, .. } = self.found(&mut writing, turn, rater, "").await?;
        if found.state == "open" && self.renew(&mut writing, &found, plan).await? {
            sql::query("UPDATE turns SET draft = $1 WHERE id = $2")
                .bind(content)
                .bind(turn)
                .execute(&mut *writing)
                .await
                .map_err(|error| self.cause(error))?;
        }
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// See `hold_turn`.
    pub(super) async fn hold(&self, plan: &Plan, turn: &str, rater: &str) -> Result<(), ShelfError> {
        let mut writing = self.begin_leasing_for(rater).await?;
        let Found { turn: found, .. } = self.found(&mut writing, turn, rater, "").await?;
        if found.state == "open" {
            self.renew(&mut writing, &found, plan).await?;
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

/// A turn is over.
pub(super) fn end_turn(writing: &Writing, turn: &str, state: &str) -> Query<'static, ()> {
    let query = sql::query("UPDATE turns SET state = $1, ended_at = $2, draft = NULL WHERE id = $3");
    query.bind(state).bind(writing.now).bind(turn)
}

/// A plain turn's vote counts for its pair.
pub(super) fn count_vote(turn: &TurnRow, by: i64) -> Option<Query<'static, ()>> {
    let query = sql::query("UPDATE pairs SET votes = votes + $1 WHERE id = $2");
    (turn.kind() == TurnKind::Plain).then(|| query.bind(by).bind(&turn.pair_id))
}
