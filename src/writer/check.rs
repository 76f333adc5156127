//! Whether a folder holds a whole model: what its config asks for, held against what its files have; and a trial of it.
//!
//! A folder with a config alone is answered too: what would be needed, and how much memory it would take. Not here: adapters.

use std::path::Path;

use candle_core::{Device, Tensor};
use serde::Serialize;

use super::error::{Result, WriterError};
use super::image_processor::ImageProcessor;
use super::memory::{Surveyed, memory_free};
use super::processor::Processor;
use super::storyteller::{ModelSource, Storyteller};
use crate::model::config::{Config, Slots};
use crate::model::families;
use crate::model::format::Format;
use crate::model::llama::Rows;
use crate::model::look::Pixels;
use crate::model::plan::{Plan, gigabytes};
use crate::model::vision_language::VisionLanguage;
use crate::model::weights::Weights;

/// What was found.
#[derive(Debug, Serialize)]
pub struct Checked {
    pub family: String,
    pub parameters: u64,
    /// How the weights are stored; `None` where there are none.
    pub stored: Option<Format>,
    /// Files that a model of this family needs and that are not there, or cannot be read.
    pub files: Vec<String>,
    /// Tensors that the config asks for and no file has.
    pub missing: Vec<String>,
    /// Tensors that nobody asks for.
    pub unexpected: Vec<String>,
    /// Tensors of other sides than the config asks for.
    pub misshapen: Vec<String>,
    pub licence: Option<String>,
    pub plans: Vec<Plan>,
    /// Bytes of memory that are free here, where the system says.
    pub free: Option<u64>,
    pub trial: Trial,
}

/// How a trial went.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "trial", content = "detail")]
pub enum Trial {
    Passed(String),
    Failed(String),
    /// Not made, and why.
    LeftOut(String),
}

impl Checked {
    /// Whether the folder can be told with.
    pub fn sound(&self) -> bool {
        self.files.is_empty()
            && self.missing.is_empty()
            && self.misshapen.is_empty()
            && !matches!(self.trial, Trial::Failed(_))
    }
}

/// Looks at a folder, and tries the model with its weights kept in `format` if `trial` says so.
///
/// # Errors
/// Where there is no config, or one that no known family has.
pub fn check(folder: &Path, format: Option<Format>, trial: bool) -> Result<Checked> {
    let config = families::open(folder)?;
    let mut files = Vec::new();
    if let Err(error) = Processor::open(folder) {
        files.push(error.to_string());
    }
    // Without its own settings the plan is that of the family's usual ones; that they are missing was said above.
    let said = std::fs::read(folder.join("preprocessor_config.json")).ok();
    let usual = || ImageProcessor::parse(None, &config).map_err(|e| WriterError::Layout(e.to_string()));
    let images = ImageProcessor::parse(said.as_deref(), &config).map_or_else(|_| usual(), Ok)?;
    let weights = families::weights(folder, &config);
    if let Err(error) = &weights {
        files.push(error.to_string());
    }
    let weights = weights.ok();
    let surveyed = Surveyed::new(&config, &images, weights.clone())?;
    let (mut missing, mut misshapen) = (Vec::new(), Vec::new());
    for (asked, weights) in surveyed.asked.iter().filter_map(|asked| Some((asked, weights.as_ref()?))) {
        match weights.sides(&asked.name) {
            None => missing.push(asked.name.clone()),
            Some(sides) if sides != asked.shape => {
                misshapen.push(format!("{} has {sides:?} where {:?} is asked for", asked.name, asked.shape));
            }
            Some(_) => {}
        }
    }
    let wanted: Vec<&str> = surveyed.asked.iter().map(|asked| asked.name.as_str()).collect();
    let unexpected = weights.as_ref().map(|weights| weights.others(&wanted)).unwrap_or_default();
    let stored = weights.as_ref().map(Weights::format);
    let whole = files.is_empty() && missing.is_empty() && misshapen.is_empty();
    let trial = match (whole, trial) {
        (false, _) => Trial::LeftOut("the model is not whole".to_owned()),
        (_, false) => Trial::LeftOut("not asked for".to_owned()),
        _ => tried(folder, &config, &surveyed, format.or(stored).unwrap_or(Format::F32)),
    };
    Ok(Checked {
        family: config.model_type.clone(),
        parameters: surveyed.parameters(),
        stored,
        files,
        missing,
        unexpected,
        misshapen,
        licence: licence(folder),
        plans: Format::COMPARED.map(|format| surveyed.plan(format)).to_vec(),
        free: memory_free(),
        trial,
    })
}

fn tried(folder: &Path, config: &Config, surveyed: &Surveyed, format: Format) -> Trial {
    let plan = surveyed.plan(format);
    if let Some(free) = memory_free().filter(|free| plan.total() > *free) {
        return Trial::LeftOut(format!("{plan}, and {} are free", gigabytes(free)));
    }
    let source =
        ModelSource::Folder { name: String::new(), path: folder.to_owned(), adapter: None, hash: Some(String::new()) };
    let teller = match Storyteller::open(&source, Some(format)) {
        Ok(teller) => teller,
        Err(error) => return Trial::Failed(error.to_string()),
    };
    match agrees(&teller.model, config) {
        Ok(apart) if apart <= TOLERANCE => Trial::Passed(format!(
            "{format}: a picture and two words read, the next word the same with the cache as without"
        )),
        Ok(apart) => Trial::Failed(format!("the next word's chances differ by {apart} with the cache and without")),
        Err(error) => Trial::Failed(error.to_string()),
    }
}

/// Side of a picture for a tower that takes any, in pixels: a multiple of what towers merge.
const RATIO_SIDE: usize = 224;

