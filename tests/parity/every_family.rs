//! What works for one family works for each: several stories over one prefill, rows of different lengths together, adapters
//! by the names of the family's own files, and a model that was saved together from wherever its parts lay.

use std::path::{Path, PathBuf};

use candle_core::{DType, Device};
use storyloom::model::adapter::{Adapter, AdapterConfig, Targets};
use storyloom::model::families;
use storyloom::model::format::Format;
use storyloom::model::params::{Params, Training};
use storyloom::model::told::{Page, Told};
use storyloom::pixels::Picture;
use storyloom::story::{Gaze, Sampling};
use storyloom::writer::chat::Message;
use storyloom::writer::generation::{Generation, Reading, Wanted};
use storyloom::writer::published::lay_around;
use storyloom::writer::{ModelSource, Storyteller};

use crate::reference::{self as parity};

/// One model of each layout with its pictures, and linears of its text model.
fn models() -> Vec<(PathBuf, PathBuf, &'static [&'static str])> {
    const LLAMA: &[&str] = &["q_proj", "v_proj", "down_proj"];
    const QWEN: &[&str] = &["c_attn", "attn.c_proj", "w1", "w2"];
    let kinds = [
        ("smolvlm", "model", LLAMA),
        ("llava_hf", "model", LLAMA),
        ("llava_original", "model", LLAMA),
        ("minigpt4", "", LLAMA),
        ("qwen_vl_original", "model", QWEN),
        ("qwen2_5_vl", "model", LLAMA),
        ("qwen3_vl", "model", LLAMA),
    ];
    let place = |(name, model, targets)| {
        let root = parity::folder(name)?;
        let model = if str::is_empty(model) { root.clone() } else { root.join(model) };
        Some((root, model, targets))
    };
    kinds.into_iter().filter_map(place).collect()
}

fn open(model: &Path) -> Storyteller {
    let source =
        ModelSource::Folder { name: "reference".into(), path: model.into(), adapter: None, hash: Some("none".into()) };
    Storyteller::open(&source, Some(Format::F32)).unwrap()
}

fn read(teller: &mut Storyteller, root: &Path, names: &[&str]) -> Reading {
    let picture = |name: &&str| {
        let path = root.join("images").join(name);
        Picture::from_bytes(name, std::fs::read(path).unwrap()).unwrap()
    };
    let pictures: Vec<Picture> = names.iter().map(picture).collect();
    let question = Message::user(pictures.len(), "What happens here?");
    teller.read(&[question], &pictures, false, |_| ()).unwrap().0
}

fn told(teller: &Storyteller, reading: Reading, stories: usize, seed: u64) -> Vec<Vec<u32>> {
    let wanted = Wanted {
        sampling: Sampling {
            temperature: 0.9,
            seed,
            max_new_tokens: 12,
            repetition_penalty: 1.05,
            ..Default::default()
        },
        stories,
        ends: vec![],
        suppressed: vec![],
        alternatives: 2,
        gaze: Gaze::Patches,
        opening: vec![],
        alone: false,
    };
    let mut generation = Generation::start(&teller.model, &teller.processor.tokenizer, reading, wanted).unwrap();
    for piece in generation.by_ref() {
        let (_, piece) = piece.unwrap();
        assert_eq!((piece.alternatives.len(), piece.attention.len()), (2, 2));
        let sum: f32 = piece.attention.iter().sum();
        assert!(sum > 0.0 && sum < 1.0, "attention on the frames sums to {sum}");
        for (patches, share) in piece.patches.iter().zip(&piece.attention) {
            let sum: f32 = patches.shares.iter().sum();
            assert!(patches.shares.is_empty() || (sum - share).abs() < 1e-4, "{sum} on patches of {share}");
        }
    }
    generation.end().into_iter().map(|ended| ended.tokens).collect()
}

#[test]
fn stories_over_one_prefill_are_those_told_alone() {
    for (root, model, _) in models() {
        let mut teller = open(&model);
        let mut read = || read(&mut teller, &root, &["img0.png", "img3.png"]);
        let (together, alone) = (read(), [read(), read()]);
        let together = told(&teller, together, 2, 7);
        for ((i, alone), together) in alone.into_iter().enumerate().zip(&together) {
            assert_eq!(told(&teller, alone, 1, 7 + i as u64)[0], *together, "{}: story {i}", root.display());
        }
    }
}

