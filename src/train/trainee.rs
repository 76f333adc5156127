//! The model under training: opened from a base or made from a seed, whole or with an adapter, and saved as it is published.
//!
//! Left out: what is learnt and by which loss, which are the recipes' own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor, Var};

use super::checkpoint;
use super::descent::LINEAGE;
use super::error::{Result, TrainError};
use super::files::write;
use super::fresh;
use super::model_part::ModelPart;
use super::recipe::{Fresh, LoraRecipe, Rates};
use crate::model::adapter::{Adapter, AdapterConfig, Targets, full_name};
use crate::model::config::Config;
use crate::model::error::ModelError;
use crate::model::families;
use crate::model::ops::Precision;
use crate::model::params::{Params, Training};
use crate::model::vision_language::VisionLanguage;
use crate::model::weights::Weights;
use crate::story::Lineage;
use crate::writer::meanings::{Kinds, MEANINGS};
use crate::writer::published::lay_around;
use crate::writer::reward_model::{criteria_of, meanings_of};
use crate::writer::score_head::{SCORE, WORDS, Words};
use crate::writer::{Processor, embedded};

/// Where a training begins.
pub struct Start<'a> {
    /// A model folder, or `embedded` for the storyteller in the program.
    pub base: Option<&'a Path>,
    /// Sizes of a new model, and the first tale from which its tokenizer learns.
    pub fresh: Option<(&'a Fresh, u64)>,
    pub seed: u64,
    pub lora: Option<&'a LoraRecipe>,
    pub precision: Precision,
    pub checkpointing: bool,
    /// Whether a parameter is trained, by its published name; of an adapter all are.
    pub trains: Box<dyn Fn(&str) -> bool + Send + Sync>,
}

impl<'a> Start<'a> {
    /// From a base; a parameter is trained where its part of the model has a rate.
    pub fn of(base: &'a Path, seed: u64, rates: Rates) -> Self {
        Self {
            base: Some(base),
            fresh: None,
            seed,
            lora: None,
            precision: Precision::F32,
            checkpointing: false,
            trains: Box::new(move |name| rates.of(name) > 0.0),
        }
    }
}

/// The heads of a reward model under training.
pub struct FirstHeads {
    /// (labels, hidden)
    pub score: Var,
    /// (labels, columns of [`Words`])
    pub words: Option<Var>,
}

/// The model under training and what is needed to save it.
pub struct Trainee {
    pub model: VisionLanguage,
    pub config: Config,
    /// What trains, by name.
    pub vars: BTreeMap<String, Var>,
    weights: Weights,
    adapter: Option<Adapter>,
    base: Option<PathBuf>,
    run: PathBuf,
    classifies: bool,
}

impl Trainee {
    /// Opens the model in a run folder; the files around the weights are copied into it, so that the run stays whole when the
    /// base moves.
    pub fn open(start: Start<'_>, run: &Path) -> Result<(Self, Processor)> {
        let around = run.join(AROUND);
        let weights = match (start.fresh, start.base) {
            (Some((sizes, first_seed)), _) => {
                if !around.join("config.json").exists() {
                    fresh::lay_out(&around, sizes, first_seed)?;
                }
                Weights::fresh(start.seed)
            }
            (None, base) => open_base(base.unwrap_or(&around), &around)?,
        };
        let processor = Processor::open(&around)?;
        let config = processor.config.clone();
        let adapter = start.lora.map(|lora| {
            let mut config = AdapterConfig::new(lora.r, lora.alpha, targets(lora));
            config.use_rslora = lora.rank_stabilised;
            Adapter::fresh(config, start.seed)
        });
        let mut params = Params::new(weights.clone(), weights.dtype(), Device::Cpu).with_precision(start.precision);
        params = params.with_checkpointing(start.checkpointing);
        params = match &adapter {
            Some(adapter) => params.with_adapter(adapter.clone()).with_training(Training::Adapter),
            None => params.with_training(Training::Full(start.trains)),
        };
        let model = families::load(&params, &config)?;
        let (vars, base, run) = (params.trained(), start.base.map(Path::to_owned), run.to_owned());
        Ok((Self { model, config, vars, weights, adapter, base, run, classifies: false }, processor))
    }

