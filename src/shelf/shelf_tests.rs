//! The shelf as its users meet it: closed and opened again, opened twice, damaged, full.

use std::fs;
use std::path::Path;

use sqlx::migrate::Migrator;

use super::sql::{self, Pool};
use super::test_place::{TestPlace, on_both};
use super::{Checkpoint, Shelf, ShelfError};
use super::{postgres, sqlite};
use crate::pixels::{Picture, Rgb};
use crate::story::{
    CastMember, Finish, Frame, Notice, Origin, Sampling, Sequence, SequenceId, Story, Task, Timing, Writer,
};

fn picture(shade: u8) -> Picture {
    Picture::from_rgb(&Rgb { width: 4, height: 3, data: vec![shade; 36] }).unwrap()
}

pub(super) fn sequence(name: &str, shades: &[u8]) -> (Sequence, Vec<Picture>) {
    let pictures: Vec<Picture> = shades.iter().map(|shade| picture(*shade)).collect();
    let frame = |(place, picture): (usize, &Picture)| Frame {
        place,
        name: format!("{place:02}.png"),
        hash: picture.hash().to_owned(),
        width: 4,
        height: 3,
        text: (place == 1).then(|| "and then".to_owned()),
    };
    let frames = pictures.iter().enumerate().map(frame).collect();
    let sequence = Sequence {
        id: SequenceId(format!("id-{name}")),
        title: name.to_owned(),
        source: "here".to_owned(),
        credits: Some("Nobody, CC0".to_owned()),
        cast: vec![CastMember { name: "Mia".into(), species: "fox".into() }],
        frames,
        in_world: true,
    };
    (sequence, pictures)
}

pub(super) fn story(id: &str, sequence: &str) -> Story {
    Story {
        id: id.to_owned(),
        sequence: SequenceId(format!("id-{sequence}")),
        task: Task::Continuation,
        prompt: "Tell on.".to_owned(),
        text: "Mia the fox \u{1f98a} ran.".to_owned(),
        tokens: vec![1, 70_000, 3],
        writer: Writer { model: "embedded".into(), model_hash: "ab".into(), adapter: None },
        sampling: Sampling { temperature: 0.7, seed: u64::MAX, stop: vec!["END".into()], ..Default::default() },
        finish: Finish::Length,
        timing: Timing { decode_ms: 0.1 + 0.2, new_tokens: 3, ..Default::default() },
        told_at: 1_700_000_000,
        origin: Origin { given: 2, parent: Some("story-0".into()), ..Origin::default() },
    }
}

fn checkpoint(name: &str, folder: &Path) -> Checkpoint {
    Checkpoint {
        name: name.to_owned(),
        source: "owner/name@abc".to_owned(),
        folder: folder.to_owned(),
        owned: false,
        hash: "cd".to_owned(),
        stamp: 1_700_000_000_123,
        family: "idefics3".to_owned(),
        dtype: "bf16".to_owned(),
        parameters: 256_000_000,
        bytes: 513_000_000,
        world_only: false,
    }
}

on_both! {
    everything_is_there_again_after_closing,
    the_sequence_opened_last_comes_first,
    a_story_never_changes_and_never_comes_twice,
    two_may_open_a_fresh_home_at_once_and_both_write,
    one_name_is_one_model,
    a_newer_shelf_is_left_alone,
    a_spoilt_picture_is_noticed_and_mended_by_opening_it_again,
}

