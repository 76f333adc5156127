//! A suite's file: TOML, every key known, every mistake told with what to do about it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::evaluate::probes::Condition;
use crate::story::{Notice, SamplingPatch};

/// A suite.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Of this file's format: 1.
    pub format: u32,
    pub name: String,
    #[serde(default)]
    pub about: String,
    /// What every reader of the table has to know.
    #[serde(default)]
    pub notes: Vec<String>,
    /// The model that others are held against; the first without it.
    pub baseline: Option<String>,
    pub sequences: Sequences,
    #[serde(default)]
    pub telling: SamplingPatch,
    #[serde(default)]
    pub measures: Measures,
    pub models: Vec<ModelPlan>,
    #[serde(default)]
    pub rewards: Vec<RewardPlan>,
    #[serde(default)]
    pub gates: Vec<Gate>,
}

/// What is told.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sequences {
    /// Held-out tales of the picture world.
    pub world: Option<World>,
    /// Paths of sequences, or of what holds several.
    pub files: Vec<PathBuf>,
    /// Labels of people: lines of `{"sequence": "title", "name": "Anna", "group": "she"}`.
    pub labels: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    #[serde(default = "first_seed")]
    pub seed: u64,
    pub count: u64,
}

fn first_seed() -> u64 {
    9001
}

/// What is measured beyond what every story has.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Measures {
    /// Have each model weigh its stories behind other frames.
    pub weigh: bool,
    /// Questions about a jumble of pictures, for each tale of the picture world.
    pub questions: usize,
    /// What else is shown: keys of conditions or groups of them.
    pub conditions: Vec<String>,
    /// Of so many sequences, the first ones, stories are told under these conditions; 0: of all.
    pub conditions_on: usize,
}

/// A model of the table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelPlan {
    /// Heads its column.
    pub name: String,
    /// One of `storyloom model list`, or a folder.
    pub model: String,
    /// Left out with a note where it is not there.
    #[serde(default)]
    pub optional: bool,
    /// So many sequences at most, the first ones, for a model that is there to show that it runs; 0: all.
    #[serde(default)]
    pub most: usize,
}

/// A reward model to be probed.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RewardPlan {
    pub name: String,
    pub folder: PathBuf,
    #[serde(default)]
    pub optional: bool,
    #[serde(default = "enough")]
    pub stories: u64,
}

fn enough() -> u64 {
    200
}

/// Which end of an interval a gate looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Bound {
    #[default]
    Value,
    Low,
    High,
}

/// A demand. Of `model` or `reward` alone, or of every model.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    pub measure: String,
    pub model: Option<String>,
    pub reward: Option<String>,
    #[serde(default)]
    pub bound: Bound,
    pub at_least: Option<f64>,
    pub at_most: Option<f64>,
}

/// Most models and sequences of a suite: more is a slip of the pen.
const MOST_MODELS: usize = 64;
const MOST_SEQUENCES: u64 = 100_000;

impl Plan {
    /// Reads a suite. Paths in it count from `folder`, that of its file.
    ///
    /// # Errors
    /// Anything that cannot be meant, with what to write instead.
    pub fn parse(text: &str, folder: &Path) -> Result<Plan, Notice> {
        let mend = |what: String| Notice::yours(what, "see docs/evaluation.md for what a suite may say");
        let mut plan: Plan =
            toml::from_str(text).map_err(|error| mend(format!("the suite cannot be read: {error}")))?;
        if plan.format != 1 {
            return Err(mend(format!("the suite's format is {}, and 1 is known", plan.format)));
        }
        if plan.models.is_empty() && plan.rewards.is_empty() {
            return Err(mend("the suite names no model".to_owned()));
        }
        if plan.models.len() > MOST_MODELS || plan.sequences.world.is_some_and(|world| world.count > MOST_SEQUENCES) {
            return Err(mend(format!("a suite has at most {MOST_MODELS} models and {MOST_SEQUENCES} tales")));
        }
        let nothing = plan.sequences.world.is_none_or(|world| world.count == 0) && plan.sequences.files.is_empty();
        if nothing && !plan.models.is_empty() {
            return Err(mend("the suite names no sequences: add world = { count = 100 } to [sequences]".to_owned()));
        }
        for (at, model) in plan.models.iter().enumerate() {
            if plan.models[..at].iter().any(|other| other.name == model.name) {
                return Err(mend(format!("two models of the suite are called '{}'", model.name)));
            }
        }
        if let Some(baseline) = &plan.baseline
            && plan.models.iter().all(|model| model.name != *baseline)
        {
            return Err(mend(format!("the baseline '{baseline}' is none of the suite's models")));
        }
        for gate in &plan.gates {
            if gate.at_least.is_none() && gate.at_most.is_none() {
                return Err(mend(format!("the gate of '{}' has neither at_least nor at_most", gate.measure)));
            }
            let known =
                |named: &Option<String>, names: Vec<&String>| named.as_ref().is_none_or(|name| names.contains(&name));
            let models = plan.models.iter().map(|model| &model.name).collect();
            let rewards = plan.rewards.iter().map(|reward| &reward.name).collect();
            if !known(&gate.model, models) || !known(&gate.reward, rewards) {
                return Err(mend(format!("the gate of '{}' is of a model that the suite does not name", gate.measure)));
            }
        }
        plan.conditions()?;
        let from = |path: &mut PathBuf| *path = folder.join(&*path);
        plan.sequences.files.iter_mut().for_each(from);
        plan.sequences.labels.iter_mut().for_each(from);
        plan.rewards.iter_mut().for_each(|reward| from(&mut reward.folder));
        for model in &mut plan.models {
            // A name stays a name, unless a folder lies there.
            if folder.join(&model.model).is_dir() {
                model.model = folder.join(&model.model).display().to_string();
            }
        }
        Ok(plan)
    }

