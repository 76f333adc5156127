//! The training steps that `storyloom bench --training` times: on the shapes of a tiny vision-language model one over stories, one
//! over rewards and one over preferences; one of a low-rank adapter on SmolLM2-135M's. Forward, backward and update; weights are
//! random. `benches/torch_pairs.py` is the other side of rewards and preferences.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};

use super::figure::{Figure, SMOLLM2, measure, since};
use crate::model::adapter::{Adapter, AdapterConfig, Targets};
use crate::model::error::ModelError;
use crate::model::families;
use crate::model::llama::{Llama, LlamaConfig, Rows};
use crate::model::ops::{IGNORE, Precision, token_nll};
use crate::model::params::{Params, Training};
use crate::model::told::{Page, Told, along};
use crate::model::vision_language::VisionLanguage;
use crate::model::weights::Weights;
use crate::train::adamw::{AdamW, Gradients};
use crate::train::forecast::peak_memory;
use crate::train::loss::{PreferenceLoss, Ranked, preference, ranking};
use crate::train::{OptimiserRecipe, TrainError};

const OPTIMISER: OptimiserRecipe =
    OptimiserRecipe { beta1: 0.9, beta2: 0.999, eps: 1e-8, weight_decay: 0.01, clip: 0.0 };

/// Seven million parameters; five pictures of 144 patches (36 tokens each) and 128 words in each of 16 rows.
const TINY: &str = r#"{"model_type": "idefics3", "image_token_id": 4095, "scale_factor": 2, "tie_word_embeddings": true,
    "text_config": {"vocab_size": 4096, "hidden_size": 256, "intermediate_size": 512, "num_hidden_layers": 6,
        "num_attention_heads": 4, "num_key_value_heads": 4, "rms_norm_eps": 1e-5},
    "vision_config": {"hidden_size": 192, "intermediate_size": 768, "num_hidden_layers": 4, "num_attention_heads": 3,
        "image_size": 96, "patch_size": 8}}"#;

/// Pairs of a reward or preference step.
const PAIRS: usize = 8;

fn config<C: serde::de::DeserializeOwned>(text: &str) -> Result<C, TrainError> {
    serde_json::from_str(text)
        .map_err(|source| ModelError::Json { path: "the shapes of the measurement".into(), source }.into())
}

