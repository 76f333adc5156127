//! A recipe: everything that decides what a run does, as TOML. Unknown keys are refused.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::data_recipe::{DataRecipe, one_or_several};
use super::error::{Result, TrainError};
use super::model_part::ModelPart;
use super::recipe_file::{self, Kind};
use crate::model::ops::Precision;
use crate::story::Task;

/// A supervised recipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    #[serde(default)]
    pub kind: Kind,
    pub name: String,
    pub seed: u64,
    /// A model folder to start from; absent for a new model made by `[fresh]`.
    #[serde(default)]
    pub base: Option<PathBuf>,
    #[serde(default)]
    pub fresh: Option<Fresh>,
    /// Train a low-rank adapter instead of the model itself.
    #[serde(default)]
    pub lora: Option<LoraRecipe>,
    /// In what products are computed; weights, sums and everything else are f32.
    #[serde(default)]
    pub precision: Precision,
    /// Of layers with an adapter keep only the input, and compute the rest anew for the gradient: less memory for a third more
    /// time. Layers that are trained whole always do.
    #[serde(default)]
    pub checkpointing: bool,
    /// Where examples come from; several sources are mixed by their weights.
    #[serde(deserialize_with = "one_or_several")]
    pub data: Vec<DataRecipe>,
    pub optimiser: OptimiserRecipe,
    #[serde(default = "d_save")]
    pub save_every: usize,
    /// Steps between two looks at the held-out loss; absent for none.
    #[serde(default)]
    pub evaluate_every: Option<usize>,
    /// Examples that it is taken over, at most.
    #[serde(default = "d_evaluate")]
    pub evaluate_on: usize,
    /// Of these, so many are answered in words at each look and kept in `samples.jsonl`.
    #[serde(default = "d_samples")]
    pub samples: usize,
    #[serde(rename = "stage")]
    pub stages: Vec<Stage>,
}

fn d_save() -> usize {
    200
}
fn d_evaluate() -> usize {
    64
}

fn d_samples() -> usize {
    3
}

/// Sizes of a new model in the Idefics3 layout.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fresh {
    pub vocabulary: usize,
    pub image: usize,
    pub patch: usize,
    pub shuffle: usize,
    pub vision_hidden: usize,
    pub vision_layers: usize,
    pub vision_heads: usize,
    pub vision_mlp: usize,
    pub hidden: usize,
    pub layers: usize,
    pub heads: usize,
    pub kv_heads: usize,
    pub mlp: usize,
    pub context: usize,
    /// Most frames of a sequence; each has a marker token.
    pub frames: usize,
}

/// A low-rank adapter in PEFT's terms.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoraRecipe {
    pub r: usize,
    pub alpha: f64,
    #[serde(default)]
    pub rank_stabilised: bool,
    pub targets: Vec<String>,
    /// Parts of the model that the targets are looked for in; all if absent.
    #[serde(default = "all_parts")]
    pub parts: Vec<ModelPart>,
}

fn all_parts() -> Vec<ModelPart> {
    ModelPart::ALL.to_vec()
}

/// AdamW and its schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimiserRecipe {
    pub beta1: f64,
    pub beta2: f64,
    pub eps: f64,
    pub weight_decay: f64,
    /// Largest norm of the gradient; larger ones are scaled down. 0 turns it off.
    pub clip: f64,
}

