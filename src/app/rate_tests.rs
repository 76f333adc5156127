//! The rating screen: what keys say, what is sent, and that the page turns only when the vote is kept.

use super::effect::{Effect, Rating};
use super::event::Event;
use super::sitting::{Sitting, sequence, story};
use crate::canvas::Protocol;
use crate::story::{
    Asked, Better, Fault, Finish, Growth, Notice, Pairing, Plan, Preference, ReadSoFar, Sight, SightQuestion,
    SkipReason, Story, TurnKind, Verdict,
};

fn pairing(first_is_left: bool) -> Pairing {
    let plan = Plan::default();
    let second = Story { text: "A fox walked.\nA bear slept.".into(), ..story(0, 8) };
    Pairing {
        id: "t1".into(),
        event: "e1".into(),
        kind: TurnKind::Plain,
        sequence: sequence(0, 5, true),
        first: story(0, 7),
        second,
        first_is_left,
        draft: None,
        done: 3,
        left: 17,
        criteria: plan.criteria,
        guideline: plan.guideline,
        guideline_version: 1,
        lease_seconds: 900,
    }
}

/// A rater before a pair.
fn rating(columns: u16, rows: u16, pairing: Pairing) -> Sitting {
    let mut sitting = Sitting::new(columns, rows);
    sitting.app = sitting.app.for_rater(Protocol::Off, false);
    assert_eq!(sitting.app.begin(), [Effect::Rate(Rating::Next)]);
    sitting.hear(Event::Asked(Ok(Asked::Pairing(Box::new(pairing)))));
    sitting
}

fn kept(effects: Vec<Effect>) -> (String, String, Preference) {
    let keep = effects.into_iter().find_map(|effect| match effect {
        Effect::Rate(Rating::Keep { turn, event, preference }) => Some((turn, event, *preference)),
        _ => None,
    });
    keep.expect("a vote")
}

#[test]
fn a_whole_vote_is_five_keys_and_is_stored_in_the_campaigns_order() {
    for (left, strength, first) in [(true, 2, Better::First), (false, -2, Better::Second)] {
        let mut sitting = rating(120, 40, pairing(left)).keys("2<left><space><right><enter>");
        let (turn, event, preference) = kept(sitting.take());
        assert_eq!((turn.as_str(), event.as_str()), ("t1", "e1"));
        assert_eq!(preference.verdict, Verdict::Prefer(strength), "first is left: {left}");
        assert_eq!(preference.criteria, [first, Better::Same, first.swapped()]);
        assert_eq!((preference.guideline, preference.screen.as_str()), (1, "off 10x20 120x40"));
    }
}

#[test]
fn the_page_turns_only_when_the_vote_is_kept_and_a_second_enter_is_nothing() {
    let mut sitting = rating(100, 30, pairing(true)).keys("4<left><left><left><enter><enter>");
    assert!(sitting.shows("keeping"), "{}", sitting.screen());
    let votes = |effects: Vec<Effect>| {
        effects.iter().filter(|effect| matches!(effect, Effect::Rate(Rating::Keep { .. }))).count()
    };
    assert_eq!(votes(sitting.take()), 1);
    sitting.hear(Event::VoteKept(Err(Notice::outside("the disk is full", "make room"))));
    assert!(
        sitting.shows("the disk is full") && sitting.shows("A fox walked."),
        "the pair stays: {}",
        sitting.screen()
    );
    let mut sitting = sitting.keys("<enter>");
    assert_eq!(votes(sitting.take()), 1, "and can be sent again");
    sitting.hear(Event::VoteKept(Ok(None)));
    assert_eq!(sitting.take(), [Effect::Rate(Rating::Next)]);
    assert!(
        sitting.shows("kept") && sitting.shows("A fox walked."),
        "until the next one is there: {}",
        sitting.screen()
    );
    let mut sitting = sitting.keys("1<enter>");
    assert!(sitting.take().is_empty(), "and takes no keys meanwhile");
}

/// A pair whose second story is still being told.
fn growing() -> Pairing {
    let second = Story { id: "grows".into(), text: String::new(), finish: Finish::Awaited, ..story(0, 8) };
    Pairing { second, ..pairing(true) }
}

