//! Training in the studio: the list, curves over one another, wishes, questions before what cannot be taken back.

use std::sync::Arc;

use super::effect::Effect;
use super::event::Event;
use super::sitting::{Sitting, id};
use crate::story::{Curve, Notice, RecipeCard, RunCard, RunPlan, RunSeen, RunState, RunText, RunVotes, RunWish};

const RECIPE: &str = "# A small model, from nothing.\nname = \"small\"\nseed = 7\n\n[optimiser]\nclip = 1.0\n\n[[stage]]\nname = \"words\"\nsteps = 400\nlearning_rate = 0.001\n";

fn card(name: &str, state: RunState) -> RunCard {
    let active = state.is_active();
    RunCard {
        id: format!("small-20261127-{name}"),
        name: "small".into(),
        kind: "sft".into(),
        state,
        place: (state == RunState::Queued).then_some(1),
        step: if state == RunState::Queued { 0 } else { 120 },
        of: if state == RunState::Queued { 0 } else { 400 },
        stage: "words".into(),
        seconds_a_step: Some(1.25),
        seconds_left: active.then_some(350.0),
        tokens_a_second: Some(512.0),
        memory: active.then_some(1_200_000_000),
        most_memory: Some(1_300_000_000),
        ordered: 0,
        began: Some(1000),
        ended: (!active).then_some(1150),
        why: (state == RunState::Failed)
            .then(|| Notice::yours("the loss is NaN at step 121: the run has diverged", "lower the learning rate")),
        note: if active { "wider tower".into() } else { String::new() },
        tags: vec!["baseline".into()],
        parent: None,
        forks: vec![100, 120],
    }
}

pub fn runs() -> Vec<RunCard> {
    vec![
        card("081500", RunState::Running),
        card("074112", RunState::Queued),
        card("060000", RunState::Failed),
        card("050000", RunState::Lost),
    ]
}

fn seen(card: RunCard, turn: f64) -> RunSeen {
    let curve = |name: &str, value: fn(f64, f64) -> f64| Curve {
        name: name.into(),
        points: (1..=120u64).map(|step| (step, value(step as f64, turn))).collect(),
    };
    let text = |step: u64| RunText {
        step,
        sequence: Some(id(0).0),
        fields: vec![
            (
                "text".into(),
                "Mia the fox woke up. It rained on the hill, and she looked for her kite all morning.".into(),
            ),
            ("reward".into(), "0.75".into()),
            ("advantage".into(), "-0.25".into()),
        ],
    };
    RunSeen {
        curves: vec![
            curve("norm", |step, _| 2.0 + (step * 0.7).sin()),
            curve("loss", |step, turn| 4.0 / step.sqrt() + turn + 0.2 * (step * 1.3).sin().abs()),
            curve("reward", |step, turn| (step / 40.0).tanh() - turn),
        ],
        samples: vec![],
        rollouts: vec![text(100), text(120)],
        log: vec!["saved after step 100".into(), "storyloom: something".into()],
        recipe: RECIPE.into(),
        gone: false,
        card,
    }
}

/// Somebody who looks at the runs; the first two are followed.
pub fn trains(sitting: Sitting) -> Sitting {
    let mut sitting = sitting.gallery(4).keys("T");
    sitting.hear(Event::Runs(Arc::new(runs())));
    brings(&mut sitting);
    sitting
}

/// What is followed comes.
fn brings(sitting: &mut Sitting) {
    for (n, card) in runs().into_iter().enumerate() {
        sitting.hear(Event::Run(Arc::new(seen(card, 0.3 * n as f64))));
    }
}

/// The first two runs lie over one another.
pub fn together(sitting: Sitting) -> Sitting {
    let mut sitting = sitting.keys("j<space>k");
    brings(&mut sitting);
    sitting.keys("<enter>y")
}

/// A rollout with the frames it is about.
pub fn rollouts(sitting: Sitting) -> Sitting {
    let sitting = sitting.keys("<enter><tab><left>");
    sitting.comes(0, 5, vec![])
}

