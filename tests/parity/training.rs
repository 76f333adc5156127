//! Losses, gradients and optimiser steps against the reference; and that every trainable tensor gets a gradient.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use candle_core::{DType, Device, Tensor, Var};
use storyloom::model::adapter::Adapter;
use storyloom::model::config::Slots;
use storyloom::model::families;
use storyloom::model::ops::IGNORE;
use storyloom::model::params::{Params, Training};
use storyloom::model::vision_language::VisionLanguage;
use storyloom::model::weights::Weights;
use storyloom::train::OptimiserRecipe;
use storyloom::train::adamw::{AdamW, Gradients};
use storyloom::train::examples::Batch;
use storyloom::train::{checkpoint, word_loss};

use crate::reference::{Case, folder, folders};

struct Trainee {
    model: VisionLanguage,
    vars: BTreeMap<String, Var>,
}

impl Trainee {
    fn open(folder: &Path, adapter: Option<&Path>) -> Self {
        let config = families::open(folder).unwrap();
        let params = Params::new(Weights::open(folder).unwrap(), DType::F32, Device::Cpu);
        let params = match adapter {
            Some(path) => params.with_adapter(Adapter::open(path).unwrap()).with_training(Training::Adapter),
            None => params.with_training(Training::Full(Box::new(|_| true))),
        };
        let model = families::load(&params, &config).unwrap();
        Self { model, vars: params.trained() }
    }

    fn loss(&self, batch: &Batch) -> Tensor {
        let features = self.model.image_features(&batch.pixels).unwrap();
        word_loss::words(&self.model, batch, &features).unwrap()
    }

    fn gradients(&self, batch: &Batch) -> (f64, Gradients) {
        let loss = self.loss(batch);
        let mut gradients = Gradients::default();
        gradients.add(&self.vars, &loss.backward().unwrap(), 1.0).unwrap();
        (f64::from(loss.to_scalar::<f32>().unwrap()), gradients)
    }
}

fn norm(values: &[f32]) -> f64 {
    values.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt()
}

fn near(found: f64, expected: f64, relative: f64, what: &str) {
    // Gradients that are zero by symmetry (the key's bias) are rounding noise on both sides.
    assert!((found - expected).abs() <= relative * expected.abs() + 1e-6, "{what}: {found} is not {expected}");
}

/// Pixels without the all-zero frames that only pad a batch.
fn real_frames(pixels: &Tensor) -> Tensor {
    let flat = if pixels.rank() == 5 { pixels.flatten_to(1).unwrap() } else { pixels.clone() };
    let used: Vec<u32> = (0..flat.dim(0).unwrap())
        .filter(|i| flat.get(*i).unwrap().abs().unwrap().max_all().unwrap().to_scalar::<f32>().unwrap() > 0.0)
        .map(|i| i as u32)
        .collect();
    flat.index_select(&Tensor::new(used, &Device::Cpu).unwrap(), 0).unwrap()
}

/// The reference's labels are unshifted: position i's label is token i. Ours are the next token's.
fn shifted(labels: &[i64], seq: usize) -> Vec<i64> {
    labels.chunks(seq).flat_map(|row| row[1..].iter().copied().chain([IGNORE])).collect()
}

/// A batch of words, each picture read once and in order.
fn batch(pixels: Tensor, ids: Vec<u32>, labels: Vec<i64>, real: Vec<bool>, rows: usize) -> Batch {
    let looks = (0..pixels.dim(0).unwrap() as u32).collect();
    let pixels = pixels.into();
    let (emphasis, facts, regions, marks, introductions) = Default::default();
    Batch { pixels, looks, ids, labels, emphasis, real, rows, facts, regions, marks, introductions }
}

fn reference_batch(case: &Path) -> (Batch, Vec<f32>) {
    let all = candle_core::safetensors::load(case.join("batch.safetensors"), &Device::Cpu).unwrap();
    let ints = |name: &str| all[name].flatten_all().unwrap().to_vec1::<i64>().unwrap();
    let (rows, seq) = all["input_ids"].dims2().unwrap();
    let ids = ints("input_ids").into_iter().map(|id| id as u32).collect();
    let real = ints("attention_mask").into_iter().map(|m| m == 1).collect();
    let batch = batch(real_frames(&all["pixel_values"]), ids, shifted(&ints("labels"), seq), real, rows);
    (batch, all["per_token_logps"].flatten_all().unwrap().to_vec1::<f32>().unwrap())
}

fn check_norms(gradients: &Gradients, expected: &serde_json::Value) {
    for (name, value) in expected.as_object().unwrap() {
        let found = gradients.get(name).unwrap_or_else(|| panic!("no gradient for {name}"));
        near(norm(found), value.as_f64().unwrap(), 1e-3, name);
    }
}

