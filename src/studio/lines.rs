//! Where a model comes from and what came of it: the chain from votes over reward and policy to stories and new votes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::adopting::{best_of, lineage_of};
use super::gallery::blocking;
use super::handle::Studio;
use super::run_figures::{Gain, about, written};
use crate::exchange::SnapshotCard;
use crate::runs::Runs;
use crate::story::{About, Ancestor, Chain, Known, Lineage, ModelLine, Notice, Whose};
use crate::writer::identity::identity;
use crate::writer::reward_model::criteria_of;

impl Studio {
    /// The line of a model of the list, or of the one that tells.
    pub async fn line_of(&self, name: Option<&str>) -> Result<ModelLine, Notice> {
        let current = self.model().borrow().name.clone();
        let name = name.unwrap_or(&current).to_owned();
        let (identity, base) = self.inner.registry.identities(&name).await?;
        let lineage = match self.inner.registry.folder_of(&name).await? {
            Some(folder) => blocking(move || lineage_of(&folder)).await?,
            None => None,
        };
        let (stories, campaigns) = match &base {
            Some(base) => self.inner.shelf.work_of(base, Some(&name)).await?,
            None => self.inner.shelf.work_of(&identity, None).await?,
        };
        Ok(ModelLine { current: name == current, name, identity, lineage, stories, campaigns })
    }

    /// The same with hash, date and figures of every link, also of what a run made.
    pub async fn chain_of(&self, whose: &Whose) -> Result<Chain, Notice> {
        let (line, folder) = match whose {
            Whose::Run(id) => self.line_of_run(id).await?,
            Whose::InUse => (self.line_of(None).await?, None),
            Whose::Model(name) => (self.line_of(Some(name)).await?, None),
        };
        let folder = match folder {
            None => self.inner.registry.folder_of(&line.name).await?,
            folder => folder,
        };
        let (runs, own) = (self.inner.running.runs.clone(), line.clone());
        let (rewards, mut known) = blocking(move || {
            let rewards = folder.as_deref().is_some_and(|folder| criteria_of(folder).is_some());
            (rewards, gather(&runs, &own, folder.as_deref(), rewards))
        })
        .await?;
        known.campaigns = self.inner.shelf.campaigns_begun().await?;
        known.told = match self.inner.registry.known_as(&line.identity).await? {
            Some(name) => match self.inner.registry.identities(&name).await? {
                (_, Some(base)) => self.inner.shelf.told_last(&base, Some(&name)).await?,
                (own, None) => self.inner.shelf.told_last(&own, None).await?,
            },
            None => self.inner.shelf.told_last(&line.identity, None).await?,
        };
        Ok(Chain::of(&line, rewards, &known))
    }

    /// The line of what a run made, and where it lies. What it told is known once it is on the list of models.
    async fn line_of_run(&self, id: &str) -> Result<(ModelLine, Option<PathBuf>), Notice> {
        let (runs, id) = (self.inner.running.runs.clone(), id.to_owned());
        let (name, folder, own, lineage) = blocking(move || {
            let card = runs.find(&id)?;
            let folder = best_of(&runs.folder(&card.id))?;
            let own = identity(&folder, &mut |_| ()).map_err(|error| {
                let what = format!("what {} made cannot be read: {error}", card.id);
                Notice::outside(what, "see whether its folder is whole: storyloom runs show")
            })?;
            let lineage = lineage_of(&folder);
            Ok::<_, Notice>((card.id, folder, own, lineage))
        })
        .await??;
        let line = match self.inner.registry.known_as(&own).await? {
            Some(listed) => {
                ModelLine { name: format!("{name}, listed as '{listed}'"), ..self.line_of(Some(&listed)).await? }
            }
            None => ModelLine { name, identity: own, lineage, ..ModelLine::default() },
        };
        Ok((line, Some(folder)))
    }
}

/// What files say of the links of a line.
fn gather(runs: &Runs, line: &ModelLine, folder: Option<&Path>, rewards: bool) -> Known {
    let mut known = Known::default();
    let (mut snapshots, mut ancestors) = (Vec::new(), Vec::new());
    if let Some(lineage) = &line.lineage {
        walk(lineage, &mut snapshots, &mut ancestors);
    }
    for ancestor in ancestors {
        let folder = Path::new(&ancestor.name);
        // Something else may lie there by now: its figures would be another's.
        if identity(folder, &mut |_| ()).is_ok_and(|identity| identity == ancestor.identity) {
            known.by_hash.insert(ancestor.identity.clone(), about(folder));
        }
    }
    let found = snapshots_below(runs.home());
    known.by_hash.extend(snapshots.into_iter().filter_map(|hash| Some((hash.to_owned(), found.get(hash)?.clone()))));
    let made = models_of_runs(runs);
    // A model of the list is a copy of what a run made: how that went is said in the run's folder.
    let own = |(_, folder, lineage): &&(String, PathBuf, Lineage)| {
        Some(lineage) == line.lineage.as_ref()
            && identity(folder, &mut |_| ()).is_ok_and(|identity| identity == line.identity)
    };
    let of_run = made.iter().find(own).map(|(_, folder, _)| folder.as_path());
    if let Some(folder) = of_run.or(folder) {
        known.by_hash.insert(line.identity.clone(), about(folder));
    }
    if rewards {
        let by_this = |lineage: &Lineage| lineage.rewarded_by.as_ref().is_some_and(|by| by.identity == line.identity);
        let said =
            |folder: &Path| folder.parent().and_then(Gain::of).map_or_else(String::new, |g| format!(": {}", g.words()));
        let learnt = made.iter().filter(|(.., lineage)| by_this(lineage));
        known.taught = learnt.map(|(id, folder, _)| format!("{id}{}", said(folder))).collect();
    }
    known
}

/// All snapshots and models that a lineage names.
fn walk<'a>(lineage: &'a Lineage, snapshots: &mut Vec<&'a str>, ancestors: &mut Vec<&'a Ancestor>) {
    snapshots.extend(lineage.votes.iter().map(|votes| votes.snapshot.as_str()));
    for ancestor in [&lineage.began_as, &lineage.rewarded_by].into_iter().flatten() {
        ancestors.push(ancestor);
        if let Some(lineage) = &ancestor.lineage {
            walk(lineage, snapshots, ancestors);
        }
    }
}

/// Snapshots that were frozen below home, by runs and by loops: when, and what was left out of them.
fn snapshots_below(home: &Path) -> BTreeMap<String, About> {
    let inside = |folder: PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let loops = inside(home.join("loops")).into_iter().flat_map(inside);
    let read = |folder: PathBuf| {
        let path = folder.join("snapshot.json");
        let card: SnapshotCard = serde_json::from_slice(&std::fs::read(&path).ok()?).ok()?;
        let left_out: usize = card.excluded.values().sum();
        let figures = (left_out > 0).then(|| format!("{left_out} votes left out")).into_iter().collect();
        Some((card.hash, About { at: written(&path), figures }))
    };
    inside(home.join("snapshots")).into_iter().chain(loops).filter_map(read).collect()
}

/// What runs have made, as far as it says where it comes from.
fn models_of_runs(runs: &Runs) -> Vec<(String, PathBuf, Lineage)> {
    let made = |id: String| {
        let folder = best_of(&runs.folder(&id)).ok()?;
        let lineage = lineage_of(&folder)?;
        Some((id, folder, lineage))
    };
    runs.list().into_iter().filter_map(|card| made(card.id)).collect()
}
