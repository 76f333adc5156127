//! Backups: made while others write, held against themselves, made into homes; and homes of every older program.

use std::borrow::Cow;
use std::fs;

use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteSynchronous;

use super::rating_tests::{campaign, plain, preference};
use super::shelf_tests::sequence;
use super::test_place::TestPlace;
use super::turns::Kept;
use super::{Shelf, ShelfError, sql, sqlite};
use crate::story::{Sampling, SequenceId};

fn unwatched(_: usize, _: usize) {}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_of_a_home_in_use_is_a_home_of_one_moment() {
    let place = TestPlace::sqlite();
    let (shelf, campaign, raters) = campaign(&place, 40, 2, plain(2)).await;
    fs::write(place.home().join("host_key"), "a key").unwrap();
    let (writer, its) = (shelf.clone(), campaign.clone());
    let rating = tokio::spawn(async move {
        let mut kept = 0;
        for rater in &raters {
            while let Some(turn) = writer.next_turn(&its, rater).await.unwrap().turn {
                let event = format!("e-{kept}");
                let said = writer.keep_vote(&its.plan, &event, &turn.id, rater, &preference(1)).await.unwrap();
                assert_eq!(said, Kept::Now);
                kept += 1;
            }
        }
        kept
    });
    while shelf.votes(&campaign.id).await.unwrap().len() < 5 {
        tokio::task::yield_now().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("copy");
    let made = shelf.back_up(&to, &mut unwatched).await.unwrap();
    assert_eq!(rating.await.unwrap(), 80);
    assert!((5..=80).contains(&made.events), "{made:?}");
    assert_eq!((made.sequences, made.images, made.stories), (1, 2, 80));

    let home = folder.path().join("again");
    let restored = Shelf::restore(&to, &home, &mut unwatched).await.unwrap();
    assert_eq!(restored, made);
    let again = Shelf::open(&home, None).await.unwrap();
    assert_eq!(again.votes(&campaign.id).await.unwrap().len() as u64, made.events);
    let opened = again.sequence(&SequenceId("id-a".into())).await.unwrap().unwrap();
    assert_eq!(opened.frames.len(), 2);
    for frame in &opened.frames {
        assert_eq!(again.images.get(&frame.hash).unwrap().hash(), frame.hash);
    }
    assert_eq!(fs::read_to_string(home.join("host_key")).unwrap(), "a key");
    assert!(!home.join("restoring").exists() && !to.join("shelf.lock").exists());

    let taken = Shelf::restore(&to, &home, &mut unwatched).await.unwrap_err();
    assert!(matches!(taken, ShelfError::Taken { .. }), "a home in use is never written over");
    assert!(matches!(shelf.back_up(&to, &mut unwatched).await, Err(ShelfError::Taken { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_whole_becomes_neither_a_backup_nor_a_home() {
    let place = TestPlace::sqlite();
    let (shelf, campaign, raters) = campaign(&place, 3, 1, plain(1)).await;
    while let Some(turn) = shelf.next_turn(&campaign, &raters[0]).await.unwrap().turn {
        shelf.keep_vote(&campaign.plan, &turn.id, &turn.id, &raters[0], &preference(2)).await.unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let (to, home) = (folder.path().join("copy"), folder.path().join("again"));
    shelf.back_up(&to, &mut unwatched).await.unwrap();

    // A picture that the disk has spoilt.
    let hash = sequence("a", &[1]).1[0].hash().to_owned();
    let image = |home: &std::path::Path| home.join("images").join(&hash[..2]).join(&hash);
    let whole = fs::read(image(&to)).unwrap();
    fs::write(image(&to), b"spoilt").unwrap();
    let spoilt = Shelf::restore(&to, &home, &mut unwatched).await.unwrap_err();
    assert!(matches!(&spoilt, ShelfError::Picture { .. }), "{spoilt}");
    assert!(!home.join("shelf.db").exists());
    fs::write(image(&to), whole).unwrap();
    fs::write(image(place.home()), b"spoilt").unwrap();
    let other = folder.path().join("other");
    let spoilt = shelf.back_up(&other, &mut unwatched).await.unwrap_err();
    assert!(matches!(&spoilt, ShelfError::Picture { .. }) && !other.exists(), "{spoilt}");

    // Its last vote is gone: the chain is whole, and ends too early.
    let pool = sqlite::connect(&to.join("shelf.db"), 1, SqliteSynchronous::Full).await.unwrap();
    sqlx::query("DROP TRIGGER vote_events_never_go").execute(&pool).await.unwrap();
    sqlx::query("DELETE FROM vote_events WHERE seq = 3").execute(&pool).await.unwrap();
    sqlite::close(&pool).await;
    let short = Shelf::restore(&to, &home, &mut unwatched).await.unwrap_err();
    assert!(matches!(&short, ShelfError::NoBackup { why, .. } if why.contains("votes")), "{short}");

    // One that was broken off has no label.
    fs::remove_file(to.join("backup.json")).unwrap();
    let unlabelled = Shelf::restore(&to, &home, &mut unwatched).await.unwrap_err();
    assert!(matches!(&unlabelled, ShelfError::NoBackup { .. }), "{unlabelled}");
    assert!(!home.join("shelf.db").exists());
}

/// Somebody at a pair with a known answer.
const RATED: [&str; 4] = [
    "INSERT INTO raters (id, name, role, simulated, revoked, added_at) VALUES ('r', 'Ada', 'rater', 0, 0, 7)",
    "INSERT INTO campaigns (id, name, settings, state, created_at) VALUES ('c', 'old', '{}', 'open', 7)",
    "INSERT INTO pairs (id, campaign_id, sequence_id, first_id, second_id, kind, answer, chance, shuffle, votes) \
     VALUES ('p', 'c', 'id-a', 's', 's', 'gold', 1, 1, 0, 0)",
    "INSERT INTO turns (id, campaign_id, pair_id, rater_id, repeated, first_is_left, state, lease_until, shown_at) \
     VALUES ('t', 'c', 'p', 'r', 0, 1, 'open', 7, 7)",
];

/// A home as it was after so many migrations, with a sequence and a story in it, and a turn where there were any.
async fn older(place: &TestPlace, migrations: usize) {
    let older = sqlite::MIGRATIONS.iter().take(migrations).cloned().collect();
    let migrator = Migrator { migrations: Cow::Owned(older), ..Migrator::DEFAULT };
    let pool = sqlite::connect(&place.home().join("shelf.db"), 1, SqliteSynchronous::Full).await.unwrap();
    migrator.run(&pool).await.unwrap();
    let sampling = serde_json::to_string(&Sampling { seed: u64::MAX, ..Sampling::default() }).unwrap();
    for statement in [
        "INSERT INTO sequences (id, title, source, members, in_world, opened_at) VALUES ('id-a', 'a', 'here', '[]', 0, 7)",
        "INSERT INTO stories (id, sequence_id, task, prompt, content, tokens, model, model_hash, sampling, seed, finish, \
         told_at, first_token_ms, vision_ms, prefill_ms, decode_ms, prompt_tokens, new_tokens) VALUES ('s', 'id-a', 'story', \
         'Tell.', 'Mia ran.', '[1]', 'embedded', 'ab', $1, '18446744073709551615', 'stop', 7, 1, 1, 1, 1, 1, 1)",
    ] {
        let query = sqlx::query(statement);
        let query = if statement.contains("$1") { query.bind(&sampling) } else { query };
        query.execute(&pool).await.unwrap();
    }
    // Ratings came with the fifth.
    for statement in if migrations < 5 { &[][..] } else { &RATED[..] } {
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    sqlite::close(&pool).await;
}

#[tokio::test]
async fn homes_of_every_older_program_are_brought_up_to_date_whole() {
    for migrations in 1..=sqlite::MIGRATIONS.iter().count() {
        let place = TestPlace::sqlite();
        older(&place, migrations).await;
        let shelf = place.open().await;
        let story = shelf.story_of("s").await.unwrap();
        assert_eq!((story.text.as_str(), story.sampling.seed), ("Mia ran.", u64::MAX), "after {migrations}");
        let health = shelf.health().await.unwrap();
        assert_eq!((health.damage, health.sequences, health.stories), (None, 1, 1), "after {migrations}");
        let refused = sql::query("UPDATE stories SET content = 'Bo ran.'").execute(&shelf.pool).await.unwrap_err();
        assert!(refused.to_string().contains("never changes"), "after {migrations}: {refused}");
        if (5..9).contains(&migrations) {
            let kind: String = sql::query_scalar("SELECT kind FROM turns").fetch_one(&shelf.pool).await.unwrap();
            assert_eq!(kind, "gold", "turns are counted by what their pair is for, after {migrations}");
        }
        let schema: i64 =
            sql::query_scalar("SELECT MAX(version) FROM _sqlx_migrations").fetch_one(&shelf.pool).await.unwrap();
        assert_eq!(schema, sqlite::MIGRATIONS.iter().count() as i64);
        // And their backups as well, whatever made them.
        let folder = tempfile::tempdir().unwrap();
        let (to, home) = (folder.path().join("copy"), folder.path().join("again"));
        shelf.back_up(&to, &mut unwatched).await.unwrap();
        let mut label: serde_json::Value = serde_json::from_slice(&fs::read(to.join("backup.json")).unwrap()).unwrap();
        label["version"] = "0.0.1".into();
        fs::write(to.join("backup.json"), label.to_string()).unwrap();
        let older_copy = TestPlace::sqlite();
        older(&older_copy, migrations).await;
        fs::copy(older_copy.home().join("shelf.db"), to.join("shelf.db")).unwrap();
        Shelf::restore(&to, &home, &mut unwatched).await.unwrap();
        assert_eq!(Shelf::open(&home, None).await.unwrap().story_of("s").await.unwrap().text, "Mia ran.");
    }
}
