//! How unsure each pair of a campaign is, by which some turns are drawn: by the order of its systems, or one by one.

use sqlx::FromRow;

use super::shelf_error::ShelfError;
use super::sql;
use super::storage::Shelf;

/// A pair whose answer nobody knows, and how unsure it is.
#[derive(Clone, Debug, PartialEq, FromRow)]
pub struct PlainPair {
    pub id: String,
    pub sequence_id: String,
    /// Ids of the stories.
    pub first_id: String,
    pub second_id: String,
    pub unsure: f64,
}

impl Shelf {
    /// Writes down how unsure the order of every two systems is; what is not named is as unsure as can be.
    pub async fn set_unsure(&self, campaign: &str, unsure: &[(String, String, f64)]) -> Result<(), ShelfError> {
        let mut writing = self.begin_leasing().await?;
        let all = sql::query("UPDATE pairs SET unsure = 1 WHERE campaign_id = $1 AND kind = 'plain'").bind(campaign);
        all.execute(&mut *writing).await.map_err(|error| self.cause(error))?;
        let of = |column: &str| {
            format!(
                "(SELECT c.policy FROM candidates c WHERE c.campaign_id = pairs.campaign_id AND c.story_id = pairs.{column})"
            )
        };
        let (first, second) = (of("first_id"), of("second_id"));
        let query = format!(
            "UPDATE pairs SET unsure = $2 WHERE campaign_id = $1 AND kind = 'plain' \
             AND (({first} = $3 AND {second} = $4) OR ({first} = $4 AND {second} = $3))"
        );
        for (one, other, unsure) in unsure {
            let query = sql::query(&query).bind(campaign).bind(*unsure).bind(one).bind(other);
            query.execute(&mut *writing).await.map_err(|error| self.cause(error))?;
        }
        writing.commit().await.map_err(|error| self.cause(error))
    }

    /// The plain pairs of a campaign, sequence by sequence; those with a story still to be told are left out.
    pub async fn plain_pairs(&self, campaign: &str) -> Result<Vec<PlainPair>, ShelfError> {
        let query = "SELECT p.id, p.sequence_id, p.first_id, p.second_id, p.unsure FROM pairs p JOIN stories a ON a.id = p.first_id \
                     JOIN stories b ON b.id = p.second_id WHERE p.campaign_id = $1 AND p.kind = 'plain' \
                     AND a.finish <> 'awaited' AND b.finish <> 'awaited' ORDER BY p.sequence_id, p.id";
        sql::query_as(query).bind(campaign).fetch_all(&self.pool).await.map_err(|error| self.cause(error))
    }

    /// Writes down how unsure each of these pairs is: 1 where nothing speaks for either story, near 0 where one is clearly better.
    pub async fn set_doubts(&self, doubts: &[(String, f64)]) -> Result<(), ShelfError> {
        let mut writing = self.begin_leasing().await?;
        for (pair, unsure) in doubts {
            let query = sql::query("UPDATE pairs SET unsure = $1 WHERE id = $2").bind(*unsure).bind(pair);
            query.execute(&mut *writing).await.map_err(|error| self.cause(error))?;
        }
        writing.commit().await.map_err(|error| self.cause(error))
    }
}
