//! GGUF files of the tiny model, written here as the format's description says, against the same numbers in safetensors; and
//! broken in every way.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::families;
use super::format::Format;
use super::gguf_names::{gguf_name, turned_row};
use super::llama::Rows;
use super::ops::{GROUP, Quant, quantise};
use super::params::Params;
use super::tiny;
use super::weights::Weights;

const HEAD_DIM: usize = 16;

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

/// A tensor's bytes and its type's number, rows in llama.cpp's order.
fn block_bytes(name: &str, tensor: &Tensor, quant: Option<Quant>) -> (u32, Vec<u8>) {
    let turned = name.contains("text_model") && (name.contains("q_proj") || name.contains("k_proj"));
    let tensor = if turned {
        // The other way round: row `turned_row(i)` of the file is row i of the model.
        let rows = tensor.dim(0).unwrap();
        let mut from = vec![0u32; rows];
        (0..rows).for_each(|row| from[turned_row(row, HEAD_DIM)] = row as u32);
        tensor.index_select(&Tensor::new(from, &Device::Cpu).unwrap(), 0).unwrap()
    } else {
        tensor.clone()
    };
    let f32s = |t: &Tensor| t.to_dtype(DType::F32).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
    let sides = tensor.dims().to_vec();
    match (quant, sides.as_slice()) {
        (_, [_]) => (0, f32s(&tensor).iter().flat_map(|x| x.to_le_bytes()).collect()),
        (Some(quant), [n, k]) if Quant::fits(*k) && !name.contains("position") => {
            let packed = quantise(&tensor, quant).unwrap().flatten_all().unwrap().to_vec1::<u8>().unwrap();
            let (row_bytes, values) = (k / GROUP * quant.group_bytes(), quant.value_bytes(*k));
            let mut out = Vec::new();
            for row in packed.chunks_exact(row_bytes).take(*n) {
                let groups = row[..values].chunks_exact(quant.value_bytes(GROUP)).zip(row[values..].chunks_exact(2));
                groups.for_each(|(values, scale)| out.extend([scale, values].concat()));
            }
            (if quant == Quant::Q8 { 8 } else { 2 }, out)
        }
        _ => {
            let halves = f32s(&tensor.to_dtype(DType::F16).unwrap());
            (1, halves.iter().flat_map(|x| half::f16::from_f32(*x).to_le_bytes()).collect())
        }
    }
}

/// A file with the tensors that pass.
fn file(architecture: &str, tensors: &[(String, Tensor)], quant: Option<Quant>) -> Vec<u8> {
    let mut out = b"GGUF".to_vec();
    out.extend(3u32.to_le_bytes());
    out.extend((tensors.len() as u64).to_le_bytes());
    out.extend(4u64.to_le_bytes());
    text(&mut out, "general.architecture");
    out.extend(8u32.to_le_bytes());
    text(&mut out, architecture);
    for (name, number) in [("llama.embedding_length", 64u32), ("llama.attention.head_count", 4)] {
        text(&mut out, name);
        out.extend(4u32.to_le_bytes());
        out.extend(number.to_le_bytes());
    }
    // A list of words, as a tokenizer's.
    text(&mut out, "tokenizer.ggml.tokens");
    out.extend([9u32.to_le_bytes(), 8u32.to_le_bytes()].concat());
    out.extend(2u64.to_le_bytes());
    text(&mut out, "once");
    text(&mut out, "upon");
    let (mut data, mut offset) = (Vec::new(), 0u64);
    for (name, tensor) in tensors {
        let (kind, mut bytes) = block_bytes(name, tensor, quant);
        text(&mut out, &gguf_name(name).unwrap());
        out.extend((tensor.rank() as u32).to_le_bytes());
        tensor.dims().iter().rev().for_each(|side| out.extend((*side as u64).to_le_bytes()));
        out.extend(kind.to_le_bytes());
        out.extend(offset.to_le_bytes());
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        offset += bytes.len() as u64;
        data.extend(bytes);
    }
    out.resize(out.len().next_multiple_of(32), 0);
    [out, data].concat()
}

/// The tiny model as llama.cpp's two files.
fn write(folder: &Path, quant: Option<Quant>) {
    let mut all: Vec<(String, Tensor)> = tiny::tensors(DType::F16).into_iter().collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    let (words, sight): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(name, _)| name.contains("text_model") || name.contains("lm_head"));
    fs::write(folder.join("config.json"), tiny::config().to_string()).unwrap();
    fs::write(folder.join("tiny.gguf"), file("llama", &words, quant)).unwrap();
    fs::write(folder.join("mmproj-tiny.gguf"), file("clip", &sight, quant)).unwrap();
}

