//! The families beside Idefics3, from picture files to greedy continuations and one supervised step, against the numbers of
//! the code that each was published with. Every folder that begins with a family's name is tried.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use storyloom::model::families;
use storyloom::model::format::Format;
use storyloom::model::llama::Rows;
use storyloom::model::look::{Look, Pixels};
use storyloom::model::ops::IGNORE;
use storyloom::model::params::{Params, Training};
use storyloom::pixels::{Picture, Rgb};
use storyloom::story::{Gaze, Sampling};
use storyloom::writer::chat::Message;
use storyloom::writer::generation::{Generation, Reading, Wanted};
use storyloom::writer::{ModelSource, Storyteller};

use crate::reference::{self as parity, Case, pictures};

const FEATURES: f32 = 2e-4;

fn open(model: &Path) -> Storyteller {
    let source =
        ModelSource::Folder { name: "reference".into(), path: model.into(), adapter: None, hash: Some("none".into()) };
    // The references ran in f32, whatever the files hold.
    Storyteller::open(&source, Some(Format::F32)).unwrap()
}

/// Messages of a case; where it has none, what its prompts are known to say.
fn messages(case: &Case) -> Vec<Message> {
    if let Ok(messages) = serde_json::from_value(case.json["messages"].clone()) {
        return messages;
    }
    let turn = |list: &serde_json::Value| {
        let parts = list.as_array().unwrap();
        let images = parts.iter().filter(|part| part.get("image").is_some()).count();
        let text = parts.iter().find_map(|part| part["text"].as_str()).unwrap();
        Message::user(images, text)
    };
    if case.json.get("list_format").is_some() {
        let mut all = Vec::new();
        for past in case.json["history"].as_array().into_iter().flatten() {
            all.push(turn(&past[0]));
            all.push(Message::assistant(past[1].as_str().unwrap()));
        }
        all.push(turn(&case.json["list_format"]));
        return all;
    }
    // The original codes have no messages: what was asked stands in the prompt between their own words.
    let prompt = case.json["prompt"].as_str().unwrap();
    let (human, model, image, end) = match prompt.contains("###") {
        true => ("Human: ", "Assistant: ", "<Img><ImageHere></Img> ", "###"),
        false => ("USER: ", "ASSISTANT:", "<image>\n", "</s>"),
    };
    let mut all = Vec::new();
    for asked in prompt.split(human).skip(1) {
        let (asked, said) = asked.split_once(model).unwrap();
        let text = asked.trim_end_matches(end).trim_end();
        all.push(Message::user(text.matches(image).count(), &text.replace(image, "")));
        if !said.trim().is_empty() {
            all.push(Message::assistant(said.trim().trim_end_matches(end)));
        }
    }
    all
}

fn tiles(teller: &Storyteller, pictures: &[Picture]) -> Vec<Rgb> {
    let cut = |picture| teller.processor.images.tiles(&teller.processor.rgb(picture).unwrap(), false).tiles;
    pictures.iter().flat_map(cut).collect()
}

/// Pixels as the reference lays them out: whole pictures, or rows of patches with each patch twice in time.
fn laid_out(pixels: &Pixels, expected: &[usize], grids: &[Vec<i64>]) -> Tensor {
    if expected.len() == 4 {
        return pixels.of_one_size().unwrap();
    }
    let mut rows = Vec::new();
    let pictures = pixels.runs.iter().flat_map(|run| (0..run.dim(0).unwrap()).map(|i| run.get(i).unwrap()));
    for (picture, grid) in pictures.zip(grids) {
        let (high, wide) = (grid[1] as usize, grid[2] as usize);
        let (_, h, w) = picture.dims3().unwrap();
        let (p, values) = (h / high, picture.to_vec3::<f32>().unwrap());
        assert_eq!((h, w), (high * p, wide * p), "size");
        // Two by two patches lie together.
        for (top, left) in (0..high / 2).flat_map(|top| (0..wide / 2).map(move |left| (top, left))) {
            for (row, column) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                let (y, x) = ((top * 2 + row) * p, (left * 2 + column) * p);
                for channel in &values {
                    let patch: Vec<f32> = (0..p).flat_map(|i| channel[y + i][x..x + p].to_vec()).collect();
                    rows.extend([patch.as_slice(), &patch].concat());
                }
            }
        }
    }
    Tensor::from_vec(rows, expected, &Device::Cpu).unwrap()
}

/// Rows of `found` that the reference kept: all, or every n-th.
fn thinned(found: &Tensor, rows: usize) -> Tensor {
    let step = found.dim(0).unwrap() / rows.max(1);
    let kept: Vec<u32> = (0..rows).map(|i| (i * step) as u32).collect();
    found.index_select(&Tensor::new(kept, &Device::Cpu).unwrap(), 0).unwrap()
}

