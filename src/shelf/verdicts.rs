//! What raters said, for counting: every vote that counts now, with its pair, its systems and its rater.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};
use sqlx::FromRow;

use super::campaigns::{new_id, plan_of, state_of};
use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;
use super::vote_log::NewEvent;
use crate::story::{CampaignState, Origin, Plan, Preference, SequenceId, Task, TurnKind};

/// A vote that counts.
#[derive(Clone, Debug, PartialEq)]
pub struct VoteRow {
    pub turn: String,
    pub pair: String,
    pub sequence: String,
    pub rater: String,
    pub simulated: bool,
    pub kind: TurnKind,
    /// The systems that the first and the second story stand for, and their texts.
    pub first: (String, String),
    pub second: (String, String),
    /// Nothing where the vote is from a file that does not say it.
    pub first_is_left: Option<bool>,
    /// Of gold and practice: 1 if the first is better, -1 if the second.
    pub answer: Option<i64>,
    /// With which probability the pair came into the campaign.
    pub chance: f64,
    /// And with which it was drawn for this vote, from how many; nothing where pairs go by the order in which they were shuffled.
    pub drawn: Option<(f64, u64)>,
    /// What the first system was asked: as the model got it, or as its file has it; and by what task and words.
    pub prompt: String,
    pub task: Task,
    pub origin: Origin,
    pub preference: Preference,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// How a rater stands before a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct StandingRow {
    /// As it is now: it may have been paused meanwhile.
    pub plan: Plan,
    pub state: CampaignState,
    pub revoked: bool,
    /// The version of the guideline that they agreed to last; 0 before the first.
    pub agreed: u32,
}

#[derive(FromRow)]
struct Row {
    turn_id: String,
    pair_id: String,
    sequence_id: String,
    rater_id: String,
    simulated: bool,
    kind: String,
    repeated: bool,
    first_policy: String,
    second_policy: String,
    first_text: String,
    second_text: String,
    prompt: String,
    task: String,
    origin: String,
    first_is_left: bool,
    answer: Option<i64>,
    chance: f64,
    turn_chance: Option<f64>,
    among: Option<i64>,
    content: String,
    at: i64,
}

impl Shelf {
    /// Every vote of a campaign that counts now, in the order they were given. Those on pairs that were closed do not, nor as long as a
    /// story is still to be told to its end.
    pub async fn votes(&self, campaign: &str) -> Result<Vec<VoteRow>, ShelfError> {
        let query = "SELECT v.turn_id, t.pair_id, p.sequence_id, v.rater_id, r.simulated, p.kind, t.repeated, \
                     COALESCE(a.policy, '') AS first_policy, COALESCE(b.policy, '') AS second_policy, \
                     f.content AS first_text, s.content AS second_text, f.prompt, f.task, f.origin, \
                     t.first_is_left, p.answer, p.chance, t.chance AS turn_chance, t.among, v.content, v.at \
                     FROM current_votes v JOIN turns t ON t.id = v.turn_id JOIN pairs p ON p.id = t.pair_id \
                     JOIN raters r ON r.id = v.rater_id \
                     JOIN stories f ON f.id = p.first_id JOIN stories s ON s.id = p.second_id \
                     LEFT JOIN candidates a ON a.campaign_id = p.campaign_id AND a.story_id = p.first_id \
                     LEFT JOIN candidates b ON b.campaign_id = p.campaign_id AND b.story_id = p.second_id \
                     WHERE t.campaign_id = $1 AND p.kind <> 'closed' AND f.finish <> 'awaited' AND s.finish <> 'awaited' \
                     ORDER BY v.at, v.server, v.seq";
        let rows: Vec<Row> =
            sql::query_as(query).bind(campaign).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        rows.into_iter().map(VoteRow::try_from).collect()
    }

    /// How many votes count for each sequence; sequences without one are left out.
    pub async fn vote_counts(&self) -> Result<HashMap<SequenceId, usize>, ShelfError> {
        let query = "SELECT p.sequence_id, COUNT(*) FROM current_votes v JOIN turns t ON t.id = v.turn_id \
                     JOIN pairs p ON p.id = t.pair_id WHERE p.kind <> 'closed' GROUP BY p.sequence_id";
        let rows: Vec<(String, i64)> =
            sql::query_as(query).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(rows.into_iter().map(|(id, count)| (SequenceId(id), usize::try_from(count).unwrap_or(0))).collect())
    }

