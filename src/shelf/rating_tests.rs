//! Votes: overlap is exact, nothing acknowledged is lost or doubled, what is taken back is written down, and the log shows
//! every change.

use super::campaigns::{NewPair, PairKind};
use super::passed_over::PassedOver;
use super::raters::Entrance;
use super::shelf_tests::{sequence, story};
use super::sql;
use super::test_place::{TestPlace, on_both};
use super::turns::Kept;
use super::voting::Given;
use super::{Shelf, ShelfError};
use crate::story::{Better, Campaign, CampaignState, Plan, Preference, Role, SkipReason, TurnKind, Verdict};

pub(super) fn preference(strength: i8) -> Preference {
    Preference {
        verdict: Verdict::Prefer(strength),
        criteria: vec![Better::First, Better::Same, Better::Second],
        reason: String::new(),
        marks: Vec::new(),
        better: None,
        flagged: false,
        active_ms: 4_000,
        wall_ms: 9_000,
        screen: "half 10x20 80x24".into(),
        guideline: 1,
        so_far: None,
        imported: None,
    }
}

/// A shelf with a campaign of so many plain pairs, and raters of this number.
pub(super) async fn campaign(
    place: &TestPlace,
    pairs: usize,
    raters: usize,
    plan: Plan,
) -> (Shelf, Campaign, Vec<String>) {
    let shelf = place.open().await;
    let (sequence, pictures) = sequence("a", &[1, 2]);
    shelf.put_sequence(&sequence, &pictures).await.unwrap();
    let (mut candidates, mut list) = (Vec::new(), Vec::new());
    for n in 0..pairs {
        let ids = [format!("s{n}-a"), format!("s{n}-b")];
        for (id, policy) in ids.iter().zip(["one", "two"]) {
            shelf.put_story(&story(id, "a")).await.unwrap();
            candidates.push((id.clone(), policy.to_owned()));
        }
        let [first, second] = ids;
        list.push(NewPair { sequence: sequence.id.0.clone(), first, second, kind: PairKind::Plain, chance: 1.0 });
    }
    shelf.put_campaign("test", &plan, &candidates, &list).await.unwrap();
    let mut ids = Vec::new();
    for n in 0..raters {
        let rater = shelf.add_rater(&format!("rater {n}"), Role::Rater, &Entrance::Here, false).await.unwrap();
        ids.push(rater.id);
    }
    let campaign = shelf.campaign("test").await.unwrap().unwrap();
    (shelf, campaign, ids)
}

pub(super) fn plain(overlap: u32) -> Plan {
    Plan { overlap, gold: 0.0, repeats: 0.0, ..Plan::default() }
}

on_both! {
    overlap_is_exact_however_many_ask_at_once,
    who_votes_goes_on_in_the_same_transaction_and_overlap_stays_exact,
    nobody_goes_on_where_more_is_to_be_said_than_a_pair,
    a_vote_sent_twice_is_one_and_a_turn_is_taken_up_as_it_was,
    a_vote_that_is_taken_back_is_asked_again_and_both_are_in_the_log,
    a_lease_that_runs_out_gives_the_place_away_and_a_late_vote_does_not_count,
    a_turn_that_is_held_keeps_its_place,
    a_pair_that_is_passed_over_goes_to_others_and_repeats_stand_the_other_way_round,
    the_log_refuses_changes_and_shows_those_that_were_forced,
    who_is_forgotten_leaves_votes_without_a_person,
    an_invitation_lets_in_once_and_a_key_is_one_persons,
}

async fn overlap_is_exact_however_many_ask_at_once(place: TestPlace) {
    let (shelf, campaign, raters) = campaign(&place, 12, 7, plain(2)).await;
    let tasks: Vec<_> = raters
        .into_iter()
        .map(|rater| {
            let (shelf, campaign) = (shelf.clone(), campaign.clone());
            tokio::spawn(async move {
                let mut votes = 0;
                while let Some(turn) = shelf.next_turn(&campaign, &rater).await.unwrap().turn {
                    let event = format!("{rater}-{votes}");
                    let kept = shelf.keep_vote(&campaign.plan, &event, &turn.id, &rater, &preference(1)).await.unwrap();
                    assert_eq!(kept, Kept::Now);
                    votes += 1;
                }
                votes
            })
        })
        .collect();
    let mut sum = 0;
    for task in tasks {
        sum += task.await.unwrap();
    }
    assert_eq!(sum, 24, "two votes for each of twelve pairs");
    let votes = shelf.votes(&campaign.id).await.unwrap();
    for pair in votes.iter().map(|vote| &vote.pair) {
        let mut raters: Vec<&str> = votes.iter().filter(|v| v.pair == *pair).map(|v| v.rater.as_str()).collect();
        raters.dedup();
        assert_eq!(raters.len(), 2, "by two different raters");
    }
    assert_eq!(shelf.campaign("test").await.unwrap().unwrap().votes, 24);
    let verified = shelf.verify_votes().await.unwrap();
    assert_eq!((verified.events, verified.broken), (24, None));
}