async fn everything_is_there_again_after_closing(place: TestPlace) {
    let (rain, pictures) = sequence("rain", &[1, 2, 3]);
    let shelf = place.open().await;
    shelf.put_sequence(&rain, &pictures).await.unwrap();
    shelf.put_story(&story("b", "rain")).await.unwrap();
    shelf.put_story(&story("a", "rain")).await.unwrap();
    shelf.put_checkpoint(&checkpoint("small", place.home())).await.unwrap();
    shelf.set("model", "small").await.unwrap();
    shelf.close().await;

    let shelf = place.open().await;
    assert_eq!(shelf.sequence(&rain.id).await.unwrap().unwrap(), rain);
    let hashes = rain.frames.iter().map(|frame| frame.hash.clone()).collect();
    assert_eq!(shelf.pictures(hashes).await.unwrap(), pictures);
    assert_eq!(shelf.stories(&rain.id).await.unwrap(), [story("b", "rain"), story("a", "rain")]);
    assert_eq!(shelf.story_counts().await.unwrap()[&rain.id], 2);
    assert_eq!(shelf.checkpoints().await.unwrap(), [checkpoint("small", place.home())]);
    assert_eq!(shelf.setting("model").await.unwrap().as_deref(), Some("small"));
    let health = shelf.health().await.unwrap();
    assert_eq!((health.damage, health.sequences, health.images, health.stories), (None, 1, 3, 2));
    let file = place.home().join("images").join(&pictures[0].hash()[..2]).join(pictures[0].hash());
    assert_eq!(fs::read(file).unwrap(), pictures[0].bytes());
}

async fn the_sequence_opened_last_comes_first(place: TestPlace) {
    let shelf = place.open().await;
    for (name, shades) in [("one", [1, 2]), ("two", [1, 3]), ("one", [1, 2])] {
        let (sequence, pictures) = sequence(name, &shades);
        shelf.put_sequence(&sequence, &pictures).await.unwrap();
    }
    let lines = shelf.sequences().await.unwrap();
    let titles: Vec<&str> = lines.iter().map(|line| line.title.as_str()).collect();
    assert_eq!(titles, ["one", "two"]);
    assert_eq!((lines[0].frames, lines[0].cover.as_str()), (2, picture(1).hash()));
}

async fn a_story_never_changes_and_never_comes_twice(place: TestPlace) {
    let shelf = place.open().await;
    let (rain, pictures) = sequence("rain", &[1]);
    assert!(shelf.put_story(&story("a", "rain")).await.is_err(), "its sequence is not there yet");
    shelf.put_sequence(&rain, &pictures).await.unwrap();
    shelf.put_story(&story("a", "rain")).await.unwrap();
    assert!(shelf.put_story(&story("a", "rain")).await.is_err());
    for change in ["content = 'other'", "model = 'other'", "told_at = 0"] {
        let refused = sql::query(&format!("UPDATE stories SET {change}")).execute(&shelf.pool).await;
        assert!(refused.unwrap_err().to_string().contains("never changes"), "{change}");
    }
    assert_eq!(shelf.stories(&rain.id).await.unwrap(), [story("a", "rain")]);
}

async fn two_may_open_a_fresh_home_at_once_and_both_write(place: TestPlace) {
    let (one, two) = tokio::join!(place.try_open(), place.try_open());
    let (one, two) = (one.unwrap(), two.unwrap());
    let (rain, pictures) = sequence("rain", &[1, 2]);
    let (first, second) = tokio::join!(one.put_sequence(&rain, &pictures), two.put_sequence(&rain, &pictures));
    first.and(second).unwrap();
    let write = async |shelf: Shelf, who: &str| {
        for number in 0..20 {
            shelf.put_story(&story(&format!("{number:02}-{who}"), "rain")).await.unwrap();
        }
    };
    tokio::join!(write(one.clone(), "one"), write(two.clone(), "two"));
    assert_eq!(one.stories(&rain.id).await.unwrap().len(), 40);
    assert_eq!(two.stories(&rain.id).await.unwrap().len(), 40);
}

async fn one_name_is_one_model(place: TestPlace) {
    let shelf = place.open().await;
    shelf.put_checkpoint(&checkpoint("small", place.home())).await.unwrap();
    let again = shelf.put_checkpoint(&checkpoint("small", place.home())).await;
    assert!(matches!(again, Err(ShelfError::NameTaken { name }) if name == "small"));
    assert!(shelf.remove_checkpoint("small").await.unwrap());
    assert!(!shelf.remove_checkpoint("small").await.unwrap());
}

