//! Losses of rewards, preferences and policies against the reference's own functions, and the scalar head on a whole model.

use std::path::Path;

use candle_core::{DType, Device, Tensor};
use storyloom::model::adapter::Adapter;
use storyloom::model::families;
use storyloom::model::llama::{Llama, LlamaConfig, Rows};
use storyloom::model::look::Look;
use storyloom::model::params::{Params, Training};
use storyloom::model::told::{Page, Told, along};
use storyloom::model::vision_language::VisionLanguage;
use storyloom::model::weights::Weights;
use storyloom::train::adamw::Gradients;
use storyloom::train::loss::{
    Aggregate, KlEstimator, PolicyLoss, PreferenceLoss, Ranked, Ratio, Whole, advantages, preference, ranking,
};
use storyloom::writer::score_head::ScoreHead;

use crate::reference::{Case, folder};

type Rows64 = Vec<Vec<f64>>;

fn tensors(path: &Path) -> std::collections::HashMap<String, Tensor> {
    candle_core::safetensors::load(path, &Device::Cpu).unwrap()
}

/// Numbers of the tokens that count, row by row; `mask` may have a column more than `values` at its beginning.
fn counted(values: &Tensor, mask: &Tensor) -> Rows64 {
    let values = values.to_dtype(DType::F32).unwrap().to_vec2::<f32>().unwrap();
    let mask = mask.to_vec2::<i64>().unwrap();
    let row = |(values, mask): (&Vec<f32>, &Vec<i64>)| {
        let mask = &mask[mask.len() - values.len()..];
        values.iter().zip(mask).filter(|(_, counts)| **counts == 1).map(|(value, _)| f64::from(*value)).collect()
    };
    values.iter().zip(&mask).map(row).collect()
}

fn near(found: f64, expected: f64, relative: f64, what: &str) {
    assert!((found - expected).abs() <= relative * expected.abs() + 1e-6, "{what}: {found} is not {expected}");
}

fn same_slopes(found: &Rows64, expected: &Rows64, what: &str) {
    let norm = expected.iter().flatten().map(|x| x * x).sum::<f64>().sqrt();
    for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
        assert!((found - expected).abs() <= 1e-3 * norm + 1e-7, "{what}: {found} is not {expected}");
    }
}

#[test]
fn preference_losses_and_their_slopes() {
    let Some(folder) = folder("train_dpo") else { return };
    let (case, fixed) = (Case::json(&folder.join("case.json")), tensors(&folder.join("fixed.safetensors")));
    let mask = &fixed["completion_mask"];
    let (policy, reference) = (counted(&fixed["per_token_logps"], mask), counted(&fixed["ref_per_token_logps"], mask));
    let mut held = 0;
    for row in case["fixed"].as_array().unwrap() {
        let (beta, flipped) = (row["beta"].as_f64().unwrap(), row["label_smoothing"].as_f64().unwrap());
        let loss = match (row["loss_type"].as_str().unwrap(), row["f_divergence_type"].as_str().unwrap()) {
            ("sigmoid", "reverse_kl") => PreferenceLoss::Sigmoid { beta },
            ("robust", "reverse_kl") => PreferenceLoss::Robust { beta, flipped },
            ("hinge", "reverse_kl") => PreferenceLoss::Hinge { beta },
            ("ipo", "reverse_kl") => PreferenceLoss::IpoMean { beta },
            // What the reference has beyond the losses of this project.
            _ => continue,
        };
        let graded = preference(&policy, &reference, loss);
        near(graded.loss, row["loss"].as_f64().unwrap(), 1e-4, &format!("{loss:?}"));
        // Each row's gradient is that of the mean loss over the pairs.
        let index = row["index"].as_u64().unwrap();
        same_slopes(&graded.slope, &counted(&fixed[&format!("grad_{index}")], mask), &format!("{loss:?}"));
        held += 1;
    }
    assert!(held >= 5, "{held} losses were compared");
}

