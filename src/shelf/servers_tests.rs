//! Several servers that share a shelf: overlap stays exact, no vote is doubled, each has a chain, all show the pictures; and
//! what a person is told of a database that is not as it should be.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteSynchronous;

use super::rating_tests::{campaign, plain, preference};
use super::shelf_tests::{sequence, story};
use super::sql;
use super::sqlite;
use super::test_place::TestPlace;
use super::turns::Kept;
use super::{Shelf, ShelfError};
use crate::story::{Notice, Verdict};

/// Two servers on one database, the campaign begun at the first.
macro_rules! two_servers {
    ($pairs:expr, $raters:expr, $plan:expr => $places:ident, $shelf:ident, $other:ident, $campaign:ident, $raters_of:ident) => {
        let Some(first) = TestPlace::postgres().await else { return };
        let $places = [first.beside(), first];
        let ($shelf, $campaign, $raters_of) = campaign(&$places[1], $pairs, $raters, $plan).await;
        let $other = $places[0].open().await;
    };
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_give_out_each_place_once_and_raters_may_be_at_both() {
    two_servers!(30, 12, plain(2) => _places, shelf, other, campaign, raters);
    let mut tasks = Vec::new();
    for (at, server) in [(0, &shelf), (1, &other)] {
        for rater in &raters {
            let (server, campaign, rater) = (server.clone(), campaign.clone(), rater.clone());
            tasks.push(tokio::spawn(async move {
                let mut kept = 0;
                while let Some(turn) = server.next_turn(&campaign, &rater).await.unwrap().turn {
                    let event = format!("{rater}-{at}-{}", turn.id);
                    let said =
                        server.keep_vote(&campaign.plan, &event, &turn.id, &rater, &preference(1)).await.unwrap();
                    // The same turn stands on two screens, and the same is said at both: it is one vote.
                    assert_ne!(said, Kept::Late);
                    kept += u32::from(said == Kept::Now);
                }
                kept
            }));
        }
    }
    let mut kept = 0;
    for task in tasks {
        kept += task.await.unwrap();
    }
    assert_eq!(kept, 60, "two votes for each of thirty pairs");
    let votes = other.votes(&campaign.id).await.unwrap();
    let mut of_pairs: HashMap<&str, HashSet<&str>> = HashMap::new();
    for vote in &votes {
        assert!(of_pairs.entry(&vote.pair).or_default().insert(&vote.rater), "a rater twice at one pair");
    }
    assert!(of_pairs.len() == 30 && of_pairs.values().all(|raters| raters.len() == 2), "{of_pairs:?}");
    assert_eq!(shelf.campaign("test").await.unwrap().unwrap().votes, 60);
    for server in [&shelf, &other] {
        let verified = server.verify_votes().await.unwrap();
        assert_eq!((verified.events, verified.broken, verified.chains.len()), (60, None, 2));
        assert_eq!(verified.chains.iter().map(|chain| chain.events).sum::<u64>(), 60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_sent_to_two_servers_at_once_is_one_vote_and_an_invitation_lets_in_at_one() {
    two_servers!(6, 1, plain(1) => _places, shelf, other, campaign, raters);
    for n in 0..6 {
        let turn = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn.unwrap();
        let event = format!("e{n}");
        let said = preference(2);
        let keep =
            async |shelf: &Shelf| shelf.keep_vote(&campaign.plan, &event, &turn.id, &raters[0], &said).await.unwrap();
        let (one, two) = tokio::join!(keep(&shelf), keep(&other));
        assert!(matches!((one, two), (Kept::Now, Kept::Before) | (Kept::Before, Kept::Now)), "{one:?} {two:?}");
    }
    assert_eq!(shelf.verify_votes().await.unwrap().events, 6);
    let invite = super::Entrance::Invite { token: "once".into() };
    shelf.add_rater("Bo", crate::story::Role::Rater, &invite, false).await.unwrap();
    let (one, two) = tokio::join!(shelf.use_invite("once", None), other.use_invite("once", None));
    assert_eq!([one.unwrap(), two.unwrap()].iter().flatten().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_counts_is_what_came_last_at_whichever_server() {
    two_servers!(2, 1, plain(1) => _places, shelf, other, campaign, raters);
    let rater = &raters[0];
    let turn = shelf.next_turn(&campaign, rater).await.unwrap().turn.unwrap();
    // The first server's chain is longer, so that places in it say nothing about the other's.
    for version in 1..=3 {
        shelf.keep_consent(&campaign.id, rater, version).await.unwrap();
    }
    let keep = async |shelf: &Shelf, event: &str, strength: i8| {
        shelf.keep_vote(&campaign.plan, event, &turn.id, rater, &preference(strength)).await.unwrap()
    };
    assert_eq!(keep(&shelf, "e1", 3).await, Kept::Now);
    assert!(other.undo_vote(&campaign, "e2", rater).await.unwrap());
    assert!(shelf.votes(&campaign.id).await.unwrap().is_empty());
    assert_eq!(keep(&other, "e3", -1).await, Kept::Now);
    other.keep_consent(&campaign.id, rater, 4).await.unwrap();
    let votes = shelf.votes(&campaign.id).await.unwrap();
    assert_eq!((votes.len(), votes[0].preference.verdict), (1, Verdict::Prefer(-1)));
    assert_eq!(shelf.standing(&campaign.id, rater).await.unwrap().unwrap().agreed, 4);
    assert!(shelf.undo_vote(&campaign, "e4", rater).await.unwrap());
    assert!(!other.undo_vote(&campaign, "e5", rater).await.unwrap(), "there is none left");
    let verified = shelf.verify_votes().await.unwrap();
    assert_eq!((verified.events, verified.broken.clone()), (8, None));

    // Of the last event of a chain no hash tells; but the rater's next one, in the other chain, counts on.
    for forced in [
        "DROP TRIGGER vote_events_never_go ON vote_events",
        "DELETE FROM vote_events WHERE kind = 'consent' AND content LIKE '%4%'",
    ] {
        sql::query(forced).execute(&shelf.pool).await.unwrap();
    }
    let broken = shelf.verify_votes().await.unwrap().broken.unwrap();
    assert!(broken.contains("is missing") && broken.contains(rater), "{broken}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pictures_of_one_server_are_shown_by_the_other() {
    let Some(place) = TestPlace::postgres().await else { return };
    let (first, second) = (place.open().await, place.beside());
    let (rain, pictures) = sequence("rain", &[1, 2, 3]);
    first.put_sequence(&rain, &pictures).await.unwrap();
    first.put_story(&story("a", "rain")).await.unwrap();
    let other = second.open().await;
    let cover = &other.sequences().await.unwrap()[0].cover;
    assert_eq!(other.picture(cover).unwrap(), pictures[0], "the gallery has its covers");
    let hashes = rain.frames.iter().map(|frame| frame.hash.clone()).collect();
    assert_eq!(other.pictures(hashes).await.unwrap(), pictures);
    assert_eq!(other.health().await.unwrap().damage, None);
    sql::query("DELETE FROM image_bytes WHERE hash = $1").bind(pictures[1].hash()).execute(&first.pool).await.unwrap();
    assert!(other.health().await.unwrap().damage.unwrap().contains("pictures"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_waits_for_the_disk_whatever_the_url_says() {
    let Some(place) = TestPlace::postgres().await else { return };
    let url = format!("{}&options[synchronous_commit]=off", place.database().unwrap());
    let shelf = Shelf::open(place.home(), Some(&url)).await.unwrap();
    let said: String = sql::query_scalar("SHOW synchronous_commit").fetch_one(&shelf.pool).await.unwrap();
    assert_eq!(said, "on");
}

/// What a person is told of this database, which must not hold the password.
async fn refused(url: &str) -> Notice {
    let home = tempfile::tempdir().unwrap();
    let error = Shelf::open(home.path(), Some(url)).await.unwrap_err();
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    Notice::from(error)
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named_without_its_password() {
    let notice = refused("postgres://me:hunter2@127.0.0.1:1/loom").await;
    assert!(notice.what.contains("loom at 127.0.0.1:1 cannot be reached"), "{notice}");
    assert!(!notice.to_string().contains("hunter2"), "{notice}");
    let notice = refused("postgres://me:hunter2@host:no-port/loom").await;
    assert!(notice.try_this.contains("postgres://") && !notice.to_string().contains("hunter2"), "{notice}");
}

#[tokio::test]
async fn a_database_that_refuses_says_what_it_refuses() {
    let Some(place) = TestPlace::postgres().await else { return };
    let server = std::env::var("STORYLOOM_TEST_POSTGRES").unwrap();
    let (scheme, rest) = server.split_once("://").unwrap();
    let (_, rest) = rest.split_once('@').expect("the URL of the tests names a user");
    let notice = refused(&format!("{scheme}://nobody:hunter2@{rest}")).await;
    assert!(notice.what.contains("does not let us in"), "{notice}");
    let missing = server.rsplit_once('/').unwrap().0.to_owned() + "/no_such_database";
    assert!(refused(&missing).await.what.contains("no_such_database"));
    drop(place);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_that_nobody_gives_back_is_waited_for_and_then_said() {
    two_servers!(1, 1, plain(1) => _places, shelf, other, campaign, raters);
    let mut held = shelf.begin().await.unwrap();
    let query = sql::query("SELECT id FROM raters WHERE id = $1 FOR UPDATE").bind(&raters[0]);
    query.execute(&mut *held).await.unwrap();
    let error = other.next_turn(&campaign, &raters[0]).await.unwrap_err();
    assert!(matches!(error, ShelfError::Database { .. }), "{error}");
    assert!(Notice::from(error).what.contains("too busy"));
    drop(held);
    assert!(other.next_turn(&campaign, &raters[0]).await.unwrap().turn.is_some());
}

/// Hash of an event as it was written before there were servers.
fn old_hash(fields: [&str; 8]) -> String {
    let mut hasher = blake3::Hasher::new();
    for field in fields {
        hasher.update(&(field.len() as u64).to_le_bytes());
        hasher.update(field.as_bytes());
    }
    hasher.finalize().to_hex().to_string()
}

#[tokio::test]
async fn the_chain_of_an_older_home_goes_on() {
    let place = TestPlace::sqlite();
    let older = sqlite::MIGRATIONS.iter().take(5).cloned().collect();
    let migrations = Migrator { migrations: Cow::Owned(older), ..Migrator::DEFAULT };
    let pool = sqlite::connect(&place.home().join("shelf.db"), 1, SqliteSynchronous::Full).await.unwrap();
    migrations.run(&pool).await.unwrap();
    let mut previous = String::new();
    let events =
        [("a", "t1", "r1", "vote"), ("b", "t2", "r2", "vote"), ("c", "t1", "r1", "undo"), ("d", "t1", "r1", "vote")];
    for (seq, (id, turn, rater, kind)) in (1_i64..).zip(events) {
        let hash = old_hash([&previous, &seq.to_string(), id, turn, rater, kind, "{}", "7"]);
        let query = "INSERT INTO vote_events (seq, id, turn_id, rater_id, kind, content, at, previous, hash) \
                     VALUES ($1, $2, $3, $4, $5, '{}', 7, $6, $7)";
        let query = sqlx::query(query).bind(seq).bind(id).bind(turn).bind(rater).bind(kind);
        query.bind(&previous).bind(&hash).execute(&pool).await.unwrap();
        previous = hash;
    }
    pool.close().await;

    let shelf = place.open().await;
    let verified = shelf.verify_votes().await.unwrap();
    assert_eq!((verified.broken, &verified.chains[0].head), (None, &previous));
    let current: Vec<(String, i64)> = sql::query_as("SELECT turn_id, rater_seq FROM current_votes ORDER BY turn_id")
        .fetch_all(&shelf.pool)
        .await
        .unwrap();
    assert_eq!(current, [("t1".to_owned(), 3), ("t2".to_owned(), 1)]);
    shelf.keep_consent("c", "r2", 1).await.unwrap();
    let verified = shelf.verify_votes().await.unwrap();
    assert_eq!((verified.events, verified.chains.len(), verified.broken), (5, 1, None));

    sql::query(place.let_votes_change()).execute(&shelf.pool).await.unwrap();
    for forged in ["rater_seq = 9 WHERE seq = 1", "rater_seq = 7 WHERE seq = 4"] {
        let forged = format!("UPDATE vote_events SET {forged}");
        sql::query(&forged).execute(&shelf.pool).await.unwrap();
        assert!(shelf.verify_votes().await.unwrap().broken.is_some(), "{forged}");
    }
}