fn check_tensors(gradients: &Gradients, file: &Path) {
    for (name, expected) in candle_core::safetensors::load(file, &Device::Cpu).unwrap() {
        let expected = expected.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let found = gradients.get(&name).unwrap_or_else(|| panic!("no gradient for {name}"));
        let off: Vec<f32> = found.iter().zip(&expected).map(|(a, b)| a - b).collect();
        assert!(norm(&off) <= 1e-3 * norm(&expected) + 1e-6, "{name}: off by {}", norm(&off));
    }
}

#[test]
fn one_supervised_step_has_the_reference_loss_and_gradients() {
    for family in folders("idefics3").into_iter().chain(folders("smolvlm")) {
        let case = Case::open(&family.join("sft_one_image"));
        let input = Case::open(&family.join("one_image"));
        let mut ids = input.ids("input_ids");
        let prompt = ids.len();
        let answer: Vec<u32> = serde_json::from_value(case.json["answer_ids"].clone()).unwrap();
        ids.extend(&answer);
        let labels = (0..ids.len())
            .map(|i| if i + 1 >= prompt && i + 1 < ids.len() { i64::from(ids[i + 1]) } else { IGNORE })
            .collect();
        let real = vec![true; ids.len()];
        let pixels = real_frames(&input.tensor("pixel_values"));
        let batch = batch(pixels, ids, labels, real, 1);
        let (loss, gradients) = Trainee::open(&family.join("model"), None).gradients(&batch);
        near(loss, case.json["loss"].as_f64().unwrap(), 1e-4, "loss");
        near(gradients.norm(), case.json["grad_norm"].as_f64().unwrap(), 1e-3, "norm of all gradients");
        check_norms(&gradients, &case.json["grad_norm_per_tensor"]);
        check_tensors(&gradients, &family.join("sft_one_image/grads_small.safetensors"));
    }
}

fn optimiser(trace: &serde_json::Value, vars: BTreeMap<String, Var>) -> (AdamW, f64) {
    let number = |key: &str| trace[key].as_f64().unwrap_or(0.0);
    let recipe = OptimiserRecipe {
        beta1: trace["betas"][0].as_f64().unwrap(),
        beta2: trace["betas"][1].as_f64().unwrap(),
        eps: number("eps"),
        weight_decay: number("weight_decay"),
        clip: number("clip_grad_norm"),
    };
    (AdamW::new(vars, &recipe), number("lr"))
}

fn follow(trainee: &Trainee, batch: &Batch, trace: &serde_json::Value, norm_key: &str) {
    let (mut optimiser, rate) = optimiser(trace, trainee.vars.clone());
    for (i, expected) in trace["trace"].as_array().unwrap().iter().enumerate() {
        let (loss, gradients) = trainee.gradients(batch);
        near(loss, expected["loss"].as_f64().unwrap(), if i == 0 { 1e-4 } else { 1e-3 }, &format!("loss at step {i}"));
        let norm = expected[norm_key].as_f64().unwrap();
        near(gradients.norm(), norm, if i == 0 { 1e-3 } else { 1e-2 }, &format!("norm at step {i}"));
        if i < 3 {
            optimiser.step(&gradients, rate, true).unwrap();
        }
    }
}

#[test]
fn a_padded_batch_trains_as_the_reference_trains() {
    let Some(case) = folder("train_sft_idefics3") else { return };
    let json = Case::json(&case.join("case.json"));
    let (batch, log_probs) = reference_batch(&case);
    let trainee = Trainee::open(&case.join("../idefics3/model"), None);

    let seq = batch.ids.len() / batch.rows;
    let features = trainee.model.image_features(&batch.pixels).unwrap();
    let embeddings = trainee.model.embed(&batch.ids, batch.rows, Some(&features)).unwrap();
    let rows = storyloom::model::llama::Rows::padded(&batch.real, seq);
    let hidden = trainee.model.hidden(&embeddings, &rows, None, None).unwrap().flatten_to(1).unwrap();
    let nll = trainee.model.token_nll(&hidden, &batch.labels.clone().into()).unwrap().to_vec1::<f32>().unwrap();
    let mut counted = 0;
    for row in 0..batch.rows {
        for i in 0..seq - 1 {
            if batch.labels[row * seq + i] != IGNORE {
                let expected = log_probs[row * (seq - 1) + i];
                let found = -nll[row * seq + i];
                assert!((found - expected).abs() < 1e-3, "log-probability {found}, not {expected}");
                counted += 1;
            }
        }
    }
    assert_eq!(counted, json["target_tokens"].as_i64().unwrap());

    let (_, gradients) = trainee.gradients(&batch);
    check_norms(&gradients, &json["grad_norm_per_tensor"]);
    check_tensors(&gradients, &case.join("grads_small.safetensors"));
    follow(&trainee, &batch, &json["adamw_full"], "grad_norm_before_clip");
    for (name, expected) in
        candle_core::safetensors::load(case.join("params_after_3_steps.safetensors"), &Device::Cpu).unwrap()
    {
        let off = (trainee.vars[&name].as_tensor() - &expected).unwrap().abs().unwrap().max_all().unwrap();
        let off = off.to_scalar::<f32>().unwrap();
        // Three steps at rate 1e-3 move a value by at most about 3e-3; where a gradient is all rounding, its sign decides.
        assert!(off < 3e-4, "{name} after three steps: off by {off}");
    }
}

