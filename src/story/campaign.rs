//! A campaign: which stories are compared, by what questions and by how many raters; and one rater before one pair.

use serde::{Deserialize, Serialize};

use super::{Frame, Preference, Sequence, Story};

/// One question beside the overall preference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Criterion {
    pub name: String,
    /// What raters are told about it.
    pub question: String,
}

/// By what a pair is least sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Doubted {
    /// The votes so far leave the order of its two systems open.
    #[default]
    Systems,
    /// The reward model in use finds both stories worth about the same.
    Reward,
}

/// How a campaign asks. Its fields are those of the campaign's TOML.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// Votes for each pair, each of another rater.
    pub overlap: u32,
    /// Of a rater's turns this share is of pairs whose answer is known.
    pub gold: f64,
    /// And this share is a pair that the rater has voted on, sides swapped.
    pub repeats: f64,
    /// And of the other turns this share goes to pairs that are least sure; the rest are drawn evenly. 0: all in one order,
    /// which was drawn by chance.
    pub uncertain: f64,
    /// What says how sure they are.
    pub uncertain_by: Doubted,
    /// Votes of one rater, at most; 0: as many as there are.
    pub quota: u32,
    /// When it ends: "2026-12-24", the end of that day in UTC, or "2026-12-24T18:00:00+01:00". Empty: never.
    pub deadline: String,
    pub criteria: Vec<Criterion>,
    /// What raters read and agree to before they begin, and its version: a change asks for agreement anew.
    pub guideline: String,
    pub guideline_version: u32,
    /// A pair is held for a rater for so many seconds without a key; then others may have it.
    pub lease_seconds: u32,
    /// Only raters whose terminal shows pictures better than blocks of characters.
    pub needs_pictures: bool,
    /// Of the three pictures that a rater is shown first, so many must be seen right.
    pub sight: u32,
}

impl Default for Plan {
    fn default() -> Self {
        let criterion = |name: &str, question: &str| Criterion { name: name.into(), question: question.into() };
        Plan {
            overlap: 2,
            gold: 0.1,
            repeats: 0.1,
            uncertain: 0.0,
            uncertain_by: Doubted::Systems,
            quota: 0,
            deadline: String::new(),
            criteria: vec![
                criterion("coherence", "Which story hangs together better, from the first line to the last?"),
                criterion("relevance", "Which story is truer to what the pictures show?"),
                criterion("emotional depth", "Which story makes you feel more with those in it?"),
            ],
            guideline: "You will see a few pictures and two stories about them. Look at the pictures first, then read both \
                        stories. Say which one you would rather give to somebody to read, and how much rather. There are no \
                        right answers but yours; if both are the same to you, say so. Your votes are kept under a number, \
                        not your name, and you can stop at any time."
                .into(),
            guideline_version: 1,
            lease_seconds: 900,
            needs_pictures: false,
            sight: 0,
        }
    }
}

impl Plan {
    /// What cannot be meant.
    pub fn trouble(&self) -> Option<&'static str> {
        let share = |value: f64| (0.0..=1.0).contains(&value);
        if self.overlap == 0 {
            Some("overlap must be 1 at least")
        } else if ![self.gold, self.repeats, self.uncertain].into_iter().all(share) || self.gold + self.repeats > 1.0 {
            Some("gold, repeats and uncertain are shares from 0 to 1, and gold and repeats together no more than 1")
        } else if self.lease_seconds == 0 {
            Some("lease_seconds must be 1 at least")
        } else {
            None
        }
    }
}

/// How a campaign stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CampaignState {
    #[default]
    Open,
    Paused,
}

/// A campaign as lists show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    pub id: String,
    pub name: String,
    pub plan: Plan,
    pub state: CampaignState,
    /// Pairs to be voted on, votes that are wanted of them, and votes that are there.
    pub pairs: u64,
    pub wanted: u64,
    pub votes: u64,
}

/// What a turn is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TurnKind {
    /// Before the first vote, with the answer told afterwards.
    Practice,
    Plain,
    /// Its answer is known; the rater is not told.
    Gold,
    /// The rater has voted on it before.
    Repeat,
}

/// Two stories before one rater.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairing {
    /// Of the turn, and of the vote that will be given at it: the same vote sent twice is one.
    pub id: String,
    pub event: String,
    pub kind: TurnKind,
    pub sequence: Sequence,
    /// The stories in the campaign's order.
    pub first: Story,
    pub second: Story,
    /// Where they stand.
    pub first_is_left: bool,
    /// What was said so far, from before the line was lost or the vote taken back.
    pub draft: Option<Preference>,
    /// The rater's votes so far, and those there are to be had for this rater.
    pub done: u64,
    pub left: u64,
    pub criteria: Vec<Criterion>,
    pub guideline: String,
    pub guideline_version: u32,
    /// The pair is held for so many seconds without a key.
    pub lease_seconds: u32,
}

/// A picture with one animal in it, and what it might be.
#[derive(Clone, Debug, PartialEq)]
pub struct SightQuestion {
    pub seed: u64,
    pub frame: Frame,
    pub choices: Vec<String>,
}

/// What a rater is shown before the first pair, to learn what their terminal lets them see.
#[derive(Clone, Debug, PartialEq)]
pub struct Sight {
    pub questions: Vec<SightQuestion>,
    /// How many were right the last time, which were too few; and how many it takes.
    pub before: Option<u32>,
    pub needed: u32,
}

/// What a rater is asked next.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// The guideline has not been agreed to.
    Consent {
        guideline: String,
        version: u32,
    },
    Sight(Sight),
    Pairing(Box<Pairing>),
    /// Nothing is left for this rater; with so many votes given.
    Nothing {
        done: u64,
    },
}

/// Who somebody is when they come in over a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Rates, and nothing else.
    Rater,
    /// Looks at everything and changes nothing.
    Inspector,
    Owner,
}

impl Role {
    pub fn word(self) -> &'static str {
        match self {
            Role::Rater => "rater",
            Role::Inspector => "inspector",
            Role::Owner => "owner",
        }
    }
}

/// Somebody who may come in. Votes know the id alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rater {
    /// A pseudonym: "r-7f3a".
    pub id: String,
    /// The person's name; nothing, once they asked to be forgotten.
    pub name: Option<String>,
    pub role: Role,
    /// Fingerprint of the public key by which they come in.
    pub fingerprint: Option<String>,
    /// A program that rates; its votes are kept apart.
    pub simulated: bool,
    pub revoked: bool,
}
