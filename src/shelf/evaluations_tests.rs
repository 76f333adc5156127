//! Evaluations on the shelf, as they are kept and found again.

use super::test_place::{TestPlace, on_both};
use crate::story::{
    Cell, Direction, Evaluation, EvaluationCard, EvaluationOrigin, Examined, GateSaid, MeasureRow, Versus,
};

on_both! {
    an_evaluation_is_there_again_whole_and_the_newest_comes_first,
    an_evaluation_never_takes_the_place_of_another,
}

fn evaluation(ended_at: u64) -> Evaluation {
    let versus = Versus { difference: 0.25, low: -0.125, high: 0.5, p: 0.03125, p_holm: 1.0 };
    let cell = Cell { value: Some(0.3), low: None, high: Some(0.625), of: 48, versus: Some(versus) };
    Evaluation {
        suite: "quick \u{1f98a}\0'; DROP TABLE evaluations".into(),
        about: "A first look.".into(),
        notes: vec!["A model is left out.".into()],
        models: vec![Examined {
            name: "embedded".into(),
            hash: "ab".repeat(32),
            adapter: None,
            parameters: 7_000_000,
            stories: 48,
            milliseconds: 12.5,
        }],
        baseline: Some(0),
        rows: vec![MeasureRow {
            key: "truth".into(),
            group: "facts".into(),
            words: "true".into(),
            version: 1,
            direction: Direction::Zero,
            cells: vec![cell],
        }],
        rewards: vec![],
        gates: vec![GateSaid { what: "truth".into(), held: false, found: "0.3".into() }],
        origin: EvaluationOrigin {
            version: "0.1.0".into(),
            suite: "format = 1\nseed = 9001\n".into(),
            sequences: 48,
            ended_at,
            ..EvaluationOrigin::default()
        },
    }
}

fn card(id: &str, evaluation: &Evaluation) -> EvaluationCard {
    EvaluationCard::new(id.into(), "/home/somebody/evaluations/quick".into(), evaluation)
}

async fn an_evaluation_is_there_again_whole_and_the_newest_comes_first(place: TestPlace) {
    let shelf = place.open().await;
    assert_eq!(shelf.evaluations().await.unwrap(), []);
    let [old, new] = [evaluation(100), evaluation(200)];
    let [second, first] = [card("b", &old), card("a", &new)];
    shelf.put_evaluation(&second, &old).await.unwrap();
    shelf.put_evaluation(&first, &new).await.unwrap();
    shelf.close().await;
    let shelf = place.open().await;
    assert_eq!(shelf.evaluations().await.unwrap(), [first.clone(), second.clone()]);
    assert_eq!(shelf.evaluation("b").await.unwrap(), Some((second.clone(), old)));
    assert_eq!(shelf.evaluation("c").await.unwrap(), None);
    assert_eq!((second.missed, second.gates, second.sequences), (1, 1, 48));
}

async fn an_evaluation_never_takes_the_place_of_another(place: TestPlace) {
    let shelf = place.open().await;
    let [old, new] = [evaluation(100), evaluation(200)];
    shelf.put_evaluation(&card("a", &old), &old).await.unwrap();
    assert!(shelf.put_evaluation(&card("a", &new), &new).await.is_err());
    assert_eq!(shelf.evaluation("a").await.unwrap().unwrap().1, old);
}
