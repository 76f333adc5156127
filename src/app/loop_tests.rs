//! Lineage and loops in the studio: a chain that is read from above, loops with what they wait for, one begun by a plan.

use super::effect::Effect;
use super::event::Event;
use super::sitting::{Sitting, model};
use super::train_tests::{runs, trains};
use crate::story::{
    About, Ancestor, Awaited, Chain, Known, Lineage, LoopCard, LoopField, LoopPlanCard, LoopStep, LoopWish, ModelLine,
    Notice, VotesLearnt, Whose,
};

fn ancestor(name: &str, hash: &str, lineage: Option<Lineage>) -> Ancestor {
    Ancestor { name: name.into(), identity: hash.repeat(32), lineage: lineage.map(Box::new) }
}

fn lineage(kind: &str, began_as: Ancestor) -> Lineage {
    let (kind, recipe) = (kind.to_owned(), kind.to_owned());
    Lineage { kind, recipe, seed: 3, began_as: Some(began_as), votes: None, rewarded_by: None }
}

/// A policy that was rewarded by what learnt from votes, and what became of it.
fn chain() -> Chain {
    let embedded = || ancestor("embedded", "e0", None);
    let votes =
        VotesLearnt { snapshot: "5a".repeat(32), campaign: "small-1".into(), votes: 400, simulated: 400, pairs: 240 };
    let start = ancestor("/home/runs/reward-start-1/best", "57", Some(lineage("reward", embedded())));
    let reward = Lineage { votes: Some(votes), ..lineage("reward", start) };
    let by = ancestor("/home/runs/reward-20261127-091200/best", "4e", Some(reward));
    let line = ModelLine {
        name: "small-1-new".into(),
        identity: "9c".repeat(32),
        current: true,
        lineage: Some(Lineage { rewarded_by: Some(by), ..lineage("policy", embedded()) }),
        stories: 124,
        campaigns: vec![("small-1-trial".into(), 30, 100)],
    };
    let about = |at: i64, figure: &str| About { at: Some(at), figures: vec![figure.into()] };
    let mut known = Known { told: Some(1_795_780_000), ..Known::default() };
    known.campaigns = [("small-1".to_owned(), 1_795_700_000), ("small-1-trial".to_owned(), 1_795_770_000)].into();
    known.by_hash = [
        ("5a".repeat(32), about(1_795_710_000, "3 votes left out")),
        ("4e".repeat(32), about(1_795_720_000, "sides with the raters in 0.712 of 312 held-out pairs, 0.660 to 0.760")),
        (
            "9c".repeat(32),
            about(1_795_760_000, "its reward on held-out tales went from 0.420 to 0.610; it moved 2.10 nats a story"),
        ),
    ]
    .into();
    Chain::of(&line, false, &known)
}

/// The lineage of the chosen run.
pub fn of_run(sitting: Sitting) -> Sitting {
    let mut sitting = sitting.keys("o");
    let run = runs()[0].id.clone();
    sitting.hear(Event::Chain(Whose::Run(run), Ok(chain())));
    sitting
}

fn card(name: &str, step: LoopStep, stage: &str) -> LoopCard {
    LoopCard {
        name: name.into(),
        round: 1,
        step: Some(step),
        stage: stage.into(),
        gate: "400 votes of people, or all that the campaign can have".into(),
        waits: None,
        going: false,
        asks: None,
        trouble: None,
        told: vec!["'small-1' has 240 pairs: storyloom rate small-1".into()],
    }
}

fn cards() -> Vec<LoopCard> {
    let waits = Awaited { done: 312, of: 400, what: "votes" };
    let collects = LoopCard {
        waits: Some(waits),
        going: true,
        ..card("small", LoopStep::Collect, "waits for votes in 'small-1'")
    };
    let asks = Notice::yours(
        "the reward model sides with the raters in 0.520 of the held-out pairs, from 0.470; at least 0.5 is asked for",
        "collect more votes",
    );
    let gate = "sides with the raters in at least 0.5 of held-out pairs for sure".to_owned();
    let told = vec!["'books-1' has 90 pairs: storyloom rate books-1".into(), "120 votes are in 'books-1'".into()];
    let shut = LoopCard {
        asks: Some(asks),
        gate,
        told,
        waits: Some(Awaited { done: 60, of: 60, what: "steps" }),
        ..card("books", LoopStep::Reward, "the reward model learns: reward-20261127-091200")
    };
    let over = LoopCard { gate: String::new(), ..card("zoo", LoopStep::Over, "the round is over, 'zoo-1-new' tells") };
    vec![shut, collects, over]
}

