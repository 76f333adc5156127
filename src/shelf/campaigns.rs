//! Campaigns, the stories that compete in them, and their pairs.

use sqlx::FromRow;

use super::clock;
use super::shelf_error::ShelfError;
use super::sql::{self, Writing};
use super::storage::Shelf;
use crate::story::{Campaign, CampaignState, Plan};

/// A pair as it is put into a campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct NewPair {
    pub sequence: String,
    /// Ids of the stories.
    pub first: String,
    pub second: String,
    pub kind: PairKind,
    /// That this pair was drawn from all there could be.
    pub chance: f64,
}

/// What a pair is for. An answer is 1 where the first story is better, -1 where the second is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairKind {
    Plain,
    Gold { answer: i64 },
    Practice { answer: i64 },
}

impl PairKind {
    fn columns(self) -> (&'static str, Option<i64>) {
        match self {
            PairKind::Plain => ("plain", None),
            PairKind::Gold { answer } => ("gold", Some(answer)),
            PairKind::Practice { answer } => ("practice", Some(answer)),
        }
    }
}

#[derive(FromRow)]
struct CampaignRow {
    id: String,
    name: String,
    settings: String,
    state: String,
    pairs: i64,
    votes: i64,
}

const COLUMNS: &str = "SELECT c.id, c.name, c.settings, c.state, \
    (SELECT COUNT(*) FROM pairs p WHERE p.campaign_id = c.id AND p.kind = 'plain') AS pairs, \
    (SELECT COALESCE(CAST(SUM(p.votes) AS BIGINT), 0) FROM pairs p WHERE p.campaign_id = c.id AND p.kind = 'plain') AS votes \
    FROM campaigns c";

impl Shelf {
    /// Begins a campaign of these pairs. `candidates`: a story's id, and which system it stands for. All or nothing.
    pub async fn put_campaign(
        &self,
        name: &str,
        plan: &Plan,
        candidates: &[(String, String)],
        pairs: &[NewPair],
    ) -> Result<String, ShelfError> {
        let mut writing = self.begin().await?;
        let (id, _) = self.add_campaign(&mut writing, (name, CampaignState::Open), plan, candidates, pairs).await?;
        writing.commit().await.map_err(|error| self.cause(error))?;
        Ok(id)
    }

    /// The same within a transaction that writes; gives the ids of the campaign and of its pairs, in their order.
    pub(super) async fn add_campaign(
        &self,
        writing: &mut Writing,
        (name, state): (&str, CampaignState),
        plan: &Plan,
        candidates: &[(String, String)],
        pairs: &[NewPair],
    ) -> Result<(String, Vec<String>), ShelfError> {
        let id = new_id("c");
        let settings = serde_json::to_string(plan).map_err(|error| ShelfError::Row(error.to_string()))?;
        let query = "INSERT INTO campaigns (id, name, settings, state, created_at) VALUES ($1, $2, $3, $4, $5)";
        let added = sql::query(query)
            .bind(&id)
            .bind(name)
            .bind(settings)
            .bind(state_word(state))
            .bind(clock::now())
            .execute(&mut **writing)
            .await;
        added.map_err(|error| match error.as_database_error() {
            Some(refused) if refused.is_unique_violation() => ShelfError::CampaignTaken { name: name.to_owned() },
            _ => self.cause(error),
        })?;
        let ids = self.put_pairs(writing, &id, candidates, pairs).await?;
        Ok((id, ids))
    }