async fn who_votes_goes_on_in_the_same_transaction_and_overlap_stays_exact(place: TestPlace) {
    let plan = Plan { repeats: 0.2, ..plain(2) };
    let (shelf, campaign, raters) = campaign(&place, 12, 7, plan).await;
    let tasks: Vec<_> = raters
        .into_iter()
        .map(|rater| {
            let (shelf, campaign) = (shelf.clone(), campaign.clone());
            tokio::spawn(async move {
                let (mut votes, mut at_once) = (0, 0);
                let mut next = shelf.next_turn(&campaign, &rater).await.unwrap();
                while let Some(turn) = next.turn {
                    let event = format!("{rater}-{}", turn.id);
                    let said = preference(1);
                    let given = Given { event: &event, turn: &turn.id, rater: &rater, preference: &said };
                    let voted = shelf.keep_vote_and_go_on(&campaign, given).await.unwrap();
                    assert_eq!(voted.kept, Kept::Now);
                    votes += u32::from(turn.kind() == TurnKind::Plain);
                    at_once += u32::from(voted.next.is_some());
                    // The same key once more gives neither a second vote nor a second turn.
                    let again = shelf.keep_vote_and_go_on(&campaign, given).await.unwrap();
                    assert_eq!((again.kept, again.next), (Kept::Before, None));
                    next = match voted.next {
                        Some(next) => next,
                        None => shelf.next_turn(&campaign, &rater).await.unwrap(),
                    };
                }
                (votes, at_once)
            })
        })
        .collect();
    let (mut votes, mut at_once) = (0, 0);
    for task in tasks {
        let (one, other) = task.await.unwrap();
        (votes, at_once) = (votes + one, at_once + other);
    }
    assert_eq!(votes, 24, "two votes for each of twelve pairs");
    assert!(at_once > 12, "most go on at once: {at_once}");
    let verified = shelf.verify_votes().await.unwrap();
    assert_eq!(verified.broken, None);
    let votes = shelf.votes(&campaign.id).await.unwrap();
    let plain = votes.iter().filter(|vote| vote.kind == TurnKind::Plain);
    let places: std::collections::HashSet<(&str, &str)> =
        plain.map(|vote| (vote.pair.as_str(), vote.rater.as_str())).collect();
    assert_eq!(places.len(), 24, "no rater twice at one pair");
}

async fn nobody_goes_on_where_more_is_to_be_said_than_a_pair(place: TestPlace) {
    let (shelf, campaign, raters) = campaign(&place, 5, 1, plain(1)).await;
    let vote = async |campaign: &Campaign, event: &str| {
        let turn = shelf.next_turn(campaign, &raters[0]).await.unwrap().turn.unwrap();
        let given = Given { event, turn: &turn.id, rater: &raters[0], preference: &preference(1) };
        shelf.keep_vote_and_go_on(campaign, given).await.unwrap().next
    };
    assert!(vote(&campaign, "e1").await.is_some());
    // As it would be after a change of the plan that this visit has not heard of.
    let older = Campaign { plan: Plan { guideline_version: 7, ..campaign.plan.clone() }, ..campaign.clone() };
    assert_eq!(vote(&older, "e2").await, None);
    shelf.set_campaign_state(&campaign.id, CampaignState::Paused).await.unwrap();
    assert_eq!(vote(&campaign, "e3").await, None);
    shelf.set_campaign_state(&campaign.id, CampaignState::Open).await.unwrap();
    shelf.revoke_rater(&raters[0]).await.unwrap();
    assert_eq!(vote(&campaign, "e4").await, None);
    assert_eq!(shelf.votes(&campaign.id).await.unwrap().len(), 4, "the votes are kept all the same");
}

