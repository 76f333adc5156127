//! Files that are broken, cut, or lie: an error that names what is wrong, never a panic, never memory for what a header claims.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::families;
use super::format::Format;
use super::params::Params;
use super::tiny;
use super::weights::Weights;

/// Loads what lies in a folder; the error in words.
fn load(folder: &Path, format: Format) -> Result<(), String> {
    let config = families::open(folder).map_err(|error| error.to_string())?;
    let weights = Weights::open(folder).map_err(|error| error.to_string())?;
    let params = Params::in_format(weights, format, Device::Cpu);
    families::load(&params, &config).map(|_| ()).map_err(|error| error.to_string())
}

#[test]
fn a_wrong_tensor_is_named() {
    let name = "model.text_model.layers.1.mlp.up_proj.weight";
    let wrong: [(&str, Option<Tensor>, &str); 6] = [
        ("missing", None, "no tensor"),
        ("of other sides", Some(Tensor::zeros((64, 96), DType::F32, &Device::Cpu).unwrap()), "[64, 96]"),
        ("flat", Some(Tensor::zeros(96 * 64, DType::F32, &Device::Cpu).unwrap()), "[6144]"),
        ("of whole numbers", Some(Tensor::zeros((96, 64), DType::I64, &Device::Cpu).unwrap()), "i64"),
        ("of bytes as if quantised", Some(Tensor::zeros((96, 2, 34), DType::U8, &Device::Cpu).unwrap()), "[96, 2, 34]"),
        ("not a number", Some(Tensor::full(f32::NAN, (96, 64), &Device::Cpu).unwrap()), "NaN"),
    ];
    for (how, tensor, says) in wrong {
        for format in [Format::F32, Format::Q8] {
            let folder = tempfile::tempdir().unwrap();
            let mut tensors = tiny::tensors(DType::F32);
            match tensor.clone() {
                Some(tensor) => tensors.insert(name.to_owned(), tensor),
                None => tensors.remove(name),
            };
            tiny::write(folder.path(), &tensors);
            let said = load(folder.path(), format).unwrap_err();
            assert!(said.contains(name) && said.contains(says), "{how}: {said}");
        }
    }
}

#[test]
fn one_number_that_is_none_is_found_in_every_stored_type() {
    let name = "model.connector.modality_projection.proj.weight";
    for dtype in [DType::F32, DType::BF16, DType::F16] {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let folder = tempfile::tempdir().unwrap();
            let mut tensors = tiny::tensors(dtype);
            let sound = tensors[name].to_dtype(DType::F32).unwrap();
            let mut numbers = sound.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            numbers[1234] = bad;
            let broken = Tensor::from_vec(numbers, sound.shape(), &Device::Cpu).unwrap().to_dtype(dtype).unwrap();
            tensors.insert(name.to_owned(), broken);
            tiny::write(folder.path(), &tensors);
            let said = load(folder.path(), Format::Q4).unwrap_err();
            assert!(said.contains(name) && said.contains("1234"), "{said}");
        }
    }
}

/// One of the things that happen to files.
fn broken(sound: &[u8], random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = sound.to_vec();
    let header = 8 + u64::from_le_bytes(sound[..8].try_into().unwrap()) as usize;
    let anywhere = random.random_range(0..sound.len());
    let in_header = random.random_range(8..header);
    match random.random_range(0..8) {
        0 => bytes.truncate(anywhere),
        1 => bytes.truncate(random.random_range(0..header + 64)),
        2 => bytes[..8].copy_from_slice(&random.random_range(0..u64::MAX).to_le_bytes()),
        3 => bytes[..8].copy_from_slice(&random.random_range(0..2 * header as u64).to_le_bytes()),
        4 => bytes.extend((0..random.random_range(1..4096)).map(|i| i as u8)),
        5 => {
            // Another digit where there is one: other sides and offsets.
            let digits: Vec<usize> = (8..header).filter(|at| bytes[*at].is_ascii_digit()).collect();
            bytes[digits[random.random_range(0..digits.len())]] = b'0' + random.random_range(0..10u8);
        }
        6 => (0..random.random_range(1..6)).for_each(|_| bytes[in_header] = random.random()),
        _ => {
            let end = (anywhere + random.random_range(1..64)).min(bytes.len());
            bytes[anywhere..end].fill(random.random());
        }
    }
    bytes
}

#[test]
fn a_file_broken_at_any_place_gives_an_error_or_a_model_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    tiny::write(folder.path(), &tiny::tensors(DType::F16));
    let path = folder.path().join("model.safetensors");
    let sound = fs::read(&path).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut refused, mut loaded) = (0, 0);
    for turn in 0..600 {
        // A new file each time: the one that is mapped is not to be cut under its reader.
        fs::remove_file(&path).unwrap();
        fs::write(&path, broken(&sound, &mut random)).unwrap();
        let format = [Format::F32, Format::Bf16, Format::Q8, Format::Q4][turn % 4];
        match catch_unwind(|| load(folder.path(), format)) {
            Ok(Ok(())) => loaded += 1,
            Ok(Err(said)) => {
                assert!(said.contains("model.safetensors") || said.contains('\''), "{said}");
                refused += 1;
            }
            Err(_) => panic!("turn {turn} panicked"),
        }
    }
    assert!(refused > 300 && loaded > 20, "{refused} refused, {loaded} loaded");
}

#[test]
fn an_index_that_leads_elsewhere_or_nowhere_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("config.json"), tiny::config().to_string()).unwrap();
    for (shard, says) in
        [("../../etc/passwd", "outside"), ("/etc/passwd", "outside"), ("..", "outside"), ("gone.safetensors", "gone")]
    {
        let index = json!({"weight_map": {"lm_head.weight": shard}}).to_string();
        fs::write(folder.path().join("model.safetensors.index.json"), index).unwrap();
        let said = load(folder.path(), Format::F32).unwrap_err();
        assert!(said.contains(says), "{said}");
    }
    fs::write(folder.path().join("model.safetensors.index.json"), "[[[[").unwrap();
    assert!(load(folder.path(), Format::F32).unwrap_err().contains("not valid JSON"));
}

#[test]
fn a_config_that_says_anything_is_an_error_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    tiny::write(folder.path(), &tiny::tensors(DType::F32));
    let sound = tiny::config();
    let values = [
        json!(0),
        json!(1),
        json!(-1),
        json!(1u64 << 40),
        json!(u64::MAX),
        json!("x"),
        json!(null),
        json!([]),
        json!(0.5),
    ];
    let mut refused = 0;
    for part in ["", "text_config", "vision_config"] {
        let fields = if part.is_empty() { &sound } else { &sound[part] };
        for field in fields.as_object().unwrap().keys().filter(|field| !field.ends_with("_config")) {
            for value in &values {
                let mut config = sound.clone();
                let inside: &mut Value = if part.is_empty() { &mut config } else { &mut config[part] };
                inside[field.as_str()] = value.clone();
                fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
                let told = catch_unwind(|| {
                    // By the config alone too, where no file's sides say no.
                    if let Ok(config) = families::open(folder.path()) {
                        let _ = families::load(&Params::survey(None), &config);
                    }
                    load(folder.path(), Format::Q8)
                });
                match told {
                    Ok(told) => refused += usize::from(told.is_err()),
                    Err(_) => panic!("{part} {field} = {value} panicked"),
                }
            }
        }
    }
    assert!(refused > 100, "{refused}");
    fs::write(folder.path().join("config.json"), "[".repeat(100_000)).unwrap();
    assert!(load(folder.path(), Format::F32).unwrap_err().contains("config.json"));
}