/// Ids with each picture as one -200, as the original codes write them.
fn spliced(ids: &[u32], slots: &[bool], rows: usize) -> Vec<i64> {
    let (mut out, mut seen) = (Vec::new(), 0);
    for (id, slot) in ids.iter().zip(slots) {
        if *slot {
            if seen % rows == 0 {
                out.push(-200);
            }
            seen += 1;
        } else {
            out.push(i64::from(*id));
        }
    }
    out
}

fn read(teller: &mut Storyteller, case: &Case, pictures: &[Picture]) -> Reading {
    let names: Vec<String> = serde_json::from_value(case.json["images"].clone()).unwrap_or_default();
    let (mut reading, _) = teller.read(&messages(case), pictures, false, |_| ()).unwrap();
    // One family reads its pictures' names: here they are those of the files.
    let (prompt, ids) = teller.processor.named_prompt(&messages(case), &reading.layouts, &names).unwrap();
    assert_eq!(prompt, case.json["prompt"].as_str().unwrap(), "prompt");
    reading.ids = ids;
    reading
}

fn states(teller: &Storyteller, reading: &Reading) -> Tensor {
    let model = &teller.model;
    let embedded = model.embed(&reading.ids, 1, reading.features.as_ref()).unwrap();
    model.hidden(&embedded, &Rows::after(0, reading.ids.len()), None, None).unwrap()
}

fn greedy(teller: &Storyteller, reading: Reading, opening: &[u32]) -> Vec<u32> {
    let wanted = Wanted {
        sampling: Sampling { max_new_tokens: 24, ..Default::default() },
        stories: 1,
        ends: vec![],
        suppressed: vec![],
        alternatives: 0,
        gaze: Gaze::Frames,
        opening: opening.to_vec(),
        alone: false,
    };
    let frames = reading.frames.len();
    let mut generation = Generation::start(&teller.model, &teller.processor.tokenizer, reading, wanted).unwrap();
    for piece in generation.by_ref() {
        let (_, piece) = piece.unwrap();
        let sum: f32 = piece.attention.iter().sum();
        assert!(piece.attention.len() == frames && (0.0..1.0).contains(&sum) && (sum > 0.0 || frames == 0));
    }
    generation.end().remove(0).tokens
}

fn check_case(root: &Path, model: &Path, name: &str) {
    let case = Case::open(&root.join(name));
    let at = format!("{}/{name}", root.file_name().unwrap().to_string_lossy());
    let mut teller = open(model);
    let pictures = pictures(root, &case);
    let cut = tiles(&teller, &pictures);
    if case.has("pixel_values") && !pictures.is_empty() {
        let pixels = teller.processor.images.pixels(&cut, &Device::Cpu).unwrap();
        let expected = case.tensor("pixel_values");
        let grids = if case.has("image_grid_thw") { case.tensor("image_grid_thw").to_vec2().unwrap() } else { vec![] };
        parity::close(&laid_out(&pixels, expected.dims(), &grids), &expected, 1e-5, &format!("{at}: pixel values"));
    }
    if case.has("resized_rgb_u8") {
        let kept = case.tensor("resized_rgb_u8");
        for (i, tile) in cut.iter().enumerate().take(kept.dim(0).unwrap()) {
            let expected = kept.get(i).unwrap().permute((1, 2, 0)).unwrap().flatten_all().unwrap();
            assert_eq!(tile.data, expected.to_vec1::<u8>().unwrap(), "{at}: pixels of picture {i}");
        }
    }
    let reading = read(&mut teller, &case, &pictures);
    if let Some(look) = &reading.features {
        let names = ["image_features", "deepstack_features_0", "deepstack_features_1", "deepstack_features_2"];
        for (level, name) in look.levels.iter().zip(names) {
            let expected = case.tensor(name);
            let width = expected.dims().last().copied().unwrap();
            let expected = expected.reshape((expected.elem_count() / width, width)).unwrap();
            let found = thinned(level, expected.dim(0).unwrap());
            parity::close(&found, &expected, FEATURES, &format!("{at}: {name}"));
        }
    }
    let expected: Vec<i64> = case.tensor("input_ids").flatten_all().unwrap().to_vec1().unwrap();
    let slots = teller.model.config.slots.of(&reading.ids);
    if expected.contains(&-200) || reading.features.is_none() {
        let rows = teller.model.config.grid.rows().max(1);
        assert_eq!(spliced(&reading.ids, &slots, rows), expected, "{at}: ids");
    } else {
        let ids: Vec<i64> = reading.ids.iter().map(|id| i64::from(*id)).collect();
        assert_eq!(ids, expected, "{at}: ids");
    }
    if case.has("position_ids_thw") {
        let (found, next) = teller.model.placed_at(&reading.ids, reading.features.as_ref());
        let expected = case.tensor("position_ids_thw").to_vec2::<i64>().unwrap();
        for (axis, expected) in expected.iter().enumerate() {
            assert!(found.iter().map(|place| i64::from(place[axis])).eq(expected.iter().copied()), "{at}: positions");
        }
        let delta = i64::from(next) - reading.ids.len() as i64;
        assert_eq!(delta, case.json["rope_delta"].as_i64().unwrap(), "{at}: rope_delta");
    }
    let logits = teller.model.logits(&states(&teller, &reading)).unwrap().squeeze(0).unwrap();
    let last = logits.get(reading.ids.len() - 1).unwrap();
    parity::close(&last, &case.tensor("logits_last"), FEATURES, &format!("{at}: last logits"));
    if case.has("logits") {
        parity::close(&logits, &case.tensor("logits"), FEATURES, &format!("{at}: logits"));
    }
    assert_eq!(greedy(&teller, reading, &[]), case.ids("greedy_ids"), "{at}: greedy continuation");
}