    /// Puts more pairs into a campaign. All or nothing.
    pub async fn add_pairs(
        &self,
        campaign: &str,
        candidates: &[(String, String)],
        pairs: &[NewPair],
    ) -> Result<(), ShelfError> {
        let mut writing = self.begin().await?;
        self.put_pairs(&mut writing, campaign, candidates, pairs).await?;
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// Gives the ids of the pairs.
    async fn put_pairs(
        &self,
        writing: &mut Writing,
        campaign: &str,
        candidates: &[(String, String)],
        pairs: &[NewPair],
    ) -> Result<Vec<String>, ShelfError> {
        for (story, policy) in candidates {
            let query = "INSERT INTO candidates (campaign_id, story_id, policy) VALUES ($1, $2, $3) \
                         ON CONFLICT (campaign_id, story_id) DO NOTHING";
            sql::query(query)
                .bind(campaign)
                .bind(story)
                .bind(policy)
                .execute(&mut **writing)
                .await
                .map_err(|error| self.cause(error))?;
        }
        let mut ids = Vec::new();
        for pair in pairs {
            let pair_id = new_id("p");
            let (kind, answer) = pair.kind.columns();
            let query = "INSERT INTO pairs (id, campaign_id, sequence_id, first_id, second_id, kind, answer, chance, shuffle, \
                         votes) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)";
            sql::query(query)
                .bind(&pair_id)
                .bind(campaign)
                .bind(&pair.sequence)
                .bind(&pair.first)
                .bind(&pair.second)
                .bind(kind)
                .bind(answer)
                .bind(pair.chance)
                .bind(i64::from(rand::random::<u32>()))
                .execute(&mut **writing)
                .await
                .map_err(|error| self.cause(error))?;
            ids.push(pair_id);
        }
        Ok(ids)
    }

    /// All campaigns, the newest first.
    pub async fn campaigns(&self) -> Result<Vec<Campaign>, ShelfError> {
        let query = format!("{COLUMNS} ORDER BY c.created_at DESC, c.id");
        let rows: Vec<CampaignRow> =
            sql::query_as(&query).fetch_all(&self.pool).await.map_err(|error| self.cause(error))?;
        rows.into_iter().map(Campaign::try_from).collect()
    }

    /// The campaign of this name, or this id.
    pub async fn campaign(&self, name: &str) -> Result<Option<Campaign>, ShelfError> {
        let query = format!("{COLUMNS} WHERE c.name = $1 OR c.id = $1");
        let row: Option<CampaignRow> =
            sql::query_as(&query).bind(name).fetch_optional(&self.pool).await.map_err(|error| self.cause(error))?;
        row.map(Campaign::try_from).transpose()
    }

    /// The pairs of a campaign as they are read: the sequence's id, and both texts.
    pub async fn texts_of_pairs(&self, campaign: &str) -> Result<Vec<(String, String, String)>, ShelfError> {
        let query = "SELECT p.sequence_id, a.content, b.content FROM pairs p JOIN stories a ON a.id = p.first_id \
                     JOIN stories b ON b.id = p.second_id WHERE p.campaign_id = $1";
        sql::query_as(query).bind(campaign).fetch_all(&self.pool).await.map_err(|error| self.cause(error))
    }

    /// Asks otherwise from now on: raters who come to their next pair are asked by this plan.
    pub async fn set_plan(&self, id: &str, plan: &Plan) -> Result<(), ShelfError> {
        let settings = serde_json::to_string(plan).map_err(|error| ShelfError::Row(error.to_string()))?;
        let query = sql::query("UPDATE campaigns SET settings = $1 WHERE id = $2").bind(settings).bind(id);
        query.execute(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(())
    }

    pub async fn set_campaign_state(&self, id: &str, state: CampaignState) -> Result<(), ShelfError> {
        let query = sql::query("UPDATE campaigns SET state = $1 WHERE id = $2").bind(state_word(state)).bind(id);
        query.execute(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(())
    }
}

pub(super) fn plan_of(campaign: &str, settings: &str) -> Result<Plan, ShelfError> {
    serde_json::from_str(settings).map_err(|error| ShelfError::Row(format!("campaign {campaign}: {error}")))
}

pub(super) fn state_of(word: &str) -> CampaignState {
    if word == "open" { CampaignState::Open } else { CampaignState::Paused }
}

impl TryFrom<CampaignRow> for Campaign {
    type Error = ShelfError;

    fn try_from(row: CampaignRow) -> Result<Campaign, ShelfError> {
        let plan = plan_of(&row.name, &row.settings)?;
        let (pairs, votes) = (row.pairs.unsigned_abs(), row.votes.unsigned_abs());
        let state = state_of(&row.state);
        let wanted = pairs * u64::from(plan.overlap);
        Ok(Campaign { id: row.id, name: row.name, plan, state, pairs, wanted, votes })
    }
}

fn state_word(state: CampaignState) -> &'static str {
    if state == CampaignState::Open { "open" } else { "paused" }
}

/// An id that nobody else has made.
pub(super) fn new_id(letter: &str) -> String {
    format!("{letter}-{:032x}", rand::random::<u128>())
}
