//! The engine against what the reference implementation gives for tiny checkpoints in the published layouts.
//!
//! Tolerances are those of the reference folder's README. Every folder that begins with a family's name is tried, so that
//! other seeds and shapes put beside them are held to the same.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::reference::{self as parity, Case, pictures};
use candle_core::{DType, Device, Tensor};
use storyloom::model::format::Format;
use storyloom::model::llama::Rows;
use storyloom::model::look::Look;
use storyloom::model::vision_language::VisionLanguage;
use storyloom::pixels::Picture;
use storyloom::story::{Finish, Gaze, Piece, Sampling};
use storyloom::writer::chat::Message;
use storyloom::writer::generation::{Generation, Wanted};
use storyloom::writer::{ModelSource, Storyteller};

const FEATURES: f32 = 2e-4;

fn open(model: &Path, adapter: Option<&Path>) -> Storyteller {
    let source = ModelSource::Folder {
        name: "reference".into(),
        path: model.into(),
        adapter: adapter.map(Into::into),
        hash: None,
    };
    Storyteller::open(&source, None).unwrap()
}

fn greedy(teller: &Storyteller, reading: storyloom::writer::generation::Reading, tokens: usize) -> Vec<u32> {
    let sampling = Sampling { max_new_tokens: tokens, ..Default::default() };
    let wanted = Wanted {
        sampling,
        stories: 1,
        ends: vec![],
        suppressed: vec![],
        alternatives: 0,
        gaze: Gaze::Off,
        opening: vec![],
        alone: false,
    };
    let mut generation = Generation::start(&teller.model, &teller.processor.tokenizer, reading, wanted).unwrap();
    let pieces: Vec<Piece> = generation.by_ref().map(|piece| piece.unwrap().1).collect();
    let ended = generation.end().remove(0);
    assert_eq!(ended.finish, Finish::Length);
    assert_eq!(pieces.iter().map(|p| p.text.as_str()).collect::<String>(), ended.text);
    ended.tokens
}

/// Everything between the picture files and the greedy continuation, for one case folder.
fn check_case(family: &Path, name: &str) {
    let case = Case::open(&family.join(name));
    let mut teller = open(&family.join("model"), None);
    let messages: Vec<Message> = serde_json::from_value(case.json["messages"].clone()).unwrap();
    let split = case.json["do_image_splitting"].as_bool().unwrap_or(false);
    let pictures = pictures(family, &case);
    let at = format!("{}/{name}", family.file_name().unwrap().to_string_lossy());

    let prompt = teller.processor.chat.render(&messages, true).unwrap();
    assert_eq!(prompt, case.json["prompt"].as_str().unwrap(), "{at}: prompt");
    if !pictures.is_empty() {
        let mut tiles = Vec::new();
        for picture in &pictures {
            tiles.extend(teller.processor.images.tiles(&picture.rgb().unwrap(), split).tiles);
        }
        let pixels = teller.processor.images.pixels(&tiles, &Device::Cpu).unwrap();
        let expected = case.tensor("pixel_values").squeeze(0).unwrap();
        // Frames of all zeros only pad the batch.
        let (count, flat) = (pixels.len(), pixels.of_one_size().unwrap());
        parity::close(&flat, &expected.narrow(0, 0, count).unwrap(), 1e-5, &format!("{at}: pixel values"));
        let features = teller.model.image_features(&pixels).unwrap();
        let expected = case.tensor("image_features");
        parity::close(features.level().unwrap(), &expected, FEATURES, &format!("{at}: image features"));
    }
    let (reading, _) = teller.read(&messages, &pictures, split, |_| ()).unwrap();
    assert_eq!(reading.ids, case.ids("input_ids"), "{at}: ids");

    let logits = all_logits(&teller.model, &reading.ids, reading.features.as_ref());
    let last = logits.narrow(0, reading.ids.len() - 1, 1).unwrap().squeeze(0).unwrap();
    parity::close(&last, &case.tensor("logits_last"), FEATURES, &format!("{at}: last logits"));
    if case.has("logits") {
        parity::close(&logits, &case.tensor("logits"), FEATURES, &format!("{at}: logits"));
    }
    assert_eq!(greedy(&teller, reading, 24), case.ids("greedy_ids"), "{at}: greedy continuation");
}

