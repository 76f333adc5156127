//! The service at a real socket: what comes over HTTP is what the model says in this process.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::{Value, json};

use super::asked::on_the_shelf;
use super::service::{Serve, Service};
use crate::config::{Config, Flags};
use crate::studio::Studio;
use crate::writer::Order;
use crate::writer::reward_model::RewardModel;

/// The storyteller's folder with a head of two criteria that says something.
fn reward_model(at: &Path) -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/storyteller");
    fs::create_dir_all(at).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        fs::copy(entry.path(), at.join(entry.file_name())).unwrap();
    }
    let mut config: Value = serde_json::from_slice(&fs::read(at.join("config.json")).unwrap()).unwrap();
    let hidden = config["text_config"]["hidden_size"].as_u64().unwrap() as usize;
    config["id2label"] = json!({ "0": "overall", "1": "coherence" });
    fs::write(at.join("config.json"), config.to_string()).unwrap();
    let bytes = fs::read(at.join("model.safetensors")).unwrap();
    let head: Vec<u8> = (0..2 * hidden).flat_map(|n| (((n * 37 % 101) as f32 - 50.0) / 400.0).to_le_bytes()).collect();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let mut all: Vec<(String, TensorView<'_>)> = tensors.tensors();
    all.push(("score.weight".to_owned(), TensorView::new(Dtype::F32, vec![2, hidden], &head).unwrap()));
    fs::write(at.join("model.safetensors"), safetensors::serialize(all, None).unwrap()).unwrap();
    at.to_owned()
}

struct Stage {
    _home: tempfile::TempDir,
    studio: Studio,
    model: PathBuf,
    url: String,
}

async fn stage(key: Option<&str>) -> Stage {
    let home = tempfile::tempdir().unwrap();
    let flags = Flags { home: Some(home.path().to_owned()), ..Flags::default() };
    let studio = Studio::at_rest(&Config::load(flags).unwrap()).await.unwrap();
    let model = reward_model(&home.path().join("reward"));
    let serve = Serve {
        studio: studio.clone(),
        model: model.clone(),
        adapter: None,
        listen: "127.0.0.1:0".parse().unwrap(),
        key: key.map(str::to_owned),
    };
    let service = Service::open(serve).await.unwrap();
    let url = format!("http://{}", service.address().unwrap());
    tokio::spawn(service.run(std::future::pending()));
    Stage { _home: home, studio, model, url }
}

async fn post(url: String, key: Option<&'static str>, body: Value) -> (u16, Value) {
    let work = move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = agent.post(url).header("content-type", "application/json");
        if let Some(key) = key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let mut response = request.send(body.to_string()).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
    };
    tokio::task::spawn_blocking(work).await.unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