#[test]
fn a_story_grows_before_the_rater_who_may_vote_at_any_time() {
    for (columns, rows) in [(80, 24), (120, 40)] {
        let mut sitting = rating(columns, rows, growing());
        assert!(sitting.shows("… still being told"), "{}", sitting.screen());
        sitting.hear(Event::Growing("grows".into(), Growth::Telling("A fox walked.\nA bear sl".into())));
        insta::assert_snapshot!(format!("growing_{columns}x{rows}"), sitting.screen());
        let mut voting = rating(columns, rows, growing());
        voting.hear(Event::Growing("grows".into(), Growth::Telling("A fox walked.".into())));
        let mut voting = voting.keys("1<left><left><left><enter>");
        let first = story(0, 7).text.chars().count();
        assert_eq!(kept(voting.take()).2.so_far, Some(ReadSoFar { first, second: 13 }));
        // Another pair's story is nothing to this one.
        sitting.hear(Event::Growing("another".into(), Growth::Telling("Elsewhere.".into())));
        assert!(!sitting.shows("Elsewhere"));
        let told = Story { id: "grows".into(), text: "A fox walked.\nA bear slept.".into(), ..story(0, 8) };
        sitting.hear(Event::Growing("grows".into(), Growth::Told(Box::new(told))));
        assert!(sitting.shows("A bear slept.") && !sitting.shows("still being told"), "{}", sitting.screen());
        let mut sitting = sitting.keys("1<left><left><left><enter>");
        assert_eq!(kept(sitting.take()).2.so_far, None);
    }
}

#[test]
fn a_story_that_cannot_be_judged_takes_the_rater_to_another_pair() {
    let cut = Story { id: "grows".into(), finish: Finish::Length, ..story(0, 8) };
    let same = Story { id: "grows".into(), ..story(0, 7) };
    for (told, why) in [(cut, "cut at its limit"), (same, "came out the same")] {
        let mut sitting = rating(80, 24, growing()).keys("3");
        sitting.take();
        sitting.hear(Event::Growing("grows".into(), Growth::Told(Box::new(told))));
        assert_eq!(sitting.take(), [Effect::Rate(Rating::Next)]);
        assert!(sitting.shows(why) && sitting.shows("another pair"), "{}", sitting.screen());
    }
    let mut sitting = rating(80, 24, growing());
    let failed = Growth::Failed(Notice::outside("the model is gone", "add it again"));
    sitting.hear(Event::Growing("grows".into(), failed));
    assert!(sitting.shows("the model is gone") && sitting.take().is_empty(), "{}", sitting.screen());
}

#[test]
fn keys_that_say_nothing_hold_the_turn_now_and_then() {
    let held = |sitting: &mut Sitting| {
        let effects = sitting.take();
        effects.iter().filter(|effect| **effect == Effect::Rate(Rating::Hold("t1".into()))).count()
    };
    let mut sitting = rating(80, 24, pairing(true)).at(200_000).keys("jjk<tab>n");
    assert_eq!(held(&mut sitting), 0, "a quarter of the lease is 225 s");
    let mut sitting = sitting.at(230_000).keys("jjk<tab>n");
    assert_eq!(held(&mut sitting), 1);
    let mut sitting = sitting.at(300_000).keys("rabc<esc>");
    assert_eq!(held(&mut sitting), 0);
    let mut sitting = sitting.at(460_000).keys("rabc<esc>");
    assert_eq!(held(&mut sitting), 1, "typing a reason as well");
    let mut sitting = sitting.keys("4<left><left><left><enter>").at(900_000).keys("jj");
    assert_eq!(held(&mut sitting), 0, "nothing is held that is being kept");
}

#[test]
fn what_the_rater_sees_is_asked_first() {
    let question = |seed: u64| SightQuestion {
        seed,
        frame: sequence(0, 1, true).frames.remove(0),
        choices: ["fox", "bear", "owl", "cat"].map(str::to_owned).to_vec(),
    };
    let sight = Sight { questions: vec![question(4), question(5), question(6)], before: Some(1), needed: 2 };
    let mut sitting = Sitting::new(80, 24);
    sitting.app = sitting.app.for_rater(Protocol::Off, false);
    sitting.hear(Event::Asked(Ok(Asked::Sight(sight))));
    assert!(sitting.shows("Which animal is this?") && sitting.shows("3 owl"), "{}", sitting.screen());
    assert!(sitting.shows("1 of 3 were right, and this campaign needs 2"));
    let mut sitting = sitting.keys("39<enter>1");
    assert!(sitting.take().is_empty() && sitting.shows("picture 3 of 3"));
    let answers = [(4, "owl"), (5, "fox"), (6, "")].map(|(seed, answer)| (seed, answer.to_owned())).to_vec();
    assert_eq!(sitting.keys("5").take(), [Effect::Rate(Rating::Saw(answers)), Effect::Rate(Rating::Next)]);
}

