//! A vote is kept, and whoever gave it goes on: both in one transaction, which reads at once all that decides what becomes of the
//! vote and what comes next, and writes at once all that follows.
//!
//! It leaves out the first turn of a visit, drafts, and what is passed over or taken back (`turns`).

use sqlx::FromRow;

use super::campaigns::plan_of;
use super::choosing::Choosing;
use super::shelf_error::ShelfError;
use super::sql::{self, Query, Writing};
use super::storage::Shelf;
use super::tally::{Tally, tally};
use super::turns::{Kept, Next, TURN, TurnRow, count_vote, end_turn};
use super::vote_log::{ChainEnd, NewEvent};
use crate::story::{Campaign, Plan, Preference, TurnKind};

/// A vote as it is brought: its event's id, made by the rater's side, and the turn that it is given at.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub event: &'a str,
    pub turn: &'a str,
    pub rater: &'a str,
    pub preference: &'a Preference,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Voted {
    pub kept: Kept,
    /// What the turn was for, and the answer of its pair where it is known.
    pub kind: TurnKind,
    pub answer: Option<i64>,
    /// The rater's next turn, where it could be given at once. Without it `next_turn` has the whole answer.
    pub next: Option<Next>,
}

/// The turn of a vote, and all that decides what becomes of it.
#[derive(FromRow)]
struct AtVote {
    #[sqlx(flatten)]
    turn: TurnRow,
    #[sqlx(flatten)]
    end: ChainEnd,
    /// The event is in the log already.
    known: bool,
    /// Places of the pair that others have.
    taken: i64,
}

/// How the rater stands before the campaign.
#[derive(FromRow)]
struct Going {
    settings: String,
    open: bool,
    revoked: bool,
    #[sqlx(flatten)]
    tally: Tally,
}

/// The same, of a rater who goes on.
#[derive(FromRow)]
struct AtVoteGoing {
    #[sqlx(flatten)]
    at: AtVote,
    #[sqlx(flatten)]
    going: Going,
}

impl Shelf {
    /// See `keep_vote`; `going_on`: in which campaign the rater's next turn is wanted.
    pub(super) async fn take_vote(
        &self,
        plan: &Plan,
        going_on: Option<&Campaign>,
        given: Given<'_>,
    ) -> Result<Voted, ShelfError> {
        let Given { event, turn, rater, preference } = given;
        let content = serde_json::to_string(preference).map_err(|error| ShelfError::Row(error.to_string()))?;
        let mut writing = self.begin_for(rater).await?;
        self.lock_pair_of(&mut writing, turn).await?;
        self.lock_chain(&mut writing).await?;
        let (AtVote { turn: found, end, known, taken }, going) = self.at_vote(&mut writing, &given, going_on).await?;
        let voted = |kept, next| Voted { kept, kind: found.kind(), answer: found.answer, next };
        if known || found.state == "done" && self.says_the_same(&mut writing, turn, preference).await? {
            drop(writing);
            // Whoever brought it first may still wait for the disk.
            self.settled().await?;
            return Ok(voted(Kept::Before, None));
        }
        let has_place = found.kind() != TurnKind::Plain || taken < i64::from(plan.overlap);
        let has_place = has_place && !found.is_closed();
        let kept = if found.state == "open" && has_place { Kept::Now } else { Kept::Late };
        let kind = if kept == Kept::Now { "vote" } else { "late" };
        let event = NewEvent { id: event, turn, rater, kind, content };
        let mut writes = vec![self.event(end, event, writing.now)];
        let mut next = None;
        match (kept, found.state.as_str()) {
            (Kept::Now, _) => {
                writes.push(end_turn(&writing, turn, "done"));
                writes.extend(count_vote(&found, 1));
                if let (Some(campaign), Some(going)) = (going_on, going) {
                    next = self.go_on(&mut writing, campaign, rater, (&found, going)).await?;
                    writes.extend(next.as_ref().map(|(_, insert)| insert.clone()));
                }
            }
            (_, "open") => writes.push(end_turn(&writing, turn, "lost")),
            _ => {}
        }
        sql::together(writes, &mut writing).await.map_err(|error| self.cause(error))?;
        writing.commit().await.map_err(|error| self.cause(error))?;
        Ok(voted(kept, next.map(|(next, _)| next)))
    }

    /// What a vote finds.
    async fn at_vote(
        &self,
        writing: &mut Writing,
        given: &Given<'_>,
        going_on: Option<&Campaign>,
    ) -> Result<(AtVote, Option<Going>), ShelfError> {
        let taken = "(SELECT COUNT(*) FROM turns o WHERE o.pair_id = t.pair_id AND NOT o.repeated AND o.id <> t.id \
                     AND (o.state = 'done' OR (o.state = 'open' AND o.lease_until > $4)))";
        let columns = format!(
            "t.state, EXISTS (SELECT 1 FROM vote_events e WHERE e.id = $3) AS known, {taken} AS taken, {}",
            ChainEnd::columns("$5", "$2")
        );
        let (now, server) = (writing.now, self.server().to_owned());
        let bound = |text| sql::query(text).bind(given.turn).bind(given.rater).bind(given.event).bind(now).bind(server);
        let Some(campaign) = going_on else {
            let query = format!("{} WHERE t.id = $1 AND t.rater_id = $2", TURN.replacen("t.state", &columns, 1));
            let found = bound(&query).reading::<AtVote>().fetch_optional(&mut **writing).await;
            return Ok((found.map_err(|error| self.cause(error))?.ok_or(ShelfError::NoTurn)?, None));
        };
        let columns = format!("{columns}, c.settings, c.state = 'open' AS open, r.revoked, y.*");
        let query = format!(
            "{} JOIN campaigns c ON c.id = t.campaign_id JOIN raters r ON r.id = t.rater_id CROSS JOIN {} \
             WHERE t.id = $1 AND t.rater_id = $2",
            TURN.replacen("t.state", &columns, 1),
            tally("y", "$6", "$2")
        );
        let found = bound(&query).bind(&campaign.id).reading::<AtVoteGoing>().fetch_optional(&mut **writing).await;
        let AtVoteGoing { at, going } = found.map_err(|error| self.cause(error))?.ok_or(ShelfError::NoTurn)?;
        Ok((at, Some(going)))
    }

    /// The rater's next turn and how it is written, as it is once the vote at this one is; nothing where there is more to be said
    /// than a pair: the campaign is not as it was, the quota is full, or no pair could be had without waiting.
    async fn go_on(
        &self,
        writing: &mut Writing,
        campaign: &Campaign,
        rater: &str,
        (voted, going): (&TurnRow, Going),
    ) -> Result<Option<(Next, Query<'static, ()>)>, ShelfError> {
        let Going { settings, open, revoked, mut tally } = going;
        if !open || revoked || plan_of(&campaign.name, &settings)? != campaign.plan {
            return Ok(None);
        }
        tally.done += 1;
        tally.counted += i64::from(voted.kind() != TurnKind::Practice);
        if tally.is_full(&campaign.plan) {
            return Ok(None);
        }
        let choosing = Choosing { campaign, rater, tally, patient: false };
        let Some(chosen) = self.choose(writing, choosing).await? else { return Ok(None) };
        let left = self.left_after_vote(writing, campaign, rater, voted.kind() == TurnKind::Plain).await?;
        let (turn, insert) = TurnRow::begin(chosen, campaign, rater, writing.now);
        let (done, left) = tally.progress(&campaign.plan, left);
        Ok(Some((Next { turn: Some(turn), done, left }, insert)))
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
}