    /// The model as it was before the training, without its adapter: what divergence is measured from.
    pub fn reference(&self, precision: Precision) -> Result<VisionLanguage> {
        let params = Params::new(self.weights.clone(), DType::F32, Device::Cpu).with_precision(precision);
        Ok(families::load(&params, &self.config)?)
    }

    /// Makes the model one that classifies, and gives its first head: a row a label, from the base where that has one by this
    /// name; with `meanings` what words count beside it. The config says so from here on.
    pub fn classify(&mut self, labels: &[String], meanings: Option<&Kinds>, seed: u64) -> Result<FirstHeads> {
        let around = self.run.join(AROUND);
        let hidden = self.config.text_config.hidden_size;
        // Near zero, but not at it: from a head of zeros the body would learn nothing in the first step.
        let score = Weights::fresh(seed).get(SCORE, &[labels.len(), hidden], &Device::Cpu)?.to_dtype(DType::F32)?;
        let score = self.rows_of_base(SCORE, labels, score)?;
        let words = match meanings {
            Some(kinds) => {
                if self.weights.has(WORDS) && meanings_of(&around).is_some_and(|theirs| theirs != *kinds) {
                    let what =
                        "the base hears other meanings than the recipe names: what it learnt of them would be lost";
                    return Err(TrainError::Recipe(what.to_owned()));
                }
                let rows = Words::untaught(labels.len(), kinds.len())?;
                Some(Var::from_tensor(&self.rows_of_base(WORDS, labels, rows)?)?)
            }
            None => None,
        };
        let path = around.join("config.json");
        let mut config: serde_json::Map<String, serde_json::Value> = ModelError::parsing(&path)?;
        let named: serde_json::Map<String, serde_json::Value> =
            labels.iter().enumerate().map(|(at, label)| (at.to_string(), label.as_str().into())).collect();
        let kind = config.get("architectures").and_then(|all| all[0].as_str()).unwrap_or_default();
        let kind =
            ["ForConditionalGeneration", "ForCausalLM"].iter().fold(kind, |kind, end| kind.trim_end_matches(end));
        let kind = format!("{}ForSequenceClassification", kind.trim_end_matches("ForSequenceClassification"));
        config.insert("architectures".to_owned(), serde_json::json!([kind]));
        config.insert("id2label".to_owned(), named.into());
        config.insert("num_labels".to_owned(), labels.len().into());
        match meanings {
            Some(kinds) => config.insert(MEANINGS.to_owned(), serde_json::json!(kinds)),
            None => config.remove(MEANINGS),
        };
        write(&path, &serde_json::to_vec_pretty(&config).map_err(|e| TrainError::Data(e.to_string()))?)?;
        if let Some(adapter) = &mut self.adapter {
            let saved = std::iter::once("score").chain(meanings.map(|_| "words"));
            adapter.config.modules_to_save = Some(saved.map(str::to_owned).collect());
            adapter.config.rest.insert("task_type".to_owned(), "SEQ_CLS".into());
        }
        self.classifies = true;
        Ok(FirstHeads { score: Var::from_tensor(&score)?, words })
    }

    /// Rows of a head, one a label: the base's where it has one by this name, else those given.
    fn rows_of_base(&self, name: &str, labels: &[String], fresh: Tensor) -> Result<Tensor> {
        let (true, Some(known)) = (self.weights.has(name), criteria_of(&self.run.join(AROUND))) else {
            return Ok(fresh);
        };
        let theirs = self.weights.get(name, &[known.len(), fresh.dim(1)?], &Device::Cpu)?.to_dtype(DType::F32)?;
        let row = |(at, label): (usize, &String)| match known.iter().position(|name| name == label) {
            Some(place) => theirs.narrow(0, place, 1),
            None => fresh.narrow(0, at, 1),
        };
        let rows = labels.iter().enumerate().map(row).collect::<candle_core::Result<Vec<_>>>()?;
        Ok(Tensor::cat(&rows, 0)?)
    }