#[test]
fn words_are_marked_and_the_better_story_is_written() {
    for first_is_left in [true, false] {
        let mut sitting = rating(120, 40, pairing(first_is_left)).keys("b").keys("m<tab>l<space>l1");
        assert!(sitting.shows("these words:"), "{}", sitting.screen());
        sitting = sitting.keys("<esc>e<end>!<ctrl-s>");
        assert!(sitting.shows("1 mark · rewritten"), "{}", sitting.screen());
        let mut sitting = sitting.keys("<enter>");
        let (_, _, preference) = kept(sitting.take());
        let right = if first_is_left { "fox walked." } else { "rainy morning," };
        let mark = &preference.marks[0];
        assert_eq!((mark.in_first, mark.from, mark.to, mark.words.as_str()), (!first_is_left, 1, 3, right));
        assert_eq!(mark.fault, Fault::Hallucination);
        let better = preference.better.expect("what was written");
        assert_eq!(better.of_first, first_is_left, "the left one, as neither is preferred");
        assert!(better.text.lines().next().unwrap().ends_with(".!"), "{}", better.text);
    }
    let mut sitting = rating(120, 40, pairing(true)).keys("bm1x<esc>e<ctrl-s><enter>");
    let (_, _, preference) = kept(sitting.take());
    assert_eq!((preference.marks.len(), preference.better), (0, None), "taken away; and nothing was changed");
}

#[test]
fn both_bad_asks_no_criteria_and_is_no_tie() {
    let mut sitting = rating(100, 30, pairing(true)).keys("b<enter>");
    let (_, _, preference) = kept(sitting.take());
    assert_eq!((preference.verdict, preference.criteria.len()), (Verdict::BothBad, 0));
    let mut sitting = rating(100, 30, pairing(true)).keys("c<enter>");
    assert_eq!(kept(sitting.take()).2.verdict, Verdict::CannotJudge);
}

#[test]
fn a_vote_without_an_answer_to_each_question_is_not_sent() {
    let mut sitting = rating(100, 30, pairing(true)).keys("<enter>7<left><enter>");
    assert!(sitting.take().iter().all(|effect| !matches!(effect, Effect::Rate(Rating::Keep { .. }))));
    let mut sitting = sitting.keys("<backspace><right><right><right><enter>");
    assert_eq!(kept(sitting.take()).2.criteria, [Better::Second; 3], "backspace went back to the first question");
}

#[test]
fn what_was_said_is_a_draft_and_comes_back_on_its_side() {
    let mut sitting = rating(100, 30, pairing(false)).keys("1<left>");
    let Some(Effect::Rate(Rating::Draft { turn, preference })) = sitting.take().pop() else { panic!("no draft") };
    assert_eq!((turn.as_str(), preference.verdict), ("t1", Verdict::Prefer(-3)));
    let again = Pairing { draft: Some(*preference), ..pairing(false) };
    let sitting = rating(100, 30, again);
    assert!(sitting.shows("[1]") && sitting.shows("coherence ◀ left"), "{}", sitting.screen());
}

#[test]
fn a_pair_is_passed_over_for_a_reason_and_a_vote_taken_back() {
    let mut sitting = rating(100, 30, pairing(true)).keys("xj<enter>");
    let skip = Rating::Skip { turn: "t1".into(), event: "e1".into(), reason: SkipReason::Text };
    assert_eq!(sitting.take(), [Effect::Rate(skip), Effect::Rate(Rating::Next)]);
    let mut sitting = rating(100, 30, pairing(true)).keys("uuu");
    assert_eq!(sitting.take(), [Effect::Rate(Rating::Undo), Effect::Rate(Rating::Next)], "one vote, however often");
    let mut sitting = rating(100, 30, pairing(true)).keys("b<enter>u");
    assert!(!sitting.take().contains(&Effect::Rate(Rating::Undo)), "not while a vote is on its way");
}