async fn a_newer_shelf_is_left_alone(place: TestPlace) {
    let shelf = place.open().await;
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9000, 'from the future', TRUE, $1, 0)";
    sql::query(newer).bind(&[0][..]).execute(&shelf.pool).await.unwrap();
    shelf.close().await;
    let before = fs::read(place.home().join("shelf.db")).ok();
    let error = place.try_open().await.unwrap_err();
    assert!(matches!(error, ShelfError::Newer { version: 9000, .. }), "{error}");
    assert!(fs::read(place.home().join("shelf.db")).ok() == before, "the file was changed");
}

#[tokio::test]
async fn a_damaged_shelf_is_said_to_be_and_not_overwritten() {
    let whole = {
        let home = tempfile::tempdir().unwrap();
        Shelf::open(home.path(), None).await.unwrap().close().await;
        fs::read(home.path().join("shelf.db")).unwrap()
    };
    for damaged in [vec![b'x'; 8192], whole[..whole.len() / 2].to_vec(), [&[0; 16], &whole[16..]].concat()] {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("shelf.db");
        fs::write(&file, &damaged).unwrap();
        let error = Shelf::open(home.path(), None).await.unwrap_err();
        assert!(matches!(error, ShelfError::Damaged { .. }), "{error}");
        assert!(Notice::from(error).try_this.contains("shelf.db"));
        assert!(fs::read(&file).unwrap() == damaged, "the file was changed");
    }
}

#[tokio::test]
async fn a_home_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    fs::write(&file, "").unwrap();
    let notice = Notice::from(Shelf::open(&file.join("home"), None).await.unwrap_err());
    assert!(notice.what.contains("a-file") && notice.try_this.contains("--home"), "{notice}");
}

#[tokio::test]
async fn a_full_disk_costs_the_new_story_and_not_the_old_ones() {
    let home = tempfile::tempdir().unwrap();
    let shelf = Shelf::open(home.path(), None).await.unwrap();
    let (rain, pictures) = sequence("rain", &[1]);
    shelf.put_sequence(&rain, &pictures).await.unwrap();
    shelf.put_story(&story("a", "rain")).await.unwrap();
    let mut held = Vec::new();
    let Pool::Sqlite(pool) = &shelf.pool else { panic!("a home has SQLite") };
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await.unwrap();
        sqlx::query("PRAGMA max_page_count = 1").execute(&mut *connection).await.unwrap();
        held.push(connection);
    }
    drop(held);
    let long = Story { text: "x".repeat(100_000), ..story("b", "rain") };
    let error = shelf.put_story(&long).await.unwrap_err();
    assert!(matches!(error, ShelfError::Full { .. }), "{error}");
    assert_eq!(shelf.stories(&rain.id).await.unwrap(), [story("a", "rain")]);
}

async fn a_spoilt_picture_is_noticed_and_mended_by_opening_it_again(place: TestPlace) {
    let shelf = place.open().await;
    let (rain, pictures) = sequence("rain", &[1]);
    shelf.put_sequence(&rain, &pictures).await.unwrap();
    let hash = pictures[0].hash();
    let file = place.home().join("images").join(&hash[..2]).join(hash);
    let mut bytes = fs::read(&file).unwrap();
    bytes[20] ^= 1;
    fs::write(&file, bytes).unwrap();
    let error = shelf.pictures(vec![hash.to_owned()]).await.unwrap_err();
    assert!(error.to_string().contains(hash), "{error}");
    shelf.put_sequence(&rain, &pictures).await.unwrap();
    assert_eq!(shelf.pictures(vec![hash.to_owned()]).await.unwrap(), pictures);
}

#[test]
fn the_migrations_only_go_forward_and_go_together() {
    let versions = |migrations: &Migrator| -> Vec<i64> {
        assert!(migrations.iter().all(|migration| !migration.migration_type.is_down_migration()));
        migrations.iter().map(|migration| migration.version).collect()
    };
    assert_eq!(versions(&sqlite::MIGRATIONS), versions(&postgres::MIGRATIONS));
}