/// Somebody who looks at loops.
pub fn loops(sitting: Sitting) -> Sitting {
    let mut sitting = sitting.keys("c");
    sitting.hear(Event::Loops(Ok(cards())));
    sitting
}

fn plan() -> LoopPlanCard {
    let field = |key: &str, value: &str, meaning| LoopField { key: key.into(), value: value.into(), meaning };
    LoopPlanCard {
        source: "small".into(),
        about: "From votes to a better storyteller.".into(),
        fields: vec![
            field("name", "small-2", "what the loop is called; its campaigns begin with it"),
            field("sequences", "", "paths, bundled names or ids; none: all that come with the program"),
            field("collect.votes", "400", "votes that are waited for"),
            field("trial.adopt", "false", "whether it is adopted where it wins, unasked"),
        ],
    }
}

/// A loop is about to be begun, with other votes than the plan says.
pub fn begins_loop(sitting: Sitting) -> Sitting {
    let mut sitting = loops(sitting).keys("n");
    sitting.hear(Event::LoopPlans(Ok(vec![plan()])));
    sitting.keys("jj<enter><ctrl-u>40<enter>j<enter>")
}

#[test]
fn a_chain_leads_from_votes_to_votes_at_a_glance() {
    let mut sitting = of_run(trains(Sitting::new(80, 24)));
    assert!(sitting.take().contains(&Effect::LoadChain(Whose::Run(runs()[0].id.clone()))));
    let screen = sitting.screen();
    let mut places = Vec::new();
    for words in [
        "campaign 'small-1'",
        "snapshot     frozen  5a5a5a5a5a5a  2026-11-26 16:20",
        "reward-start-1  575757575757",
        "reward-20261127-091200  4e4e4e4e4e4e",
        "● policy       small-1-new, tells now  9c9c9c9c9c9c",
        "124 on the shelf",
        "100 on its stories",
    ] {
        places.push(screen.find(words).unwrap_or_else(|| panic!("{words}: {screen}")));
    }
    assert!(places.is_sorted(), "{screen}");
    for words in ["400 votes, 400 by programs on 240 pairs", "0.712 of 312", "from 0.420 to 0.610", "├←─╯", "↓"]
    {
        assert!(screen.contains(words), "{words}: {screen}");
    }
    // The model in use is a key away; what comes for somebody else is not shown.
    let mut sitting = sitting.keys("m");
    assert_eq!(sitting.take(), [Effect::LoadChain(Whose::InUse)]);
    sitting.hear(Event::Chain(Whose::Model("other".into()), Ok(chain())));
    assert!(sitting.shows("looking for where it comes from") && sitting.app.is_waiting());
    sitting.hear(Event::Chain(Whose::InUse, Err(Notice::outside("the files cannot be read", "see to the disk"))));
    assert!(sitting.shows("see to the disk"));
    assert!(sitting.keys("<esc>").shows("in the queue"));
}

#[test]
fn a_model_of_the_list_has_a_lineage_too() {
    let mut sitting = Sitting::new(100, 30).gallery(4).keys("M");
    sitting.hear(Event::Models(Ok(vec![model(true)])));
    sitting.take();
    let mut sitting = sitting.keys("o");
    assert_eq!(sitting.take(), [Effect::LoadChain(Whose::Model("storyteller".into()))]);
    assert!(sitting.keys("<esc>").shows("storyteller"));
}

#[test]
fn a_chain_longer_than_the_window_scrolls() {
    let sitting = of_run(trains(Sitting::new(60, 16)));
    assert!(sitting.shows("campaign 'small-1'") && sitting.shows("more below"), "{}", sitting.screen());
    let sitting = sitting.keys("G");
    assert!(sitting.shows("100 on its stories") && !sitting.shows("more below"), "{}", sitting.screen());
    assert!(sitting.keys("g").shows("campaign 'small-1'"));
}