#[test]
fn nobody_sees_who_wrote_what_and_no_other_room_is_open() {
    for keys in ["", "M", "L", "?", "?L", "?M", "?:lo", "<esc>", ":"] {
        let mut sitting = rating(120, 40, pairing(true));
        sitting.hear(Event::Model(super::sitting::model(true)));
        let sitting = sitting.keys(keys);
        let screen = sitting.screen();
        assert!(!screen.contains("storyteller") && !screen.contains("seed"), "{keys}: {screen}");
    }
    let mut sitting = rating(120, 40, pairing(true)).keys("Mo");
    sitting.hear(Event::Paste("/etc".into()));
    assert!(sitting.take().is_empty());
}

#[test]
fn the_guideline_comes_first_and_the_end_is_said() {
    let mut sitting = Sitting::new(80, 24);
    sitting.app = sitting.app.for_rater(Protocol::Off, false);
    sitting.hear(Event::Asked(Ok(Asked::Consent { guideline: Plan::default().guideline, version: 4 })));
    assert!(sitting.shows("Before you begin"), "{}", sitting.screen());
    let mut sitting = sitting.keys("<enter>");
    assert_eq!(sitting.take(), [Effect::Rate(Rating::Agree(4)), Effect::Rate(Rating::Next)]);
    let paused = Notice::outside("the campaign is paused", "come back later");
    sitting.hear(Event::Asked(Err(paused)));
    let mut sitting = sitting.keys("j");
    assert!(sitting.shows("the campaign is paused") && sitting.take().is_empty(), "it is not forgotten");
    let mut sitting = sitting.keys("<enter><enter><enter>");
    assert_eq!(sitting.take(), [Effect::Rate(Rating::Next)], "one question at a time");
    sitting.hear(Event::Asked(Ok(Asked::Nothing { done: 1 })));
    assert!(sitting.shows("You have given 1 vote."), "{}", sitting.screen());
    assert_eq!(sitting.keys("<enter>").take(), [Effect::Rate(Rating::Next)], "places come free again");
}

#[test]
fn who_cannot_see_the_pictures_is_told_where_they_can_be_seen() {
    let mut sitting = Sitting::new(80, 24);
    sitting.app = sitting.app.for_rater(Protocol::HalfBlocks, true);
    assert!(sitting.app.begin().is_empty() && sitting.shows("needs a terminal that shows pictures"));
    assert_eq!(sitting.keys("u<enter>q").take(), [Effect::Quit]);
    let sees = Sitting::new(80, 24).app.for_rater(Protocol::Sixel, true);
    assert_eq!(sees.begin(), [Effect::Rate(Rating::Next)]);
}

#[test]
fn long_and_wide_words_break_no_column_at_any_size() {
    let wide = "狐狸在花园里找到了一把钥匙，她很惊讶。 🦊🔑 e\u{301}\u{301} שלום עולם ".repeat(9);
    let long = "supercalifragilistic".repeat(12);
    let first = Story { text: format!("{wide}\n{long}\x1b[2J\n{wide}"), ..story(0, 7) };
    for (columns, rows) in [(60, 16), (80, 24), (120, 40), (200, 60)] {
        for keys in ["", "<tab>", "jjjj", "x", "r", "3", "z"] {
            let pairing = Pairing { first: first.clone(), ..pairing(true) };
            let sitting = rating(columns, rows, pairing).keys(keys);
            let terminal = sitting.draw();
            let buffer = terminal.backend().buffer();
            assert!(buffer.content().iter().all(|cell| !cell.symbol().contains('\x1b')), "{columns} {keys}");
            // From the names of the sides on, the line between the stories goes straight down, whatever stands beside it.
            let row = |y: u16| (0..columns).map(|x| buffer[(x, y)].symbol()).collect::<String>();
            let Some(top) = (1..rows - 8).find(|y| row(*y).contains("│ right")) else { continue };
            let line = |y: u16| (0..columns).filter(|x| buffer[(*x, y)].symbol() == "│").max();
            let bars: Vec<Option<u16>> = (top..rows - 8).map(line).collect();
            assert!(bars.windows(2).all(|pair| pair[0] == pair[1]), "{columns} {keys}: {bars:?}\n{}", sitting.screen());
        }
    }
}

#[test]
fn rating_screens() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 60)] {
        let snapshot = |name: &str, sitting: Sitting| {
            insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), sitting.screen());
        };
        snapshot("rate", rating(columns, rows, pairing(true)));
        snapshot("rate_criteria", rating(columns, rows, pairing(true)).keys("3<left>"));
        snapshot("rate_skip", rating(columns, rows, pairing(true)).keys("x"));
        snapshot("rate_flipped", rating(columns, rows, pairing(true)).keys("<tab>"));
    }
}