/// A recipe is looked at before it is started.
pub fn begins(sitting: Sitting) -> Sitting {
    let mut sitting = sitting.keys("n");
    let recipe = |name: &str| RecipeCard {
        source: format!("configs/recipes/{name}.toml"),
        name: name.into(),
        kind: "sft".into(),
        text: RECIPE.into(),
        data: None,
    };
    sitting.hear(Event::Recipes(Ok(vec![recipe("books-lora"), recipe("storyteller")])));
    let mut sitting = sitting.keys("j<enter>");
    let said = "stage                      steps      s/step        time\nwords                        400        1.25   8 min 20 s\nall                                             8 min 20 s\nmemory, at most                                    1.20 GB";
    sitting.hear(Event::Forecast(Ok(said.into())));
    sitting
}

fn run(n: usize) -> String {
    runs()[n].id.clone()
}

#[test]
fn runs_are_listed_with_what_became_of_them_and_followed_while_they_are_looked_at() {
    let mut sitting = Sitting::new(120, 40).gallery(4).keys("T");
    assert_eq!(sitting.take().pop(), Some(Effect::WatchRuns(true)));
    assert!(sitting.shows("looking for runs") && sitting.app.is_waiting());
    sitting.hear(Event::Runs(Arc::new(runs())));
    assert_eq!(sitting.take(), [Effect::FollowRuns(vec![run(0)])]);
    for words in
        ["120/400 · 5 min 50 s left · 512 tok/s", "1. in the queue", "the loss is NaN", "#baseline wider tower"]
    {
        assert!(sitting.shows(words), "{words}: {}", sitting.screen());
    }
    assert!(!sitting.app.is_waiting(), "what runs says so by itself");
    let mut sitting = sitting.keys("j<space>k");
    assert_eq!(sitting.take().pop(), Some(Effect::FollowRuns(vec![run(0), run(1)])));
    // A new run comes first; the chosen one stays chosen.
    let more = [vec![card("090000", RunState::Starting)], runs()].concat();
    sitting.hear(Event::Runs(Arc::new(more)));
    assert!(sitting.shows("▸ ● small-20261127-081500") && sitting.app.is_waiting(), "{}", sitting.screen());
    sitting.take();
    let mut sitting = sitting.keys("<esc>");
    assert_eq!(sitting.take(), [Effect::WatchRuns(false), Effect::FollowRuns(vec![]), Effect::Forecast(None)]);
    sitting.hear(Event::Runs(Arc::new(runs())));
    assert_eq!(sitting.take()[0], Effect::WatchRuns(false), "nobody looks any more");
}

#[test]
fn wishes_are_those_that_fit_the_run() {
    let mut sitting = trains(Sitting::new(100, 30));
    sitting.take();
    let mut sitting = sitting.keys("rx");
    assert!(sitting.take().is_empty(), "what runs is neither resumed nor deleted");
    let mut sitting = sitting.keys("ps");
    assert_eq!(sitting.take(), [RunWish::Pause(run(0)), RunWish::Stop(run(0))].map(Effect::WishRun));
    sitting.hear(Event::RunWished(Ok("it stops after the step under way".into())));
    assert!(sitting.shows("after the step under way"));
    let mut sitting = sitting.keys("jj");
    sitting.take();
    let mut sitting = sitting.keys("r");
    assert_eq!(sitting.take(), [Effect::WishRun(RunWish::Resume(run(2)))]);
    let mut sitting = sitting.keys("f<backspace><backspace><backspace>100<enter>");
    assert_eq!(sitting.take(), [Effect::WishRun(RunWish::Fork { run: run(2), step: Some(100) })]);
    let mut sitting = sitting.keys("eq?<enter>t<ctrl-u>a, #b<enter>");
    let note = RunWish::Note { run: run(2), note: "q?".into() };
    let tags = RunWish::Tag { run: run(2), tags: vec!["a".into(), "b".into()] };
    assert_eq!(sitting.take(), [note, tags].map(Effect::WishRun));
    let mut sitting = sitting.keys("aU");
    assert_eq!(sitting.take(), [Effect::Adopt(Some(run(2))), Effect::Adopt(None)]);
    let sitting = sitting.keys("x");
    assert!(sitting.shows("Delete small-20261127-060000"));
    let mut sitting = sitting.keys("n");
    assert!(sitting.take().is_empty() && sitting.shows("nothing was deleted"));
    let mut sitting = sitting.keys("xy");
    assert_eq!(sitting.take(), [Effect::WishRun(RunWish::Delete(run(2)))]);
}