/// A part of a run with its own data mix and learning rate.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    pub name: String,
    pub steps: usize,
    pub batch: usize,
    /// Batches whose gradients are averaged before a step.
    #[serde(default = "one")]
    pub accumulate: usize,
    pub learning_rate: f64,
    /// Steps of linear warm-up; then cosine down to `last_rate` of the learning rate.
    #[serde(default)]
    pub warm_up: usize,
    #[serde(default)]
    pub last_rate: f64,
    /// Frames a sequence: from, to.
    pub frames: [usize; 2],
    /// Weight of the attribute heads' loss (picture world only); 1 with no tasks trains the eyes alone.
    #[serde(default)]
    pub attributes: f64,
    /// Weight of the loss of recalling a frame where it is named (picture world only).
    #[serde(default)]
    pub recall: f64,
    /// How much words that pictures decide (names, feelings, kinds, colours, verdicts) count beside others (picture world
    /// only): a story has few of them, and they are what it has to look for.
    #[serde(default = "one_whole")]
    pub emphasis: f64,
    /// Share of each task.
    #[serde(default)]
    pub tasks: Vec<(Task, f64)>,
    /// Share of sequences with questions and answers (picture world only).
    #[serde(default)]
    pub questions: f64,
    /// Texts that are read about one look at the pictures, each by another task (picture world only): looking is what costs.
    #[serde(default = "one")]
    pub texts: usize,
    /// Parts of the model that are thrown away before this stage and begin anew from the seed.
    #[serde(default)]
    pub anew: Vec<ModelPart>,
    /// Parts of the model that learn slower or faster than the rest, or not at all.
    #[serde(default)]
    pub rates: Rates,
}

/// What the learning rate is multiplied by in each part of the model; 0 leaves it as it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    pub vision: f64,
    pub connector: f64,
    pub text: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { vision: 1.0, connector: 1.0, text: 1.0 }
    }
}

impl Rates {
    /// Of a training that leaves what is seen as it is: sequences are looked at once.
    pub fn text_only() -> Self {
        Self { vision: 0.0, connector: 0.0, text: 1.0 }
    }

    /// Refuses rates that would move what is seen.
    pub fn leave_the_eyes(&self) -> Result<()> {
        if self.vision != 0.0 || self.connector != 0.0 {
            let what = "rates: the vision tower and the connector stay as they are here; give them 0";
            return Err(TrainError::Recipe(what.to_owned()));
        }
        Ok(())
    }

    /// That of a parameter by its published name. Attribute heads always learn.
    pub fn of(&self, name: &str) -> f64 {
        match ModelPart::of(name) {
            _ if name.starts_with("attributes.") => 1.0,
            ModelPart::Vision => self.vision,
            ModelPart::Connector => self.connector,
            ModelPart::Text => self.text,
        }
    }
}

fn one_whole() -> f64 {
    1.0
}

fn one() -> usize {
    1
}

impl Recipe {
    /// Reads a recipe and checks what serde cannot.
    pub fn open(path: &Path) -> Result<Self> {
        recipe_file::open(path, Self::parse)
    }

    pub fn parse(text: &str) -> Result<Self> {
        let recipe: Self = recipe_file::parse(text, Kind::Sft)?;
        let refuse = |what: String| Err(TrainError::Recipe(what));
        if recipe.base.is_some() == recipe.fresh.is_some() {
            return refuse("give either `base`, a model folder, or `[fresh]`, the sizes of a new model".into());
        }
        recipe.check_data()?;
        let world = recipe.data.iter().any(DataRecipe::is_world);
        let others = !recipe.data.iter().all(DataRecipe::is_world);
        for stage in &recipe.stages {
            let name = &stage.name;
            let eyes_only = world && stage.tasks.is_empty() && stage.questions == 0.0;
            if stage.steps == 0 || stage.batch == 0 || stage.accumulate == 0 {
                return refuse(format!("stage '{name}' has no steps, no batch or no accumulation"));
            }
            if eyes_only && stage.attributes == 0.0 {
                return refuse(format!("stage '{name}' trains nothing: give it tasks or attributes"));
            }
            if (stage.attributes > 0.0 || stage.recall > 0.0) && others || stage.questions > 0.0 && !world {
                return refuse(format!(
                    "stage '{name}': attributes and questions are known for the picture world only"
                ));
            }
            let Rates { vision, connector, text } = stage.rates;
            if ![vision, connector, text].iter().all(|rate| (0.0..=100.0).contains(rate))
                || stage.texts == 0
                || !(0.0..=1000.0).contains(&stage.emphasis)
            {
                return refuse(format!(
                    "stage '{name}': rates are from 0 to 100, emphasis to 1000, and texts count from 1"
                ));
            }
            if stage.frames[0] == 0 || stage.frames[0] > stage.frames[1] {
                return refuse(format!("stage '{name}': frames must be [from, to] with 1 <= from <= to"));
            }
        }
        if recipe.stages.is_empty() {
            return refuse("no [[stage]]".into());
        }
        Ok(recipe)
    }

