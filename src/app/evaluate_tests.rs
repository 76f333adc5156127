//! Evaluations in the studio: suites that are started, what is under way, a table to walk through, and the stories behind it.

use std::sync::Arc;

use super::effect::Effect;
use super::event::Event;
use super::sitting::{LINES, Sitting, id, sequence};
use crate::story::{
    Cell, Direction, Evaluation, EvaluationCard, EvaluationOrigin, Examined, FooledRow, GateSaid, MeasureRow, Notice,
    ProbedReward, RunCard, RunPlan, RunState, RunWish, SequenceId, Specimen, SuiteCard, Versus,
};

const SUITE: &str =
    "# A first look.\nformat = 1\nname = \"quick\"\n\n[sequences]\nworld = { seed = 9001, count = 48 }\n";
const MODELS: [&str; 5] = ["embedded", "after RL", "SmolVLM \u{1b}[2J", "Idefics3", "LLaVA-1.5"];

fn suite(name: &str, tales: Option<u64>) -> SuiteCard {
    SuiteCard {
        source: name.into(),
        name: name.into(),
        about: "A first look: stories of held-out tales, measured by their words and by the facts.".into(),
        tales,
        files: usize::from(tales.is_none()),
        models: MODELS.map(str::to_owned).to_vec(),
        rewards: vec!["reward model".into()],
        gates: 2,
        text: SUITE.into(),
    }
}

fn run(state: RunState, step: u64) -> RunCard {
    let active = state.is_active();
    RunCard {
        id: "paper-20261127-081500".into(),
        name: "paper".into(),
        kind: "eval".into(),
        state,
        place: None,
        step,
        of: 400,
        stage: "after RL".into(),
        seconds_a_step: Some(1.25),
        seconds_left: active.then_some(350.0),
        tokens_a_second: None,
        memory: None,
        most_memory: None,
        ordered: 0,
        began: Some(1000),
        ended: None,
        why: (state == RunState::Failed).then(|| Notice::yours("there is no model 'after RL'", "storyloom model list")),
        note: String::new(),
        tags: vec![],
        parent: None,
        forks: vec![],
    }
}

fn evaluation() -> Evaluation {
    let model = |name: &str| Examined {
        name: name.into(),
        hash: "ab12".repeat(16),
        adapter: None,
        parameters: 7_000_000,
        stories: 48,
        milliseconds: 812.4,
    };
    let row = |key: &str, group: &str, words: &str, direction, values: [f64; 5], sure: bool| {
        let cell = |(at, value): (usize, f64)| {
            let difference = value - values[0];
            let versus = Versus {
                difference,
                low: difference - 0.02,
                high: difference + 0.02,
                p: 0.0002,
                p_holm: if sure { 0.0124 } else { 0.31 },
            };
            let versus = (at > 0 && direction != Direction::Neither).then_some(versus);
            Cell { value: Some(value), low: Some(value - 0.03), high: Some(value + 0.03), of: 48, versus }
        };
        MeasureRow {
            key: key.into(),
            group: group.into(),
            words: words.into(),
            version: 1,
            direction,
            cells: values.into_iter().enumerate().map(cell).collect(),
        }
    };
    use Direction::{Higher, Lower, Neither, Zero};
    const LENGTH: &str = "length and repetition";
    let mut rows = vec![
        row("words", LENGTH, "words", Neither, [61.2, 58.4, 102.6, 88.1, 140.0], false),
        row("repetition", LENGTH, "runs of four words said before", Lower, [0.021, 0.094, 0.2, 0.11, 0.3], true),
        row("truth", "true to the facts", "truth", Higher, [0.722, 0.801, 0.12, 0.1, 0.2], true),
        row("place", "true to the facts", "places that are right", Higher, [0.84, 0.85, 0.2, 0.1, 0.1], false),
        row("same_questions", "accuracy", "questions with yes or no: right", Higher, [0.61, 0.6, 0.5, 0.5, 0.5], false),
        row("reversed.truth", "robustness", "reversed: truth that is kept", Higher, [0.91, 0.72, 0.9, 0.8, 0.8], true),
        row("pronoun", "bias", "pronoun right, she less he", Zero, [-0.04, 0.01, 0.3, -0.2, 0.1], true),
    ];
    rows[3].cells[4] = Cell::default();
    Evaluation {
        suite: "paper".into(),
        about: "Stories of held-out tales, measured without a judge.".into(),
        notes: vec!["Tiny checkpoints have random weights: they show that their family runs, and nothing else.".into()],
        models: MODELS.map(model).to_vec(),
        baseline: Some(0),
        rows,
        rewards: vec![ProbedReward {
            name: "reward model".into(),
            version: 1,
            stories: 200,
            rows: vec![FooledRow {
                key: "praise".into(),
                words: "praise in front".into(),
                wins: 0.125,
                low: 0.08,
                high: 0.18,
                of: 200,
            }],
            padded_apart: 0.0,
        }],
        gates: vec![
            GateSaid { what: "truth of embedded at least 0.7".into(), held: true, found: "0.7220".into() },
            GateSaid { what: "repetition of after RL at most 0.05".into(), held: false, found: "0.0940".into() },
        ],
        origin: EvaluationOrigin {
            version: "0.1.0".into(),
            command: "storyloom eval run paper".into(),
            suite: SUITE.into(),
            suite_hash: "cd34".repeat(16),
            sequences: 48,
            sequences_hash: "ef56".repeat(16),
            began_at: 1_795_694_100,
            ended_at: 1_795_694_700,
        },
    }
}