async fn a_vote_sent_twice_is_one_and_a_turn_is_taken_up_as_it_was(place: TestPlace) {
    let (shelf, campaign, raters) = campaign(&place, 3, 1, plain(1)).await;
    let rater = &raters[0];
    let turn = shelf.next_turn(&campaign, rater).await.unwrap().turn.unwrap();
    shelf.keep_draft(&campaign.plan, &turn.id, rater, &preference(2)).await.unwrap();
    let again = shelf.next_turn(&campaign, rater).await.unwrap().turn.unwrap();
    assert_eq!((&again.id, again.first_is_left), (&turn.id, turn.first_is_left));
    assert!(again.draft.unwrap().contains("\"prefer\":2"));
    let keep =
        async |event: &str| shelf.keep_vote(&campaign.plan, event, &turn.id, rater, &preference(2)).await.unwrap();
    assert_eq!(keep("e1").await, Kept::Now);
    assert_eq!(keep("e1").await, Kept::Before);
    assert_eq!(keep("e2").await, Kept::Before, "another key press at the same turn");
    let other = shelf.keep_vote(&campaign.plan, "e3", &turn.id, rater, &preference(-2)).await.unwrap();
    assert_eq!(other, Kept::Late, "a second visit that says something else is not told that it counts");
    assert_eq!(shelf.votes(&campaign.id).await.unwrap().len(), 1);
    let next = shelf.next_turn(&campaign, rater).await.unwrap();
    assert_eq!((next.done, next.left), (1, 2));
}

async fn a_vote_that_is_taken_back_is_asked_again_and_both_are_in_the_log(place: TestPlace) {
    let (shelf, campaign, raters) = campaign(&place, 2, 1, plain(1)).await;
    let rater = &raters[0];
    let turn = shelf.next_turn(&campaign, rater).await.unwrap().turn.unwrap();
    shelf.keep_vote(&campaign.plan, "e1", &turn.id, rater, &preference(3)).await.unwrap();
    let other = shelf.next_turn(&campaign, rater).await.unwrap().turn.unwrap();
    assert_ne!(other.id, turn.id);
    assert!(shelf.undo_vote(&campaign, "e2", rater).await.unwrap());
    assert!(shelf.votes(&campaign.id).await.unwrap().is_empty());
    let back = shelf.next_turn(&campaign, rater).await.unwrap().turn.unwrap();
    assert_eq!(back.id, turn.id);
    assert!(back.draft.unwrap().contains("\"prefer\":3"));
    shelf.keep_vote(&campaign.plan, "e3", &turn.id, rater, &preference(-1)).await.unwrap();
    let votes = shelf.votes(&campaign.id).await.unwrap();
    assert_eq!(votes.len(), 1);
    assert_eq!(votes[0].preference.verdict, Verdict::Prefer(-1));
    assert_eq!(shelf.verify_votes().await.unwrap().events, 3);
    assert_eq!(shelf.campaign("test").await.unwrap().unwrap().votes, 1);
}

async fn a_lease_that_runs_out_gives_the_place_away_and_a_late_vote_does_not_count(place: TestPlace) {
    let plan = Plan { lease_seconds: 0, ..plain(1) };
    let (shelf, campaign, raters) = campaign(&place, 1, 2, plan).await;
    let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let others = shelf.next_turn(&campaign, &raters[1]).await.unwrap().turn.unwrap();
    assert_eq!(others.pair_id, turn.pair_id);
    // With a lease that lasts, what the first one says now must not take the place back.
    let lasting = Plan { lease_seconds: 900, ..campaign.plan.clone() };
    shelf.keep_draft(&lasting, &others.id, &raters[1], &preference(1)).await.unwrap();
    shelf.keep_draft(&lasting, &turn.id, &raters[0], &preference(2)).await.unwrap();
    let keep = async |event: &str, turn: &str, rater: &str| {
        shelf.keep_vote(&campaign.plan, event, turn, rater, &preference(1)).await.unwrap()
    };
    assert_eq!(keep("e1", &others.id, &raters[1]).await, Kept::Now);
    assert_eq!(keep("e2", &turn.id, &raters[0]).await, Kept::Late);
    assert_eq!(shelf.votes(&campaign.id).await.unwrap().len(), 1);
    assert_eq!(shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn, None);
}

async fn a_turn_that_is_held_keeps_its_place(place: TestPlace) {
    let plan = Plan { lease_seconds: 0, ..plain(1) };
    let (shelf, campaign, raters) = campaign(&place, 1, 2, plan).await;
    let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
    let lasting = Plan { lease_seconds: 900, ..campaign.plan.clone() };
    shelf.hold_turn(&lasting, &turn.id, &raters[0]).await.unwrap();
    assert_eq!(shelf.next_turn(&campaign, &raters[1]).await.unwrap().turn, None, "the only place is held");
    shelf.keep_vote(&campaign.plan, "e", &turn.id, &raters[0], &preference(1)).await.unwrap();
    // What is over is not opened again.
    shelf.hold_turn(&lasting, &turn.id, &raters[0]).await.unwrap();
    assert_eq!(shelf.votes(&campaign.id).await.unwrap().len(), 1);
    assert!(matches!(shelf.hold_turn(&lasting, &turn.id, &raters[1]).await, Err(ShelfError::NoTurn)));
}