    /// Keeps what the model is made from, beside it and beside whatever is saved of it.
    pub fn descend(&self, lineage: &Lineage) -> Result<()> {
        let text = serde_json::to_vec_pretty(lineage).map_err(|e| TrainError::Data(e.to_string()))?;
        write(&self.run.join(AROUND).join(LINEAGE), &text)
    }

    /// The name by which a head's weight is trained and saved, with or without an adapter.
    pub fn head(&self, name: &str) -> String {
        if self.adapter.is_some() { full_name(name) } else { name.to_owned() }
    }

    /// Saves what `vars` hold now into a folder of the run: the model as published, or the adapter in PEFT's files, for which
    /// `model` becomes `adapter`.
    pub fn save(&self, folder: &str, vars: &BTreeMap<String, Var>) -> Result<()> {
        match &self.adapter {
            Some(adapter) => {
                let base = self.base.as_deref().unwrap_or(&self.run).display().to_string();
                let folder = if folder == "model" { "adapter" } else { folder };
                // What the head's rows are, and whose line it is of, is nowhere in PEFT's own files.
                for name in [LINEAGE].into_iter().chain(self.classifies.then_some("config.json")) {
                    let path = self.run.join(AROUND).join(name);
                    let bytes = std::fs::read(&path).map_err(|source| TrainError::File { path, source })?;
                    write(&self.run.join(folder).join(name), &bytes)?;
                }
                checkpoint::save_adapter(&self.run.join(folder), &adapter.config, &base, vars)
            }
            None => {
                let untouched = self.untouched(vars)?;
                checkpoint::save_model(&self.run.join(folder), &self.run.join(AROUND), vars, untouched, DType::F16)
            }
        }
    }

    /// Tensors of the base that no stage trains, as they are stored; none for an adapter, which stands beside its base.
    fn untouched(&self, trained: &BTreeMap<String, Var>) -> Result<Vec<(String, Tensor)>> {
        let left = self.weights.names().into_iter().filter(|name| !trained.contains_key(name));
        left.map(|name| Ok((name.clone(), self.weights.any(&name, &Device::Cpu)?))).collect()
    }
}

/// Where a run keeps the files around the weights.
const AROUND: &str = "model-files";

/// Modules that get an adapter: the targets of the recipe, in the parts that it names.
fn targets(lora: &LoraRecipe) -> Targets {
    if lora.parts.len() == ModelPart::ALL.len() {
        return Targets::Names(lora.targets.clone());
    }
    let parts: Vec<String> =
        lora.parts.iter().flat_map(|part| part.modules()).map(|name| regex::escape(name)).collect();
    let names: Vec<String> = lora.targets.iter().map(|name| regex::escape(name)).collect();
    Targets::Pattern(format!(r"(.*\.)?({})\.(.*\.)?({})", parts.join("|"), names.join("|")))
}

/// Opens the weights of a base and copies what stands around them.
pub(super) fn open_base(base: &Path, around: &Path) -> Result<Weights> {
    let fail = |source| TrainError::File { path: around.to_owned(), source };
    std::fs::create_dir_all(around).map_err(fail)?;
    if base == Path::new(embedded::EMBEDDED) {
        for (name, bytes) in embedded::FILES {
            if !name.ends_with(".safetensors") {
                write(&around.join(name), bytes)?;
            }
        }
        return Ok(Weights::embedded(embedded::WEIGHTS)?);
    }
    lay_around(base, around)?;
    Ok(families::weights(base, &families::open(base)?)?)
}
