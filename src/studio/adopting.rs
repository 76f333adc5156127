//! What a training made becomes what the house uses: the model that tells, or the reward model that chooses and teaches. It is
//! copied below home, so that it stays when its run goes; its line is held against the model that tells now; and it can be
//! taken back.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::gallery::blocking;
use super::handle::Studio;
use super::models::{AddModel, Hub};
use super::run_figures::reward_card;
use crate::story::{Lineage, Notice, short};
use crate::writer::embedded::EMBEDDED;
use crate::writer::reward_model::criteria_of;

/// Under these names the shelf keeps which reward model is used, and what was adopted before.
const REWARD: &str = "reward";
const ADOPTED: &str = "adopted";
/// Where reward models are kept below home.
const REWARDS: &str = "rewards";

/// What a model is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Use {
    Storyteller,
    Reward,
}

/// Something that was adopted, and what was in its place before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    pub r#use: Use,
    pub name: String,
    pub before: Option<String>,
}

impl Adopted {
    /// What is so now.
    pub fn words(&self) -> String {
        let before = self.before.as_deref().unwrap_or("nothing");
        match self.r#use {
            Use::Storyteller => format!("'{}' tells now, in place of {before}", self.name),
            Use::Reward => format!("'{}' is the reward model now, in place of {before}", self.name),
        }
    }

    /// The other way round: what an adoption that was taken back leaves in use.
    fn undone(self) -> Adopted {
        let before = self.before.unwrap_or_else(|| match self.r#use {
            Use::Storyteller => EMBEDDED.to_owned(),
            Use::Reward => "nothing".to_owned(),
        });
        Adopted { r#use: self.r#use, name: before, before: Some(self.name) }
    }
}

/// What is to be adopted.
#[derive(Clone, Debug, Default)]
pub struct AdoptOrder {
    /// A run, or a model's folder.
    pub from: String,
    /// What to call it; `None`: as its recipe is called.
    pub name: Option<String>,
    /// Even if it comes of another model than the one that tells, or its card does not speak for it.
    pub anyway: bool,
}

impl Studio {
    /// Puts what a run made into use.
    pub async fn adopt(&self, order: AdoptOrder) -> Result<Adopted, Notice> {
        let runs = self.inner.running.runs.clone();
        let from = order.from.clone();
        let folder = blocking(move || match runs.find(&from) {
            Ok(card) => best_of(&runs.folder(&card.id)),
            Err(unknown) => {
                let path = PathBuf::from(&from);
                if path.is_dir() { best_of(&path) } else { Err(unknown) }
            }
        })
        .await??;
        let found = folder.clone();
        let (lineage, reward, card) =
            blocking(move || (lineage_of(&found), criteria_of(&found).is_some(), reward_card(&found))).await?;
        if !order.anyway {
            self.comes_of_the_current(lineage.as_ref()).await?;
            if reward {
                speaks_for_it(card.as_ref())?;
            }
        }
        let wanted = order.name.or_else(|| lineage.map(|lineage| lineage.recipe));
        let adopted = if reward {
            self.adopt_reward(&folder, wanted).await?
        } else {
            self.adopt_storyteller(&folder, wanted).await?
        };
        let mut all = self.adopted().await?;
        all.push(adopted.clone());
        self.keep_adopted(&all).await?;
        Ok(adopted)
    }

