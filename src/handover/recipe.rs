//! The recipe of a training that is handed over. Unknown keys are refused, but for the trainer's own settings.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::story::Notice;

/// Whose program trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Trainer {
    #[serde(rename = "trl")]
    Trl,
    #[serde(rename = "ms-swift")]
    Swift,
    #[serde(rename = "llamafactory")]
    LlamaFactory,
}

/// Where it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A process on this machine.
    #[default]
    Here,
    Slurm,
    Ray,
}

/// What is trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// On the preferred stories.
    Sft,
    Dpo,
    Reward,
}

/// A recipe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExternalRecipe {
    /// "external".
    pub kind: String,
    pub name: String,
    pub trainer: Trainer,
    #[serde(default)]
    pub place: Place,
    pub stage: Stage,
    /// A folder, or an id that the trainer fetches itself.
    pub base: String,
    pub snapshot: PathBuf,
    /// Seconds between two looks at the job.
    #[serde(default = "d_poll")]
    pub poll_seconds: f64,
    /// The Python that has the trainer; its other programs are looked for beside it.
    #[serde(default = "d_python")]
    pub python: String,
    /// By the trainer's own names.
    #[serde(default)]
    pub settings: toml::Table,
    #[serde(default)]
    pub slurm: SlurmPart,
    #[serde(default)]
    pub ray: RayPart,
}

/// What Slurm is told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlurmPart {
    /// Lines after #SBATCH, such as "--gres=gpu:1".
    pub directives: Vec<String>,
    /// Shell lines before the training, such as "module load cuda".
    pub setup: Vec<String>,
    /// The folder of sbatch and the others; empty: as the shell finds them.
    pub programs: PathBuf,
}

/// Where Ray is.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RayPart {
    pub address: String,
}

impl Default for RayPart {
    fn default() -> Self {
        Self { address: "http://127.0.0.1:8265".to_owned() }
    }
}

fn d_poll() -> f64 {
    15.0
}

fn d_python() -> String {
    "python3".to_owned()
}

impl ExternalRecipe {
    /// # Errors
    /// A file that cannot be read, or says what it may not.
    pub fn open(path: &Path) -> Result<Self, Notice> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Notice::yours(format!("the recipe {} cannot be read: {error}", path.display()), "name a TOML file")
        })?;
        Self::parse(&text).map_err(|notice| Notice { what: format!("{}: {}", path.display(), notice.what), ..notice })
    }

    /// # Errors
    /// What it may not say.
    pub fn parse(text: &str) -> Result<Self, Notice> {
        let wrong = |what: String| Notice::yours(what, "compare it with the recipe in docs/remote.md");
        let recipe: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if recipe.kind != "external" {
            return Err(wrong(format!("its kind is '{}' and not 'external'", recipe.kind)));
        }
        if !(0.05..=3600.0).contains(&recipe.poll_seconds) {
            return Err(wrong("poll_seconds must be from 0.05 to 3600".to_owned()));
        }
        if recipe.slurm.directives.iter().chain(&recipe.slurm.setup).any(|line| line.contains('\n')) {
            return Err(wrong("a line of [slurm] has a line end in it".to_owned()));
        }
        Ok(recipe)
    }

    /// The base as the trainer finds it, wherever it runs.
    pub fn base_for_it(&self) -> String {
        let here = Path::new(&self.base);
        if !here.is_dir() {
            return self.base.clone();
        }
        here.canonicalize().map_or_else(|_| self.base.clone(), |path| path.display().to_string())
    }
}
