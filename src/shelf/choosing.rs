//! Which pair a rater is given next: practice first, then those with a known answer and repetitions as often as the plan says, and
//! else one that wants votes: in the order in which they were shuffled, or drawn, where the campaign asks for what is least sure.

use sqlx::FromRow;

use super::shelf_error::ShelfError;
use super::sql::{self, Writing};
use super::storage::Shelf;
use super::tally::Tally;
use crate::story::Campaign;

/// A pair that is to be somebody's turn.
#[derive(FromRow)]
pub(super) struct PairRow {
    pub id: String,
    pub kind: String,
    pub sequence_id: String,
    pub first_id: String,
    pub second_id: String,
    pub answer: Option<i64>,
}

/// A pair that was one already, and how it stood.
#[derive(FromRow)]
struct Repeated {
    #[sqlx(flatten)]
    pair: PairRow,
    first_is_left: bool,
}

/// What a rater is given.
pub(super) struct Chosen {
    pub pair: PairRow,
    /// Of a repetition: whether the first story stood on the left before.
    pub was_left: Option<bool>,
    /// With which probability the pair was drawn, and from how many.
    pub drawn: Option<(f64, i64)>,
}

/// Who is given a pair, in which campaign.
pub(super) struct Choosing<'a> {
    pub campaign: &'a Campaign,
    pub rater: &'a str,
    pub tally: Tally,
    /// Waits for pairs that others are choosing at the same moment. Who goes on from a vote does not: they hold the chain, for
    /// which those others may be waiting.
    pub patient: bool,
}

/// A plain pair with a place free, in the order in which they were shuffled.
#[derive(Clone, Debug, PartialEq, FromRow)]
struct Free {
    id: String,
    votes: i64,
    unsure: f64,
}

const PAIR: &str = "p.id, p.kind, p.sequence_id, p.first_id, p.second_id, p.answer";

/// Turns of a pair that hold a place: finished ones, and open ones whose lease runs.
const PLACES: &str = "(SELECT COUNT(*) FROM turns o WHERE o.pair_id = p.id AND NOT o.repeated \
    AND (o.state = 'done' OR (o.state = 'open' AND o.lease_until > $3)))";

/// Turns between a vote and its repetition, at least.
const APART: i64 = 3;

impl Shelf {
    /// The next pair for a rater.
    pub(super) async fn choose(
        &self,
        writing: &mut Writing,
        choosing: Choosing<'_>,
    ) -> Result<Option<Chosen>, ShelfError> {
        let Choosing { campaign, tally: Tally { given, gold, repeats, practice, .. }, .. } = choosing;
        let due = |share: f64, had: i64| ((given + 1) as f64 * share).floor() as i64 > had;
        // The places first: of the pairs that come first most are full where many rate at once.
        let free = |kind: &str, places: &str| {
            format!(
                "FROM pairs p WHERE p.campaign_id = $1 AND p.kind = '{kind}' AND $3 >= 0 {places} \
                 AND NOT EXISTS (SELECT 1 FROM turns t WHERE t.pair_id = p.id AND t.rater_id = $2 AND NOT t.repeated) \
                 ORDER BY p.votes DESC, p.shuffle"
            )
        };
        let fresh = |kind: &str| format!("SELECT {PAIR} {} LIMIT 1", free(kind, ""));
        let plain = free("plain", &format!("AND p.votes < {0} AND {PLACES} < {0}", campaign.plan.overlap));
        let mut wanted = Vec::new();
        if practice > 0 {
            wanted.push(fresh("practice"));
        }
        if due(campaign.plan.gold, gold) {
            wanted.push(fresh("gold"));
        }
        for query in &wanted {
            if let Some(pair) = self.first_of(writing, query, &choosing).await? {
                return Ok(Some(Chosen { pair, was_left: None, drawn: None }));
            }
        }
        if due(campaign.plan.repeats, repeats)
            && let Some((pair, left)) = self.to_repeat(writing, &choosing).await?
        {
            return Ok(Some(Chosen { pair, was_left: Some(left), drawn: None }));
        }
        if campaign.plan.uncertain > 0.0 {
            return self.draw(writing, &plain, &choosing).await;
        }
        let first = format!("SELECT {PAIR} {plain} LIMIT 1");
        let found = self.first_free(writing, &first, &choosing).await?;
        Ok(found.map(|pair| Chosen { pair, was_left: None, drawn: None }))
    }