fn logits(folder: &Path, format: Format) -> Result<Vec<f32>, String> {
    let weights = Weights::open(folder).map_err(|error| error.to_string())?;
    let params = Params::in_format(weights, format, Device::Cpu);
    let model = families::load(&params, &tiny::parsed()).map_err(|error| error.to_string())?;
    let pixels = Tensor::full(0.3f32, (1, 3, 24, 24), &Device::Cpu).unwrap();
    let features = model.image_features(&pixels.into()).unwrap();
    let ids: Vec<u32> = [4].into_iter().chain((0..30).map(|i| 5 + i * 7 % 90)).collect();
    let embedded = model.embed(&ids, 1, Some(&features)).unwrap();
    let hidden = model.hidden(&embedded, &Rows::after(0, ids.len()), None, None).unwrap();
    Ok(model.logits(&hidden).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap())
}

#[test]
fn the_same_numbers_come_from_llama_cpps_files_as_from_the_published_ones() {
    let published = tempfile::tempdir().unwrap();
    tiny::write(published.path(), &tiny::tensors(DType::F16));
    for (quant, format) in [(None, Format::F16), (Some(Quant::Q8), Format::Q8), (Some(Quant::Q4), Format::Q4)] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), quant);
        assert_eq!(Weights::open(folder.path()).unwrap().format(), format);
        let (a, b) = (logits(folder.path(), format).unwrap(), logits(published.path(), format).unwrap());
        let most = b.iter().fold(0f32, |most, x| most.max(x.abs()));
        // What the format leaves in 16 bits is f16 in one and bf16 in the other.
        let allowed = if quant.is_none() { 1e-6 } else { 1e-2 };
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= allowed * most), "{format}");
        // Blocks of eight bits become f32 where that is asked for: the same values.
        let wide = logits(folder.path(), Format::F32).unwrap();
        assert!(wide.iter().zip(&b).all(|(a, b)| (a - b).abs() <= allowed * most), "{format} as f32");
    }
}

#[test]
fn a_file_broken_at_any_place_gives_an_error_or_a_model_and_never_a_panic() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), Some(Quant::Q8));
    let mut random = ChaCha8Rng::seed_from_u64(12);
    let (mut refused, mut loaded) = (0, 0);
    for turn in 0..600 {
        let path = folder.path().join(["tiny.gguf", "mmproj-tiny.gguf"][turn % 2]);
        let sound = fs::read(&path).unwrap();
        let mut bytes = sound.clone();
        let (anywhere, early) = (random.random_range(0..bytes.len()), random.random_range(0..2500.min(bytes.len())));
        match random.random_range(0..5) {
            0 => bytes.truncate(anywhere),
            1 => bytes.truncate(early),
            2 => bytes[early] = random.random(),
            3 => {
                let end = (early + 8).min(bytes.len());
                bytes[early..end].fill([0x00, 0x7f, 0xff][random.random_range(0..3)]);
            }
            _ => {
                let end = (anywhere + random.random_range(1..64)).min(bytes.len());
                bytes[anywhere..end].fill(random.random());
            }
        }
        fs::remove_file(&path).unwrap();
        fs::write(&path, &bytes).unwrap();
        match catch_unwind(|| logits(folder.path(), [Format::Q8, Format::F32][turn / 2 % 2])) {
            Ok(Ok(_)) => loaded += 1,
            Ok(Err(said)) => {
                assert!(said.contains("gguf") || said.contains('\'') || said.contains("architecture"), "{said}");
                refused += 1;
            }
            Err(_) => panic!("turn {turn} panicked"),
        }
        fs::remove_file(&path).unwrap();
        fs::write(&path, sound).unwrap();
    }
    assert!(refused > 200 && loaded > 20, "{refused} refused, {loaded} loaded");
}

#[test]
fn a_scale_that_is_no_number_names_its_tensor_and_two_of_a_kind_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), Some(Quant::Q8));
    fs::copy(folder.path().join("tiny.gguf"), folder.path().join("tinier.gguf")).unwrap();
    assert!(logits(folder.path(), Format::Q8).unwrap_err().contains("second"));
    fs::remove_file(folder.path().join("tinier.gguf")).unwrap();
    fs::remove_file(folder.path().join("mmproj-tiny.gguf")).unwrap();
    assert!(logits(folder.path(), Format::Q8).unwrap_err().contains("no tensor 'model."));
    write(folder.path(), Some(Quant::Q8));
    let path = folder.path().join("tiny.gguf");
    let mut bytes = fs::read(&path).unwrap();
    let end = bytes.len();
    bytes[end - 4000..].fill(0xff);
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    let said = logits(folder.path(), Format::Q8).unwrap_err();
    assert!(said.contains("tensor 'model.text_model") && said.contains("no number"), "{said}");
}
