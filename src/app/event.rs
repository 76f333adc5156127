//! What happened: keys, the window, the clock, and what came of effects.

use std::sync::Arc;
use std::time::Duration;

use super::card::Card;
use super::key::Key;
use super::mouse::Mouse;
use crate::canvas::CellSize;
use crate::story::{
    Asked, Campaign, Chain, Evaluation, EvaluationCard, Growth, LoopCard, LoopPlanCard, ModelCard, Notes, Notice,
    RecipeCard, Results, RunCard, RunSeen, RunVotes, Sequence, SequenceId, Specimen, Story, SuiteCard, Task, Telling,
    Whose,
};

/// A sequence with what is known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Opened {
    pub sequence: Arc<Sequence>,
    /// Pictures that were left out, each named.
    pub problems: Vec<Notice>,
    /// Newest first.
    pub stories: Vec<Story>,
}

/// How a task is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    pub task: Task,
    /// The task's own wording.
    pub standard: String,
    /// The visitor's, where there is one.
    pub own: Option<String>,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Key(Key),
    Paste(String),
    Mouse(Mouse),
    Resized {
        columns: u16,
        rows: u16,
        cell: CellSize,
    },
    /// Time since the session began. The app has no clock of its own.
    Clock(Duration),
    Gallery(Result<Vec<Card>, Notice>),
    /// Of a folder of sequences so many are opened, of so many.
    Gathering {
        done: usize,
        of: usize,
    },
    /// A folder of sequences was opened: so many of them, from the group of this name; each that failed is named.
    Gathered {
        count: usize,
        group: String,
        problems: Vec<Notice>,
    },
    /// A path was opened; the card is on the shelf.
    Added(Result<(Card, Vec<Notice>), Notice>),
    Opened {
        id: SequenceId,
        result: Result<Opened, Notice>,
    },
    Telling {
        number: u64,
        telling: Telling,
    },
    /// The telling's stream has ended, with or without a last word.
    TellingOver(u64),
    Model(ModelCard),
    /// All models there are, or why they cannot be listed or one of them not chosen.
    Models(Result<Vec<ModelCard>, Notice>),
    /// What the rater is asked next.
    Asked(Result<Asked, Notice>),
    /// A story of the pair before the rater that is still being told, as it stands now; by its id.
    Growing(String, Growth),
    /// A vote is on the disk, with what there is to say about it; or why it is not.
    VoteKept(Result<Option<String>, Notice>),
    /// What a model's folder says of it; nothing, where it came without a card.
    About(String, Result<Option<String>, Notice>),
    /// The best of several stories, and why it is; by the number of its telling.
    Best(u64, Result<(Box<Story>, String), Notice>),
    /// A story that a person wrote is on the shelf, or is not.
    Kept(Result<Box<Story>, Notice>),
    /// The notes of a sequence have come; or they could not be read or kept.
    Notes(SequenceId, Result<Notes, Notice>),
    NotesLost(Notice),
    /// The visitor has never been here before.
    FirstTime,
    /// A story was written to this file, or was not.
    /// All campaigns, the newest first.
    Campaigns(Result<Vec<Campaign>, Notice>),
    /// What the votes of a campaign say.
    Results(Result<Box<Results>, Notice>),
    /// Stories were sent to a campaign: what is said of it.
    Sent(Result<String, Notice>),
    /// Suites that an evaluation can be started by.
    Suites(Result<Vec<SuiteCard>, Notice>),
    /// All evaluations that were made, the newest first.
    Evaluations(Result<Vec<EvaluationCard>, Notice>),
    /// What one of them found, by its id.
    Evaluation(String, Result<Box<Evaluation>, Notice>),
    /// The stories of a model behind an evaluation, by their names.
    Specimens {
        evaluation: String,
        model: String,
        result: Result<Arc<Vec<Specimen>>, Notice>,
    },
    /// A sequence that was told in an evaluation; its pictures come beside it.
    Frames(SequenceId, Result<Arc<Sequence>, Notice>),
    /// All runs as they are now.
    Runs(Arc<Vec<RunCard>>),
    /// What a run that is followed has written.
    Run(Arc<RunSeen>),
    Recipes(Result<Vec<RecipeCard>, Notice>),
    /// What a recipe will take, in lines.
    Forecast(Result<String, Notice>),
    /// Votes that a run may learn from.
    RunVotes(Result<Vec<RunVotes>, Notice>),
    /// Votes were frozen into this folder, with what there is to say about it.
    Frozen(Result<(String, String), Notice>),
    /// How the recipes of two runs differ.
    RunsCompared(Result<Vec<String>, Notice>),
    /// What became of a wish about a run.
    RunWished(Result<String, Notice>),
    /// The way from votes to votes that was asked for.
    Chain(Whose, Result<Chain, Notice>),
    /// All loops as they are now.
    Loops(Result<Vec<LoopCard>, Notice>),
    LoopPlans(Result<Vec<LoopPlanCard>, Notice>),
    /// What became of a wish about a loop.
    LoopWished(Result<String, Notice>),
    Exported(Result<String, Notice>),
    /// How each task is asked.
    Templates(Vec<Template>),
}
