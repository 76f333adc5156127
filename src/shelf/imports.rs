//! Votes of somebody else's file: stories, raters, campaign, turns and events go on the shelf in one transaction, or not at
//! all. What is read from which file, and how, is decided elsewhere.

use super::campaigns::{NewPair, new_id};
use super::clock;
use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;
use super::vote_log::NewEvent;
use crate::story::{CampaignState, NO_PICTURE, Plan, Preference, Story};

/// A whole file, ready to be kept.
#[derive(Clone, Debug)]
pub struct NewImport {
    pub name: String,
    pub plan: Plan,
    /// Each with the system that it stands for. Their sequences must be on the shelf.
    pub stories: Vec<(Story, String)>,
    pub pairs: Vec<NewPair>,
    pub raters: Vec<NewRater>,
    pub votes: Vec<NewVote>,
}

/// Somebody who voted elsewhere. They can never come in: they are revoked from the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRater {
    pub name: String,
    pub simulated: bool,
}

/// A vote that was given elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct NewVote {
    /// Made of the file and the place in it, so that the same file makes the same events.
    pub event: String,
    /// Places in `pairs` and `raters`.
    pub pair: usize,
    pub rater: usize,
    pub repeated: bool,
    pub first_is_left: bool,
    /// Whether it counts for the pair's overlap.
    pub counts: bool,
    pub preference: Preference,
}

impl Shelf {
    /// The votes whose events begin with `prefix` (letters, digits and dashes), each with the name of its campaign.
    pub async fn imported(&self, prefix: &str) -> Result<Vec<(String, String)>, ShelfError> {
        let query = "SELECT e.id, c.name FROM vote_events e JOIN turns t ON t.id = e.turn_id \
                     JOIN campaigns c ON c.id = t.campaign_id WHERE e.id LIKE $1 ORDER BY e.seq";
        let query = sql::query_as(query).bind(format!("{prefix}%"));
        query.fetch_all(&self.pool).await.map_err(|error| self.cause(error))
    }

    /// How many pairs of a campaign are of words alone.
    pub async fn pairs_without_pictures(&self, campaign: &str) -> Result<u64, ShelfError> {
        let query = "SELECT COUNT(*) FROM pairs p JOIN frames f ON f.sequence_id = p.sequence_id \
                     WHERE p.campaign_id = $1 AND f.name = $2";
        let query = sql::query_scalar(query).bind(campaign).bind(NO_PICTURE);
        let count: i64 = query.fetch_one(&self.pool).await.map_err(|error| self.cause(error))?;
        Ok(count.unsigned_abs())
    }

    /// Keeps an import as a campaign that is paused: nobody is asked anything until somebody resumes it. All or nothing.
    pub async fn put_import(&self, import: &NewImport) -> Result<String, ShelfError> {
        let mut writing = self.begin().await?;
        let mut candidates = Vec::new();
        for (story, system) in &import.stories {
            self.add_story(&mut *writing, story).await?;
            candidates.push((story.id.clone(), system.clone()));
        }
        let named = (import.name.as_str(), CampaignState::Paused);
        let (campaign, pairs) =
            self.add_campaign(&mut writing, named, &import.plan, &candidates, &import.pairs).await?;
        let mut raters = Vec::new();
        for rater in &import.raters {
            // Longer than what is drawn for those who come in: a file may hold many thousands.
            let id = format!("r-{:016x}", rand::random::<u64>());
            let query = "INSERT INTO raters (id, name, role, simulated, revoked, added_at) \
                         VALUES ($1, $2, 'rater', $3, TRUE, $4)";
            sql::query(query)
                .bind(&id)
                .bind(&rater.name)
                .bind(rater.simulated)
                .bind(clock::now())
                .execute(&mut *writing)
                .await
                .map_err(|error| self.cause(error))?;
            raters.push(id);
        }
        let mut counted = vec![0_i64; pairs.len()];
        for vote in &import.votes {
            let (pair, rater) = (&pairs[vote.pair], &raters[vote.rater]);
            let turn = new_id("t");
            let at = vote.preference.imported.as_ref().and_then(|from| from.said_at).unwrap_or_else(clock::now);
            let query = "INSERT INTO turns (id, campaign_id, pair_id, rater_id, repeated, first_is_left, state, \
                         lease_until, shown_at, ended_at, kind) VALUES ($1, $2, $3, $4, $5, $6, 'done', $7, $7, $7, \
                         (SELECT kind FROM pairs WHERE id = $3))";
            sql::query(query)
                .bind(&turn)
                .bind(&campaign)
                .bind(pair)
                .bind(rater)
                .bind(vote.repeated)
                .bind(vote.first_is_left)
                .bind(at)
                .execute(&mut *writing)
                .await
                .map_err(|error| self.cause(error))?;
            let content =
                serde_json::to_string(&vote.preference).map_err(|error| ShelfError::Row(error.to_string()))?;
            let event = NewEvent { id: &vote.event, turn: &turn, rater, kind: "vote", content };
            self.add_event(&mut writing, event).await?;
            counted[vote.pair] += i64::from(vote.counts);
        }
        for (pair, votes) in pairs.iter().zip(counted) {
            sql::query("UPDATE pairs SET votes = $1 WHERE id = $2")
                .bind(votes)
                .bind(pair)
                .execute(&mut *writing)
                .await
                .map_err(|error| self.cause(error))?;
        }
        writing.commit().await.map_err(|error| self.cause(error))?;
        Ok(campaign)
    }
}