fn all_logits(model: &VisionLanguage, ids: &[u32], features: Option<&Look>) -> Tensor {
    let embeddings = model.embed(ids, 1, features).unwrap();
    let hidden = model.hidden(&embeddings, &Rows::after(0, ids.len()), None, None).unwrap();
    model.logits(&hidden).unwrap().squeeze(0).unwrap()
}

fn check_family(prefix: &str) {
    for family in parity::folders(prefix) {
        for entry in std::fs::read_dir(&family).unwrap() {
            let path = entry.unwrap().path();
            if path.join("tensors.safetensors").exists() {
                check_case(&family, &path.file_name().unwrap().to_string_lossy());
            }
        }
    }
}

#[test]
fn idefics3_from_picture_files_to_greedy_continuations() {
    check_family("idefics3");
}

#[test]
fn smolvlm_from_picture_files_to_greedy_continuations() {
    check_family("smolvlm");
}

#[test]
fn tokenizers_give_the_reference_ids() {
    for family in parity::folders("idefics3").into_iter().chain(parity::folders("smolvlm")) {
        let teller = open(&family.join("model"), None);
        let cases = Case::json(&family.join("tokenizer_cases.json"));
        let mut seen = 0;
        for case in cases["rows"].as_array().unwrap() {
            let text = case["text"].as_str().unwrap();
            let ids: Vec<u32> = serde_json::from_value(case["ids_with_special"].clone()).unwrap();
            assert_eq!(teller.processor.encode(text).unwrap(), ids, "{text:?}");
            assert_eq!(
                teller.processor.tokenizer.decode(&ids, false).unwrap(),
                case["decoded"].as_str().unwrap(),
                "{text:?}"
            );
            seen += 1;
        }
        assert!(seen > 5);
    }
}

#[test]
fn adapters_change_the_model_as_peft_does() {
    let Some(folder) = parity::folder("lora_idefics3") else { return };
    let base = folder.join("../idefics3");
    for entry in std::fs::read_dir(&folder).unwrap() {
        let out = entry.unwrap().path();
        if !out.join("tensors.safetensors").exists() {
            continue;
        }
        let case = Case::open(&out);
        let name = case.json["adapter"].as_str().unwrap().to_owned();
        let mut teller = open(&base.join("model"), Some(&folder.join(&name)));
        let input = Case::open(&folder.join(case.json["input_case"].as_str().unwrap()));
        let messages: Vec<Message> = serde_json::from_value(input.json["messages"].clone()).unwrap();
        let split = input.json["do_image_splitting"].as_bool().unwrap();
        let (reading, _) = teller.read(&messages, &pictures(&base, &input), split, |_| ()).unwrap();
        let logits = all_logits(&teller.model, &reading.ids, reading.features.as_ref());
        parity::close(&logits, &case.tensor("logits"), FEATURES, &format!("{name}: logits"));
        assert_eq!(greedy(&teller, reading, 24), case.ids("greedy_ids"), "{name}: greedy continuation");
    }
}

/// Weights kept in half precision must give exactly what an f32 model with the same rounded weights gives.
#[test]
fn half_precision_weights_give_what_their_rounded_values_give() {
    for family in parity::folders("idefics3") {
        let case = Case::open(&family.join("one_image"));
        let messages: Vec<Message> = serde_json::from_value(case.json["messages"].clone()).unwrap();
        let split = case.json["do_image_splitting"].as_bool().unwrap();
        let model = family.join("model");
        for dtype in [DType::BF16, DType::F16] {
            let rounded = tempfile::tempdir().unwrap();
            for entry in std::fs::read_dir(&model).unwrap() {
                let path = entry.unwrap().path();
                std::fs::copy(&path, rounded.path().join(path.file_name().unwrap())).unwrap();
            }
            let mut tensors = candle_core::safetensors::load(model.join("model.safetensors"), &Device::Cpu).unwrap();
            for (name, tensor) in &mut tensors {
                // Norms, biases and positions stay f32 in the engine.
                if tensor.rank() > 1 && !name.contains("position_embedding") {
                    *tensor = tensor.to_dtype(dtype).unwrap().to_dtype(DType::F32).unwrap();
                }
            }
            candle_core::safetensors::save(&tensors, rounded.path().join("model.safetensors")).unwrap();
            let logits = [(model.clone(), Some(Format::stored(dtype))), (rounded.path().to_owned(), None)].map(
                |(path, dtype)| {
                    let source = ModelSource::Folder { name: "reference".into(), path, adapter: None, hash: None };
                    let mut teller = Storyteller::open(&source, dtype).unwrap();
                    let (reading, _) = teller.read(&messages, &pictures(&family, &case), split, |_| ()).unwrap();
                    all_logits(&teller.model, &reading.ids, reading.features.as_ref())
                },
            );
            let expected = logits[1].clone();
            parity::close(&logits[0], &expected, FEATURES, &format!("{dtype:?}"));
        }
    }
}

