//! Probes of what may go wrong with a model: whether it says what is not there (accuracy), what becomes of its stories under other
//! frames, worse pictures and other words (robustness), whether it treats people differently (bias), and whether a reward model
//! can be fooled. Each probe is defined in its file, with a version that changes when its figures would.

mod accuracy;
mod bias;
mod conditions;
mod corruptions;
mod inscription;
mod rewards;
mod spoiling;

pub use accuracy::{Chair, Poll, Said, chair, polls};
pub use bias::{GROUPS, PersonCounts, ROLES, Role, person_counts};
pub use conditions::{Condition, OBEYED, Shown, show};
pub use corruptions::{Corruption, SEVERITIES, corrupt};
pub use rewards::{Fooled, REWARD_PROBES_VERSION, RewardProbed, probe_rewards};
pub use spoiling::Spoiled;
