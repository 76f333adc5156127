//! Judges of stories: a remote model by a versioned prompt, a reward model, the facts of the picture world. They score one story,
//! or say which of two is better; what they lean to and how far they agree with people is counted beside.
//!
//! People are judges too: their votes come from campaigns and are what the others are held against.

mod agreeing;
mod answers;
mod cache;
mod forecast;
mod judge;
mod leanings;
mod remote_judge;
mod spent;
mod wording;

#[cfg(test)]
mod judge_tests;

pub use agreeing::{Agreed, agreed};
pub use cache::Cache;
pub use forecast::{Forecast, forecast};
pub use judge::{FactsJudge, Judge, Match, RewardJudge, Ruling, Scene, Scores, Told, of_worths};
pub use leanings::{Leanings, Share, leanings, shares_of_systems};
pub use remote_judge::RemoteJudge;
pub use spent::{Price, Spent};
pub use wording::{CRITERIA, PAIR_VERSION, SCORE_VERSION};