const TEXTS: [&str; 3] =
    ["Ben finds a box.\nHe is glad.", "A dog.", "Nobody was anywhere, and the rain fell for a long time."];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_score_over_http_is_the_score_in_this_process_in_every_form() {
    let stage = stage(None).await;
    let (sequence, pictures) = on_the_shelf(&stage.studio, "a-gift-for-ben").await.unwrap();
    let order =
        Order { sequence: sequence.clone(), pictures: pictures.clone(), request: Default::default(), window: 0 };
    let model = RewardModel::open(&stage.model, None).unwrap();
    // Each alone: neither the batch nor what came with it may change a score.
    let wanted: Vec<Vec<f64>> =
        TEXTS.iter().map(|text| model.worth(&order, &[(*text).to_owned()]).unwrap().remove(0)).collect();
    assert!((wanted[0][0] - wanted[1][0]).abs() > 1e-3, "the head tells stories apart");
    let near = |found: &[f64], place: usize| {
        assert_eq!(found.len(), TEXTS.len());
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!((found - wanted[place]).abs() < 1e-5, "{found} is not {}", wanted[place]);
        }
    };
    let prompt = "User: Tell.<end_of_utterance>\nAssistant:";
    let query: Vec<String> = TEXTS.iter().map(|text| format!("{prompt} {text}<end_of_utterance>")).collect();
    let asked = json!({ "query": query, "prompts": [prompt, prompt, prompt], "labels": ["a-gift-for-ben", sequence.id.0, sequence.id.0] });
    let (status, said) = post(format!("{}/get_reward", stage.url), None, asked).await;
    assert_eq!(status, 200, "{said}");
    near(&numbers(&said["rewards"]), 0);
    near(&numbers(&said["scores"]), 0);
    near(&numbers(&said["extra_logs"]["coherence"]), 1);
    let images: Vec<String> = pictures.iter().map(|picture| STANDARD.encode(picture.bytes())).collect();
    let cast: Vec<Value> =
        sequence.cast.iter().map(|one| json!({ "name": one.name, "species": one.species })).collect();
    let items: Vec<Value> = TEXTS.iter().map(|text| json!({ "text": text, "images": images, "cast": cast })).collect();
    let (status, said) = post(format!("{}/score", stage.url), None, json!({ "items": items })).await;
    assert_eq!(status, 200, "{said}");
    let of = |name: &str| -> Vec<f64> {
        said["scores"].as_array().unwrap().iter().map(|score| score["criteria"][name].as_f64().unwrap()).collect()
    };
    near(&of("overall"), 0);
    near(&of("coherence"), 1);
    let one = json!({ "text": TEXTS[1], "sequence": "a-gift-for-ben" });
    let (_, said) = post(format!("{}/score", stage.url), None, one).await;
    assert!((said["scores"][0]["worth"].as_f64().unwrap() - wanted[1][0]).abs() < 1e-5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_wrongly_is_refused_whole_and_counted() {
    let stage = stage(Some("secret")).await;
    let score = format!("{}/score", stage.url);
    let fine = json!({ "text": "A dog.", "sequence": "a-gift-for-ben" });
    assert_eq!(post(score.clone(), None, fine.clone()).await.0, 401);
    assert_eq!(post(score.clone(), Some("secre"), fine.clone()).await.0, 401);
    for (wrong, word) in [
        (
            json!({ "items": [fine, { "text": "A cat.", "sequence": "nowhere" }] }),
            "story 1: there is no sequence 'nowhere'",
        ),
        (json!({ "text": "", "sequence": "a-gift-for-ben" }), "no text"),
        (json!({ "text": "A dog.", "images": ["%%%"] }), "image 1 cannot be read"),
        (json!({ "text": "A dog." }), "0 images"),
        (json!({ "items": [] }), "0 stories"),
        (json!(["A dog."]), "cannot be read"),
    ] {
        let (status, said) = post(score.clone(), Some("secret"), wrong).await;
        let said = said["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(status == 422 && said.contains(word), "{status} {said}");
    }
    assert_eq!(post(score, Some("secret"), fine).await.0, 200);
    let url = format!("{}/health", stage.url);
    let work = move || ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
    let health: Value = serde_json::from_str(&tokio::task::spawn_blocking(work).await.unwrap()).unwrap();
    let counted = |name: &str| health["counters"][name].as_u64().unwrap();
    assert_eq!((counted("requests"), counted("refused"), counted("scored"), counted("failed")), (9, 8, 1, 0));
    assert_eq!(health["criteria"], json!(["overall", "coherence"]));
}

#[tokio::test]
async fn without_a_key_nobody_else_can_reach_it() {
    let home = tempfile::tempdir().unwrap();
    let flags = Flags { home: Some(home.path().to_owned()), ..Flags::default() };
    let studio = Studio::at_rest(&Config::load(flags).unwrap()).await.unwrap();
    let serve =
        Serve { studio, model: home.path().to_owned(), adapter: None, listen: "0.0.0.0:0".parse().unwrap(), key: None };
    assert!(Service::open(serve).await.err().unwrap().what.contains("no key"));
}