async fn a_pair_that_is_passed_over_goes_to_others_and_repeats_stand_the_other_way_round(place: TestPlace) {
    let plan = Plan { repeats: 0.25, ..plain(1) };
    let (shelf, campaign, raters) = campaign(&place, 9, 2, plan).await;
    let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
    shelf.skip_turn("e0", &turn.id, &raters[0], SkipReason::Pictures).await.unwrap();
    let passed = PassedOver { reason: SkipReason::Pictures, simulated: false };
    assert_eq!(shelf.passed_over(&campaign.id).await.unwrap(), [passed]);
    assert!(shelf.passed_over("another").await.unwrap().is_empty());
    let mut sides = std::collections::HashMap::new();
    let mut repeats = 0;
    while let Some(next) = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn {
        assert_ne!(next.pair_id, turn.pair_id, "what was passed over is not asked again");
        let event = format!("v{}", sides.len() + repeats);
        if next.kind() == TurnKind::Repeat {
            assert_eq!(sides[&next.pair_id], !next.first_is_left);
            repeats += 1;
        } else {
            sides.insert(next.pair_id.clone(), next.first_is_left);
        }
        shelf.keep_vote(&campaign.plan, &event, &next.id, &raters[0], &preference(0)).await.unwrap();
    }
    assert_eq!((sides.len(), repeats), (8, 3), "a quarter of the twelve turns, the one passed over among them");
    assert_eq!(shelf.next_turn(&campaign, &raters[1]).await.unwrap().turn.unwrap().pair_id, turn.pair_id);
}

async fn the_log_refuses_changes_and_shows_those_that_were_forced(place: TestPlace) {
    let (shelf, campaign, raters) = campaign(&place, 3, 1, plain(1)).await;
    for n in 0..3 {
        let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
        shelf.keep_vote(&campaign.plan, &format!("e{n}"), &turn.id, &raters[0], &preference(1)).await.unwrap();
    }
    let refused = sql::query("UPDATE vote_events SET content = '{}'").execute(&shelf.pool).await;
    assert!(refused.unwrap_err().to_string().contains("never changes"));
    assert!(sql::query("DELETE FROM vote_events").execute(&shelf.pool).await.is_err());
    sql::query(place.let_votes_change()).execute(&shelf.pool).await.unwrap();
    let forged = "UPDATE vote_events SET content = replace(content, '1', '2') WHERE seq = 2";
    sql::query(forged).execute(&shelf.pool).await.unwrap();
    let broken = shelf.verify_votes().await.unwrap().broken.unwrap();
    assert!(broken.starts_with("event 2") && broken.ends_with("was changed"), "{broken}");
}

async fn who_is_forgotten_leaves_votes_without_a_person(place: TestPlace) {
    let (shelf, campaign, raters) = campaign(&place, 1, 1, plain(1)).await;
    let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
    shelf.keep_vote(&campaign.plan, "e", &turn.id, &raters[0], &preference(1)).await.unwrap();
    shelf.forget_rater(&raters[0]).await.unwrap();
    let rater = shelf.rater(&raters[0]).await.unwrap().unwrap();
    assert_eq!((rater.name, rater.revoked), (None, true));
    assert_eq!(shelf.votes(&campaign.id).await.unwrap()[0].rater, raters[0]);
    assert_eq!(shelf.verify_votes().await.unwrap().broken, None);
}

async fn an_invitation_lets_in_once_and_a_key_is_one_persons(place: TestPlace) {
    let (shelf, ..) = campaign(&place, 1, 0, plain(1)).await;
    let invite = Entrance::Invite { token: "h".into() };
    let added = shelf.add_rater("Ada", Role::Rater, &invite, false).await.unwrap();
    let key = Some(("ssh-ed25519 AAAA", "SHA256:x"));
    assert_eq!(shelf.use_invite("h", key).await.unwrap().unwrap().id, added.id);
    assert_eq!(shelf.use_invite("h", key).await.unwrap(), None);
    assert_eq!(shelf.rater_by_key("SHA256:x").await.unwrap().unwrap().id, added.id);
    let same = Entrance::Key { key: "ssh-ed25519 AAAA".into(), fingerprint: "SHA256:x".into() };
    assert!(shelf.add_rater("Bo", Role::Rater, &same, false).await.is_err());
    shelf.revoke_rater(&added.id).await.unwrap();
    assert_eq!(shelf.rater_by_key("SHA256:x").await.unwrap(), None);
}