#[test]
fn an_adapter_trains_as_peft_trains_it() {
    let Some(case) = folder("train_sft_idefics3") else { return };
    let json = Case::json(&case.join("case.json"));
    let (batch, _) = reference_batch(&case);
    let trace = &json["adamw_lora"];
    let adapter = case.join(trace["adapter"].as_str().unwrap());
    let trainee = Trainee::open(&case.join("../idefics3/model"), Some(&adapter));
    let trainable: usize = trainee.vars.values().map(|v| v.elem_count()).sum();
    assert_eq!(trainable as i64, trace["trainable"].as_i64().unwrap());
    let (_, gradients) = trainee.gradients(&batch);
    check_norms(&gradients, &trace["grad_norm_per_tensor_step0"]);
    check_tensors(&gradients, &case.join("lora_grads_layer0.safetensors"));
    follow(&trainee, &batch, trace, "grad_norm");
}

#[test]
fn adapters_are_saved_as_peft_saves_them() {
    let Some(all) = folder("lora_idefics3") else { return };
    for name in ["adapter_all", "adapter_text_rslora"] {
        let from = all.join(name);
        let trainee = Trainee::open(&all.join("../idefics3/model"), Some(&from));
        let to = tempfile::tempdir().unwrap();
        let config = Adapter::open(&from).unwrap().config;
        checkpoint::save_adapter(to.path(), &config, "../idefics3/model", &trainee.vars).unwrap();
        let load = |folder: &Path| {
            candle_core::safetensors::load(folder.join("adapter_model.safetensors"), &Device::Cpu).unwrap()
        };
        let (saved, original) = (load(to.path()), load(&from));
        let names = |m: &std::collections::HashMap<String, Tensor>| m.keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(&saved), names(&original));
        for (name, tensor) in &original {
            let bytes = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert_eq!(bytes(&saved[name]), bytes(tensor), "{name}");
        }
        let json = |folder: &Path| Case::json(&folder.join("adapter_config.json"));
        let (saved, original) = (json(to.path()), json(&from));
        for key in [
            "r",
            "lora_alpha",
            "use_rslora",
            "target_modules",
            "modules_to_save",
            "peft_type",
            "base_model_name_or_path",
        ] {
            assert_eq!(saved[key], original[key], "{key}");
        }
    }
}

#[test]
fn every_trainable_tensor_of_every_model_gets_a_finite_gradient() {
    let mut models: Vec<_> =
        folders("idefics3").into_iter().chain(folders("smolvlm")).map(|f| f.join("model")).collect();
    models.push(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/storyteller"));
    for model in models {
        let trainee = Trainee::open(&model, None);
        let config = &trainee.model.config;
        let side = config.vision_config.image_size;
        let Slots::Token(image) = config.slots else { unreachable!() };
        let pixels = Tensor::randn(0f32, 1.0, (2, 3, side, side), &Device::Cpu).unwrap();
        let slots = 2 * config.grid.rows();
        // Every word of the vocabulary is read and predicted once, so that no row of the tables is left out.
        let words = (0..config.text_config.vocab_size as u32).filter(|id| *id != image);
        let ids: Vec<u32> = std::iter::repeat_n(image, slots).chain(words).collect();
        let mut labels: Vec<i64> = ids[1..].iter().map(|id| i64::from(*id)).collect();
        labels.push(0);
        let real = vec![true; ids.len()];
        let batch = batch(pixels, ids, labels, real, 1);
        let (_, gradients) = trainee.gradients(&batch);
        assert!(trainee.vars.len() > 30);
        for name in trainee.vars.keys() {
            let gradient = gradients.get(name).unwrap_or_else(|| panic!("{name} gets no gradient"));
            assert!(gradient.iter().all(|g| g.is_finite()), "{name} gets a gradient that is not finite");
            assert!(gradient.iter().any(|g| *g != 0.0), "{name} gets a gradient of zeros");
        }
    }
}