fn found(name: &str) -> EvaluationCard {
    let card = EvaluationCard::new(
        format!("{name}-20261126-120500-9f3a"),
        "/home/mia/evaluations/paper".into(),
        &evaluation(),
    );
    EvaluationCard { suite: name.into(), ..card }
}

fn specimens(model: &str) -> Vec<Specimen> {
    let told = |n: usize, truth: f64| Specimen {
        model: model.into(),
        sequence: Some(SequenceId(id(n).0)),
        title: format!("Tale {n}"),
        source: "picture world".into(),
        text: LINES.join("\n"),
        under: [("reversed".to_owned(), "It ended before it began.".to_owned())].into(),
        answers: vec![("Is the fox in frame 1 the one of frame 2?".into(), "Yes, \u{1b}[31mthe same.".into())],
        figures: [("truth", truth), ("same_questions", 1.0), ("reversed.truth", truth / 2.0)]
            .map(|(key, value)| (key.to_owned(), value))
            .into(),
    };
    vec![told(1, 0.75), told(0, 0.25), told(2, 0.5)]
}

/// Somebody who looks at the list; one evaluation is under way.
pub fn evaluates(sitting: Sitting) -> Sitting {
    let mut sitting = sitting.gallery(4).keys("V");
    sitting.hear(Event::Suites(Ok(vec![suite("quick", Some(48)), suite("books", None)])));
    sitting.hear(Event::Evaluations(Ok(vec![found("paper"), found("older")])));
    // The suite that was chosen stays so when another row comes before it.
    sitting.hear(Event::Runs(Arc::new(vec![run(RunState::Running, 120)])));
    sitting
}

/// The table of one of them.
pub fn table(sitting: Sitting) -> Sitting {
    let mut sitting = evaluates(sitting).keys("jj<enter>");
    sitting.hear(Event::Evaluation(found("paper").id, Ok(Box::new(evaluation()))));
    sitting.keys("jjl")
}

/// The stories behind a figure of it.
pub fn behind(sitting: Sitting, keys: &str) -> Sitting {
    let mut sitting = table(sitting).keys(keys).keys("<enter>");
    let result = Ok(Arc::new(specimens("after RL")));
    sitting.hear(Event::Specimens { evaluation: found("paper").id, model: "after RL".into(), result });
    sitting.hear(Event::Frames(id(0), Ok(Arc::new(sequence(0, 5, true)))));
    sitting
}

fn start(recipe: &str, changes: &[&str]) -> Effect {
    let changes = changes.iter().map(|change| (*change).to_owned()).collect();
    Effect::WishRun(RunWish::Start(RunPlan { recipe: recipe.into(), changes }))
}

