//! Quantised models against models whose weights are the widened values: the same numbers, the same gradients.

use std::sync::Arc;

use candle_core::{DType, Device, Tensor};

use super::adapter::{Adapter, AdapterConfig, Targets};
use super::families;
use super::format::Format;
use super::llama::Rows;
use super::ops::{Quant, plain, quantise};
use super::params::{Params, Training};
use super::tiny;
use super::vision_language::VisionLanguage;
use super::weights::Weights;

/// The tiny model as it is stored, and the same with every matrix that `quant` takes replaced by its widened values.
fn both(quant: Quant) -> [Weights; 2] {
    let mut tensors = tiny::tensors(DType::F32);
    [false, true].map(|widened| {
        if widened {
            for asked in tiny::asked().into_iter().filter(|asked| asked.matrix) {
                let tensor = tensors.get_mut(&asked.name).unwrap();
                *tensor = match asked.shape.as_slice() {
                    [_, k] if Quant::fits(*k) => plain(&quantise(tensor, quant).unwrap()).unwrap(),
                    // What has no whole groups is kept in 16 bits.
                    _ => tensor.to_dtype(DType::BF16).unwrap().to_dtype(DType::F32).unwrap(),
                };
            }
        }
        let folder = tempfile::tempdir().unwrap();
        tiny::write(folder.path(), &tensors);
        Weights::open(folder.path()).unwrap()
    })
}

fn farthest(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0f32, |most, (a, b)| most.max((a - b).abs()))
}

/// Logits of a picture and some words read at once, and of five words more, one after the other.
fn logits(model: &VisionLanguage) -> Vec<f32> {
    let pixels: Vec<f32> = (0..3 * 24 * 24).map(|i| (i as f32 * 0.37).sin()).collect();
    let features =
        model.image_features(&Tensor::from_vec(pixels, (1, 3, 24, 24), &Device::Cpu).unwrap().into()).unwrap();
    let ids: Vec<u32> = [4].into_iter().chain((0..40).map(|i| 5 + i * 7 % 90)).collect();
    let mut cache = model.text.cache(1, 64).unwrap();
    let embedded = model.embed(&ids, 1, Some(&features)).unwrap();
    let hidden = model.hidden(&embedded, &Rows::after(0, ids.len()), Some(&mut cache), None).unwrap();
    let mut all = model.logits(&hidden).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    for id in [9, 33, 17, 80, 2] {
        all.extend(model.step(&[id], &mut cache, None).unwrap().concat());
    }
    all
}

#[test]
fn a_quantised_model_is_the_one_whose_weights_are_the_widened_values() {
    for (quant, format) in [(Quant::Q8, Format::Q8), (Quant::Q4, Format::Q4)] {
        let [stored, widened] = both(quant);
        let load = |weights, format| {
            let params = Params::in_format(weights, format, Device::Cpu);
            (families::load(&params, &tiny::parsed()).unwrap(), params.held())
        };
        let ((quantised, held), (exact, whole)) = (load(stored.clone(), format), load(widened, Format::F32));
        let (a, b) = (logits(&quantised), logits(&exact));
        let largest = b.iter().fold(0f32, |most, x| most.max(x.abs()));
        assert!(farthest(&a, &b) < 1e-4 * largest, "{format}: {} of {largest}", farthest(&a, &b));
        // And it is another model than the stored one, by about as much as the bits say.
        let apart = farthest(&a, &logits(&load(stored, Format::F32).0)) / largest;
        let expected = if quant == Quant::Q8 { 1e-4..0.05 } else { 0.01..0.6 };
        assert!(expected.contains(&apart), "{format}: {apart}");
        let planned: u64 = tiny::asked()
            .iter()
            .map(|asked| match asked.matrix {
                true => format.bytes(&asked.shape),
                false => asked.shape.iter().product::<usize>() as u64 * 4,
            })
            .sum();
        assert_eq!(held, planned);
        assert!(held * 2 < whole, "{held} of {whole}");
    }
}

#[test]
fn an_adapter_learns_over_quantised_weights_as_over_their_widened_values() {
    let config =
        AdapterConfig::new(4, 8.0, Targets::Names(["q_proj", "v_proj", "down_proj"].map(str::to_owned).to_vec()));
    for (quant, format) in [(Quant::Q8, Format::Q8), (Quant::Q4, Format::Q4)] {
        for checkpointing in [false, true] {
            let [stored, widened] = both(quant);
            let [a, b] = [(stored, format), (widened, Format::F32)].map(|(weights, format)| {
                let params = Params::in_format(weights, format, Device::Cpu)
                    .with_adapter(Adapter::fresh(config.clone(), 3))
                    .with_training(Training::Adapter)
                    .with_checkpointing(checkpointing);
                let model = families::load(&params, &tiny::parsed()).unwrap();
                // B begins at zero, where A has no gradient.
                for (name, var) in params.trained() {
                    if name.ends_with("lora_B.weight") {
                        let near = (0..var.elem_count()).map(|i| (i as f32 * 0.7).sin() * 0.05).collect::<Vec<_>>();
                        var.set(&Tensor::from_vec(near, var.shape(), &Device::Cpu).unwrap()).unwrap();
                    }
                }
                let ids: Vec<u32> = (0..40).map(|i| 5 + i * 11 % 90).collect();
                let embedded = model.embed(&ids, 1, None).unwrap();
                let hidden = model.hidden(&embedded, &Rows::after(0, 40), None, None).unwrap().squeeze(0).unwrap();
                let labels = Arc::new((0..40).map(|i| 7 + i * 5 % 80).collect::<Vec<i64>>());
                let loss = model.token_nll(&hidden, &labels).unwrap().mean_all().unwrap();
                let grads = loss.backward().unwrap();
                let trained = params.trained();
                // q and v of both models' attention, down of the text model's.
                assert_eq!(trained.len(), 2 * (2 * 2 + 2 * 3));
                let text = trained.into_iter().filter(|(name, _)| name.contains("text_model"));
                let norms: Vec<(String, Vec<f32>)> = text
                    .map(|(name, var)| {
                        let grad = grads.get(&var).unwrap_or_else(|| panic!("{name} has no gradient"));
                        (name, grad.flatten_all().unwrap().to_vec1::<f32>().unwrap())
                    })
                    .collect();
                (loss.to_scalar::<f32>().unwrap(), norms)
            });
            assert!((a.0 - b.0).abs() < 1e-5 * b.0, "{format}: loss {} for {}", a.0, b.0);
            for ((name, a), (_, b)) in a.1.iter().zip(&b.1) {
                let norm = b.iter().map(|x| x * x).sum::<f32>().sqrt();
                assert!(norm > 0.0 && farthest(a, b) < 1e-3 * norm, "{format}: {name}: {} of {norm}", farthest(a, b));
            }
        }
    }
}
