//! The list of models: the embedded one, which is always there, and those that were added; and which of them tells.

use std::fs::File;
use std::io::{self, Read};
use std::path::PathBuf;

use super::adding::{AddModel, Prepared, prepare};
use super::embedded;
use super::fetching::Fetching;
use super::hub::Hub;
use super::remote::{AddRemote, prepare_remote};
use crate::shelf::{Adapter, Checkpoint, Shelf};
use crate::story::{ModelCard, ModelState, Notice, Quant};
use crate::writer::ModelSource;
use crate::writer::embedded::EMBEDDED;
use crate::writer::identity::{embedded_identity, identity, stamp};
use crate::writer::remote::{FILE, Remote};

/// Under this name the shelf keeps which model tells.
const CHOSEN: &str = "model";

/// Under this and a model's name, how its weights are kept.
const QUANT: &str = "quant ";

/// Most bytes of a model's README that are read.
const MOST_README: u64 = 256 * 1024;

/// The models of this home.
#[derive(Clone, Debug)]
pub struct Registry {
    shelf: Shelf,
    embedded: ModelCard,
}

impl Registry {
    /// The models on this shelf, and the embedded one.
    pub fn new(shelf: Shelf) -> Registry {
        Registry { shelf, embedded: embedded::card() }
    }

    /// All models, the embedded one first, the current one marked. `wanted` is current whatever was chosen before.
    pub async fn list(&self, wanted: Option<&str>) -> Result<Vec<ModelCard>, Notice> {
        let mut cards: Vec<ModelCard> = self.all().await?.into_iter().map(|(card, _)| card).collect();
        let current = match wanted {
            Some(name) => name.to_owned(),
            None => self.shelf.setting(CHOSEN).await?.unwrap_or_else(|| EMBEDDED.to_owned()),
        };
        let place = match cards.iter().position(|card| card.name == current) {
            Some(place) => place,
            None if wanted.is_some() => return Err(unknown(&current, &cards)),
            // The one that was chosen has been removed since.
            None => 0,
        };
        cards[place].current = true;
        Ok(cards)
    }

    /// The model that tells, and where it is.
    pub async fn current(&self, wanted: Option<&str>) -> Result<(ModelCard, ModelSource), Notice> {
        let cards = self.list(wanted).await?;
        let current = cards.into_iter().find(|card| card.current).map_or_else(|| EMBEDDED.to_owned(), |card| card.name);
        self.seated(&current).await
    }

    /// Lets this model tell from now on.
    pub async fn choose(&self, name: &str) -> Result<(ModelCard, ModelSource), Notice> {
        let seated = self.seated(name).await?;
        self.shelf.set(CHOSEN, name).await?;
        Ok(seated)
    }

    /// How the weights of a model are kept: `said` for this run, else as was said when it was added or chosen.
    pub async fn quant(&self, name: &str, said: Option<Quant>) -> Result<Option<Quant>, Notice> {
        if said.is_some() {
            return Ok(said);
        }
        Ok(self.shelf.setting(&format!("{QUANT}{name}")).await?.and_then(|word| word.parse().ok()))
    }

    /// Keeps the weights of this model so from now on.
    pub async fn set_quant(&self, name: &str, quant: Quant) -> Result<(), Notice> {
        Ok(self.shelf.set(&format!("{QUANT}{name}"), quant.word()).await?)
    }

    /// A model that is to tell, and where it is. Its files may have changed since they were added: then it is another
    /// model, whatever it is called, and its stories must say so.
    async fn seated(&self, name: &str) -> Result<(ModelCard, ModelSource), Notice> {
        let (mut card, mut place) = self.find(name).await?;
        card.current = true;
        if let ModelSource::Folder { name: base, path, hash, .. } = &mut place {
            if Remote::open(path)?.is_some() {
                return Err(Notice::yours(
                    format!("'{name}' stands on a remote model"),
                    "choose the remote model itself",
                ));
            }
            let known = self.shelf.checkpoints().await?.into_iter().find(|known| known.name == *base);
            if let Some(known) = known {
                let folder = path.clone();
                let work = move || {
                    let now = stamp(&folder)?;
                    if now == known.stamp { Ok(None) } else { Ok(Some((identity(&folder, &mut |_| ())?, now))) }
                };
                let read: io::Result<Option<(String, i64)>> = tokio::task::spawn_blocking(work)
                    .await
                    .map_err(|error| Notice::ours(format!("reading the model broke off: {error}")))?;
                *hash = match read {
                    Ok(None) => Some(known.hash),
                    Ok(Some((hash, stamp))) => {
                        self.shelf.rehash_checkpoint(base, &hash, stamp).await?;
                        Some(hash)
                    }
                    // The desk will say what is wrong with it.
                    Err(_) => None,
                };
            }
        }
        Ok((card, place))
    }

