//! Runs as they are seen: how far each is, what became of it, and what it wrote while it went. Its folder alone says so.

use serde::Serialize;

use super::notice::Notice;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RunState {
    /// It waits for its turn.
    Queued,
    /// Its program reads data and weights; no step is done yet.
    Starting,
    Running,
    /// Halted where it is: it uses no processor, keeps its memory and its turn.
    Paused,
    /// Asked to stop: it saves after the step under way.
    Stopping,
    Finished,
    /// Ended where somebody asked it to; it can go on from there.
    Stopped,
    /// Ended by an error.
    Failed,
    /// Nobody watched its end: the machine went down, or its supervisor was killed.
    Lost,
}

impl RunState {
    pub fn word(self) -> &'static str {
        match self {
            RunState::Queued => "queued",
            RunState::Starting => "starting",
            RunState::Running => "running",
            RunState::Paused => "paused",
            RunState::Stopping => "stopping",
            RunState::Finished => "finished",
            RunState::Stopped => "stopped",
            RunState::Failed => "failed",
            RunState::Lost => "lost",
        }
    }

    /// A process works at it, or holds its memory.
    pub fn is_active(self) -> bool {
        matches!(self, RunState::Starting | RunState::Running | RunState::Paused | RunState::Stopping)
    }

    /// It can be put back into the queue.
    pub fn can_go_on(self) -> bool {
        matches!(self, RunState::Stopped | RunState::Failed | RunState::Lost | RunState::Finished)
    }
}

/// A run in a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunCard {
    /// The name of its folder.
    pub id: String,
    /// The recipe's name.
    pub name: String,
    /// What is trained: "sft", "reward", "preference" or "policy"; "eval" where a suite evaluates.
    pub kind: String,
    pub state: RunState,
    /// Its place in the queue, from 1.
    pub place: Option<usize>,
    pub step: u64,
    pub of: u64,
    pub stage: String,
    /// Of one step, the median of the last ones.
    pub seconds_a_step: Option<f64>,
    pub seconds_left: Option<f64>,
    pub tokens_a_second: Option<f64>,
    /// Bytes its program holds now, and the most it held.
    pub memory: Option<u64>,
    pub most_memory: Option<u64>,
    /// Seconds since 1970 by the machine's clock: for people, nothing is decided by them.
    pub ordered: i64,
    pub began: Option<i64>,
    pub ended: Option<i64>,
    /// What ended it, and what to do next.
    pub why: Option<Notice>,
    pub note: String,
    pub tags: Vec<String>,
    /// The run and the step that it was forked from.
    pub parent: Option<(String, u64)>,
    /// Steps from which it can be forked, the last one last.
    pub forks: Vec<u64>,
}

impl RunCard {
    /// It evaluates by a suite, and trains nothing.
    pub fn evaluates(&self) -> bool {
        self.kind == "eval"
    }
}

/// One measure of a run, by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    pub name: String,
    pub points: Vec<(u64, f64)>,
}

/// Something in words that a run kept: an answer to a held-out example, or a rollout.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunText {
    pub step: u64,
    /// The sequence it is about, where it is named.
    pub sequence: Option<String>,
    /// What the line says, by the names that it has.
    pub fields: Vec<(String, String)>,
}

/// All that is known of one run. Shared by everybody who looks at it.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSeen {
    pub card: RunCard,
    pub curves: Vec<Curve>,
    pub samples: Vec<RunText>,
    pub rollouts: Vec<RunText>,
    /// The last lines of its log.
    pub log: Vec<String>,
    pub recipe: String,
    /// Its folder is there no more.
    pub gone: bool,
}

impl RunSeen {
    pub fn curve(&self, name: &str) -> Option<&Curve> {
        self.curves.iter().find(|curve| curve.name == name)
    }
}

/// A recipe that a run can be started from.
#[derive(Clone, Debug, PartialEq)]
pub struct RecipeCard {
    /// What to start it by: a path, or the name of one that comes with the program.
    pub source: String,
    pub name: String,
    pub kind: String,
    pub text: String,
    /// Where it says what it learns from: "votes.snapshot", "data.1.folder"; `None` where it makes that itself.
    pub data: Option<String>,
}

/// A recipe with values of it changed, `data.1.folder=books`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunPlan {
    pub recipe: String,
    pub changes: Vec<String>,
}

/// Votes that a run may learn from.
#[derive(Clone, Debug, PartialEq)]
pub enum RunVotes {
    /// Frozen already, in this folder.
    Snapshot { folder: String, campaign: String, pairs: usize, votes: usize },
    /// To be frozen as they stand.
    Campaign { name: String, votes: u64 },
}

/// Somebody's wish about a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunWish {
    /// Put a recipe into the queue.
    Start(RunPlan),
    Stop(String),
    Pause(String),
    /// Let a paused run go on, or put one that ended back into the queue.
    Resume(String),
    /// A new run that begins after this step of another; `None`: after its last checkpoint.
    Fork {
        run: String,
        step: Option<u64>,
    },
    Note {
        run: String,
        note: String,
    },
    Tag {
        run: String,
        tags: Vec<String>,
    },
    /// To the front of the queue.
    First(String),
    Delete(String),
}