#[test]
fn somebody_who_only_looks_changes_nothing() {
    let mut sitting = Sitting::new(100, 30);
    sitting.app = sitting.app.looking_only();
    let mut sitting = trains(sitting);
    sitting.take();
    let mut sitting = sitting.keys("spnfaUetxj");
    assert_eq!(sitting.take(), [Effect::FollowRuns(vec![run(1)])]);
    let sitting = sitting.keys("jx");
    assert!(sitting.shows("you are here to look"), "{}", sitting.screen());
}

#[test]
fn recipes_are_tried_before_they_are_started() {
    let mut sitting = trains(Sitting::new(100, 30));
    sitting.take();
    let mut sitting = begins(sitting);
    let source = "configs/recipes/storyteller.toml".to_owned();
    assert_eq!(sitting.take(), [Effect::LoadRecipes, Effect::Forecast(Some(plan(&source, None)))]);
    assert!(sitting.shows("memory, at most") && sitting.shows("same seed, same run"), "{}", sitting.screen());
    let mut sitting = sitting.keys("<enter>");
    assert_eq!(sitting.take(), [Effect::Forecast(None), Effect::WishRun(RunWish::Start(plan(&source, None)))]);
    // Who goes back waits for no trial any more.
    let mut sitting = begins(sitting);
    sitting.take();
    let mut sitting = sitting.keys("<esc>");
    assert_eq!(sitting.take(), [Effect::Forecast(None)]);
}

fn plan(recipe: &str, change: Option<&str>) -> RunPlan {
    RunPlan { recipe: recipe.into(), changes: change.map(str::to_owned).into_iter().collect() }
}

/// A recipe that learns from votes, and the votes there are.
pub fn chooses_votes(sitting: Sitting) -> Sitting {
    let mut sitting = sitting.keys("n");
    let recipe = |name: &str, data: &str| RecipeCard {
        source: name.into(),
        name: name.into(),
        kind: "reward".into(),
        text: RECIPE.into(),
        data: Some(data.into()),
    };
    sitting.hear(Event::Recipes(Ok(vec![recipe("reward", "votes.snapshot"), recipe("books", "data.1.folder")])));
    let mut sitting = sitting.keys("<enter>");
    let snapshot =
        RunVotes::Snapshot { folder: "/home/snapshots/first-1".into(), campaign: "first".into(), pairs: 40, votes: 80 };
    let campaign = RunVotes::Campaign { name: "second".into(), votes: 12 };
    sitting.hear(Event::RunVotes(Ok(vec![snapshot, campaign])));
    sitting
}

#[test]
fn votes_to_learn_from_are_chosen_from_snapshots_and_campaigns() {
    let mut sitting = chooses_votes(trains(Sitting::new(100, 30)));
    assert_eq!(sitting.take().pop(), Some(Effect::LoadRunVotes));
    assert!(sitting.shows("80 votes on 40 pairs of 'first'") && sitting.shows("'second' as it stands"));
    let mut sitting = sitting.keys("j<enter>");
    let change = "votes.snapshot=/home/snapshots/first-1";
    assert_eq!(sitting.take(), [Effect::Forecast(Some(plan("reward", Some(change))))]);
    assert!(sitting.shows(change), "{}", sitting.screen());
    let mut sitting = sitting.keys("<enter>");
    assert_eq!(sitting.take().pop(), Some(Effect::WishRun(RunWish::Start(plan("reward", Some(change))))));

    // A campaign is frozen first; where that fails it is said, and another can be chosen.
    let mut sitting = chooses_votes(sitting);
    sitting.take();
    let mut sitting = sitting.keys("jj<enter>");
    assert_eq!(sitting.take(), [Effect::FreezeVotes("second".into())]);
    assert!(sitting.shows("freezing the votes") && sitting.app.is_waiting());
    sitting.hear(Event::Frozen(Err(Notice::outside("the disk is full", "make room"))));
    assert!(sitting.shows("the disk is full"), "{}", sitting.screen());
    let mut sitting = sitting.keys("<enter>");
    sitting.take();
    let frozen = ("/home/snapshots/second-1".to_owned(), "12 votes on 6 pairs; 3 left out: practice".to_owned());
    sitting.hear(Event::Frozen(Ok(frozen)));
    let change = "votes.snapshot=/home/snapshots/second-1";
    assert_eq!(sitting.take(), [Effect::Forecast(Some(plan("reward", Some(change))))]);
    assert!(sitting.shows("3 left out: practice"), "{}", sitting.screen());

    // A folder is typed: its letters are no commands.
    let mut sitting = chooses_votes(sitting.keys("<esc><esc>")).keys("<esc>j<enter>");
    sitting.take();
    let mut sitting = sitting.keys("j<enter>~/quiet/books<enter>");
    assert_eq!(sitting.take(), [Effect::Forecast(Some(plan("books", Some("data.1.folder=~/quiet/books"))))]);
}