    /// Puts a model of the list into use, as an adoption that can be taken back.
    pub(super) async fn adopt_listed(&self, name: &str) -> Result<(), Notice> {
        let before = Some(self.model().borrow().name.clone());
        self.use_model(name).await?;
        let mut all = self.adopted().await?;
        all.push(Adopted { r#use: Use::Storyteller, name: name.to_owned(), before });
        self.keep_adopted(&all).await
    }

    /// Takes the last adoption back: what was in its place is used again. What was adopted stays on the list.
    pub async fn undo_adoption(&self) -> Result<Adopted, Notice> {
        let mut all = self.adopted().await?;
        let Some(last) = all.pop() else {
            return Err(Notice::yours(
                "nothing was adopted that could be taken back",
                "storyloom model list shows what there is",
            ));
        };
        match (last.r#use, last.before.as_deref()) {
            (Use::Storyteller, before) => drop(self.use_model(before.unwrap_or(EMBEDDED)).await?),
            (Use::Reward, before) => self.inner.shelf.set(REWARD, before.unwrap_or_default()).await?,
        }
        self.keep_adopted(&all).await?;
        Ok(last.undone())
    }

    /// The reward model that is used, by its name and its folder.
    pub async fn reward_model(&self) -> Result<Option<(String, PathBuf)>, Notice> {
        let name = self.inner.shelf.setting(REWARD).await?.filter(|name| !name.is_empty());
        let folder = |name: String| (name.clone(), self.inner.shelf.home().join(REWARDS).join(name));
        Ok(name.map(folder).filter(|(_, folder)| folder.is_dir()))
    }

    async fn adopt_storyteller(&self, folder: &Path, wanted: Option<String>) -> Result<Adopted, Notice> {
        let before = self.model().borrow().name.clone();
        let taken: Vec<String> = self.models().await?.into_iter().map(|card| card.name).collect();
        let name = free(&wanted.unwrap_or_else(|| "adopted".to_owned()), |name| taken.iter().any(|one| one == name));
        let order = AddModel { from: folder.display().to_string(), name: Some(name.clone()), copy: true, base: None };
        self.inner.registry.add(order, Hub::from_environment(), |_| ()).await?;
        self.use_model(&name).await?;
        Ok(Adopted { r#use: Use::Storyteller, name, before: Some(before) })
    }

    async fn adopt_reward(&self, folder: &Path, wanted: Option<String>) -> Result<Adopted, Notice> {
        let before = self.reward_model().await?.map(|(name, _)| name);
        let (from, home) = (folder.to_owned(), self.inner.shelf.home().join(REWARDS));
        let name = blocking(move || {
            let name = free(&wanted.unwrap_or_else(|| "reward".to_owned()), |name| home.join(name).exists());
            copy(&from, &home, &name).map(|()| name)
        })
        .await?
        .map_err(|error| {
            let what = format!("the reward model cannot be copied below home: {error}");
            Notice::outside(what, "look whether the disk has room")
        })?;
        self.inner.shelf.set(REWARD, &name).await?;
        Ok(Adopted { r#use: Use::Reward, name, before })
    }

    async fn adopted(&self) -> Result<Vec<Adopted>, Notice> {
        let kept = self.inner.shelf.setting(ADOPTED).await?;
        Ok(kept.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
    }

    async fn keep_adopted(&self, all: &[Adopted]) -> Result<(), Notice> {
        let text = serde_json::to_string(all).map_err(|error| Notice::ours(error.to_string()))?;
        Ok(self.inner.shelf.set(ADOPTED, &text).await?)
    }

    /// Refuses what does not come of the model that tells now: it would be better than something else.
    async fn comes_of_the_current(&self, lineage: Option<&Lineage>) -> Result<(), Notice> {
        let current = self.model().borrow().name.clone();
        let (identity, _) = self.inner.registry.identities(&current).await?;
        let Some(lineage) = lineage else {
            let what = "nothing says what it was trained from (it has no lineage.json)";
            return Err(Notice::yours(what, "train it with storyloom train, or adopt it with --anyway"));
        };
        let mut ancestor = lineage.began_as.as_ref();
        while let Some(found) = ancestor {
            if found.identity == identity {
                return Ok(());
            }
            ancestor = found.lineage.as_ref().and_then(|lineage| lineage.began_as.as_ref());
        }
        let began = lineage.began_as.as_ref().map_or("nothing", |began| began.name.as_str());
        let what = format!("it began as {began}, not as '{current}' ({}), which tells now", short(&identity));
        Err(Notice::yours(what, "storyloom model use that model first, or adopt it with --anyway"))
    }
}

/// Where in a run's folder the weights are: the best, else the last, else an adapter; a model's folder is that itself.
pub(super) fn best_of(folder: &Path) -> Result<PathBuf, Notice> {
    let holds = |folder: &Path| {
        ["model.safetensors", "model.safetensors.index.json", "adapter_model.safetensors"]
            .iter()
            .any(|name| folder.join(name).exists())
    };
    let places = ["best", "model", "adapter"].map(|name| folder.join(name));
    places.into_iter().chain([folder.to_owned()]).find(|place| holds(place)).ok_or_else(|| {
        let what = format!("there are no weights in {}", folder.display());
        Notice::yours(what, "a run has some once it has saved: storyloom runs show tells how far it is")
    })
}

/// What a model's folder says of where it comes from.
pub(super) fn lineage_of(folder: &Path) -> Option<Lineage> {
    serde_json::from_slice(&std::fs::read(folder.join("lineage.json")).ok()?).ok()
}

/// A reward model is used only where its card says that it sides with the raters more often than chance does.
fn speaks_for_it(card: Option<&Value>) -> Result<(), Notice> {
    let Some(card) = card else {
        let what = "it has no card yet: nothing says how often it sides with the raters";
        return Err(Notice::yours(what, "let its run come to its end, or adopt it with --anyway"));
    };
    let low = card["accuracy"]["low"].as_f64().unwrap_or_default();
    if low > 0.5 {
        return Ok(());
    }
    let share = card["accuracy"]["share"].as_f64().unwrap_or_default();
    let what =
        format!("it sides with the raters in {share:.3} of the pairs held out, which could be chance (from {low:.3})");
    Err(Notice::yours(what, "collect more votes, or adopt it with --anyway"))
}

/// The name, or the first with a number behind it, that is not taken.
fn free(name: &str, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}

/// Copies a folder's files and its run's card, whole or not at all.
fn copy(from: &Path, home: &Path, name: &str) -> std::io::Result<()> {
    std::fs::create_dir_all(home)?;
    let beside = tempfile::tempdir_in(home)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        if let (true, Some(file)) = (path.is_file(), path.file_name()) {
            std::fs::copy(&path, beside.path().join(file))?;
        }
    }
    for card in ["reward-card.json", "reward-card.md"] {
        if let Some(path) = from.parent().map(|run| run.join(card)).filter(|path| path.exists()) {
            std::fs::copy(path, beside.path().join(card))?;
        }
    }
    std::fs::rename(beside.keep(), home.join(name))
}