    /// The conditions that are asked for, each once.
    ///
    /// # Errors
    /// A word that names none.
    pub fn conditions(&self) -> Result<Vec<Condition>, Notice> {
        let mut all: Vec<Condition> = Vec::new();
        for word in &self.measures.conditions {
            let named = Condition::named(word);
            if named.is_empty() || named == [Condition::Own] {
                let known = "frames, corruptions, prompts, inscribed, sizes, or one of their kinds, as jpeg or jpeg_3";
                return Err(Notice::yours(format!("there is no condition '{word}'"), format!("one of: {known}")));
            }
            all.extend(named.into_iter().filter(|condition| !all.contains(condition)).collect::<Vec<_>>());
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = "format = 1\nname = \"small\"\n[sequences]\nworld = { count = 4 }\n[[models]]\nname = \"ours\"\nmodel = \"embedded\"\n";

    fn fault(text: &str) -> String {
        Plan::parse(text, Path::new("/suites")).unwrap_err().what
    }

    #[test]
    fn a_small_suite_is_read_and_paths_count_from_its_folder() {
        let text = format!(
            "{SMALL}[[rewards]]\nname = \"r\"\nfolder = \"r\"\n[measures]\nconditions = [\"jpeg\", \"jpeg_1\"]\n"
        );
        let plan = Plan::parse(&text, Path::new("/suites")).unwrap();
        assert_eq!((plan.rewards[0].folder.as_path(), plan.rewards[0].stories), (Path::new("/suites/r"), 200));
        assert_eq!((plan.models[0].model.as_str(), plan.sequences.world.unwrap().seed), ("embedded", 9001));
        assert_eq!(plan.conditions().unwrap().len(), 5);
    }

    #[test]
    fn the_suites_beside_the_program_are_read() {
        for text in [
            include_str!("../../../configs/suites/quick.toml"),
            include_str!("../../../configs/suites/paper.toml"),
            include_str!("../../../configs/suites/rewards.toml"),
        ] {
            Plan::parse(text, Path::new("configs/suites")).unwrap();
        }
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        assert!(fault("format = 2\nname = \"x\"\nmodels = []\n[sequences]\n").contains("format is 2"));
        assert!(fault(&SMALL.replace("count = 4", "count = 0")).contains("names no sequences"));
        assert!(fault(&SMALL.replace("name = \"small\"", "name = \"small\"\nbaseline = \"b\"")).contains("'b'"));
        assert!(fault(&format!("{SMALL}[[gates]]\nmeasure = \"words\"\n")).contains("neither"));
        assert!(
            fault(&format!("{SMALL}[[gates]]\nmeasure = \"words\"\nmodel = \"x\"\nat_most = 1\n"))
                .contains("does not name")
        );
        assert!(fault(&format!("{SMALL}[measures]\nconditions = [\"foggy\"]\n")).contains("'foggy'"));
        assert!(fault(&SMALL.replace("[sequences]", "colour = 1\n[sequences]")).contains("colour"));
    }
}
