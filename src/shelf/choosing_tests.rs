//! Which pair comes next: as many as the quota allows, and those that are least sure as often as the campaign asks for them.

use super::campaigns::{NewPair, PairKind};
use super::rating_tests::{campaign, plain, preference};
use super::shelf_tests::{sequence, story};
use super::test_place::{TestPlace, on_both};
use super::turns::Next;
use crate::story::Plan;

on_both! {
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