#[test]
fn several_stories_over_one_prefill_are_those_told_alone() {
    for family in parity::folders("idefics3") {
        let case = Case::open(&family.join("five_images_nosplit"));
        let messages: Vec<Message> = serde_json::from_value(case.json["messages"].clone()).unwrap();
        let mut teller = open(&family.join("model"), None);
        let pictures = pictures(&family, &case);
        let mut told = |stories: usize, seed: u64| -> Vec<Vec<u32>> {
            let (reading, _) = teller.read(&messages, &pictures, false, |_| ()).unwrap();
            let sampling = Sampling { temperature: 0.9, seed, max_new_tokens: 20, ..Default::default() };
            let wanted = Wanted {
                sampling,
                stories,
                ends: vec![459],
                suppressed: vec![],
                alternatives: 3,
                gaze: Gaze::Frames,
                opening: vec![],
                alone: false,
            };
            let mut generation =
                Generation::start(&teller.model, &teller.processor.tokenizer, reading, wanted).unwrap();
            for piece in generation.by_ref() {
                let (_, piece) = piece.unwrap();
                assert_eq!(piece.alternatives.len(), 3);
                assert!(piece.alternatives[0].log_prob >= piece.alternatives[1].log_prob);
                assert!(piece.log_prob.unwrap() <= piece.alternatives[0].log_prob);
                assert_eq!(piece.attention.len(), 5);
                let sum: f32 = piece.attention.iter().sum();
                assert!(sum > 0.0 && sum < 1.0, "attention on the frames sums to {sum}");
            }
            generation.end().into_iter().map(|ended| ended.tokens).collect()
        };
        let together = told(3, 7);
        for (i, tokens) in together.iter().enumerate() {
            assert_eq!(*tokens, told(1, 7 + i as u64)[0], "story {i}");
        }
        assert_ne!(together[0], together[1]);
    }
}

#[test]
fn a_telling_is_cancelled_at_the_very_token() {
    use storyloom::story::{Frame, Request, SamplingPatch, Sequence, SequenceId, Telling};
    for family in parity::folders("idefics3") {
        let case = Case::open(&family.join("one_image"));
        let pictures = pictures(&family, &case);
        let frame = |(place, p): (usize, &Picture)| Frame {
            place,
            name: place.to_string(),
            hash: p.hash().to_owned(),
            width: p.width(),
            height: p.height(),
            text: None,
        };
        let sequence = Sequence {
            id: SequenceId("seq-test".into()),
            title: "test".into(),
            source: "test".into(),
            credits: None,
            cast: vec![],
            frames: pictures.iter().enumerate().map(frame).collect(),
            in_world: false,
        };
        let order = storyloom::writer::Order {
            sequence: Arc::new(sequence),
            pictures: Arc::new(pictures),
            request: Request {
                sampling: SamplingPatch { max_new_tokens: Some(50), ..Default::default() },
                ..Default::default()
            },
            window: 0,
        };
        let mut pieces = 0;
        let mut finish = None;
        storyloom::writer::tell(&mut open(&family.join("model"), None), &order, |event| {
            match event {
                Telling::Piece { .. } => pieces += 1,
                Telling::Done { story, .. } => finish = Some(story.finish),
                _ => {}
            }
            if pieces == 4 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })
        .unwrap();
        assert_eq!((pieces, finish), (4, Some(Finish::Cancelled)));
    }
}
