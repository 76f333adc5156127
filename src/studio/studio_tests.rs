//! The studio as a session meets it, with the embedded storyteller.

use std::fs;
use std::path::Path;

use super::models::{AddModel, Hub, Registry};
use super::{BUNDLED, Studio, TellOrder};
use crate::config::{Config, Flags};
use crate::exchange::Choose;
use crate::pixels::{Picture, Rgb};
use crate::story::{Finish, ModelState, Request, SamplingPatch, SequenceId, Story, Telling};

fn config(home: &Path) -> Config {
    Config::load(Flags { home: Some(home.to_owned()), ..Flags::default() }).unwrap()
}

fn order(sequence: SequenceId, words: usize) -> TellOrder {
    let sampling = SamplingPatch { max_new_tokens: Some(words), temperature: Some(0.0), ..SamplingPatch::default() };
    TellOrder::new(sequence, Request { sampling, ..Request::default() })
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gallery_has_the_bundled_first_and_then_what_was_opened_last() {
    let home = tempfile::tempdir().unwrap();
    let studio = Studio::open(&config(home.path())).await.unwrap();
    let folder = home.path().join("my-walk");
    fs::create_dir(&folder).unwrap();
    for shade in [10, 20] {
        let picture = Picture::from_rgb(&Rgb { width: 8, height: 8, data: vec![shade; 192] }).unwrap();
        fs::write(folder.join(format!("{shade}.png")), picture.bytes()).unwrap();
    }
    fs::write(folder.join("30.png"), "no picture").unwrap();
    let (card, problems) = studio.open_path(&folder, &Choose::default()).await.unwrap();
    assert_eq!((card.frames, problems.len(), card.in_world), (2, 1, false));
    let gallery = studio.gallery().await.unwrap();
    assert_eq!(gallery.len(), BUNDLED.len() + 1);
    assert!(gallery[..BUNDLED.len()].iter().zip(&BUNDLED).all(|(card, bundled)| card.id == bundled.id()));
    assert_eq!(gallery[BUNDLED.len()].title, "My walk");

    // Another studio on the same home, as after a restart, and without the folder.
    fs::remove_dir_all(&folder).unwrap();
    let again = Studio::open(&config(home.path())).await.unwrap();
    let opened = again.sequence(&card.id).await.unwrap();
    assert_eq!((opened.pictures.len(), opened.pictures[0].hash()), (2, card.cover.hash.as_str()));
    assert_eq!(studio.find_picture(&card.cover.hash).unwrap(), opened.pictures[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_is_on_the_shelf_before_it_is_done() {
    let home = tempfile::tempdir().unwrap();
    let studio = Studio::open(&config(home.path())).await.unwrap();
    let id = BUNDLED[0].id();
    let mut listens = studio.tell(order(id.clone(), 24)).await.unwrap();
    let (mut text, mut done): (String, Option<Story>) = (String::new(), None);
    while let Some(telling) = listens.recv().await {
        match telling {
            Telling::Piece { piece, .. } => text.push_str(&piece.text),
            Telling::Done { story, .. } => {
                assert_eq!(studio.stories(&id).await.unwrap(), [(*story).clone()]);
                done = Some(*story);
            }
            Telling::Failed { notice } => panic!("{notice}"),
            Telling::Looking { .. } | Telling::Chapter { .. } => {}
        }
    }
    let story = done.unwrap();
    assert_eq!(story.text.trim(), text.trim());
    assert_eq!(story.writer.model, "embedded");
    assert_eq!(studio.gallery().await.unwrap()[0].stories, 1);
    assert_eq!(studio.model().borrow().state, ModelState::Ready);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_listening_stops_the_telling_and_what_was_told_is_kept() {
    let home = tempfile::tempdir().unwrap();
    let studio = Studio::open(&config(home.path())).await.unwrap();
    let id = BUNDLED[1].id();
    let mut long = order(id.clone(), 0);
    long.request.sampling =
        SamplingPatch { max_new_tokens: Some(100_000), temperature: Some(1.5), ..SamplingPatch::default() };
    let mut listens = studio.tell(long).await.unwrap();
    while let Some(telling) = listens.recv().await {
        if matches!(telling, Telling::Piece { piece, .. } if !piece.text.trim().is_empty()) {
            break;
        }
    }
    drop(listens);
    studio.settle().await;
    let stories = studio.stories(&id).await.unwrap();
    assert_eq!(stories.len(), 1);
    // So soon after its first word a story of this length cannot be at its end.
    assert_eq!(stories[0].finish, Finish::Cancelled, "{}", stories[0].text);
    assert!(!stories[0].text.trim().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_whose_files_have_changed_is_another_model() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("mine");
    fs::create_dir(&folder).unwrap();
    for file in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/storyteller")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
    let model_hash = async || {
        let studio = Studio::open(&config(home.path())).await.unwrap();
        let id = BUNDLED[0].id();
        let mut listens = studio.tell(order(id.clone(), 12)).await.unwrap();
        while listens.recv().await.is_some() {}
        studio.stories(&id).await.unwrap()[0].writer.model_hash.clone()
    };
    let embedded = model_hash().await;
    let studio = Studio::open(&config(home.path())).await.unwrap();
    let registry = Registry::new(studio.inner.shelf.clone());
    let add = AddModel { from: folder.display().to_string(), ..AddModel::default() };
    registry.add(add, Hub::from_environment(), |_| ()).await.unwrap();
    studio.use_model("mine").await.unwrap();
    assert_eq!(model_hash().await, embedded, "a copy is the same model");

    // One bit, far from the beginning and the end.
    let weights = folder.join("model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    // Beside and then renamed: the weights are mapped by whoever tells with them.
    fs::write(folder.join("new"), bytes).unwrap();
    fs::rename(folder.join("new"), &weights).unwrap();
    let changed = model_hash().await;
    assert_ne!(changed, embedded);
    assert_eq!(studio.inner.shelf.checkpoints().await.unwrap()[0].hash, changed);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_lead_to_paths_slugs_and_ids() {
    let home = tempfile::tempdir().unwrap();
    let studio = Studio::open(&config(home.path())).await.unwrap();
    let slug = BUNDLED[2].slug;
    let (card, _) = studio.open_named(slug, &Choose::default()).await.unwrap();
    assert_eq!(card.id, BUNDLED[2].id());
    assert_eq!(studio.open_named(&card.id.0, &Choose::default()).await.unwrap().0.title, card.title);
    let two = Choose { frames: Some(2), ..Choose::default() };
    assert_eq!(studio.open_named(slug, &two).await.unwrap().0.frames, 2);
    let notice = studio.open_named(&slug[1..], &Choose::default()).await.unwrap_err();
    assert!(notice.try_this.contains(slug), "{notice}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_model_that_tells_is_said_to_every_listener() {
    let home = tempfile::tempdir().unwrap();
    let studio = Studio::open(&config(home.path())).await.unwrap();
    let mut model = studio.model();
    model.wait_for(|card| card.state == ModelState::Ready).await.unwrap();
    assert!(studio.models().await.unwrap()[0].current);
    assert!(studio.use_model("nobody").await.unwrap_err().what.contains("nobody"));
    assert_eq!(studio.use_model("embedded").await.unwrap().name, "embedded");
    model.wait_for(|card| card.state == ModelState::Ready).await.unwrap();
}