    /// Checks a model or an adapter and adds it to the list. `watch` hears of every step, on a thread of its own.
    pub async fn add<W>(&self, order: AddModel, hub: Hub, watch: W) -> Result<ModelCard, Notice>
    where
        W: FnMut(Fetching) + Send + 'static,
    {
        let mut bases = self.shelf.checkpoints().await?;
        bases.retain(|base| !base.folder.join(FILE).exists());
        let (taken, models) = (self.taken().await?, self.shelf.home().join("models"));
        let mut watch = watch;
        let work = tokio::task::spawn_blocking(move || prepare(&order, &hub, &models, &taken, &bases, &mut watch));
        let prepared = work.await.map_err(|error| Notice::ours(format!("adding the model broke off: {error}")))??;
        let name = match &prepared {
            Prepared::Model(checkpoint) => {
                self.shelf.put_checkpoint(checkpoint).await?;
                &checkpoint.name
            }
            Prepared::Adapter(adapter) => {
                self.shelf.put_adapter(adapter).await?;
                &adapter.name
            }
        };
        Ok(self.find(name).await?.0)
    }

    /// Adds a model that somebody else serves; its card, and whether it sees pictures, where its
    /// engine says so.
    pub async fn add_remote(&self, order: AddRemote) -> Result<(ModelCard, Option<bool>), Notice> {
        let (taken, models) = (self.taken().await?, self.shelf.home().join("models"));
        let work = tokio::task::spawn_blocking(move || prepare_remote(&order, &models, &taken));
        let broke = |error| Notice::ours(format!("adding the model broke off: {error}"));
        let (checkpoint, sees) = work.await.map_err(broke)??;
        self.shelf.put_checkpoint(&checkpoint).await?;
        Ok((self.find(&checkpoint.name).await?.0, sees))
    }

    /// The names that are not free.
    async fn taken(&self) -> Result<Vec<String>, Notice> {
        // The embedded model is among them.
        Ok(self.all().await?.into_iter().map(|(card, _)| card.name).collect())
    }

    /// Takes a model off the list. A copy of ours is deleted, a linked folder is left alone, stories stay.
    pub async fn remove(&self, name: &str) -> Result<(), Notice> {
        if name == EMBEDDED {
            let try_this = "choose another with storyloom model use, and leave it where it is";
            return Err(Notice::yours("the embedded model is part of the program", try_this));
        }
        let ours = self.owned_folder(name).await?;
        if !self.shelf.remove_adapter(name).await? && !self.shelf.remove_checkpoint(name).await? {
            let cards: Vec<ModelCard> = self.all().await?.into_iter().map(|(card, _)| card).collect();
            return Err(unknown(name, &cards));
        }
        if self.shelf.setting(CHOSEN).await?.as_deref() == Some(name) {
            self.shelf.set(CHOSEN, EMBEDDED).await?;
        }
        // Only what lies among our copies: a wrong row must not cost anybody a folder.
        let Some(folder) = ours.filter(|folder| folder.starts_with(self.shelf.home().join("models"))) else {
            return Ok(());
        };
        tokio::fs::remove_dir_all(&folder).await.map_err(|error| {
            let what =
                format!("the model is off the list, but its copy {} cannot be deleted: {error}", folder.display());
            Notice::outside(what, "delete that folder by hand")
        })
    }

