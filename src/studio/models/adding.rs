//! What has to be done before a model is on the list: find it, fetch it, check it, hash it, copy it if asked.
//!
//! All of it blocks and none of it touches the database, so it can fail at any point and leave nothing behind but a
//! download that the next attempt goes on with.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::fetching::Fetching;
use super::hub::Hub;
use super::hub_id::HubId;
use super::inspect::{Inspected, inspect};
use crate::shelf::{Adapter, Checkpoint};
use crate::story::Notice;
use crate::writer::identity::{identity, stamp};

/// What is to be added.
#[derive(Clone, Debug, Default)]
pub struct AddModel {
    /// A folder, or `owner/name[@revision]` on a hub.
    pub from: String,
    /// Its name in the list; `None`: as the folder or the repository is called.
    pub name: Option<String>,
    /// Copy the files under home instead of using them where they lie.
    pub copy: bool,
    /// For an adapter: the listed model that it stands on; `None`: as its config says.
    pub base: Option<String>,
}

/// What is ready to be put on the list.
pub enum Prepared {
    Model(Checkpoint),
    Adapter(Adapter),
}

/// Does everything but putting it on the list. `models` is the folder for copies, `taken` the names that are not free,
/// `bases` what an adapter may stand on.
pub fn prepare(
    order: &AddModel,
    hub: &Hub,
    models: &Path,
    taken: &[String],
    bases: &[Checkpoint],
    watch: &mut dyn FnMut(Fetching),
) -> Result<Prepared, Notice> {
    let here = PathBuf::from(&order.from);
    let id = if here.exists() { None } else { Some(hub_id(&order.from)?) };
    let called = id.as_ref().map_or_else(|| folder_name(&here), |id| id.short().to_owned());
    let name = free_name(order.name.clone().unwrap_or(called), taken)?;
    let (lies, source) = match &id {
        Some(id) => {
            let fetched = hub.fetch(id, watch)?;
            (fetched.folder, format!("{}@{}", id.name, &fetched.commit[..12.min(fetched.commit.len())]))
        }
        None => {
            let lies = here.canonicalize().map_err(|error| {
                Notice::yours(format!("{} cannot be opened: {error}", here.display()), "name a model's folder")
            })?;
            let source = lies.display().to_string();
            (lies, source)
        }
    };
    if lies.to_str().is_none() {
        let what = format!("the path {} is not UTF-8, so it cannot be kept", lies.display());
        return Err(Notice::yours(what, "rename the folder, or add it with --copy from a link with a plain name"));
    }
    let inspected = inspect(&lies)?;
    let (weights, total) = match &inspected {
        Inspected::Model { weights, bytes, .. } | Inspected::Adapter { weights, bytes, .. } => (weights, *bytes),
    };
    if let (Inspected::Model { scattered: true, .. }, true) = (&inspected, order.copy) {
        let what = format!("the model in {} lies in several folders, which are not copied", lies.display());
        return Err(Notice::yours(what, "add it without --copy; it is used where it lies"));
    }
    let base = match &inspected {
        Inspected::Adapter { base, .. } => Some(find_base(order.base.as_deref(), base.as_deref(), &lies, bases)?),
        Inspected::Model { .. } => None,
    };
    let folder = if order.copy { copy(&lies, weights, &models.join(&name), watch)? } else { lies };
    let owned = order.copy;
    let unread = |error: io::Error| {
        Notice::outside(format!("the files in {} cannot be read: {error}", folder.display()), "check the disk")
    };
    // The stamp first: what is written meanwhile is noticed later.
    let stamp = stamp(&folder).map_err(unread)?;
    let hash = identity(&folder, &mut |done| watch(Fetching::Reading { done, total })).map_err(unread)?;
    Ok(match inspected {
        Inspected::Model { family, dtype, parameters, bytes, world_only, .. } => Prepared::Model(Checkpoint {
            name,
            source,
            folder,
            owned,
            hash,
            stamp,
            family,
            dtype,
            parameters,
            bytes,
            world_only,
        }),
        Inspected::Adapter { rank, bytes, .. } => {
            let base = base.unwrap_or_default();
            Prepared::Adapter(Adapter { name, base, source, folder, owned, hash, rank, bytes })
        }
    })
}

