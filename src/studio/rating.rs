//! Ratings: what a rater is asked next, and their vote, which is on the disk before anybody is told that it is kept.

use std::collections::VecDeque;
use std::sync::PoisonError;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::handle::Studio;
use crate::shelf::{Given, Kept, Next, StandingRow, Voted};
use crate::story::{
    Asked, Campaign, CampaignState, Finish, Notice, Pairing, Plan, Preference, Rater, SkipReason, Story, TurnKind,
    Verdict,
};

/// The end of a campaign: a day, whose end in UTC is meant, or a moment as RFC 3339 writes it. `None` where it says neither.
pub(super) fn deadline(said: &str) -> Option<OffsetDateTime> {
    let moment = |said: &str| OffsetDateTime::parse(said, &Rfc3339).ok();
    moment(said).or_else(|| moment(&format!("{said}T23:59:59Z")))
}

fn ended(plan: &Plan) -> bool {
    deadline(&plan.deadline).is_some_and(|end| end < OffsetDateTime::now_utc())
}

/// What became of a vote.
#[derive(Debug)]
pub struct KeptVote {
    /// What there is to say about it.
    pub said: Option<String>,
    /// What the rater is asked next, where it is known already.
    pub ahead: Option<Ahead>,
}

/// The turn that comes next, given in the same moment as a vote.
#[derive(Debug)]
pub struct Ahead(Next);

fn late(kept: Kept) -> Option<String> {
    (kept == Kept::Late).then(|| "written down, but it does not count: the pair takes no votes any more".to_owned())
}

/// After a practice pair: what it was there to show.
fn feedback(answer: i64, preference: &Preference) -> String {
    let agreed = match preference.verdict {
        Verdict::Prefer(strength) => i64::from(strength.signum()) == answer,
        Verdict::BothBad | Verdict::CannotJudge => false,
    };
    match agreed {
        true => "practice: yes, that is the story that fits its pictures".to_owned(),
        false => "practice: the other story is the one that fits; look at the pictures again".to_owned(),
    }
}

/// Stories that are held for whoever rates them next.
const STORIES: usize = 256;

impl Studio {
    /// All campaigns, the newest first.
    pub async fn campaigns(&self) -> Result<Vec<Campaign>, Notice> {
        Ok(self.inner.shelf.campaigns().await?)
    }

    /// The campaign of this name; without one, the only one there is.
    pub async fn campaign(&self, name: Option<&str>) -> Result<Campaign, Notice> {
        let Some(name) = name else {
            let mut all = self.campaigns().await?;
            return match all.len() {
                1 => Ok(all.remove(0)),
                0 => Err(Notice::yours("there is no campaign yet", "begin one with storyloom campaign new NAME")),
                _ => Err(Notice::yours("there are several campaigns", "name one; storyloom campaign list shows all")),
            };
        };
        let found = self.inner.shelf.campaign(name).await?;
        found
            .ok_or_else(|| Notice::yours(format!("there is no campaign '{name}'"), "storyloom campaign list shows all"))
    }

    /// Stops giving out pairs, or goes on.
    ///
    /// # Errors
    /// Pairs of words alone are not given out: the rating screen has no place for what their stories answer.
    pub async fn set_campaign(&self, campaign: &Campaign, state: CampaignState) -> Result<(), Notice> {
        if state == CampaignState::Open && self.inner.shelf.pairs_without_pictures(&campaign.id).await? > 0 {
            let what = format!("'{}' has pairs without pictures, which cannot be rated on this screen", campaign.name);
            return Err(Notice::yours(what, "the votes that it has count; rate it further where they are from"));
        }
        Ok(self.inner.shelf.set_campaign_state(&campaign.id, state).await?)
    }

    /// What the rater is asked next, at a terminal that shows pictures by the protocol `screen`.
    pub async fn asked(&self, campaign: &Campaign, rater: &Rater, screen: &str) -> Result<Asked, Notice> {
        let shelf = &self.inner.shelf;
        let gone =
            || Notice::yours(format!("there is no campaign '{}' any more", campaign.name), "ask whoever runs it");
        let StandingRow { plan, state, revoked, agreed } =
            shelf.standing(&campaign.id, &rater.id).await?.ok_or_else(gone)?;
        let campaign = &Campaign { plan, state, ..campaign.clone() };
        let plan = &campaign.plan;
        if revoked {
            return Err(Notice::yours("you may rate no more", "ask whoever runs the campaign; your votes are kept"));
        }
        if ended(plan) {
            let try_this = "everything you have said is kept; ask whoever runs it if you would say more";
            return Err(Notice::outside(
                format!("the campaign '{}' ended on {}", campaign.name, plan.deadline),
                try_this,
            ));
        }
        if campaign.state == CampaignState::Paused {
            let try_this = "come back later; everything you have said is kept";
            return Err(Notice::outside(format!("the campaign '{}' is paused", campaign.name), try_this));
        }
        if agreed < plan.guideline_version {
            return Ok(Asked::Consent { guideline: plan.guideline.clone(), version: plan.guideline_version });
        }
        if let Some(sight) = self.sight(campaign, rater, screen).await? {
            return Ok(Asked::Sight(sight));
        }
        let next = shelf.next_turn(campaign, &rater.id).await?;
        self.asked_by(plan, next).await
    }

