//! What a training made comes into use, and goes out of it again.

use std::fs;
use std::path::{Path, PathBuf};

use super::{AdoptOrder, Adopted, BUNDLED, Studio, TellOrder, Use};
use crate::config::{Config, Flags};
use crate::story::{Ancestor, Lineage, Request, SamplingPatch, Telling};
use crate::writer::embedded;
use crate::writer::identity::embedded_identity;

async fn studio(home: &Path) -> Studio {
    Studio::at_rest(&Config::load(Flags { home: Some(home.to_owned()), ..Flags::default() }).unwrap()).await.unwrap()
}

fn order(from: &Path) -> AdoptOrder {
    AdoptOrder { from: from.display().to_string(), ..AdoptOrder::default() }
}

/// A run whose best weights are those of the embedded storyteller, and which says that it began as this.
fn run(folder: &Path, recipe: &str, began: Option<Ancestor>) -> PathBuf {
    let best = folder.join("best");
    fs::create_dir_all(&best).unwrap();
    for (name, bytes) in embedded::FILES {
        fs::write(best.join(name), bytes).unwrap();
    }
    let lineage = Lineage {
        kind: "policy".into(),
        recipe: recipe.into(),
        seed: 1,
        began_as: began,
        votes: None,
        rewarded_by: None,
    };
    fs::write(best.join("lineage.json"), serde_json::to_vec(&lineage).unwrap()).unwrap();
    folder.to_owned()
}

fn embedded_ancestor() -> Option<Ancestor> {
    Some(Ancestor { name: "embedded".into(), identity: embedded_identity(), lineage: None })
}

async fn tells(studio: &Studio) -> String {
    let sampling = SamplingPatch { max_new_tokens: Some(4), temperature: Some(0.0), ..SamplingPatch::default() };
    let request = Request { sampling, ..Request::default() };
    let mut said = studio.tell(TellOrder::new(BUNDLED[0].id(), request)).await.unwrap();
    let mut by = String::new();
    while let Some(telling) = said.recv().await {
        if let Telling::Done { story, .. } = telling {
            by = story.writer.model;
        }
    }
    by
}

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_adopted_between_two_stories_by_every_open_studio_and_taken_back() {
    let home = tempfile::tempdir().unwrap();
    let (one, other) = (studio(&home.path().join("home")).await, studio(&home.path().join("home")).await);
    assert_eq!(tells(&other).await, "embedded");
    let made = run(&home.path().join("run"), "policy", embedded_ancestor());
    let adopted = one.adopt(order(&made)).await.unwrap();
    let before = Some("embedded".to_owned());
    assert_eq!(adopted, Adopted { r#use: Use::Storyteller, name: "policy".into(), before });
    // The run may go: what was adopted is a copy.
    fs::remove_dir_all(&made).unwrap();
    assert_eq!((tells(&one).await.as_str(), tells(&other).await.as_str()), ("policy", "policy"));

    let line = one.line_of(None).await.unwrap();
    assert!(line.current && line.stories == 2, "{line:?}");
    assert_eq!(line.lineage.unwrap().began_as, embedded_ancestor());
    let embedded = one.line_of(Some("embedded")).await.unwrap();
    assert_eq!((embedded.stories, embedded.lineage), (1, None));

    // What came of the embedded one is no step on from the new one; by its line it is asked for, not by its name.
    let second = run(&home.path().join("second"), "policy", embedded_ancestor());
    let refused = one.adopt(order(&second)).await.unwrap_err();
    assert!(refused.what.contains("began as embedded, not as 'policy'"), "{}", refused.what);
    let anyway = AdoptOrder { anyway: true, ..order(&second) };
    assert_eq!(one.adopt(anyway).await.unwrap().name, "policy-2");

    assert_eq!(one.undo_adoption().await.unwrap().name, "policy");
    assert_eq!(one.undo_adoption().await.unwrap().name, "embedded");
    assert!(one.undo_adoption().await.unwrap_err().what.contains("nothing was adopted"));
    assert_eq!(tells(&other).await, "embedded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_does_not_say_what_it_came_from_is_asked_about() {
    let home = tempfile::tempdir().unwrap();
    let studio = studio(&home.path().join("home")).await;
    let made = run(&home.path().join("run"), "policy", None);
    assert!(studio.adopt(order(&made)).await.unwrap_err().what.contains("began as nothing"));
    fs::remove_file(made.join("best/lineage.json")).unwrap();
    assert!(studio.adopt(order(&made)).await.unwrap_err().what.contains("lineage.json"));
    fs::remove_dir_all(made.join("best")).unwrap();
    assert!(studio.adopt(order(&made)).await.unwrap_err().what.contains("no weights"));
    assert!(studio.adopt(order(Path::new("nowhere"))).await.unwrap_err().what.contains("no run 'nowhere'"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_model_is_adopted_where_its_card_speaks_for_it() {
    let home = tempfile::tempdir().unwrap();
    let studio = studio(&home.path().join("home")).await;
    let made = run(&home.path().join("run"), "reward", embedded_ancestor());
    let config = made.join("best/config.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    json["id2label"] = serde_json::json!({ "0": "overall" });
    fs::write(&config, json.to_string()).unwrap();
    assert!(studio.adopt(order(&made)).await.unwrap_err().what.contains("no card"));
    let card = |low: f64| format!(r#"{{"accuracy": {{"share": 0.55, "low": {low}}}}}"#);
    fs::write(made.join("reward-card.json"), card(0.48)).unwrap();
    assert!(studio.adopt(order(&made)).await.unwrap_err().what.contains("could be chance"));
    assert_eq!(studio.reward_model().await.unwrap(), None);
    fs::write(made.join("reward-card.json"), card(0.52)).unwrap();
    assert_eq!(studio.adopt(order(&made)).await.unwrap().r#use, Use::Reward);
    let (name, folder) = studio.reward_model().await.unwrap().unwrap();
    assert!(name == "reward" && folder.join("reward-card.json").exists() && folder.join("model.safetensors").exists());
    assert_eq!(studio.model().borrow().name, "embedded", "nobody else tells for that");
    studio.undo_adoption().await.unwrap();
    assert_eq!(studio.reward_model().await.unwrap(), None);
}
