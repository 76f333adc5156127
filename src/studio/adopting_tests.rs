//! What a training made comes into use, and goes out of it again.

use std::fs;
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::{AdoptOrder, Adopted, BUNDLED, NewCampaign, Studio, System, TellOrder, Use};
use crate::config::{Config, Flags};
use crate::exchange::SnapshotCard;
use crate::story::{Ancestor, Chain, Doubted, Lineage, Plan, Request, SamplingPatch, Telling, VotesLearnt, Whose};
use crate::writer::embedded;
use crate::writer::identity::{embedded_identity, identity};

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

/// A reward model: the embedded storyteller with a head of some numbers, and a card that speaks for it.
fn reward_run(folder: &Path) -> PathBuf {
    let made = run(folder, "reward", embedded_ancestor());
    let config = made.join("best/config.json");
    let mut json: serde_json::Value = serde_json::from_slice(&fs::read(&config).unwrap()).unwrap();
    json["id2label"] = serde_json::json!({ "0": "overall" });
    fs::write(&config, json.to_string()).unwrap();
    let width = json["text_config"]["hidden_size"].as_u64().unwrap() as usize;
    let head: Vec<u8> = (0..width).flat_map(|at| ((at % 7) as f32 / 7.0 - 0.4).to_le_bytes()).collect();
    let known = SafeTensors::deserialize(embedded::WEIGHTS).unwrap();
    let mut tensors = known.tensors();
    tensors.push(("score.weight".to_owned(), TensorView::new(Dtype::F32, vec![1, width], &head).unwrap()));
    let bytes = safetensors::serialize(tensors, None).unwrap();
    fs::write(made.join("best/model.safetensors"), bytes).unwrap();
    fs::write(made.join("reward-card.json"), r#"{"accuracy": {"share": 0.7, "low": 0.6}}"#).unwrap();
    made
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reward_model_in_use_chooses_among_stories_and_says_which_pairs_it_is_unsure_of() {
    let home = tempfile::tempdir().unwrap();
    let studio = studio(&home.path().join("home")).await;
    let sampling = |seed| SamplingPatch {
        max_new_tokens: Some(200),
        temperature: Some(1.3),
        seed: Some(seed),
        ..SamplingPatch::default()
    };
    let request = Request { sampling: sampling(1), stories: 3, ..Request::default() };
    let wanted = TellOrder::new(BUNDLED[0].id(), request.clone());
    assert!(studio.tell_best(wanted.clone()).await.err().unwrap().what.contains("no reward model"));
    let plan = Plan { uncertain: 0.5, uncertain_by: Doubted::Reward, gold: 0.0, repeats: 0.0, ..Plan::default() };
    let system = |seed| System { label: format!("s{seed}"), model: None, sampling: sampling(seed), elsewhere: None };
    let campaign = NewCampaign {
        name: "first".into(),
        plan,
        sequences: vec![BUNDLED[0].id(), BUNDLED[1].id()],
        systems: [1, 2, 3].map(system).to_vec(),
        most_pairs: None,
        gold: 0,
        practice: 0,
        seed: 0,
        live: false,
    };
    let refused = studio.begin_campaign(&campaign, &mut |_, _| ()).await.unwrap_err();
    assert!(refused.what.contains("asks for a reward model"), "{}", refused.what);
    studio.adopt(order(&reward_run(&home.path().join("run")))).await.unwrap();

    let best = studio.tell_best(wanted).await.unwrap();
    let opened = studio.sequence(&BUNDLED[0].id()).await.unwrap();
    let told = studio.stories(&BUNDLED[0].id()).await.unwrap();
    let texts: Vec<String> = told.iter().map(|story| story.text.clone()).collect();
    let folder = studio.reward_model().await.unwrap().unwrap().1;
    let worth = studio.worth_of(&opened, request, texts, folder).await.unwrap();
    let most = worth.iter().map(|numbers| numbers[0]).fold(f64::MIN, f64::max);
    assert!(told.len() == 3 && best.of == 3 && (best.worth - most).abs() < 1e-4, "{} {most}", best.worth);
    assert!(best.words().contains("best of 3"), "{}", best.words());

    let begun = studio.begin_campaign(&campaign, &mut |_, _| ()).await.unwrap();
    let pairs = studio.shelf().plain_pairs(&begun.id).await.unwrap();
    assert!(pairs.len() == 6 && pairs.iter().all(|pair| pair.unsure > 0.0 && pair.unsure < 1.0), "{pairs:?}");
    assert_eq!(studio.doubt_by_reward(&begun, &mut |_, _| ()).await.unwrap(), 6);
    assert_eq!(studio.shelf().plain_pairs(&begun.id).await.unwrap(), pairs, "read again, they are as unsure");
    let live = NewCampaign { name: "second".into(), live: true, ..campaign };
    assert!(studio.begin_campaign(&live, &mut |_, _| ()).await.unwrap_err().what.contains("still to be told"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reward_model_is_adopted_where_its_card_speaks_for_it() {
    let home = tempfile::tempdir().unwrap();
    let studio = studio(&home.path().join("home")).await;
    let made = reward_run(&home.path().join("run"));
    fs::remove_file(made.join("reward-card.json")).unwrap();
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

/// Has a run learn from these votes, or from those rewards, and lets the background know it.
fn learnt(run: &Path, votes: Option<VotesLearnt>, rewarded_by: Option<Ancestor>) {
    let path = run.join("best/lineage.json");
    let lineage: Lineage = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    fs::write(path, serde_json::to_vec(&Lineage { votes, rewarded_by, ..lineage }).unwrap()).unwrap();
    fs::write(run.join("order.json"), r#"{"name":"small","kind":"policy","folder":"/","ordered":0}"#).unwrap();
}

/// Words, name and figures of each link in a line.
fn shown(chain: &Chain) -> Vec<String> {
    chain.links.iter().map(|link| format!("{} {}: {}", link.word, link.name, link.figures.join("; "))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_has_the_figures_of_what_runs_made_and_of_its_copies() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().join("home");
    let studio = studio(&home).await;
    let rewards = reward_run(&home.join("runs/reward-1"));
    let snapshot = SnapshotCard {
        campaign: "first".into(),
        hash: "5a".into(),
        excluded: [("a repeat".to_owned(), 3)].into(),
        ..SnapshotCard::default()
    };
    fs::create_dir_all(home.join("loops/small/small-1-votes")).unwrap();
    let frozen = home.join("loops/small/small-1-votes/snapshot.json");
    fs::write(frozen, serde_json::to_vec(&snapshot).unwrap()).unwrap();
    let votes = VotesLearnt { snapshot: "5a".into(), campaign: "first".into(), votes: 8, simulated: 0, pairs: 4 };
    learnt(&rewards, Some(votes), None);
    let best = rewards.join("best");
    let own = identity(&best, &mut |_| ()).unwrap();
    let policy = run(&home.join("runs/policy-1"), "policy", embedded_ancestor());
    learnt(&policy, None, Some(Ancestor { name: best.display().to_string(), identity: own, lineage: None }));
    let steps = "{\"held_out_reward_before\":0.5}\n{\"held_out_reward\":0.7,\"kl\":2.0}\n";
    fs::write(policy.join("steps.jsonl"), steps).unwrap();

    let gained = "its reward on held-out tales went from 0.500 to 0.700; it moved 2.00 nats a story";
    let trained = "trained by policy 'policy', seed 1";
    let chain = studio.chain_of(&Whose::Run("policy-1".into())).await.unwrap();
    let sides = "reward reward-1: sides with the raters in 0.700 of held-out pairs, from 0.600";
    assert_eq!(
        shown(&chain),
        [
            sides.to_owned(),
            "began as embedded: ".to_owned(),
            format!("policy policy-1: {gained}; {trained}"),
            "stories none on the shelf yet: ".to_owned(),
        ]
    );
    assert!(chain.links[2].at.is_some() && chain.links[2].hash.is_some(), "{chain:?}");

    studio.adopt(order(&policy)).await.unwrap();
    assert_eq!(tells(&studio).await, "policy");
    let chain = studio.chain_of(&Whose::InUse).await.unwrap();
    assert_eq!(
        shown(&chain)[2..],
        [format!("policy policy, tells now: {gained}; {trained}"), "stories 1 on the shelf: ".into()]
    );
    assert!(chain.links[3].at.is_some_and(|at| at > 1_700_000_000), "{chain:?}");
    let listed = studio.chain_of(&Whose::Run("policy-1".into())).await.unwrap();
    assert_eq!(listed.links[2].name, "policy-1, listed as 'policy', tells now");

    let chain = studio.chain_of(&Whose::Run("reward-1".into())).await.unwrap();
    assert_eq!(
        shown(&chain),
        [
            "votes campaign 'first': ".to_owned(),
            "snapshot frozen: 8 votes on 4 pairs; 3 votes left out".to_owned(),
            "began as embedded: ".to_owned(),
            format!("{sides}; trained by policy 'reward', seed 1"),
            format!("policy learnt from its rewards: policy-1: {gained}"),
        ]
    );
    // What lies there now is something else: its figures are not taken for those of the reward model.
    fs::write(best.join("tokenizer_config.json"), "{}").unwrap();
    let chain = studio.chain_of(&Whose::Model("policy".into())).await.unwrap();
    assert_eq!(shown(&chain)[0], "reward reward-1: ");
    assert!(studio.chain_of(&Whose::Run("nothing".into())).await.unwrap_err().what.contains("no run"));
}