#[test]
fn rows_of_different_lengths_and_pictures_are_read_as_each_is_alone() {
    for (root, model, _) in models() {
        let mut teller = open(&model);
        let readings = [read(&mut teller, &root, &["img1.png"]), read(&mut teller, &root, &["img0.png", "img2.png"])];
        let looks = readings.each_ref().map(|reading| reading.features.clone().unwrap());
        let stories = [Told::new(&readings[0].ids, &[5, 6, 7], 0), Told::new(&readings[1].ids, &[9, 8], 1)];
        let probabilities = |stories: &[Told]| -> Vec<f64> {
            let page = Page::read(&teller.model, stories, &looks, teller.processor.pad()).unwrap();
            let flat = page.log_probs(&teller.model, 1.0).unwrap();
            page.by_story(&flat).unwrap().concat()
        };
        let together = probabilities(&stories);
        let alone = [probabilities(&stories[..1]), probabilities(&stories[1..])].concat();
        for (together, alone) in together.iter().zip(&alone) {
            assert!((together - alone).abs() < 2e-4, "{}: {together} together, {alone} alone", root.display());
        }
        assert_eq!(together.len(), 5);
    }
}

#[test]
fn adapters_stand_beside_the_layers_that_the_familys_own_files_name() {
    for (root, model, targets) in models() {
        let mut teller = open(&model);
        let reading = read(&mut teller, &root, &["img0.png"]);
        let config = teller.processor.config.clone();
        let names = targets.iter().map(|name| (*name).to_owned()).collect();
        let adapter = Adapter::fresh(AdapterConfig::new(2, 4.0, Targets::Names(names)), 1);
        for checkpointing in [false, true] {
            let params = Params::new(families::weights(&model, &config).unwrap(), DType::F32, Device::Cpu)
                .with_checkpointing(checkpointing)
                .with_adapter(adapter.clone())
                .with_training(Training::Adapter);
            let adapted = families::load(&params, &config).unwrap();
            let vars = params.trained();
            let stored = families::weights(&model, &config).unwrap();
            for target in targets {
                let module = |name: &String| name.contains(&format!("{target}.lora_B"));
                let name = vars.keys().find(|name| module(name)).unwrap_or_else(|| panic!("no adapter at {target}"));
                let weight = name.trim_start_matches("base_model.model.").replace("lora_B.", "");
                assert!(stored.has(&weight), "{name} stands beside no stored tensor");
            }
            let story = [Told::new(&reading.ids, &[5, 6, 7], 0)];
            let looks = [reading.features.clone().unwrap()];
            let page = Page::read(&adapted, &story, &looks, 0).unwrap();
            let found = page.log_probs(&adapted, 1.0).unwrap();
            let plain = Page::read(&teller.model, &story, &looks, 0).unwrap().log_probs(&teller.model, 1.0).unwrap();
            // What is new changes nothing, and learns.
            parity::close(&found, &plain, 2e-4, &format!("{}: a new adapter", root.display()));
            let store = found.sum_all().unwrap().backward().unwrap();
            let text = ["layers.0.self_attn.q_proj", "layers.0.mlp.down_proj", "h.0.attn.c_attn", "h.0.mlp.w2"];
            let learns = |part: &&str| {
                let of = |(name, var): (&String, &candle_core::Var)| {
                    let beside = name.contains(*part) && name.contains("lora_B") && !name.contains("vis");
                    beside.then(|| {
                        store
                            .get(var)
                            .is_some_and(|g| g.abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap() > 0.0)
                    })
                };
                vars.iter().find_map(of)
            };
            let learning: Vec<bool> = text.iter().filter_map(learns).collect();
            assert!(learning.len() >= 2 && learning.iter().all(|learns| *learns), "{}: {learning:?}", root.display());
        }
    }
}

#[test]
fn a_model_saved_together_is_the_model_from_its_parts() {
    for (root, model, _) in models() {
        let config = families::open(&model).unwrap();
        let weights = families::weights(&model, &config).unwrap();
        let together = tempfile::tempdir().unwrap();
        lay_around(&model, together.path()).unwrap();
        let tensors: std::collections::HashMap<String, candle_core::Tensor> =
            weights.names().into_iter().map(|name| (name.clone(), weights.any(&name, &Device::Cpu).unwrap())).collect();
        candle_core::safetensors::save(&tensors, together.path().join("model.safetensors")).unwrap();
        let [apart, whole] = [model.as_path(), together.path()].map(|folder| {
            let mut teller = open(folder);
            let reading = read(&mut teller, &root, &["img0.png", "img3.png"]);
            (reading.ids.clone(), told(&teller, reading, 1, 3))
        });
        assert_eq!(apart, whole, "{}", root.display());
    }
}