fn hub_id(text: &str) -> Result<HubId, Notice> {
    HubId::read(text).ok_or_else(|| {
        Notice::yours(format!("there is no folder {text}"), "name a model's folder, or a hub id: owner/name[@revision]")
    })
}

fn folder_name(folder: &Path) -> String {
    let whole = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    whole.file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Names go into commands and paths, so they are plain; what came from a folder is made so, what was typed is refused.
pub(super) fn free_name(name: String, taken: &[String]) -> Result<String, Notice> {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || "-_.".contains(sign);
    let fits =
        name.len() <= 64 && name.chars().all(plain) && name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !fits {
        let what = format!("'{name}' does not do as a model's name");
        return Err(Notice::yours(what, "give one with --name: letters, digits, - _ . and at most 64 of them"));
    }
    if taken.contains(&name) {
        let what = format!("there is already a model called '{name}'");
        return Err(Notice::yours(what, "give another name with --name, or storyloom model remove it first"));
    }
    Ok(name)
}

/// The listed model that an adapter stands on: the one named, or the one that its config means.
fn find_base(named: Option<&str>, stated: Option<&str>, lies: &Path, bases: &[Checkpoint]) -> Result<String, Notice> {
    let is = |base: &&Checkpoint| match (named, stated) {
        (Some(named), _) => base.name == named,
        (None, Some(stated)) => {
            let path = lies.join(stated).canonicalize().or_else(|_| PathBuf::from(stated).canonicalize());
            base.name == stated
                || base.source.split('@').next() == Some(stated)
                || path.is_ok_and(|path| path == base.folder)
        }
        (None, None) => false,
    };
    bases.iter().find(is).map(|base| base.name.clone()).ok_or_else(|| {
        let what = match (named, stated) {
            (Some(named), _) => format!("there is no added model '{named}' for the adapter to stand on"),
            (None, Some(stated)) => format!("the adapter stands on {stated}, which is not on the list"),
            (None, None) => "the adapter does not say which model it stands on".to_owned(),
        };
        Notice::yours(what, "add that model first, then name it with --base")
    })
}

/// Copies what a model needs, whole or not at all: into a folder beside, then renamed.
fn copy(from: &Path, weights: &[PathBuf], to: &Path, watch: &mut dyn FnMut(Fetching)) -> Result<PathBuf, Notice> {
    let failed = |error: io::Error| {
        let what = format!("the model cannot be copied to {}: {error}", to.display());
        Notice::outside(what, "free some space, or add it without --copy")
    };
    let small = fs::read_dir(from).map_err(failed)?.flatten().map(|entry| entry.path()).filter(|path| {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default();
        path.is_file() && ["json", "jinja", "txt", "model"].contains(&end)
    });
    let files: Vec<PathBuf> = small.chain(weights.iter().cloned()).collect();
    let length = |path: &PathBuf| fs::metadata(path).map_or(0, |data| data.len());
    let total = files.iter().map(length).sum();
    let models = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(models).map_err(failed)?;
    let beside = tempfile::tempdir_in(models).map_err(failed)?;
    let mut done = 0;
    let mut buffer = vec![0u8; 1 << 20];
    for path in &files {
        let Some(name) = path.file_name() else { continue };
        let mut source = File::open(path).map_err(failed)?;
        let mut target = File::create(beside.path().join(name)).map_err(failed)?;
        loop {
            let count = source.read(&mut buffer).map_err(failed)?;
            if count == 0 {
                break;
            }
            target.write_all(&buffer[..count]).map_err(failed)?;
            done += count as u64;
            watch(Fetching::Copying { done, total });
        }
        target.sync_all().map_err(failed)?;
    }
    // A folder of this name that no list names is left over from a copy whose row was never written.
    if to.exists() {
        fs::remove_dir_all(to).map_err(failed)?;
    }
    fs::rename(beside.keep(), to).map_err(failed)?;
    Ok(to.to_owned())
}
