//! What a key means. One list for the keys, the footer's hints, the help, the palette and the README: a new action is one line
//! here and one in the keymap.

macro_rules! actions {
    ($($name:ident $word:literal $label:literal $sentence:literal;)+) => {
        /// What a visitor can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action { $($name),+ }

        impl Action {
            pub const ALL: &'static [Action] = &[$(Action::$name),+];

            /// Its name in `keys.toml`.
            pub fn word(self) -> &'static str {
                match self { $(Action::$name => $word),+ }
            }

            /// One or two words for the footer.
            pub fn label(self) -> &'static str {
                match self { $(Action::$name => $label),+ }
            }

            /// What it does, for the help.
            pub fn sentence(self) -> &'static str {
                match self { $(Action::$name => $sentence),+ }
            }
        }
    };
}

actions! {
    Up "up" "up" "go up; in a story, scroll up";
    Down "down" "down" "go down; in a story, scroll down";
    Left "left" "left" "go left; in a story, to the frame before; in the inspector, to the token before";
    Right "right" "right" "go right; in a story, to the next frame; in the inspector, to the next token";
    PageUp "page-up" "page up" "a page up";
    PageDown "page-down" "page down" "a page down";
    First "first" "first" "to the first, or the beginning";
    Last "last" "last" "to the last, or the end";
    Open "open" "open" "open or take what is chosen";
    Filter "filter" "filter" "show only what has these letters in its title or source, in this order";
    Sort "sort" "sort" "sort otherwise: as listed, by title, by stories, by frames";
    Group "group" "folder" "show the sequences of one folder after the other, then all";
    OpenPath "open-path" "open path" "open a path: a folder of pictures or of sequences, book.json, CBZ, animation, image";
    Tell "tell" "tell" "have the frames told; again, with the next seed";
    Stop "stop" "stop" "stop the telling at the next token, or a run once it has saved";
    Continue "continue" "continue" "tell on from where the story ends";
    Task "task" "task" "change the task: story, caption, continuation, emotion, consistency";
    Sampling "sampling" "sampling" "how tokens are drawn: temperature, top-k, top-p, min-p, seed, length";
    Prompt "prompt" "prompt" "change how the task is asked, in words of your own";
    Edit "edit" "edit" "change the story by hand; the old one stays; in a rating, write the better one as you would have it";
    Older "older" "older" "the story told before this one";
    Newer "newer" "newer" "the story told after this one";
    History "history" "history" "all stories of the sequence, with what wrote each";
    Again "again" "tell again" "tell exactly this story again, from its record";
    Export "export" "export" "write the story with its frames as a page for a browser";
    Inspect "inspect" "inspect" "look inside a story: probabilities, alternatives, attention";
    Compare "compare" "compare" "let two to four models or settings tell the frames at once";
    Annotate "annotate" "annotate" "write down what each frame shows, and a reference story, to train on";
    Suggest "suggest" "suggest" "have the model suggest what is not written yet, for all frames";
    Clear "clear" "clear" "empty the chosen note";
    Undo "undo" "undo" "take back the last change, or the last vote";
    More "more" "more" "one more column";
    Fewer "fewer" "fewer" "one column less";
    Another "another" "other model" "let another model tell in this column";
    Branch "branch" "branch" "go on from here with the chosen alternative";
    MuchLeft "much-left" "left, much" "the left story is much better";
    MoreLeft "more-left" "left, clearly" "the left story is clearly better";
    BitLeft "bit-left" "left, a bit" "the left story is a bit better";
    Tie "tie" "the same" "both are equally good";
    BitRight "bit-right" "right, a bit" "the right story is a bit better";
    MoreRight "more-right" "right, clearly" "the right story is clearly better";
    MuchRight "much-right" "right, much" "the right story is much better";
    BothBad "both-bad" "both bad" "neither story is worth reading";
    CannotJudge "cannot-judge" "can't judge" "you do not know, or cannot see enough";
    Same "same" "the same" "by this question both are the same";
    Skip "skip" "skip" "pass this pair over, with a reason; it goes to somebody else";
    Flag "flag" "flag" "something is wrong with this pair: somebody should look at it";
    Send "send" "to campaign" "send what was told to the newest campaign, as pairs for raters";
    Mark "mark" "mark" "mark words of a story, and say what is wrong with them";
    Reason "reason" "reason" "say in your own words why";
    Flip "flip" "flip" "show one story at a time, or both; in results, disputed pairs and raters; of a run, its next page; of an evaluation, how it was made";
    Zoom "zoom" "zoom" "show one frame on the whole screen, in the inspector with what was looked at; and back";
    Next "next" "next" "the next sequence; in the inspector, the next token that was a choice; in a rating, the next frame";
    Previous "previous" "previous" "the sequence before; in the inspector, the token before that was a choice; in a rating, back to the last question";
    About "about" "about" "the model's own card: what it is, how it was made, what it cannot do";
    Unload "unload" "unload" "let the model leave the memory; the next story loads it again";
    Campaigns "campaigns" "campaigns" "campaigns of ratings, and what their votes say";
    Pause "pause" "pause" "pause the campaign, or go on with it; halt a run where it is";
    Evaluate "evaluate" "evaluate" "suites: models by measures side by side, and the stories behind each figure";
    Train "train" "training" "training runs in the background, their curves and what they say";
    Start "start" "new run" "start a run from a recipe, or an evaluation by a suite";
    Resume "resume" "resume" "let a run go on that was paused, stopped or lost, or that failed";
    Together "together" "together" "lay the curves of this run over those of others, or not";
    Metric "metric" "next curve" "begin with the next measure";
    Scale "scale" "scale" "values by their logarithm, or as they are";
    Smooth "smooth" "smooth" "smooth the curves more, then not at all";
    Closer "closer" "closer" "show fewer steps";
    Wider "wider" "wider" "show more steps";
    Sooner "sooner" "first" "put a waiting run before all others";
    Fork "fork" "fork" "a new run that begins where this one was after a step";
    Differ "differ" "recipes" "how the recipe differs from that of the first run that is laid over, or of the one it was forked from";
    Best "best" "best of 8" "tell eight stories, and show the one that the reward model in use finds worth most";
    Adopt "adopt" "adopt" "let what the run made tell from now on, or be the reward model";
    Unadopt "unadopt" "undo" "take the last adoption back: what was in its place is used again";
    Lineage "lineage" "lineage" "where a model comes from, link by link: votes, snapshot, reward, policy; and its stories and their votes";
    InUse "in-use" "in use" "the lineage of the model that tells";
    Loops "loops" "loops" "loops from votes to a better storyteller: where each stands and what it waits for";
    NewLoop "new-loop" "new loop" "begin a loop by a plan; once its fields are as they should be, start it";
    GoOn "go-on" "go on" "go on with the loop, in a process that outlives this one";
    Accept "accept" "accept" "go through the gate that failed, all the same; after a trial: adopt";
    Round "round" "next round" "begin another round of the loop";
    LeaveLoop "leave-loop" "leave it" "go on with the loop no longer; it stays where it is, and its run goes on";
    Note "note" "note" "write a note on the run";
    Tag "tag" "tags" "give the run tags";
    Delete "delete" "delete" "delete the run with its checkpoints and its model, after a question";
    Simulated "programs" "programs" "count the votes of programs too, or not";
    Models "models" "models" "the models there are, and which one tells";
    Keep "keep" "keep" "keep what was written, or said of a pair";
    Reset "reset" "as before" "take back what was changed: the value, the wording";
    Shot "shot" "screenshot" "write this screen as an SVG, for a bug report";
    Log "log" "log" "what happened during this visit";
    Palette "palette" "commands" "find an action by its name and do it";
    Back "back" "back" "back; a telling under way stops";
    Help "help" "help" "show or leave this help";
    Suspend "suspend" "suspend" "suspend storyloom and go to the shell";
    Quit "quit" "quit" "leave storyloom";
}