/// Loss and gradients of one supervised step, of every parameter by the name that its file gives it.
fn check_step(root: &Path, model: &Path) {
    let case = Case::open(&root.join("sft_one_image"));
    let input = Case::open(&root.join("one_image"));
    let mut teller = open(model);
    let pictures = pictures(root, &input);
    let reading = read(&mut teller, &input, &pictures);
    let config = teller.processor.config.clone();
    let params = Params::new(families::weights(model, &config).unwrap(), DType::F32, Device::Cpu)
        .with_training(Training::Full(Box::new(|_| true)));
    let trained = families::load(&params, &config).unwrap();
    let pixels = teller.processor.images.pixels(&tiles(&teller, &pictures), &Device::Cpu).unwrap();
    let look: Look = trained.image_features(&pixels).unwrap();
    let answer: Vec<u32> = serde_json::from_value(case.json["answer_ids"].clone()).unwrap();
    let (prompt, ids) = (reading.ids.len(), [reading.ids.as_slice(), &answer].concat());
    let label = |i: usize| if i + 1 >= prompt && i + 1 < ids.len() { i64::from(ids[i + 1]) } else { IGNORE };
    let labels = std::sync::Arc::new((0..ids.len()).map(label).collect::<Vec<_>>());
    let embedded = trained.embed(&ids, 1, Some(&look)).unwrap();
    let hidden = trained.hidden(&embedded, &Rows::padded(&vec![true; ids.len()], ids.len()), None, None).unwrap();
    let nll = trained.token_nll(&hidden.squeeze(0).unwrap(), &labels).unwrap();
    let loss = (nll.sum_all().unwrap() / answer.len() as f64).unwrap();
    let (found, expected) = (f64::from(loss.to_scalar::<f32>().unwrap()), case.json["loss"].as_f64().unwrap());
    assert!((found - expected).abs() <= 1e-4 * expected, "{}: loss {found}, not {expected}", root.display());

    let store = loss.backward().unwrap();
    let vars = params.trained();
    let gradients: BTreeMap<String, Tensor> =
        vars.iter().filter_map(|(name, var)| Some((name.clone(), store.get(var)?.clone()))).collect();
    let named = |name: &str| gradients.get(name).or_else(|| gradients.get(&format!("model.{name}")));
    let norm = |t: &Tensor| f64::from(t.sqr().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap()).sqrt();
    let norms = case.json["grad_norm_per_tensor"].as_object().unwrap();
    let mut squares = 0.0;
    for (name, expected) in norms {
        let gradient = named(name).unwrap_or_else(|| panic!("{}: no gradient for {name}", root.display()));
        let (found, expected) = (norm(gradient), expected.as_f64().unwrap());
        squares += found * found;
        assert!((found - expected).abs() <= 1e-3 * expected + 1e-6, "{name}: {found} is not {expected}");
    }
    let whole = case.json["grad_norm"].as_f64().unwrap();
    assert!((squares.sqrt() - whole).abs() <= 1e-3 * whole, "all gradients: {} is not {whole}", squares.sqrt());
    let small =
        candle_core::safetensors::load(root.join("sft_one_image/grads_small.safetensors"), &Device::Cpu).unwrap();
    for (name, expected) in small {
        let gradient = named(&name).unwrap_or_else(|| panic!("{}: no gradient for {name}", root.display()));
        let off = norm(&(gradient.reshape(expected.shape()).unwrap() - &expected).unwrap());
        assert!(off <= 1e-3 * norm(&expected) + 1e-6, "{name}: off by {off}");
    }
}