/// The steps whose name contains `only`, in both precisions.
pub fn steps(runs: u16, only: &str) -> Result<Vec<Figure>, TrainError> {
    let mut figures = Vec::new();
    for (precision, name) in [(Precision::F32, "f32"), (Precision::Bf16, "bf16 products")] {
        type Step<'a> = &'a dyn Fn(&str) -> Result<Figure, TrainError>;
        let all: [(String, Step<'_>); 5] = [
            (format!("tiny vision-language model, {name}: training step"), &|what| tiny(runs, precision, what)),
            (format!("tiny vision-language model, {name}: reward step"), &|what| {
                pairs(runs, precision, what, |page, _, score| {
                    let worth = page.last_states()?.matmul(&score.t()?)?.squeeze(1)?;
                    Ok((worth.clone(), ranking(&numbers(&worth)?, &ranked(), 0.01).slope))
                })
            }),
            (format!("tiny vision-language model, {name}: DPO step"), &|what| {
                pairs(runs, precision, what, |page, model, _| {
                    let flat = page.log_probs(model, 1.0)?;
                    let policy = page.by_story(&flat)?;
                    let reference: Vec<Vec<f64>> = policy.iter().map(|story| vec![-8.0; story.len()]).collect();
                    let sigmoid = PreferenceLoss::Sigmoid { beta: 0.1 };
                    Ok((flat, preference(&policy, &reference, sigmoid).slope.concat()))
                })
            }),
            (format!("SmolLM2-135M shapes, {name}: LoRA step of 512"), &|what| lora(runs, precision, what, false)),
            (format!("SmolLM2-135M shapes, {name}: LoRA step of 512, checkpointing"), &|what| {
                lora(runs, precision, what, true)
            }),
        ];
        for (what, step) in all.iter().filter(|(what, _)| what.contains(only)) {
            forget_peak();
            let mut figure = step(what)?;
            figure.gigabytes = peak_memory().map(|bytes| bytes as f64 / 1e9);
            figures.push(figure);
        }
    }
    Ok(figures)
}

/// From here on only new peaks of memory count (Linux).
pub fn forget_peak() {
    // Where that is not possible, earlier peaks count as well: the figure is then too large, never too small.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

fn tiny(runs: u16, precision: Precision, what: &str) -> Result<Figure, TrainError> {
    const ROWS: usize = 16;
    const PICTURES: usize = 5;
    const WORDS: usize = 128;
    let config = families::parse(TINY.as_bytes(), Path::new("the shapes of the measurement"))?;
    let params = Params::new(Weights::fresh(1), DType::F32, Device::Cpu)
        .with_precision(precision)
        .with_training(Training::Full(Box::new(|_| true)));
    let model = families::load(&params, &config)?;
    let mut optimiser = AdamW::new(params.trained(), &OPTIMISER);
    let seen = PICTURES * config.grid.rows();
    let pixels = Tensor::randn(0f32, 1.0, (ROWS * PICTURES, 3, 96, 96), &Device::Cpu)?.into();
    let word = |i: usize| (i * 7919 % 4000) as u32;
    let row = |r: usize| (0..seen).map(|_| 4095).chain((0..WORDS).map(move |i| word(r * WORDS + i)));
    let ids: Vec<u32> = (0..ROWS).flat_map(row).collect();
    let next = |i: usize| if i % (seen + WORDS) + 1 == seen + WORDS { IGNORE } else { i64::from(ids[i + 1]) };
    let labels = Arc::new((0..ids.len()).map(|i| if next(i) == 4095 { IGNORE } else { next(i) }).collect::<Vec<_>>());
    measure(what, "ms", runs, || {
        let started = Instant::now();
        let features = model.image_features(&pixels)?;
        let x = model.embed(&ids, ROWS, Some(&features))?;
        let hidden = model.hidden(&x, &Rows::after(0, seen + WORDS), None, None)?.flatten_to(1)?;
        update(&mut optimiser, &(model.token_nll(&hidden, &labels)?.sum_all()? / (ROWS * WORDS) as f64)?)?;
        Ok(since(started) * 1000.0)
    })
}

/// A step over [`PAIRS`] pairs of stories with 128 words, each behind one prompt of five pictures; tower and connector stay as they
/// are. `judge` says which numbers a loss reads off the page, and its slope by each.
fn pairs(
    runs: u16,
    precision: Precision,
    what: &str,
    judge: impl Fn(&Page, &VisionLanguage, &Tensor) -> Result<(Tensor, Vec<f64>), ModelError>,
) -> Result<Figure, TrainError> {
    const PICTURES: usize = 5;
    const WORDS: usize = 128;
    let config = families::parse(TINY.as_bytes(), Path::new("the shapes of the measurement"))?;
    let params = Params::new(Weights::fresh(1), DType::F32, Device::Cpu)
        .with_precision(precision)
        .with_training(Training::Full(Box::new(|name| !name.contains("vision_model") && !name.contains("connector"))));
    let model = families::load(&params, &config)?;
    let score = Var::from_tensor(&(Tensor::randn(0f32, 0.02, (1, 256), &Device::Cpu)?))?;
    let mut vars = params.trained();
    vars.insert("score.weight".to_owned(), score.clone());
    let mut optimiser = AdamW::new(vars, &OPTIMISER);
    let pixels = Tensor::randn(0f32, 1.0, (PAIRS * PICTURES, 3, 96, 96), &Device::Cpu)?.into();
    let prompt = vec![4095; PICTURES * config.grid.rows()];
    let word = |i: usize| (i * 7919 % 4000) as u32;
    let story = |at: usize| (0..WORDS).map(|i| word(at * WORDS + i)).collect::<Vec<_>>();
    let told: Vec<Told> = (0..2 * PAIRS).map(|at| Told::new(&prompt, &story(at), at % PAIRS)).collect();
    let each: Vec<u32> = (0..PICTURES as u32).collect();
    measure(what, "ms", runs, || {
        let started = Instant::now();
        let all = model.image_features(&pixels)?.detach();
        let of = |pair: usize| all.pick(&each.iter().map(|at| at + (pair * PICTURES) as u32).collect::<Vec<_>>());
        let looks = (0..PAIRS).map(of).collect::<Result<Vec<_>, _>>()?;
        let page = Page::read(&model, &told, &looks, 0)?;
        let (numbers, slopes) = judge(&page, &model, score.as_tensor())?;
        update(&mut optimiser, &along(&numbers, slopes)?)?;
        Ok(since(started) * 1000.0)
    })
}

/// The first stories of all pairs, which are the better ones, stand before the second ones.
fn ranked() -> Vec<Ranked> {
    let pair = |first| Ranked { first, second: first + PAIRS, target: 1.0, margin: 0.0, weight: 1.0 };
    (0..PAIRS).map(pair).collect()
}

fn numbers(tensor: &Tensor) -> Result<Vec<f64>, ModelError> {
    Ok(tensor.to_vec1::<f32>()?.into_iter().map(f64::from).collect())
}

fn lora(runs: u16, precision: Precision, what: &str, checkpointing: bool) -> Result<Figure, TrainError> {
    const WORDS: usize = 512;
    let config: LlamaConfig = config(SMOLLM2)?;
    let names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"].map(str::to_owned);
    let adapter = Adapter::fresh(AdapterConfig::new(16, 32.0, Targets::Names(names.to_vec())), 1);
    let params = Params::new(Weights::fresh(1), DType::F32, Device::Cpu)
        .with_precision(precision)
        .with_checkpointing(checkpointing)
        .with_adapter(adapter)
        .with_training(Training::Adapter);
    let llama = Llama::load(&params, "model", &config)?;
    let mut optimiser = AdamW::new(params.trained(), &OPTIMISER);
    let ids: Vec<u32> = (0..WORDS as u32).map(|i| i * 7919 % 40_000).collect();
    let labels = Arc::new(ids.iter().skip(1).map(|id| i64::from(*id)).chain([IGNORE]).collect::<Vec<_>>());
    measure(what, "ms", runs, || {
        let started = Instant::now();
        let x = llama.embed(&ids)?.unsqueeze(0)?;
        let hidden = llama.forward(&x, &Rows::after(0, WORDS), None, None)?.flatten_to(1)?;
        let nll = token_nll(&hidden, &llama.embeddings, &labels, precision)?;
        update(&mut optimiser, &(nll.sum_all()? / WORDS as f64)?)?;
        Ok(since(started) * 1000.0)
    })
}

fn update(optimiser: &mut AdamW, loss: &Tensor) -> Result<(), TrainError> {
    let mut gradients = Gradients::default();
    gradients.add(optimiser.vars(), &loss.backward()?, 1.0)?;
    optimiser.step(&gradients, 1e-4, false)?;
    Ok(())
}
