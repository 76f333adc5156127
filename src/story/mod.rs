//! The words of the house: pure data that every room shares. No I/O, no async, no tensors, no terminal.
//!
//! One word, one meaning, one type, one file. What is not here: how any of it is made, kept or shown.

mod campaign;
mod chain;
mod checkpoint;
mod evaluated;
mod evaluation;
mod lineage;
mod looping;
mod notes;
mod notice;
mod piece;
mod preference;
mod quant;
mod request;
mod results;
mod run;
mod sampling;
mod sequence;
mod story;
mod task;
mod telling;

#[cfg(test)]
mod sample_results;

pub use campaign::{
    Asked, Campaign, CampaignState, Criterion, Doubted, Pairing, Plan, Rater, Role, Sight, SightQuestion, TurnKind,
};
pub use chain::{About, Chain, Known, Link, LinkKind, Whose};
pub use checkpoint::{ModelCard, ModelState};
pub use evaluated::{EvaluationCard, Specimen, SuiteCard};
pub use evaluation::{
    Cell, Direction, Evaluation, EvaluationOrigin, Examined, FooledRow, GateSaid, MeasureRow, ProbedReward, Versus,
};
pub use lineage::{Ancestor, Lineage, ModelLine, VotesLearnt, short};
pub use looping::{Awaited, LoopCard, LoopField, LoopPlanCard, LoopStep, LoopWish};
pub use notes::{NoteKind, Notes};
pub use notice::{Kind, Notice};
pub use piece::{Alternative, Patches, Piece};
pub use preference::{Better, Fault, Mark, Preference, Provenance, ReadSoFar, Rewritten, SkipReason, Verdict};
pub use quant::Quant;
pub use request::{Gaze, Request};
pub use results::{
    Agreement, Board, Dispute, Entry, Estimate, FEW_ONE_SIDED, FEW_VOTES, Fitted, Leaning, RaterStanding, RatersKappa,
    Results, ResultsOrigin, STEPS, Said, Standing, Timeline, WinMatrix, Wished,
};
pub use run::{Curve, RecipeCard, RunCard, RunPlan, RunSeen, RunState, RunText, RunVotes, RunWish};
pub use sampling::{Sampling, SamplingPatch};
pub use sequence::{CastMember, Frame, NO_PICTURE, Sequence, SequenceId};
pub use story::{Finish, Origin, Story, Timing, Writer};
pub use task::Task;
pub use telling::{Growth, Telling};

#[cfg(test)]
pub use sample_results::sample_results;