#[test]
fn policy_losses_and_their_slopes() {
    let Some(folder) = folder("train_grpo") else { return };
    let (case, fixed) = (Case::json(&folder.join("case.json")), tensors(&folder.join("fixed.safetensors")));
    let mask = &fixed["completion_mask"];
    let of = |name: &str| counted(&fixed[name], mask);
    let rewards: Vec<f64> = fixed["rewards"].to_vec1::<f32>().unwrap().into_iter().map(f64::from).collect();
    let group = case["num_generations"].as_u64().unwrap() as usize;
    let mut held = 0;
    for row in case["rows"].as_array().unwrap() {
        let rule = match row["scale"].as_str().unwrap() {
            "group" => storyloom::train::loss::Advantage::Grpo,
            "batch" => storyloom::train::loss::Advantage::GrpoBatch,
            _ => storyloom::train::loss::Advantage::DrGrpo,
        };
        let scale = row["scale"].as_str().unwrap();
        let gained = advantages(rule, &rewards, group).advantages;
        let expected = fixed[&format!("advantages_{scale}")].to_vec1::<f32>().unwrap();
        gained.iter().zip(&expected).for_each(|(a, b)| near(*a, f64::from(*b), 1e-4, scale));
        let aggregate = match row["loss_type"].as_str().unwrap() {
            "grpo" => Aggregate::SequenceMean,
            "bnpo" | "dapo" | "cispo" => Aggregate::TokenMean,
            "dr_grpo" => Aggregate::TokenSum,
            _ => continue,
        };
        let ratio = match (row["loss_type"].as_str().unwrap(), row["level"].as_str().unwrap()) {
            ("cispo", _) => Ratio::Cispo,
            (_, "sequence") => Ratio::Sequence,
            _ => Ratio::Token,
        };
        let (beta, number) = (row["beta"].as_f64().unwrap(), |name: &str| row[name].as_f64());
        let loss = PolicyLoss {
            ratio,
            aggregate,
            clip: [number("eps").unwrap(), number("eps_high").unwrap()],
            ceiling: number("delta"),
            kl: (beta > 0.0).then_some((KlEstimator::K3, beta)),
            longest: row["max_completion_length"].as_u64().unwrap() as usize,
        };
        let policy = of("per_token_logps");
        let told = if row["old"].as_bool().unwrap() { of("old_per_token_logps") } else { policy.clone() };
        let by_token: Rows64 = policy.iter().zip(&gained).map(|(row, gain)| vec![*gain; row.len()]).collect();
        let (graded, seen) = loss.of(&policy, &told, &of("ref_per_token_logps"), &by_token, Whole::of(&policy));
        let what = format!("row {}", row["index"]);
        near(graded.loss, row["loss"].as_f64().unwrap(), 1e-4, &what);
        same_slopes(&graded.slope, &of(&format!("grad_{}", row["index"])), &what);
        if let Some(kl) = number("kl") {
            near(seen.kl, kl, 1e-4, &format!("{what}, divergence"));
        }
        if let Some(clipped) = number("clip_region_mean") {
            near(seen.clipped, clipped, 1e-4, &format!("{what}, share clipped"));
        }
        held += 1;
    }
    assert!(held >= 12, "{held} losses were compared");
}

#[test]
fn the_whole_way_of_a_preference_loss_on_a_model_with_an_adapter() {
    let Some(folder) = folder("train_dpo") else { return };
    let case = &Case::json(&folder.join("case.json"))["vlm"];
    let all = tensors(&folder.join("vlm.safetensors"));
    let base = folder.join("../idefics3/model");
    let config = families::open(&base).unwrap();
    let params = || Params::new(Weights::open(&base).unwrap(), DType::F32, Device::Cpu);
    let adapter = Adapter::open(&folder.join("../lora_idefics3/adapter_all")).unwrap();
    let trained = params().with_adapter(adapter).with_training(Training::Adapter);
    let policy = families::load(&trained, &config).unwrap();
    let reference = families::load(&params(), &config).unwrap();
    let vars = trained.trained();

    let told = told(&all);
    let looks = |model: &VisionLanguage| looks(model, &all["pixel_values"]);
    let flat_of = |model: &VisionLanguage| {
        let page = Page::read(model, &told, &looks(model), 0).unwrap();
        let flat = page.log_probs(model, 1.0).unwrap();
        (page.by_story(&flat).unwrap(), flat)
    };
    let ((now, flat), (then, _)) = (flat_of(&policy), flat_of(&reference));
    let graded = preference(&now, &then, PreferenceLoss::Sigmoid { beta: case["beta"].as_f64().unwrap() });
    near(graded.loss, case["loss"].as_f64().unwrap(), 1e-4, "loss");
    let mut gradients = Gradients::default();
    let back = along(&flat, graded.slope.concat()).unwrap();
    gradients.add(&vars, &back.backward().unwrap(), 1.0).unwrap();
    let expected = tensors(&folder.join("vlm_lora_grads_layer1.safetensors"));
    assert!(expected.len() >= 14);
    for (name, expected) in expected {
        let expected = expected.flatten_all().unwrap().to_vec1::<f32>().unwrap();
        let found = gradients.get(&name).unwrap_or_else(|| panic!("{name} has no gradient"));
        let norm = expected.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        let away = found.iter().zip(&expected).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
        assert!(away <= 1e-3 * norm, "{name}: {away} of {norm}");
    }
}

/// The texts of a padded batch: what is labelled is the story.
fn told(all: &std::collections::HashMap<String, Tensor>) -> Vec<Told> {
    let rows = |name: &str| all[name].to_vec2::<i64>().unwrap();
    let labels = all.get("labels").map(|labels| labels.to_vec2::<i64>().unwrap());
    let text = |(at, (ids, mask)): (usize, (Vec<i64>, Vec<i64>))| {
        let real: Vec<u32> = ids.iter().zip(&mask).filter(|(_, real)| **real == 1).map(|(id, _)| *id as u32).collect();
        let first = match &labels {
            Some(labels) => labels[at].iter().position(|label| *label >= 0).unwrap(),
            None => real.len() - 1,
        };
        Told { story: first..real.len(), ids: real, look: at }
    };
    rows("input_ids").into_iter().zip(rows("attention_mask")).enumerate().map(text).collect()
}