#[test]
fn a_typed_folder_longer_than_the_window_shows_its_end() {
    let mut sitting = chooses_votes(trains(Sitting::new(80, 24))).keys("<esc><esc>");
    sitting = chooses_votes(sitting).keys("<esc>j<enter>j<enter>");
    sitting.hear(Event::Paste(format!("{}the-end", "絵本/".repeat(30))));
    assert!(sitting.shows("the-end▏"), "{}", sitting.screen());
    let sitting = sitting.keys("<backspace>!");
    assert!(sitting.shows("the-en!▏"), "{}", sitting.screen());
}

#[test]
fn recipes_of_two_runs_are_held_against_each_other() {
    let mut sitting = trains(Sitting::new(100, 30)).keys("j<space>k");
    sitting.take();
    let mut sitting = sitting.keys("d");
    assert_eq!(sitting.take(), [Effect::CompareRuns(run(1), run(0))]);
    sitting.hear(Event::RunsCompared(Ok(vec!["-seed = 7".into(), "+seed = 8".into()])));
    assert!(sitting.shows("-seed = 7") && sitting.shows("+seed = 8"));
    assert!(sitting.keys("<esc>").shows("in the queue"));
}

#[test]
fn curves_are_zoomed_and_texts_turned() {
    let sitting = trains(Sitting::new(100, 30)).keys("<enter>++");
    assert!(sitting.shows("step 60") && sitting.shows("  76 "), "{}", sitting.screen());
    let mut sitting = sitting.keys("<tab>");
    sitting.take();
    let mut sitting = sitting.keys("<left>");
    assert_eq!(sitting.take(), [], "the sequence was asked for when the first text was shown");
    let sitting = sitting.keys("<tab>");
    assert!(sitting.shows("saved after step 100"), "{}", sitting.screen());
}

#[test]
fn a_run_that_is_deleted_while_it_is_looked_at_closes_its_page() {
    let mut sitting = trains(Sitting::new(100, 30)).keys("<enter>");
    sitting.hear(Event::Runs(Arc::new(vec![])));
    assert!(sitting.shows("Nothing has been trained here yet"), "{}", sitting.screen());
}

#[test]
fn training_can_be_drawn_at_any_size_and_in_ascii() {
    for (columns, rows) in [(60, 16), (80, 24), (97, 31), (111, 18), (200, 60)] {
        for keys in ["", "<enter>", "<enter><tab>", "<enter><tab><tab>", "<enter><tab><tab><tab>", "<space>j<enter>y++"]
        {
            let mut sitting = trains(Sitting::new(columns, rows)).keys(keys);
            brings(&mut sitting);
            sitting.draw();
            let app = std::mem::replace(&mut sitting.app, Sitting::new(columns, rows).app);
            sitting.app = app.with_ascii(true);
            let screen = sitting.screen();
            assert!(screen.is_ascii(), "{columns}x{rows} {keys}: {screen}");
        }
        begins(trains(Sitting::new(columns, rows))).draw();
    }
}