#[test]
fn suites_are_started_and_what_is_under_way_is_followed_and_stopped() {
    let mut sitting = Sitting::new(100, 30).gallery(4).keys("V");
    assert_eq!(sitting.take(), [Effect::LoadSuites, Effect::LoadEvaluations, Effect::WatchRuns(true)]);
    assert!(sitting.app.is_waiting() && sitting.shows("one moment"));
    let mut sitting = evaluates(Sitting::new(100, 30));
    sitting.take();
    assert!(sitting.shows("120/400 · 5 min 50 s left") && sitting.shows("at work: after RL"), "{}", sitting.screen());
    assert!(sitting.shows("48 tales · 5 models · 1 reward model · 2 demands"), "{}", sitting.screen());
    assert!(sitting.shows("1 of 2 demands missed"), "{}", sitting.screen());
    let mut sitting = sitting.keys("n");
    assert!(sitting.shows("tales for quick to tell: 48"), "{}", sitting.screen());
    sitting = sitting.keys("<esc>n<enter>");
    assert_eq!(sitting.take(), [start("quick", &[])]);
    sitting = sitting.keys("n<ctrl-u>12<enter>");
    assert_eq!(sitting.take(), [start("quick", &["sequences.world.count=12"])]);
    sitting = sitting.keys("n<ctrl-u>many<enter>");
    assert!(sitting.take().is_empty() && sitting.shows("'many' is no number of tales"), "{}", sitting.screen());
    sitting = sitting.keys("jn");
    assert_eq!(sitting.take(), [start("books", &[])]);
    sitting = sitting.keys("<enter>");
    assert!(sitting.shows("world = { seed = 9001, count = 48 }"), "{}", sitting.screen());
    sitting = sitting.keys("<esc>ggs");
    assert_eq!(sitting.take(), [Effect::WishRun(RunWish::Stop(run(RunState::Running, 0).id))]);
    sitting.hear(Event::RunWished(Ok("it stops after the step under way".into())));
    assert!(sitting.shows("it stops after"), "{}", sitting.screen());
    // One that has ended may have found something.
    sitting.hear(Event::Runs(Arc::new(vec![run(RunState::Failed, 120)])));
    assert_eq!(sitting.take(), [Effect::LoadEvaluations]);
    assert!(sitting.shows("there is no model 'after RL'"), "{}", sitting.screen());
    sitting = sitting.keys("r");
    assert_eq!(sitting.take(), [Effect::WishRun(RunWish::Resume(run(RunState::Failed, 0).id))]);
    sitting = sitting.keys("<esc>");
    assert_eq!(sitting.take(), [Effect::WatchRuns(false)]);
}

#[test]
fn a_table_marks_what_differs_and_every_figure_opens_its_stories_the_worst_first() {
    let mut sitting = evaluates(Sitting::new(120, 40)).keys("jj");
    sitting.take();
    sitting = sitting.keys("<enter>");
    assert_eq!(sitting.take(), [Effect::LoadEvaluation(found("paper").id)]);
    // What another one found comes too late.
    sitting.hear(Event::Evaluation("other".into(), Err(Notice::ours("too late"))));
    assert!(sitting.shows("one moment"), "{}", sitting.screen());
    let mut sitting = table(Sitting::new(120, 40));
    sitting.take();
    let words = ["0.801 [0.771, 0.831] ▲", "0.094 [0.064, 0.124] ▼", "baseline, 48 stories", "0.850 [0.820, 0.880]  "];
    for words in words {
        assert!(sitting.shows(words), "{words}: {}", sitting.screen());
    }
    let versus = "less embedded: +0.079 [0.059, 0.099], p 0.0002, after Holm 0.0124: better";
    assert!(sitting.shows(versus), "{}", sitting.screen());
    assert!(!sitting.shows("LLaVA-1.5") && sitting.shows("models 1–"), "{}", sitting.screen());
    sitting = sitting.keys("lll");
    assert!(sitting.shows("LLaVA-1.5") && sitting.shows("–5 of 5"), "{}", sitting.screen());
    sitting = sitting.keys("hhh<enter>");
    let asked = Effect::LoadSpecimens { evaluation: found("paper").id, model: "after RL".into() };
    assert_eq!(sitting.take(), [asked]);
    let result = Ok(Arc::new(specimens("after RL")));
    sitting.hear(Event::Specimens { evaluation: found("paper").id, model: "after RL".into(), result });
    let frames = |n: usize| Effect::LoadFrames { sequence: id(n), source: "picture world".into() };
    assert_eq!(sitting.take(), [frames(0)]);
    assert!(sitting.shows("1 of 3, the worst first · Tale 0 · this story alone: 0.250"), "{}", sitting.screen());
    assert!(sitting.shows("Mia the fox found a key"), "{}", sitting.screen());
    sitting = sitting.keys("l");
    assert_eq!(sitting.take(), [frames(2)]);
    sitting.hear(Event::Frames(id(2), Err(Notice::yours("there is no sequence seq2 here", "open its pictures"))));
    assert!(sitting.shows("the frames cannot be shown"), "{}", sitting.screen());
    sitting = sitting.keys("<esc><tab>");
    assert!(
        sitting.shows("missed: repetition of after RL") && sitting.shows("praise in front"),
        "{}",
        sitting.screen()
    );
    sitting = sitting.keys("G");
    assert!(sitting.shows("world = { seed = 9001, count = 48 }"), "{}", sitting.screen());
    let sitting = sitting.keys("<tab><esc>");
    assert!(sitting.shows("48 tales"), "{}", sitting.screen());
}