/// What a model sees of each row's pictures; all-zero ones only pad.
fn looks(model: &VisionLanguage, pixels: &Tensor) -> Vec<Look> {
    let row = |at: usize| {
        let pictures = pixels.get(at).unwrap();
        let real: Vec<u32> = (0..pictures.dim(0).unwrap() as u32)
            .filter(|i| {
                let picture = pictures.get(*i as usize).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
                picture.iter().any(|x| *x != 0.0)
            })
            .collect();
        let real = pictures.index_select(&Tensor::new(real.as_slice(), &Device::Cpu).unwrap(), 0).unwrap();
        model.image_features(&real.into()).unwrap()
    };
    (0..pixels.dim(0).unwrap()).map(row).collect()
}

#[test]
fn rewards_of_a_whole_model_and_their_loss() {
    let Some(folder) = folder("reward_head") else { return };
    let case = &Case::json(&folder.join("case.json"))["vlm"];
    let all = tensors(&folder.join("vlm_reward.safetensors"));
    let base = folder.join("../idefics3/model");
    let config = families::open(&base).unwrap();
    let params = Params::new(Weights::open(&base).unwrap(), DType::F32, Device::Cpu);
    let model = families::load(&params, &config).unwrap();
    let page = Page::read(&model, &told(&all), &looks(&model, &all["pixel_values"]), 0).unwrap();
    let score = candle_core::Var::from_tensor(&all["score.weight"]).unwrap();
    let head = ScoreHead { score: score.as_tensor().clone(), words: None };
    let flat = head.read(&model, &page).unwrap().whole().unwrap();
    let rewards: Vec<f64> = flat.flatten_all().unwrap().to_vec1::<f32>().unwrap().into_iter().map(f64::from).collect();
    let expected = all["rewards"].to_vec1::<f32>().unwrap();
    rewards.iter().zip(&expected).for_each(|(a, b)| assert!((a - f64::from(*b)).abs() < 2e-4, "{a} is not {b}"));
    // The case calls row 1 the chosen one.
    let pair = Ranked { first: 1, second: 0, target: 1.0, margin: 0.0, weight: 1.0 };
    let graded = ranking(&rewards, &[pair], 0.0);
    near(graded.loss, case["loss"].as_f64().unwrap(), 1e-4, "loss");
    let store = along(&flat, graded.slope).unwrap().backward().unwrap();
    let found = store.get(&score).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    for (found, expected) in found.iter().zip(case["score_grad"].as_array().unwrap()) {
        near(f64::from(*found), expected.as_f64().unwrap(), 1e-3, "gradient of the head");
    }
}

#[test]
fn rewards_of_a_text_model_by_its_last_token() {
    let Some(folder) = folder("reward_head") else { return };
    let case = Case::json(&folder.join("case.json"));
    let all = tensors(&folder.join("tensors.safetensors"));
    let path = folder.join("model");
    let config: LlamaConfig = serde_json::from_slice(&std::fs::read(path.join("config.json")).unwrap()).unwrap();
    let params = Params::new(Weights::open(&path).unwrap(), DType::F32, Device::Cpu);
    let llama = Llama::load(&params, "model", &config).unwrap();
    let score = params.exact("score.weight", &[1, config.hidden_size]).unwrap();
    let (ids, mask) =
        (all["input_ids_right"].to_vec2::<i64>().unwrap(), all["attention_mask_right"].to_vec2::<i64>().unwrap());
    let seq = ids[0].len();
    let flat: Vec<u32> = ids.iter().flatten().map(|id| *id as u32).collect();
    let real: Vec<bool> = mask.iter().flatten().map(|real| *real == 1).collect();
    let x = llama.embed(&flat).unwrap().reshape((ids.len(), seq, config.hidden_size)).unwrap();
    let hidden = llama.forward(&x, &Rows::padded(&real, seq), None, None).unwrap();
    let rewards: Vec<f64> = mask
        .iter()
        .enumerate()
        .map(|(row, mask)| {
            let last = mask.iter().rposition(|real| *real == 1).unwrap();
            let state = hidden.get(row).unwrap().get(last).unwrap().unsqueeze(0).unwrap();
            f64::from(state.matmul(&score.t().unwrap()).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()[0])
        })
        .collect();
    let expected = all["rewards_right"].flatten_all().unwrap().to_vec1::<f32>().unwrap();
    rewards.iter().zip(&expected).for_each(|(a, b)| assert!((a - f64::from(*b)).abs() < 2e-4, "{a} is not {b}"));
    for (name, margins, centring) in
        [("plain", [0.0, 0.0], 0.0), ("margin", [0.3, 0.0], 0.0), ("centered", [0.0, 0.0], 0.01)]
    {
        let pair = |at: usize| Ranked { first: at, second: at + 2, target: 1.0, margin: margins[at], weight: 1.0 };
        let graded = ranking(&rewards, &[pair(0), pair(1)], centring);
        near(graded.loss, case["losses"][name]["loss"].as_f64().unwrap(), 1e-4, name);
    }
}