    /// What the rater is asked next, after a vote.
    pub async fn asked_ahead(&self, campaign: &Campaign, ahead: Ahead) -> Result<Asked, Notice> {
        self.asked_by(&campaign.plan, ahead.0).await
    }

    async fn asked_by(&self, plan: &Plan, Next { turn, done, left }: Next) -> Result<Asked, Notice> {
        let Some(turn) = turn else { return Ok(Asked::Nothing { done }) };
        let opened = self.sequence(&crate::story::SequenceId(turn.sequence_id.clone())).await?;
        let draft = turn.draft.as_deref().and_then(|draft| serde_json::from_str(draft).ok());
        Ok(Asked::Pairing(Box::new(Pairing {
            kind: turn.kind(),
            sequence: opened.sequence.clone(),
            first: self.story(&turn.first_id).await?,
            second: self.story(&turn.second_id).await?,
            first_is_left: turn.first_is_left,
            draft,
            done,
            left,
            criteria: plan.criteria.clone(),
            guideline: plan.guideline.clone(),
            guideline_version: plan.guideline_version,
            lease_seconds: plan.lease_seconds,
            event: format!("e-{:032x}", rand::random::<u128>()),
            id: turn.id,
        })))
    }

    /// A story, which never changes once it is told: whoever rates it after somebody else need not have it read again.
    async fn story(&self, id: &str) -> Result<Story, Notice> {
        let held = |stories: &VecDeque<Story>| stories.iter().find(|story| story.id == id).cloned();
        if let Some(story) = held(&self.inner.stories.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(story);
        }
        let story = self.inner.shelf.story_of(id).await?;
        if story.finish == Finish::Awaited {
            return Ok(story);
        }
        let mut stories = self.inner.stories.lock().unwrap_or_else(PoisonError::into_inner);
        stories.truncate(STORIES - 1);
        stories.push_front(story.clone());
        Ok(story)
    }

    /// Keeps a vote. When this returns it is on the disk.
    pub async fn keep_vote(
        &self,
        campaign: &Campaign,
        rater: &Rater,
        (turn, event): (&str, &str),
        preference: &Preference,
    ) -> Result<KeptVote, Notice> {
        let given = Given { event, turn, rater: &rater.id, preference };
        let shelf = &self.inner.shelf;
        if ended(&campaign.plan) {
            let kept = shelf.keep_vote(&campaign.plan, event, turn, &rater.id, preference).await?;
            return Ok(KeptVote { said: late(kept), ahead: None });
        }
        let Voted { kept, kind, answer, next } = shelf.keep_vote_and_go_on(campaign, given).await?;
        if kept == Kept::Now {
            self.count_again(campaign, rater);
        }
        let practised = answer.filter(|_| kind == TurnKind::Practice).map(|answer| feedback(answer, preference));
        Ok(KeptVote { said: late(kept).or(practised), ahead: next.map(Ahead) })
    }

    pub async fn keep_draft(
        &self,
        campaign: &Campaign,
        rater: &Rater,
        turn: &str,
        draft: &Preference,
    ) -> Result<(), Notice> {
        Ok(self.inner.shelf.keep_draft(&campaign.plan, turn, &rater.id, draft).await?)
    }

    /// The rater is still at this turn, though they say nothing.
    pub async fn hold_pair(&self, campaign: &Campaign, rater: &Rater, turn: &str) -> Result<(), Notice> {
        Ok(self.inner.shelf.hold_turn(&campaign.plan, turn, &rater.id).await?)
    }

    pub async fn skip_pair(
        &self,
        rater: &Rater,
        (turn, event): (&str, &str),
        reason: SkipReason,
    ) -> Result<(), Notice> {
        Ok(self.inner.shelf.skip_turn(event, turn, &rater.id, reason).await?)
    }

    /// Takes back the rater's last vote; false if there is none.
    pub async fn undo_vote(&self, campaign: &Campaign, rater: &Rater) -> Result<bool, Notice> {
        let event = format!("e-{:032x}", rand::random::<u128>());
        Ok(self.inner.shelf.undo_vote(campaign, &event, &rater.id).await?)
    }

    pub async fn agree(&self, campaign: &Campaign, rater: &Rater, version: u32) -> Result<(), Notice> {
        Ok(self.inner.shelf.keep_consent(&campaign.id, &rater.id, version).await?)
    }

    /// What lasts, for those who manage ratings and for counting them.
    pub fn shelf(&self) -> &crate::shelf::Shelf {
        &self.inner.shelf
    }
}
