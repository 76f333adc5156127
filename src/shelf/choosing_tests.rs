//! Which pair comes next: as many as the quota allows, and those that are least sure as often as the campaign asks for them.

use super::campaigns::{NewPair, PairKind};
use super::rating_tests::{campaign, plain, preference};
use super::shelf_tests::{sequence, story};
use super::test_place::{TestPlace, on_both};
use super::turns::Next;
use super::voting::Given;
use crate::story::{Plan, TurnKind};

on_both! {
    practice_does_not_count_towards_the_quota,
    nobody_is_given_more_than_the_quota,
    what_is_least_sure_is_drawn_as_often_as_asked_and_its_probability_is_kept,
}

async fn nobody_is_given_more_than_the_quota(place: TestPlace) {
    let plan = Plan { quota: 3, ..plain(1) };
    let (shelf, campaign, raters) = campaign(&place, 5, 2, plan).await;
    for (rater, given) in [(&raters[0], 3), (&raters[1], 2)] {
        let mut had = 0;
        while let Next { turn: Some(turn), done, left } = shelf.next_turn(&campaign, rater).await.unwrap() {
            assert_eq!((done, left), (had, given - had));
            let event = format!("{rater} {had}");
            shelf.keep_vote(&campaign.plan, &event, &turn.id, rater, &preference(1)).await.unwrap();
            had += 1;
        }
        assert_eq!(had, given);
    }
    // What is taken back may be given again.
    assert!(shelf.undo_vote(&campaign, "undo", &raters[0]).await.unwrap());
    assert!(shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.is_some());
}

async fn practice_does_not_count_towards_the_quota(place: TestPlace) {
    let plan = Plan { quota: 2, ..plain(1) };
    let (shelf, campaign, raters) = campaign(&place, 5, 1, plan).await;
    let pair = NewPair {
        sequence: sequence("a", &[1, 2]).0.id.0,
        first: "s0-a".into(),
        second: "s1-a".into(),
        kind: PairKind::Practice { answer: 1 },
        chance: 1.0,
    };
    shelf.add_pairs(&campaign.id, &[], &[pair]).await.unwrap();
    let mut kinds = Vec::new();
    let mut next = shelf.next_turn(&campaign, &raters[0]).await.unwrap();
    while let Next { turn: Some(turn), done, left } = next {
        assert_eq!((done, left), (kinds.len() as u64, 2 - (kinds.len() as u64).saturating_sub(1)));
        kinds.push(turn.kind());
        let event = turn.id.clone();
        let given = Given { event: &event, turn: &turn.id, rater: &raters[0], preference: &preference(1) };
        let voted = shelf.keep_vote_and_go_on(&campaign, given).await.unwrap();
        let whole = shelf.next_turn(&campaign, &raters[0]).await.unwrap();
        // What comes with the vote is what is asked for after it.
        assert!(voted.next.is_none_or(|ahead| ahead == whole), "{whole:?}");
        next = whole;
    }
    assert_eq!(kinds, [TurnKind::Practice, TurnKind::Plain, TurnKind::Plain]);
}

async fn what_is_least_sure_is_drawn_as_often_as_asked_and_its_probability_is_kept(place: TestPlace) {
    let plan = Plan { uncertain: 1.0, ..plain(1) };
    let (shelf, campaign, raters) = campaign(&place, 6, 1, plan).await;
    // Another two systems, of which nothing is known yet.
    let mut candidates = Vec::new();
    let mut pairs = Vec::new();
    for n in 0..2 {
        let [first, second] = ["x", "y"].map(|letter| format!("{letter}{n}"));
        for (id, policy) in [(&first, "three"), (&second, "one")] {
            shelf.put_story(&story(id, "a")).await.unwrap();
            candidates.push((id.clone(), policy.to_owned()));
        }
        let sequence = sequence("a", &[1, 2]).0.id.0;
        pairs.push(NewPair { sequence, first, second, kind: PairKind::Plain, chance: 1.0 });
    }
    shelf.add_pairs(&campaign.id, &candidates, &pairs).await.unwrap();
    // Named the other way round than the pairs are.
    shelf.set_unsure(&campaign.id, &[("two".into(), "one".into(), 0.25)]).await.unwrap();
    for (event, among) in ["e0", "e1", "e2"].into_iter().zip([8, 7, 6]) {
        let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
        assert_eq!(turn.first_id.starts_with('x'), among > 6, "{turn:?} of {among}");
        shelf.keep_vote(&campaign.plan, event, &turn.id, &raters[0], &preference(1)).await.unwrap();
        let votes = shelf.votes(&campaign.id).await.unwrap();
        assert_eq!(votes.last().unwrap().drawn, Some((1.0, among)));
    }
}
