//! A suite from its plan to its table, with the embedded storyteller; and again from what was kept.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::{Done, Kept, Plan, Working, examine_suite, jobs, tabulate};
use crate::evaluate::Subject;
use crate::story::EvaluationOrigin;
use crate::writer::remote::RemoteTeller;
use crate::writer::remote::loopback::{Answer, Loopback};
use crate::writer::{ModelSource, Storyteller, Teller};

const SUITE: &str = r#"
format = 1
name = "small"
[sequences]
world = { count = 2 }
[telling]
max_new_tokens = 24
[measures]
weigh = true
questions = 2
conditions = ["reversed", "blank", "inscribed"]
conditions_on = 1
[[models]]
name = "one"
model = "embedded"
[[models]]
name = "two"
model = "embedded"
[[gates]]
measure = "words"
at_least = 1
[[gates]]
measure = "words"
at_most = 0
model = "two"
"#;

/// What a model says, and of how many jobs it was told anew.
fn run(plan: &Plan, subjects: &[Subject], kept: &Kept, which: usize) -> (Done, usize) {
    run_by(
        Teller::Here(Box::new(Storyteller::open(&ModelSource::Embedded, None).unwrap())),
        plan,
        subjects,
        kept,
        which,
    )
}

fn run_by(teller: Teller, plan: &Plan, subjects: &[Subject], kept: &Kept, which: usize) -> (Done, usize) {
    let conditions = plan.conditions().unwrap();
    let working = Working { plan, subjects, kept, conditions: &conditions };
    let mut tellers = [teller];
    let (anew, all) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let heard = |new: bool| {
        anew.fetch_add(usize::from(new), Ordering::Relaxed);
        all.fetch_add(1, Ordering::Relaxed);
    };
    let done = examine_suite(&mut tellers, &plan.models[which], &working, &AtomicBool::new(false), heard).unwrap();
    assert_eq!(all.into_inner() as u64, jobs(&plan.models[which], &working));
    (done, anew.into_inner())
}

#[test]
fn what_is_told_once_is_not_told_again_and_the_table_has_every_measure() {
    let home = tempfile::tempdir().unwrap();
    let plan = Plan::parse(SUITE, Path::new(".")).unwrap();
    let subjects: Vec<Subject> = [9001, 9002].into_iter().map(|seed| Subject::world(seed).unwrap()).collect();
    let kept = Kept::open(&home.path().join("kept.jsonl")).unwrap();
    let (one, anew) = run(&plan, &subjects, &kept, 0);
    // A story, a weighing and two questions each, and three conditions of the first.
    assert_eq!(anew, 11);
    drop(kept);
    let kept = Kept::open(&home.path().join("kept.jsonl")).unwrap();
    // The same bytes under another name: nothing is told.
    let (two, anew) = run(&plan, &subjects, &kept, 1);
    assert_eq!((anew, one.story(0), one.story(1)), (0, two.story(0), two.story(1)));
    let conditions = plan.conditions().unwrap();
    let found = tabulate(&plan, &conditions, &subjects, &[one, two], &[], (Vec::new(), EvaluationOrigin::default()));
    let keys: Vec<&str> = found.rows.iter().map(|row| row.key.as_str()).collect();
    let wanted = [
        "words",
        "repetition",
        "truth",
        "gain_blank",
        "order",
        "same_questions",
        "meteor",
        "reversed.truth",
        "blank.alike",
    ];
    assert!(wanted.iter().all(|key| keys.contains(key)), "{keys:?}");
    assert_eq!(&found.groups()[0], &"length and repetition");
    let words = &found.rows[0];
    assert!(words.cells[0].value.is_some_and(|words| words > 3.0) && words.cells[0].value == words.cells[1].value);
    let truth = found.rows.iter().find(|row| row.key == "truth").unwrap();
    // Of two sequences neither an interval nor a difference can be told.
    assert_eq!((truth.cells[1].low, truth.cells[1].versus, truth.cells[1].of), (None, None, 2));
    assert_eq!(found.gates.iter().map(|gate| gate.held).collect::<Vec<_>>(), [true, true, false]);
}

#[test]
fn an_engine_elsewhere_is_a_model_of_the_suite_and_is_not_weighed() {
    let home = tempfile::tempdir().unwrap();
    let plan = Plan::parse(SUITE, Path::new(".")).unwrap();
    let subjects: Vec<Subject> = [9001, 9002].into_iter().map(|seed| Subject::world(seed).unwrap()).collect();
    let kept = Kept::open(&home.path().join("kept.jsonl")).unwrap();
    let engine = Loopback::start((0..9).map(|_| Answer::told(&["A fox", " was happy.", "\nYes."])).collect());
    let remote = || Teller::Remote(RemoteTeller::open("strong", &engine.remote()).unwrap());
    let (one, anew) = run_by(remote(), &plan, &subjects, &kept, 0);
    // A story and two questions each, and three conditions of the first; nothing is weighed.
    assert_eq!((anew, engine.asked().len()), (9, 9));
    assert_eq!((one.story(1), one.hash == engine.remote().hash()), (Some("A fox was happy.\nYes."), true));
    let told = one.told[0].as_ref().unwrap();
    assert!(told.weighed.is_none() && told.under.len() == 3 && told.asked[0].1.contains("Yes."));
    let (_, anew) = run_by(remote(), &plan, &subjects, &kept, 1);
    assert_eq!((anew, engine.asked().len()), (0, 9), "what was told is not asked for again");
    let conditions = plan.conditions().unwrap();
    let found = tabulate(&plan, &conditions, &subjects, &[one], &[], (Vec::new(), EvaluationOrigin::default()));
    assert!(found.rows.iter().any(|row| row.key == "truth") && found.rows.iter().all(|row| row.key != "order"));
}