/// Folders of a family: those beside the first whose names begin alike, each with its model's folder.
fn folders(prefix: &str, model: &str, marker: &str) -> Vec<(PathBuf, PathBuf)> {
    let Some(first) = parity::folder(prefix) else { return Vec::new() };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(first.parent().unwrap()).unwrap() {
        let root = entry.unwrap().path();
        let name = root.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with(prefix) && root.join(model).join(marker).exists() {
            found.push((root.clone(), if model.is_empty() { root } else { root.join(model) }));
        }
    }
    assert!(!found.is_empty(), "{} holds no model", first.display());
    found.sort();
    found
}

fn check_family(prefix: &str, model: &str, marker: &str) {
    for (root, model) in folders(prefix, model, marker) {
        let mut cases = 0;
        for entry in std::fs::read_dir(&root).unwrap() {
            let path = entry.unwrap().path();
            if path.join("tensors.safetensors").exists() {
                check_case(&root, &model, &path.file_name().unwrap().to_string_lossy());
                cases += 1;
            }
        }
        assert!(cases > 0, "{} holds no case", root.display());
        check_step(&root, &model);
    }
}

#[test]
fn llava_as_llava_hf_publishes_it() {
    check_family("llava_hf", "model", "config.json");
}

#[test]
fn llava_as_its_authors_publish_it() {
    check_family("llava_original", "model", "config.json");
}

#[test]
fn qwen2_5_vl() {
    check_family("qwen2_5_vl", "model", "config.json");
}

#[test]
fn qwen3_vl() {
    check_family("qwen3_vl", "model", "config.json");
}

#[test]
fn qwen_vl_as_of_2023() {
    check_family("qwen_vl_original", "model", "config.json");
}

#[test]
fn qwen_vl_learns_the_marks_of_every_turn_as_its_published_training_does() {
    for (root, model) in folders("qwen_vl_original", "model", "config.json") {
        let processor = storyloom::writer::Processor::open(&model).unwrap();
        let case = Case::json(&root.join("training_labels.json"));
        let numbers = |key: &str| serde_json::from_value::<Vec<i64>>(case[key].clone()).unwrap();
        let mut text = format!("<|im_start|>system\n{}<|im_end|>\n", case["system"].as_str().unwrap());
        for turn in case["conversations"].as_array().unwrap() {
            let [role, said] = ["from", "value"].map(|key| turn[key].as_str().unwrap());
            text.push_str(&format!("<|im_start|>{role}\n{said}<|im_end|>\n"));
        }
        let ids = storyloom::writer::dialects::tagged(&processor.tokenizer, &text).unwrap();
        let taught = storyloom::writer::dialects::taught(&processor.tokenizer, &ids).unwrap();
        let label = |at: usize| if taught.iter().any(|range| range.contains(&at)) { i64::from(ids[at]) } else { -100 };
        let (expected, labels) = (numbers("input_ids"), numbers("labels"));
        assert!(ids.iter().map(|id| i64::from(*id)).eq(expected[..ids.len()].iter().copied()), "ids");
        assert!((0..ids.len()).map(label).eq(labels[..ids.len()].iter().copied()), "labels");
        // The rest only fills the row.
        assert!(labels[ids.len()..].iter().all(|label| *label == -100));
    }
}

#[test]
fn minigpt4() {
    check_family("minigpt4", "", "vicuna-7b/config.json");
}

#[test]
fn tokenizers_give_the_reference_ids_whatever_they_are_published_as() {
    let kinds = [
        ("llava_hf", "model", "config.json"),
        ("llava_original", "model", "config.json"),
        ("qwen_vl_original", "model", "config.json"),
        ("minigpt4", "", "vicuna-7b/config.json"),
        ("qwen2_5_vl", "model", "config.json"),
        ("qwen3_vl", "model", "config.json"),
    ];
    for (root, model) in kinds.into_iter().flat_map(|(prefix, model, marker)| folders(prefix, model, marker)) {
        let processor = storyloom::writer::Processor::open(&model).unwrap();
        let cases = Case::json(&root.join("tokenizer_cases.json"));
        let rows = cases["rows"].as_array().unwrap();
        assert!(rows.len() > 5);
        for case in rows {
            let text = case["text"].as_str().unwrap();
            let expected = case.get("ids_image_tags_only").unwrap_or(&case["ids"]);
            let expected: Vec<u32> = serde_json::from_value(expected.clone()).unwrap();
            let ids = match case.get("ids_image_tags_only") {
                Some(_) => storyloom::writer::dialects::content_of(&processor.tokenizer, text).unwrap(),
                None => processor.tokenizer.encode(text, false).unwrap().get_ids().to_vec(),
            };
            assert_eq!(ids, expected, "{}: {text:?}", root.display());
            if let Some(decoded) = case["decoded"].as_str() {
                assert_eq!(processor.tokenizer.decode(&ids, false).unwrap(), decoded, "{}: {text:?}", root.display());
            }
        }
    }
}