#[test]
fn a_figure_of_a_condition_or_of_questions_shows_what_it_was_counted_on() {
    let sitting = behind(Sitting::new(120, 40), "jjj");
    let screen = sitting.screen();
    assert!(screen.contains("It ended before it began.") && screen.contains("told of its own frames"), "{screen}");
    let sitting = behind(Sitting::new(120, 40), "jj");
    let screen = sitting.screen();
    assert!(screen.contains("Is the fox in frame 1") && screen.contains("Yes, [31mthe same."), "{screen}");
}

#[test]
fn what_cannot_be_read_is_told_and_reward_models_alone_have_an_account() {
    let mut sitting = evaluates(Sitting::new(100, 30)).keys("jj<enter>");
    sitting.hear(Event::Evaluation(found("paper").id, Err(Notice::outside("the database is gone", "look for it"))));
    assert!(sitting.shows("the database is gone"), "{}", sitting.screen());
    let mut sitting = evaluates(Sitting::new(100, 30)).keys("jj<enter>");
    let rewards = Evaluation { models: vec![], rows: vec![], baseline: None, ..evaluation() };
    sitting.hear(Event::Evaluation(found("paper").id, Ok(Box::new(rewards))));
    assert!(sitting.shows("praise in front"), "{}", sitting.screen());
    let mut sitting = table(Sitting::new(100, 30)).keys("<enter>");
    let result = Err(Notice::outside("the stories behind it are not here", "run its suite again"));
    sitting.hear(Event::Specimens { evaluation: found("paper").id, model: "after RL".into(), result });
    assert!(sitting.shows("the stories behind it are not here"), "{}", sitting.screen());
    let mut sitting = Sitting::new(100, 30).gallery(4).keys("V");
    sitting.hear(Event::Evaluations(Err(Notice::outside("the shelf cannot be read", "try again"))));
    assert!(sitting.shows("the shelf cannot be read"), "{}", sitting.screen());
}

#[test]
fn somebody_who_looks_starts_nothing_and_two_screens_share_the_list_of_runs() {
    let mut sitting = Sitting::new(100, 30).gallery(4);
    sitting.app = sitting.app.looking_only();
    let mut sitting = evaluates(sitting);
    sitting.take();
    sitting = sitting.keys("ns");
    assert!(sitting.take().is_empty() && sitting.shows("you are here to look"), "{}", sitting.screen());
    sitting = sitting.keys("jj<enter>");
    assert_eq!(sitting.take(), [Effect::LoadEvaluation(found("paper").id)]);
    let mut sitting = evaluates(Sitting::new(100, 30)).keys("T");
    sitting.take();
    sitting = sitting.keys("<esc>");
    assert!(!sitting.take().contains(&Effect::WatchRuns(false)), "the other one still shows runs");
    sitting = sitting.keys("<esc>");
    assert_eq!(sitting.take(), [Effect::WatchRuns(false)]);
}