/// Of the largest logit: what rounding may do between two ways to the same numbers.
const TOLERANCE: f32 = 1e-3;

/// Reads a grey picture and two words at once, and all but the last word first and then that: how far the logits are apart, as a
/// share of the largest.
fn agrees(model: &VisionLanguage, config: &Config) -> Result<f32> {
    // A family that keeps a picture's ratio says no side: a small square then.
    let side = if config.vision_config.image_size > 0 { config.vision_config.image_size } else { RATIO_SIDE };
    let look = model.image_features(&Pixels::from(Tensor::full(0.1f32, (1, 3, side, side), &Device::Cpu)?))?;
    let (mut ids, first) = match config.slots {
        Slots::Token(slot) => (vec![slot; look.rows()], slot),
        Slots::Between { start, end } => ([&[start], vec![0; look.rows()].as_slice(), &[end]].concat(), start),
    };
    let word = u32::from(first == 1) + 1;
    ids.extend([word, word]);
    let read = |ids: &[u32], cache| -> Result<Tensor> {
        let embedded = model.embed(ids, 1, Some(&look))?;
        Ok(model.hidden(&embedded, &Rows::after(0, ids.len()), cache, None)?)
    };
    let last = |hidden: &Tensor| -> Result<Vec<f32>> {
        let at = hidden.dim(1)? - 1;
        Ok(model.logits(&hidden.narrow(1, at, 1)?)?.flatten_all()?.to_vec1::<f32>()?)
    };
    let whole = last(&read(&ids, None)?)?;
    let mut cache = model.text.cache(1, ids.len())?;
    read(&ids[..ids.len() - 1], Some(&mut cache))?;
    let stepped = model.step(&[word], &mut cache, None)?.concat();
    let largest = whole.iter().fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
    if whole.iter().chain(&stepped).any(|x| !x.is_finite()) {
        return Ok(f32::INFINITY);
    }
    Ok(whole.iter().zip(&stepped).fold(0f32, |most, (a, b)| most.max((a - b).abs())) / largest)
}

/// The licence that a folder names: in its card's head, or by a file of that name.
fn licence(folder: &Path) -> Option<String> {
    let card = std::fs::read_to_string(folder.join("README.md")).unwrap_or_default();
    let head = card.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---")).map(|(head, _)| head);
    let named = head.and_then(|head| head.lines().find_map(|line| line.strip_prefix("license:")));
    let named = named.map(|named| named.trim().to_owned()).filter(|named| !named.is_empty());
    named.or_else(|| {
        let file = ["LICENSE", "LICENSE.txt", "LICENSE.md"].into_iter().find(|name| folder.join(name).is_file())?;
        let text = std::fs::read_to_string(folder.join(file)).unwrap_or_default();
        let first = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        Some(format!("{file}: {}", first.chars().take(60).collect::<String>()))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn copied() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/storyteller");
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
        folder
    }

    #[test]
    fn a_whole_model_passes_in_every_format() {
        let folder = copied();
        for format in [None, Some(Format::Q8), Some(Format::Q4)] {
            let checked = check(folder.path(), format, true).unwrap();
            assert!(checked.sound() && checked.unexpected.is_empty(), "{checked:?}");
            assert!(matches!(checked.trial, Trial::Passed(_)), "{:?}", checked.trial);
            assert_eq!((checked.stored, checked.parameters), (Some(Format::F16), super::super::embedded::parameters()));
        }
    }

    #[test]
    fn what_is_missing_too_much_or_of_other_sides_is_named() {
        let folder = copied();
        let path = folder.path().join("model.safetensors");
        let mut tensors = candle_core::safetensors::load(&path, &Device::Cpu).unwrap();
        let gone = "model.text_model.layers.3.mlp.gate_proj.weight";
        let bent = "model.connector.modality_projection.proj.weight";
        tensors.remove(gone);
        tensors.insert("model.extra.weight".to_owned(), tensors[bent].clone());
        tensors.insert(bent.to_owned(), tensors[bent].t().unwrap().contiguous().unwrap());
        fs::remove_file(&path).unwrap();
        candle_core::safetensors::save(&tensors, &path).unwrap();
        fs::remove_file(folder.path().join("tokenizer.json")).unwrap();
        fs::write(folder.path().join("README.md"), "---\nlicense: apache-2.0\n---\nA card").unwrap();
        let checked = check(folder.path(), None, true).unwrap();
        assert!(!checked.sound());
        assert_eq!(
            (checked.missing, checked.unexpected),
            (vec![gone.to_owned()], vec!["model.extra.weight".to_owned()])
        );
        assert!(checked.misshapen.len() == 1 && checked.misshapen[0].starts_with(bent));
        assert!(checked.files.iter().any(|said| said.contains("tokenizer.json")), "{:?}", checked.files);
        assert_eq!(checked.licence.as_deref(), Some("apache-2.0"));
        assert!(matches!(checked.trial, Trial::LeftOut(_)));
    }

    #[test]
    fn a_config_alone_is_told_its_plan() {
        let folder = tempfile::tempdir().unwrap();
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/models/storyteller/config.json");
        fs::copy(config, folder.path().join("config.json")).unwrap();
        let checked = check(folder.path(), None, true).unwrap();
        assert!(!checked.sound() && checked.stored.is_none() && checked.missing.is_empty());
        assert_eq!(checked.plans.len(), 4);
        assert!(checked.plans.windows(2).all(|pair| pair[0].weights > pair[1].weights));
        assert!(
            check(tempfile::tempdir().unwrap().path(), None, true).unwrap_err().to_string().contains("config.json")
        );
    }
}