    /// What the model's own README says, without its front matter; nothing if it came without one.
    pub async fn about(&self, name: &str) -> Result<Option<String>, Notice> {
        let (_, place) = self.find(name).await?;
        let (path, adapter) = match place {
            ModelSource::Embedded => return Ok(Some(without_front_matter(embedded::README).to_owned())),
            ModelSource::Remote { remote, .. } => return Ok(Some(about_remote(&remote))),
            ModelSource::Folder { path, adapter, .. } => (path, adapter),
        };
        let folder = adapter.unwrap_or(path);
        let read = move || {
            let mut text = Vec::new();
            File::open(folder.join("README.md"))?.take(MOST_README).read_to_end(&mut text)?;
            Ok::<_, io::Error>(String::from_utf8_lossy(&text).into_owned())
        };
        let read = tokio::task::spawn_blocking(read).await;
        match read.map_err(|error| Notice::ours(format!("reading the model's card broke off: {error}")))? {
            Ok(text) => Ok(Some(without_front_matter(&text).to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let what = format!("the card of '{name}' cannot be read: {error}");
                Err(Notice::outside(what, "see what is wrong with its README.md"))
            }
        }
    }

    /// What a model is, by all its bytes; of an adapter its own, and those of the model below it.
    pub async fn identities(&self, name: &str) -> Result<(String, Option<String>), Notice> {
        let whole = match self.seated(name).await?.1 {
            ModelSource::Embedded => embedded_identity(),
            ModelSource::Remote { remote, .. } => remote.hash(),
            ModelSource::Folder { hash, .. } => hash.ok_or_else(|| {
                Notice::outside(format!("the files of '{name}' cannot be read"), "see whether its folder is there")
            })?,
        };
        let adapter = self.shelf.adapters().await?.into_iter().find(|adapter| adapter.name == name);
        Ok(match adapter {
            Some(adapter) => (adapter.hash, Some(whole)),
            None => (whole, None),
        })
    }

    /// What the model or adapter of this identity is called in the list, if it is there.
    pub async fn known_as(&self, identity: &str) -> Result<Option<String>, Notice> {
        let models = self.shelf.checkpoints().await?.into_iter().map(|model| (model.name, model.hash));
        let adapters = self.shelf.adapters().await?.into_iter().map(|adapter| (adapter.name, adapter.hash));
        Ok(models.chain(adapters).find(|(_, hash)| hash == identity).map(|(name, _)| name))
    }

    /// The folder of a model's own files; `None` for the one in the program.
    pub async fn folder_of(&self, name: &str) -> Result<Option<PathBuf>, Notice> {
        Ok(match self.find(name).await?.1 {
            ModelSource::Embedded | ModelSource::Remote { .. } => None,
            ModelSource::Folder { path, adapter, .. } => Some(adapter.unwrap_or(path)),
        })
    }

    async fn owned_folder(&self, name: &str) -> Result<Option<PathBuf>, Notice> {
        let models = self.shelf.checkpoints().await?.into_iter().map(|model| (model.name, model.owned, model.folder));
        let adapters = self.shelf.adapters().await?.into_iter().map(|model| (model.name, model.owned, model.folder));
        Ok(models.chain(adapters).find(|(known, owned, _)| known == name && *owned).map(|(.., folder)| folder))
    }

    async fn find(&self, name: &str) -> Result<(ModelCard, ModelSource), Notice> {
        let all = self.all().await?;
        match all.iter().position(|(card, _)| card.name == name) {
            Some(place) => Ok(all[place].clone()),
            None => {
                let cards: Vec<ModelCard> = all.into_iter().map(|(card, _)| card).collect();
                Err(unknown(name, &cards))
            }
        }
    }

    async fn all(&self) -> Result<Vec<(ModelCard, ModelSource)>, Notice> {
        let checkpoints = self.shelf.checkpoints().await?;
        let adapters = self.shelf.adapters().await?;
        let mut all = vec![(self.embedded.clone(), ModelSource::Embedded)];
        // Each with the adapters that stand on it below it.
        for model in &checkpoints {
            all.push((card(model), source(model, None)));
            let laid_over = adapters.iter().filter(|adapter| adapter.base == model.name);
            all.extend(laid_over.map(|adapter| (adapted(model, adapter), source(model, Some(adapter)))));
        }
        Ok(all)
    }
}

/// Where the writer finds a model.
fn source(model: &Checkpoint, adapter: Option<&Adapter>) -> ModelSource {
    if let (None, Ok(Some(remote))) = (adapter, Remote::open(&model.folder)) {
        return ModelSource::Remote { name: model.name.clone(), remote: Box::new(remote) };
    }
    ModelSource::Folder {
        name: model.name.clone(),
        path: model.folder.clone(),
        adapter: adapter.map(|adapter| adapter.folder.clone()),
        hash: None,
    }
}

fn card(model: &Checkpoint) -> ModelCard {
    ModelCard {
        name: model.name.clone(),
        family: model.family.clone(),
        parameters: model.parameters,
        bytes: model.bytes,
        source: model.source.clone(),
        dtype: model.dtype.clone(),
        world_only: model.world_only,
        base: None,
        current: false,
        percent: 0,
        memory: 0,
        state: if model.folder.is_dir() { ModelState::Resting } else { ModelState::Broken },
    }
}

fn adapted(base: &Checkpoint, adapter: &Adapter) -> ModelCard {
    let state = if adapter.folder.is_dir() { card(base).state } else { ModelState::Broken };
    let (name, source, on) = (adapter.name.clone(), adapter.source.clone(), Some(base.name.clone()));
    ModelCard { name, bytes: base.bytes + adapter.bytes, source, base: on, state, ..card(base) }
}

/// What there is to say of a model that is elsewhere.
fn about_remote(remote: &Remote) -> String {
    let pictures = match remote.vision {
        true => format!("It is sent pictures of at most {} pixels a side, {} a request.", remote.side, remote.frames),
        false => "It is sent no pictures: it tells from the words of the question alone.".to_owned(),
    };
    let key = remote.key_env.as_ref().map_or("It is asked without a key.".to_owned(), |name| {
        format!("Its key is read from {name} for each request and kept nowhere.")
    });
    format!("{} at {}, served by {}.\n\n{pictures}\n\n{key}\n", remote.model, remote.url, remote.engine)
}

/// A README's text without the lines between dashes at its head, which are there for machines.
fn without_front_matter(text: &str) -> &str {
    let rest = text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n"));
    rest.map_or(text, |(_, text)| text).trim_start()
}

fn unknown(name: &str, cards: &[ModelCard]) -> Notice {
    let near = cards
        .iter()
        .map(|card| (strsim::jaro_winkler(&card.name, name), &card.name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let try_this = match near {
        Some((_, near)) => format!("did you mean '{near}'? storyloom model list shows all"),
        None => "storyloom model list shows all; storyloom model add adds one".to_owned(),
    };
    Notice::yours(format!("there is no model '{name}'"), try_this)
}
