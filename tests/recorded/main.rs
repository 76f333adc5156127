//! The embedded storyteller as Hugging Face transformers runs it, recorded once (`record.py`): ids of the prompt, logits
//! and the greedy story. This holds our engine without any reference data beside the project.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use storyloom::model::llama::Rows;
use storyloom::pixels::Picture;
use storyloom::story::{Gaze, Sampling};
use storyloom::writer::chat::Message;
use storyloom::writer::generation::{Generation, Wanted};
use storyloom::writer::{ModelSource, Storyteller, embedded};

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("assets")
}

#[test]
fn the_embedded_storyteller_tells_what_transformers_tells() {
    let record: serde_json::Value = serde_json::from_str(include_str!("case.json")).unwrap();
    let hex: String = Sha256::digest(embedded::WEIGHTS).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(record["weights_sha256"], hex, "the model has changed: record anew with tests/recorded/record.py");
    let mut teller = Storyteller::open(&ModelSource::Embedded, None).unwrap();
    let cases = record["cases"].as_array().unwrap();
    assert!(!cases.is_empty());
    for case in cases {
        let name = case["sequence"].as_str().unwrap();
        let folder = assets().join("sequences").join(name);
        let files: Vec<String> = serde_json::from_value(case["files"].clone()).unwrap();
        let picture = |file: &String| Picture::from_bytes(file, std::fs::read(folder.join(file)).unwrap()).unwrap();
        let pictures: Vec<Picture> = files.iter().map(picture).collect();
        let messages = [Message::user(pictures.len(), case["text"].as_str().unwrap())];
        let (reading, _) = teller.read(&messages, &pictures, false, |_| ()).unwrap();
        let ids: Vec<u32> = serde_json::from_value(case["ids"].clone()).unwrap();
        assert_eq!(reading.ids, ids, "{name}: the prompt");

        let model = &teller.model;
        let embeddings = model.embed(&ids, 1, reading.features.as_ref()).unwrap();
        let hidden = model.hidden(&embeddings, &Rows::after(0, ids.len()), None, None).unwrap();
        let logits = model.logits(&hidden.narrow(1, ids.len() - 1, 1).unwrap()).unwrap();
        let logits: Vec<f32> = logits.flatten_all().unwrap().to_vec1().unwrap();
        let tops: Vec<usize> = serde_json::from_value(case["top"]["ids"].clone()).unwrap();
        let values: Vec<f32> = serde_json::from_value(case["top"]["logits"].clone()).unwrap();
        for (id, value) in tops.into_iter().zip(values) {
            assert!((logits[id] - value).abs() < 2e-3, "{name}: logit of {id} is {}, not {value}", logits[id]);
        }

        let told: Vec<u32> = serde_json::from_value(case["greedy_ids"].clone()).unwrap();
        let wanted = Wanted {
            sampling: Sampling { max_new_tokens: 200, temperature: 0.0, ..Default::default() },
            stories: 1,
            ends: teller.processor.generation.ends(),
            suppressed: teller.processor.generation.suppressed(),
            alternatives: 0,
            gaze: Gaze::Off,
            opening: vec![],
            alone: false,
        };
        let mut generation = Generation::start(model, &teller.processor.tokenizer, reading, wanted).unwrap();
        generation.by_ref().for_each(|piece| drop(piece.unwrap()));
        let ours = generation.end().remove(0);
        assert_eq!(ours.text, case["story"].as_str().unwrap(), "{name}: the greedy story");
        assert!(told.starts_with(&ours.tokens) && ours.tokens.len() + 1 >= told.len(), "{name}: its tokens");
    }
}