    fn check_data(&self) -> Result<()> {
        let refuse = |what: String| Err(TrainError::Recipe(what));
        if self.data.is_empty() {
            return refuse("no [[data]]: name at least one source of examples".into());
        }
        for data in &self.data {
            if !(data.weight() > 0.0 && data.weight().is_finite()) {
                return refuse(format!("{}: its weight must be above 0", data.name()));
            }
            if !(0.0..1.0).contains(&data.held_out()) {
                return refuse(format!("{}: held_out must be from 0 to below 1", data.name()));
            }
        }
        if let Some(every) = self.evaluate_every {
            if every == 0 || self.evaluate_on == 0 {
                return refuse("evaluate_every and evaluate_on count from 1".into());
            }
            if !self.data.iter().any(|data| data.is_world() || data.held_out() > 0.0) {
                return refuse("evaluate_every needs a source with held_out above 0".into());
            }
        }
        Ok(())
    }

    /// Steps over all stages.
    pub fn steps(&self) -> usize {
        self.stages.iter().map(|s| s.steps).sum()
    }

    /// The stage of a step counted from 0 over all, and the step's place in it.
    pub fn stage_of(&self, step: usize) -> Option<(&Stage, usize)> {
        let mut before = 0;
        for stage in &self.stages {
            if step < before + stage.steps {
                return Some((stage, step - before));
            }
            before += stage.steps;
        }
        None
    }
}

impl Stage {
    /// Learning rate at a step of the stage: linear warm-up, then cosine.
    pub fn rate(&self, step: usize) -> f64 {
        rate(self.learning_rate, (self.warm_up, self.steps, self.last_rate), step)
    }
}

/// A linear warm-up of so many steps to `highest`, then a cosine down to its share `last` over so many steps in all.
pub fn rate(highest: f64, (warm_up, steps, last): (usize, usize, f64), step: usize) -> f64 {
    if step < warm_up {
        return highest * (step + 1) as f64 / warm_up as f64;
    }
    let done = (step - warm_up) as f64 / steps.saturating_sub(warm_up).max(1) as f64;
    let cosine = 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
    highest * (last + (1.0 - last) * cosine)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_recipes_are_read_and_nonsense_is_refused() {
        for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/configs/recipes")).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            // Those of other kinds are read where their own recipes are tested.
            match text.contains("\n[[stage]]") {
                true => drop(Recipe::open(&path).unwrap()),
                false => assert!(Recipe::open(&path).unwrap_err().to_string().contains("storyloom train")),
            }
        }
        let text = include_str!("../../configs/recipes/storyteller.toml");
        assert!(Recipe::parse(&text.replace("seed =", "sead =")).is_err());
        assert!(Recipe::parse(&text.replace("[fresh]", "base = 'x'\n[fresh]")).is_err());
    }

    #[test]
    fn parts_are_told_by_the_published_names() {
        let rates = Rates { vision: 0.1, connector: 0.2, text: 0.3 };
        for (name, rate) in [
            ("model.vision_model.encoder.layers.0.mlp.fc1.weight", 0.1),
            ("base_model.model.model.vision_model.encoder.layers.0.mlp.fc1.lora_A.weight", 0.1),
            ("model.connector.modality_projection.proj.weight", 0.2),
            ("model.text_model.layers.0.mlp.up_proj.weight", 0.3),
            ("lm_head.weight", 0.3),
            ("attributes.patches.weight", 1.0),
        ] {
            assert_eq!(rates.of(name), rate, "{name}");
        }
    }

    #[test]
    fn the_rate_warms_up_and_falls() {
        let recipe = Recipe::parse(include_str!("../../configs/recipes/storyteller.toml")).unwrap();
        let stage = Stage { warm_up: 10, steps: 110, learning_rate: 1.0, last_rate: 0.1, ..recipe.stages[0].clone() };
        assert_eq!(stage.rate(4), 0.5);
        assert_eq!(stage.rate(10), 1.0);
        assert!((stage.rate(60) - 0.55).abs() < 1e-9);
        assert!(stage.rate(109) < 0.11);
    }
}