    /// How a rater stands before a campaign; `None` where there is no such campaign any more.
    pub async fn standing(&self, campaign: &str, rater: &str) -> Result<Option<StandingRow>, ShelfError> {
        let query = "SELECT c.settings, c.state, COALESCE((SELECT r.revoked FROM raters r WHERE r.id = $2), TRUE), \
                     (SELECT e.content FROM vote_events e WHERE e.rater_id = $2 AND e.kind = 'consent' AND e.turn_id = $1 \
                     ORDER BY e.rater_seq DESC LIMIT 1) FROM campaigns c WHERE c.id = $1";
        let row: Option<(String, String, bool, Option<String>)> = sql::query_as(query)
            .bind(campaign)
            .bind(rater)
            .fetch_optional(&self.pool)
            .await
            .map_err(|error| self.cause(error))?;
        let Some((settings, state, revoked, consent)) = row else { return Ok(None) };
        let read = |content: String| serde_json::from_str::<serde_json::Value>(&content).ok()?["version"].as_u64();
        let agreed = consent.and_then(read).and_then(|version| u32::try_from(version).ok()).unwrap_or(0);
        Ok(Some(StandingRow { plan: plan_of(campaign, &settings)?, state: state_of(&state), revoked, agreed }))
    }

    /// Writes down that a rater has agreed to a campaign's guideline. It stands in the log where votes have their turn.
    pub async fn keep_consent(&self, campaign: &str, rater: &str, version: u32) -> Result<(), ShelfError> {
        let mut writing = self.begin_for(rater).await?;
        let content = serde_json::json!({ "version": version }).to_string();
        let id = new_id("e");
        self.add_event(&mut writing, NewEvent { id: &id, turn: campaign, rater, kind: "consent", content }).await?;
        writing.commit().await.map_err(|error| self.cause(error))
    }
}

impl Shelf {
    /// How many pictures a rater saw right the last time, on a terminal that shows them by the protocol `screen`.
    pub async fn sight_of(&self, campaign: &str, rater: &str, screen: &str) -> Result<Option<u32>, ShelfError> {
        let query =
            "SELECT content FROM vote_events WHERE rater_id = $1 AND kind = 'sight' AND turn_id = $2 ORDER BY at DESC";
        let seen: Vec<String> = sql::query_scalar(query)
            .bind(rater)
            .bind(campaign)
            .fetch_all(&self.pool)
            .await
            .map_err(|error| self.cause(error))?;
        let seen = seen.iter().filter_map(|content| serde_json::from_str::<Seen>(content).ok());
        Ok(seen.into_iter().find(|seen| seen.screen == screen).map(|seen| seen.right))
    }

    /// Writes down what a rater saw: so many right, of so many. It stands in the log where votes have their turn.
    pub async fn keep_sight(
        &self,
        campaign: &str,
        rater: &str,
        screen: &str,
        (right, of): (u32, u32),
    ) -> Result<(), ShelfError> {
        let seen = Seen { screen: screen.to_owned(), right, of };
        let content = serde_json::to_string(&seen).map_err(|error| ShelfError::Row(error.to_string()))?;
        let mut writing = self.begin_for(rater).await?;
        let id = new_id("e");
        self.add_event(&mut writing, NewEvent { id: &id, turn: campaign, rater, kind: "sight", content }).await?;
        writing.commit().await.map_err(|error| self.cause(error))
    }
}

/// What a rater saw of the pictures they were shown first.
#[derive(Serialize, Deserialize)]
struct Seen {
    screen: String,
    right: u32,
    of: u32,
}

/// What a turn is for, by its pair and by whether the rater has voted on it before.
pub(super) fn turn_kind(kind: &str, repeated: bool) -> TurnKind {
    match (repeated, kind) {
        (true, _) => TurnKind::Repeat,
        (_, "practice") => TurnKind::Practice,
        (_, "gold") => TurnKind::Gold,
        _ => TurnKind::Plain,
    }
}

impl TryFrom<Row> for VoteRow {
    type Error = ShelfError;

    fn try_from(row: Row) -> Result<VoteRow, ShelfError> {
        let preference: Preference = serde_json::from_str(&row.content)
            .map_err(|error| ShelfError::Row(format!("vote at turn {}: {error}", row.turn_id)))?;
        let kind = turn_kind(&row.kind, row.repeated);
        let side_known = preference.imported.as_ref().is_none_or(|from| from.side_known);
        Ok(VoteRow {
            turn: row.turn_id,
            pair: row.pair_id,
            sequence: row.sequence_id,
            rater: row.rater_id,
            simulated: row.simulated,
            kind,
            first: (row.first_policy, row.first_text),
            second: (row.second_policy, row.second_text),
            first_is_left: side_known.then_some(row.first_is_left),
            answer: row.answer,
            chance: row.chance,
            drawn: row.turn_chance.zip(row.among.map(i64::unsigned_abs)),
            prompt: row.prompt,
            task: row.task.parse().map_err(|_| ShelfError::Row(format!("the task '{}' of a story", row.task)))?,
            origin: serde_json::from_str(&row.origin).map_err(|error| ShelfError::Row(error.to_string()))?,
            preference,
            at: row.at,
        })
    }
}