    /// Draws one of the plain pairs that are free, and says with which probability.
    async fn draw(
        &self,
        writing: &mut Writing,
        free: &str,
        Choosing { campaign, rater, patient, .. }: &Choosing<'_>,
    ) -> Result<Option<Chosen>, ShelfError> {
        let query = format!("SELECT p.id, p.votes, p.unsure {free}");
        let query = sql::query_as(&query).bind(&campaign.id).bind(*rater).bind(writing.now);
        let mut all: Vec<Free> = query.fetch_all(&mut **writing).await.map_err(|error| self.cause(error))?;
        while let Some((at, chance)) = draw(&all, campaign.plan.uncertain, rand::random(), rand::random()) {
            let id = all[at].id.clone();
            let ours = match patient {
                true => self.lock_pair(writing, &id).await.map(|()| true)?,
                false => self.try_lock_pair(writing, &id).await?,
            };
            // Elsewhere somebody may have taken its last place since it was listed.
            if ours && self.taken(writing, &id, "").await? < i64::from(campaign.plan.overlap) {
                let query = format!("SELECT {PAIR} FROM pairs p WHERE p.id = $1");
                let found = sql::query_as(&query).bind(&id).fetch_optional(&mut **writing).await;
                let drawn = Some((chance, all.len() as i64));
                return Ok(found.map_err(|error| self.cause(error))?.map(|pair| Chosen {
                    pair,
                    was_left: None,
                    drawn,
                }));
            }
            all.remove(at);
        }
        Ok(None)
    }

    /// What a query for a pair finds first.
    pub(super) async fn first_of(
        &self,
        writing: &mut Writing,
        query: &str,
        Choosing { campaign, rater, .. }: &Choosing<'_>,
    ) -> Result<Option<PairRow>, ShelfError> {
        let query = sql::query_as(query).bind(&campaign.id).bind(*rater).bind(writing.now);
        query.fetch_optional(&mut **writing).await.map_err(|error| self.cause(error))
    }

    /// A plain pair that the rater has voted on a while ago and not repeated yet.
    async fn to_repeat(
        &self,
        writing: &mut Writing,
        Choosing { campaign, rater, patient, .. }: &Choosing<'_>,
    ) -> Result<Option<(PairRow, bool)>, ShelfError> {
        // Who goes on at once has one vote more than is written.
        let before = if *patient { APART - 1 } else { APART - 2 };
        let query = format!(
            "SELECT {PAIR}, t.first_is_left FROM turns t JOIN pairs p ON p.id = t.pair_id \
             WHERE t.campaign_id = $1 AND t.rater_id = $2 AND t.state = 'done' AND NOT t.repeated \
             AND p.kind = 'plain' AND NOT EXISTS (SELECT 1 FROM turns r WHERE r.pair_id = t.pair_id \
             AND r.rater_id = $2 AND r.repeated) ORDER BY t.ended_at DESC LIMIT 1 OFFSET $3"
        );
        let query = sql::query_as(&query).bind(&campaign.id).bind(*rater).bind(before);
        let found: Option<Repeated> = query.fetch_optional(&mut **writing).await.map_err(|error| self.cause(error))?;
        Ok(found.map(|found| (found.pair, found.first_is_left)))
    }
}

/// Draws with two numbers from 0 to 1: which way, and which pair. A share of all draws goes to the pair whose systems' order is least
/// sure, the rest evenly to those that have most votes already, so that pairs come to be whole. Gives the place of the pair and
/// the probability, by both ways together, with which it was drawn.
fn draw(all: &[Free], uncertain: f64, way: f64, which: f64) -> Option<(usize, f64)> {
    let first = all.first()?;
    let even = all.iter().take_while(|free| free.votes == first.votes).count();
    let better = |a: &Free, b: &Free| (a.unsure, a.votes) > (b.unsure, b.votes);
    let unsure = (1..all.len()).fold(0, |best, at| if better(&all[at], &all[best]) { at } else { best });
    let at = if way < uncertain { unsure } else { ((which * even as f64) as usize).min(even - 1) };
    let by_chance = if at < even { (1.0 - uncertain) / even as f64 } else { 0.0 };
    Some((at, by_chance + if at == unsure { uncertain } else { 0.0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_comes_as_often_as_its_probability_says() {
        let free = |id: &str, votes, unsure| Free { id: id.into(), votes, unsure };
        let all = [free("a", 1, 0.2), free("b", 1, 0.1), free("c", 1, 0.2), free("d", 0, 0.9), free("e", 0, 0.9)];
        let mut said = [0.0; 5];
        let mut drawn = [0.0; 5];
        let steps = 600;
        for way in 0..steps {
            for which in 0..steps {
                let part = |n: i32| (f64::from(n) + 0.5) / f64::from(steps);
                let (at, chance) = draw(&all, 0.3, part(way), part(which)).unwrap();
                said[at] = chance;
                drawn[at] += 1.0 / f64::from(steps * steps);
            }
        }
        for (said, drawn) in said.iter().zip(drawn) {
            assert!((said - drawn).abs() < 1e-9, "{said} and {drawn}");
        }
        assert!((said.iter().sum::<f64>() - 1.0).abs() < 1e-9 && said[3] == 0.3 && said[4] == 0.0, "{said:?}");
        assert_eq!(draw(&[], 0.3, 0.5, 0.5), None);
    }
}
