//! Judges held to what they must say: answers that are known, orders that disagree, and a cache that pays once.

use std::sync::Arc;

use super::judge::{FactsJudge, Judge, Match, Ruling, Scene, Told};
use super::remote_judge::RemoteJudge;
use super::{Cache, agreed, forecast, leanings};
use crate::evaluate::worldly::order;
use crate::story::{SamplingPatch, Task};
use crate::world::{Split, Tale};
use crate::writer::remote::loopback::{Answer, Loopback};

fn scene(seed: u64) -> Arc<Scene> {
    let tale = Tale::new(seed, Split::HeldOut);
    let order = order(&tale, &tale, Task::Story, None, SamplingPatch::default()).unwrap();
    Arc::new(Scene { order, facts: Some(tale.facts) })
}

fn told(text: &str) -> Told {
    Told { system: text.len().to_string(), text: text.to_owned() }
}

fn judge(engine: &Loopback, cache: &Arc<Cache>) -> RemoteJudge {
    RemoteJudge::open("far", &engine.remote(), cache.clone()).unwrap()
}

#[test]
fn a_remote_judge_is_shown_the_pictures_and_the_same_question_is_paid_once() {
    let said = "{\"coherence\": 7, \"relevance\": 8, \"emotional_depth\": 6, \"overall\": 7}";
    let engine = Loopback::start(vec![Answer::told(&[said])]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cache.jsonl");
    let scene = scene(9001);
    let first =
        judge(&engine, &Arc::new(Cache::open(&path).unwrap())).score(&scene, &told("A story.")).unwrap().unwrap();
    assert_eq!(first.values[2], ("emotional_depth".to_owned(), 6.0));
    assert_eq!((first.spent.requests, first.spent.tokens_in, first.spent.tokens_out), (1, 40, 7));
    assert_eq!(engine.asked()[0].body.matches("data:image/jpeg").count(), scene.order.pictures.len());
    let mut again = judge(&engine, &Arc::new(Cache::open(&path).unwrap()));
    let second = again.score(&scene, &told("A story.")).unwrap().unwrap();
    assert_eq!((second.values == first.values, second.spent.remembered, engine.asked().len()), (true, 1, 1));
    again.score(&scene, &told("Another.")).unwrap();
    assert_eq!(engine.asked().len(), 2);
}

#[test]
fn orders_that_disagree_are_a_tie_and_what_cannot_be_read_is_nothing() {
    let rule = |answers: [&str; 2]| {
        let engine = Loopback::start(answers.iter().map(|answer| Answer::told(&[answer])).collect());
        judge(&engine, &Arc::new(Cache::fleeting())).compare(&scene(9001), &[told("one"), told("three")]).unwrap()
    };
    let (a, b) = ("{\"better\": \"A\"}", "{\"better\": \"B\"}");
    assert_eq!(rule([a, b]).outcome, Some(1.0));
    assert_eq!(rule([b, a]).outcome, Some(0.0));
    let leans = rule([a, a]);
    assert_eq!((leans.outcome, leans.orders), (Some(0.5), Some([Some(1.0), Some(0.0)])));
    let mute = rule([a, "I like both."]);
    assert_eq!((mute.outcome, mute.spent.unreadable), (None, 1));
}

#[test]
fn facts_prefer_what_is_true() {
    let scene = scene(9002);
    let own = scene.facts.as_ref().unwrap().story.join("\n");
    let ruling = FactsJudge.compare(&scene, &[told(&own), told("Nobody was anywhere.")]).unwrap();
    assert_eq!(ruling.outcome, Some(1.0));
    assert!(FactsJudge.score(&scene, &told(&own)).unwrap().unwrap().values[0].1 > 0.99);
    let unknown = Scene { facts: None, ..(*scene).clone() };
    assert_eq!(FactsJudge.score(&unknown, &told(&own)).unwrap(), None);
}

#[test]
fn leanings_and_agreement_are_counted_as_they_are_defined() {
    let scenes = [scene(9001), scene(9002)];
    let pair = |n: usize, people: Option<f64>| Match {
        pair: n.to_string(),
        scene: scenes[n % 2].clone(),
        stories: [
            Told { system: "far".into(), text: "long story".into() },
            Told { system: "near".into(), text: "short".into() },
        ],
        people,
    };
    let ruling = |ahead: f64, behind: f64| Ruling {
        outcome: Some(if ahead == behind { ahead } else { 0.5 }),
        orders: Some([Some(ahead), Some(behind)]),
        ..Ruling::default()
    };
    let pairs = [pair(0, Some(1.0)), pair(1, Some(0.2)), pair(2, Some(0.5)), pair(3, None)];
    let rulings = [ruling(1.0, 1.0), ruling(1.0, 0.0), ruling(1.0, 0.0), ruling(1.0, 1.0)];
    let both: Vec<(&Match, &Ruling)> = pairs.iter().zip(&rulings).collect();
    let found = leanings(&both, Some("far"));
    // Shown first and preferred: all four ahead, and behind where the second was said to be better.
    assert_eq!((found.place.of, found.place.value.value), (8, 0.75));
    assert_eq!((found.steady.of, found.steady.value.value), (4, 0.5));
    assert_eq!((found.longer.of, found.longer.value.value), (2, 1.0));
    assert_eq!((found.longer_by_people.of, found.longer_by_people.value.value), (2, 0.5));
    let (own, by_people) = found.own.unwrap();
    assert_eq!((own.value.value, by_people.of, by_people.value.value), (0.75, 3, 0.5));
    let agreed = agreed(&both);
    assert_eq!((agreed.pairs, agreed.sequences, agreed.decided), (3, 2, 1));
    assert!((agreed.same.unwrap() - 2.0 / 3.0).abs() < 1e-12 && agreed.same_decided == Some(1.0));
    // Observed 2/3; the judge says first 1/3 and tie 2/3, people a third each: expected 1/3.
    assert!((agreed.kappa.unwrap() - 0.5).abs() < 1e-12);
    let [low, high] = agreed.same_interval.unwrap();
    assert!(low <= 2.0 / 3.0 && high >= 2.0 / 3.0);
}

#[test]
fn a_forecast_counts_every_request_and_picture() {
    let scene = scene(9001);
    let remote = Loopback::start(vec![Answer::json("{}")]).remote();
    let one = told("A story of some words.");
    let pictures = scene.order.pictures.len() as u64;
    let said = forecast(&remote, &[(&scene, &one)], &[]);
    // 512 pixels a side are 19 patches of 28.
    assert!(said.requests == 1 && said.tokens_in > pictures * 361 && said.tokens_in < pictures * 361 + 600, "{said:?}");
    let pair = Match { pair: "p".into(), scene, stories: [one.clone(), one], people: None };
    assert_eq!(forecast(&remote, &[], &[pair]).requests, 2);
}
