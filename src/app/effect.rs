//! What the app asks for. Effects are data: they can be tested, printed, and refused for a visitor who may not.

use crate::story::{
    CampaignState, LoopWish, Notes, Preference, Request, RunPlan, RunWish, SequenceId, SkipReason, Story, Task, Whose,
};

/// What to tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub sequence: SequenceId,
    pub request: Request,
    /// Frames a chapter; `None`: as the configuration says.
    pub window: Option<usize>,
    /// What is told goes on the shelf.
    pub keep: bool,
    /// The story that this one becomes another version of.
    pub parent: Option<String>,
    /// What is told should be this, word for word: a story told again.
    pub again: Option<String>,
    /// A model and a column of a comparison; `None`: the current model tells.
    pub beside: Option<(String, usize)>,
    /// Several are told, and the reward model chooses among them.
    pub best: bool,
}

impl Ask {
    /// An order for a new story, which is kept.
    pub fn new(sequence: SequenceId, request: Request) -> Ask {
        Ask { sequence, request, window: None, keep: true, parent: None, again: None, beside: None, best: false }
    }
}

/// Something the session should do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    LoadGallery,
    /// Load a sequence with its pictures and stories.
    Open(SequenceId),
    /// Open pictures from a path, as it was typed or pasted.
    OpenPath(String),
    /// Have a story told; what comes of it is brought under this number.
    Tell {
        number: u64,
        ask: Box<Ask>,
    },
    /// Nobody listens to this telling any more.
    StopTelling(u64),
    /// Put a story that a person wrote on the shelf.
    KeepStory(Box<Story>),
    /// Write a story with its frames as a page for a browser.
    Export(Box<Story>),
    LoadNotes(SequenceId),
    /// Keep the notes of a sequence.
    KeepNotes(SequenceId, Box<Notes>),
    /// The comparison is over: its models may leave the memory.
    ClearBeside,
    /// Put these stories, each with what it stands for, into the newest campaign: every two of them are a pair.
    SendPairs(Vec<(String, String)>),
    LoadCampaigns,
    /// Pause a campaign, or let it go on; then list them.
    SetCampaign(String, CampaignState),
    /// Count what the votes of a campaign say.
    LoadResults {
        campaign: String,
        simulated: bool,
    },
    /// Bring the list of runs and every change of it, or no more of that.
    WatchRuns(bool),
    /// Bring everything that these runs write, and of no others.
    FollowRuns(Vec<String>),
    LoadRecipes,
    /// Bring the votes that a run may learn from: snapshots and campaigns.
    LoadRunVotes,
    /// Freeze the votes of a campaign for a run.
    FreezeVotes(String),
    /// Try a recipe and bring what it will take; `None`: nobody waits for that any more.
    Forecast(Option<RunPlan>),
    /// Bring how the recipes of two runs differ.
    CompareRuns(String, String),
    WishRun(RunWish),
    /// Let what this run made tell, or be the reward model; `None`: take the last adoption back.
    Adopt(Option<String>),
    /// Bring the way from votes to votes that leads over this model.
    LoadChain(Whose),
    /// Bring the loops and every change of them, or no more of that.
    WatchLoops(bool),
    /// Bring the plans that a loop can be begun by.
    LoadLoopPlans,
    WishLoop(LoopWish),
    /// Bring the suites that there are.
    LoadSuites,
    /// Bring the evaluations that were made.
    LoadEvaluations,
    /// Bring what this one found.
    LoadEvaluation(String),
    /// Bring the stories of a model that are behind an evaluation.
    LoadSpecimens {
        evaluation: String,
        model: String,
    },
    /// Bring a sequence that was told in an evaluation, with its pictures.
    LoadFrames {
        sequence: SequenceId,
        source: String,
    },
    LoadModels,
    LoadTemplates,
    /// Ask whether the visitor comes for the first time.
    AskFirstTime,
    /// Bring what a model's folder says of it.
    LoadAbout(String),
    /// Let the current model leave the memory.
    UnloadModel,
    /// Let this model tell from now on.
    UseModel(String),
    /// Keep a template of the visitor's own for a task; `None`: the task's own wording again.
    KeepTemplate(Task, Option<String>),
    /// What a rater does.
    Rate(Rating),
    /// Write the screen as it is now.
    Shot,
    Suspend,
    Quit,
}

/// What a rater does. The turn and the event are those of the pairing that is before them.
#[derive(Clone, Debug, PartialEq)]
pub enum Rating {
    /// Bring what the rater is asked next.
    Next,
    /// The rater agrees to this version of the guideline.
    Agree(u32),
    /// What the rater saw: each question's seed, and the answer.
    Saw(Vec<(u64, String)>),
    /// Keep a vote; only when it is on the disk may the screen say so.
    Keep {
        turn: String,
        event: String,
        preference: Box<Preference>,
    },
    /// Keep what was said so far, should the line be lost.
    Draft {
        turn: String,
        preference: Box<Preference>,
    },
    /// Hold the turn for longer: whoever reads and looks says nothing that would.
    Hold(String),
    Skip {
        turn: String,
        event: String,
        reason: SkipReason,
    },
    /// Take back the rater's last vote.
    Undo,
}
