//! Stories that are told while they are rated: once, and with what their last word does to a pair.

use super::Shelf;
use super::awaited::AwaitedStory;
use super::campaigns::{NewPair, PairKind};
use super::rating_tests::{campaign, plain, preference};
use super::shelf_tests::{sequence, story};
use super::sql;
use super::test_place::{TestPlace, on_both};
use super::turns::Kept;
use crate::story::{Campaign, Finish, SamplingPatch, Story};

on_both! {
    a_story_is_told_once_and_is_nowhere_before,
    a_story_that_its_limit_cut_or_that_equals_its_partner_closes_the_pair,
    a_vote_may_be_given_before_the_last_word_and_counts_after_it,
}

fn awaited(id: &str) -> AwaitedStory {
    let sampling = SamplingPatch { seed: Some(u64::MAX), ..SamplingPatch::default() };
    AwaitedStory { id: id.into(), sequence: sequence("a", &[1, 2]).0.id, model: "small".into(), place: 1, sampling }
}

/// A campaign of one pair of stories that are still to be told.
async fn waiting(place: &TestPlace) -> (Shelf, Campaign, Vec<String>) {
    let (shelf, campaign, raters) = campaign(place, 0, 2, plain(2)).await;
    let stories = [awaited("x"), awaited("y")];
    shelf.put_awaited(&stories).await.unwrap();
    let [first, second] = ["x", "y"].map(str::to_owned);
    let pair = NewPair { sequence: stories[0].sequence.0.clone(), first, second, kind: PairKind::Plain, chance: 1.0 };
    let candidates = [("x".to_owned(), "one".to_owned()), ("y".to_owned(), "two".to_owned())];
    shelf.add_pairs(&campaign.id, &candidates, &[pair]).await.unwrap();
    let campaign = shelf.campaign("test").await.unwrap().unwrap();
    (shelf, campaign, raters)
}

fn told(id: &str, text: &str, finish: Finish) -> Story {
    Story { text: text.into(), finish, ..story(id, "a") }
}

async fn a_story_is_told_once_and_is_nowhere_before(place: TestPlace) {
    let (shelf, ..) = waiting(&place).await;
    let sequence = awaited("x").sequence;
    assert_eq!(shelf.awaited("x").await.unwrap(), Some(awaited("x")));
    assert!(shelf.stories(&sequence).await.unwrap().is_empty() && shelf.story_counts().await.unwrap().is_empty());
    assert_eq!(shelf.health().await.unwrap().stories, 0);
    assert_eq!(shelf.story_of("x").await.unwrap().finish, Finish::Awaited);
    let first = told("x", "Mia ran.", Finish::End);
    shelf.tell_awaited(&first).await.unwrap();
    assert_eq!(shelf.story_of("x").await.unwrap(), first);
    assert_eq!((shelf.awaited("x").await.unwrap(), shelf.stories(&sequence).await.unwrap().len()), (None, 1));
    // Another server has told it too.
    shelf.tell_awaited(&told("x", "Mia walked.", Finish::End)).await.unwrap();
    assert_eq!(shelf.story_of("x").await.unwrap().text, "Mia ran.");
    for change in [
        "content = 'other' WHERE id = 'x'",
        "finish = 'awaited' WHERE id = 'x'",
        "id = 'z', finish = 'end' WHERE id = 'y'",
    ] {
        let refused = sql::query(&format!("UPDATE stories SET {change}")).execute(&shelf.pool).await.unwrap_err();
        assert!(refused.to_string().contains("never changes"), "{change}: {refused}");
    }
}

async fn a_story_that_its_limit_cut_or_that_equals_its_partner_closes_the_pair(place: TestPlace) {
    let (shelf, campaign, raters) = waiting(&place).await;
    let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
    let early = shelf.next_turn(&campaign, &raters[1]).await.unwrap().turn.unwrap();
    shelf.keep_vote(&campaign.plan, "early", &early.id, &raters[1], &preference(1)).await.unwrap();
    shelf.tell_awaited(&told("x", "The same.", Finish::End)).await.unwrap();
    assert_eq!(shelf.campaign("test").await.unwrap().unwrap().pairs, 1);
    shelf.tell_awaited(&told("y", "The same.", Finish::Stop)).await.unwrap();
    assert_eq!(shelf.campaign("test").await.unwrap().unwrap().pairs, 0, "it is closed");
    let kept = shelf.keep_vote(&campaign.plan, "late", &turn.id, &raters[0], &preference(1)).await.unwrap();
    assert_eq!(kept, Kept::Late);
    assert!(shelf.votes(&campaign.id).await.unwrap().is_empty(), "the early vote does not count either");
    assert_eq!(shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn, None);
    assert_eq!(shelf.verify_votes().await.unwrap().broken, None);
    // The same by the limit alone.
    let more = [awaited("v"), awaited("w")];
    shelf.put_awaited(&more).await.unwrap();
    let [first, second] = ["v", "w"].map(str::to_owned);
    let pair = NewPair { sequence: more[0].sequence.0.clone(), first, second, kind: PairKind::Plain, chance: 1.0 };
    shelf.add_pairs(&campaign.id, &[], &[pair]).await.unwrap();
    let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
    shelf.tell_awaited(&told("w", "Mia ran and", Finish::Length)).await.unwrap();
    assert_eq!(shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn, None);
    shelf.hold_turn(&campaign.plan, &turn.id, &raters[0]).await.unwrap();
    assert_eq!(shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn, None, "and is not opened again");
}

async fn a_vote_may_be_given_before_the_last_word_and_counts_after_it(place: TestPlace) {
    let (shelf, campaign, raters) = waiting(&place).await;
    let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
    let kept = shelf.keep_vote(&campaign.plan, "e", &turn.id, &raters[0], &preference(2)).await.unwrap();
    assert_eq!((kept, shelf.votes(&campaign.id).await.unwrap().len()), (Kept::Now, 0));
    shelf.tell_awaited(&told("x", "Mia ran.", Finish::End)).await.unwrap();
    assert_eq!(shelf.votes(&campaign.id).await.unwrap().len(), 0, "one of them is not told yet");
    shelf.tell_awaited(&told("y", "Bo slept.", Finish::End)).await.unwrap();
    assert_eq!(shelf.votes(&campaign.id).await.unwrap().len(), 1);
}