#[test]
fn loops_are_listed_with_what_they_wait_for_and_answered() {
    let mut sitting = trains(Sitting::new(100, 30));
    sitting.take();
    let mut sitting = sitting.keys("c");
    assert_eq!(sitting.take(), [Effect::WatchLoops(true)]);
    assert!(sitting.shows("looking for loops") && sitting.app.is_waiting());
    sitting.hear(Event::Loops(Ok(cards())));
    assert!(sitting.shows("312 of 400 votes") && sitting.shows("asks"), "{}", sitting.screen());
    // The first one asks: it is accepted, or begins anew; gone on with or left it cannot be.
    let mut sitting = sitting.keys("rsa");
    assert_eq!(sitting.take(), [Effect::WishLoop(LoopWish::Accept("books".into()))]);
    assert!(sitting.app.is_waiting());
    let mut sitting = sitting.keys("b");
    assert_eq!(sitting.take(), [], "one wish after the other");
    sitting.hear(Event::LoopWished(Err(Notice::yours("the loop asks nothing", "go on with it"))));
    assert!(sitting.shows("the loop asks nothing"));
    let mut sitting = sitting.keys("b");
    assert_eq!(sitting.take(), [Effect::WishLoop(LoopWish::Again("books".into()))]);
    sitting.hear(Event::LoopWished(Ok("'books', round 2: candidates are told".into())));
    // The second one goes on.
    let mut sitting = sitting.keys("jrabs");
    assert_eq!(sitting.take(), [Effect::WishLoop(LoopWish::Leave("small".into()))]);
    sitting.hear(Event::LoopWished(Ok("'small' is left where it is".into())));
    let idle = cards().into_iter().map(|card| LoopCard { going: false, ..card }).collect();
    sitting.hear(Event::Loops(Ok(idle)));
    let sitting = sitting.keys("<enter>");
    for words in ["nobody goes on with it", "what happened", "▸votes → reward", "'small-1' has 240 pairs"] {
        assert!(sitting.shows(words), "{words}: {}", sitting.screen());
    }
    let mut sitting = sitting.keys("r");
    assert_eq!(sitting.take(), [Effect::WishLoop(LoopWish::GoOn("small".into()))]);
    let mut sitting = sitting.keys("<esc><esc>");
    assert_eq!(sitting.take(), [Effect::WatchLoops(false)]);
    assert!(sitting.shows("in the queue"));
    sitting.hear(Event::Loops(Ok(cards())));
    assert_eq!(sitting.take(), [Effect::WatchLoops(false)], "nobody looks any more");
}

#[test]
fn a_loop_is_begun_by_a_plan_whose_fields_were_changed() {
    let mut sitting = begins_loop(trains(Sitting::new(100, 30)));
    assert!(sitting.take().contains(&Effect::LoadLoopPlans));
    // What is typed is no command.
    let mut sitting = sitting.keys("<ctrl-u>nqrue<enter>");
    assert!(sitting.shows("nqrue") && sitting.shows("40  ") && sitting.take().is_empty(), "{}", sitting.screen());
    let sitting = sitting.keys("x");
    assert!(!sitting.shows("nqrue") && sitting.shows("false"), "{}", sitting.screen());
    let mut sitting = sitting.keys("n");
    let fields = [("name", "small-2"), ("sequences", ""), ("collect.votes", "40"), ("trial.adopt", "false")];
    let fields = fields.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let start = LoopWish::Start { source: "small".into(), fields };
    assert_eq!(sitting.take(), [Effect::WishLoop(start.clone())]);
    sitting.hear(Event::LoopWished(Err(Notice::yours("there is already a loop 'small-2'", "another name"))));
    assert!(sitting.shows("already a loop") && sitting.shows("collect.votes"), "{}", sitting.screen());
    let mut sitting = sitting.keys("n");
    assert_eq!(sitting.take(), [Effect::WishLoop(start)]);
    sitting.hear(Event::LoopWished(Ok("the loop 'small-2' has begun; it goes on when you leave".into())));
    let new = card("small-2", LoopStep::Tell, "candidates are told");
    sitting.hear(Event::Loops(Ok([cards(), vec![new]].concat())));
    assert!(sitting.shows("▸ ○ small-2") && sitting.shows("has begun"), "{}", sitting.screen());
}

#[test]
fn somebody_who_only_looks_begins_and_answers_no_loop() {
    let mut sitting = Sitting::new(100, 30);
    sitting.app = sitting.app.looking_only();
    let mut sitting = loops(trains(sitting));
    sitting.take();
    let mut sitting = sitting.keys("nabrjs");
    assert!(sitting.take().is_empty() && sitting.shows("you are here to look"), "{}", sitting.screen());
    assert!(sitting.keys("<enter>").shows("what happened"));
}

#[test]
fn loops_and_chains_can_be_drawn_at_any_size_and_in_ascii() {
    type Scene = fn(Sitting) -> Sitting;
    let scenes: [Scene; 4] = [of_run, loops, |sitting| loops(sitting).keys("j<enter>"), begins_loop];
    for (columns, rows) in [(60, 16), (80, 24), (97, 31), (111, 18), (200, 60)] {
        for scene in scenes {
            let mut sitting = scene(trains(Sitting::new(columns, rows)));
            sitting.draw();
            let app = std::mem::replace(&mut sitting.app, Sitting::new(columns, rows).app);
            sitting.app = app.with_ascii(true);
            let screen = sitting.screen();
            assert!(screen.is_ascii(), "{columns}x{rows}: {screen}");
        }
    }
}
