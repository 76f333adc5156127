//! Fetches a published model from a hub into the cache that all tools of that hub share, and checks what came.
//!
//! hf-hub does the fetching: it resumes a partial file, follows the hub's redirects, keeps the cache's layout and reads
//! the proxy from the environment. It does not check what it got: a server that ignores the range it was asked for, or
//! ends early, leaves a file of the right name and the wrong content. So every file is held here against the size and,
//! where the hub knows it, the sha256 that the hub states for the commit. It leaves out uploads, data sets and
//! everything in a repository that is not needed to tell a story.

use std::path::{Path, PathBuf};
use std::time::Duration;

use hf_hub::api::sync::ApiBuilder;
use hf_hub::{Cache, Repo, RepoType};

use super::fetching::Fetching;
use super::hub_file::HubFile;
use super::hub_id::HubId;
use super::hub_listing::{Listed, Listing};
use super::hub_trouble::Asked;
use super::inspect::family;
use crate::story::Notice;
use crate::studio::machine;

/// A hub, and the folder where what comes from it is kept.
#[derive(Clone, Debug)]
pub struct Hub {
    pub endpoint: String,
    pub token: Option<String>,
    pub cache: PathBuf,
    /// Waits before trying again when the line broke and nothing came since; then it gives up.
    pub pauses: Vec<Duration>,
}

/// A model that has come whole.
#[derive(Clone, Debug)]
pub struct Fetched {
    pub folder: PathBuf,
    /// The commit it is, hex.
    pub commit: String,
}

impl Hub {
    /// The hub that the environment names, as all its tools read it: HF_ENDPOINT, HF_HOME, HF_TOKEN or the token file.
    pub fn from_environment() -> Hub {
        let said = |name: &str| std::env::var(name).ok().filter(|said| !said.trim().is_empty());
        let usual = Cache::from_env();
        Hub {
            endpoint: said("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned()),
            token: said("HF_TOKEN").or_else(|| usual.token()),
            cache: said("HF_HUB_CACHE").map_or_else(|| usual.path().clone(), PathBuf::from),
            pauses: [1, 4, 15].map(Duration::from_secs).to_vec(),
        }
    }

    /// Fetches what is needed of a model, resuming what an earlier call left, and checks it. Blocks.
    pub fn fetch(&self, id: &HubId, watch: &mut dyn FnMut(Fetching)) -> Result<Fetched, Notice> {
        let endpoint = self.endpoint.trim_end_matches('/');
        let asked = Asked { id, endpoint, with_token: self.token.is_some() };
        let cache = Cache::new(self.cache.clone());
        let api = ApiBuilder::from_cache(cache.clone())
            .with_endpoint(endpoint.to_owned())
            .with_token(self.token.as_ref().map(|token| token.trim().to_owned()))
            .with_user_agent("storyloom", env!("CARGO_PKG_VERSION"))
            .with_progress(false)
            .build()
            .map_err(|error| asked.failed(&error))?;
        let by_name = Repo::with_revision(id.name.clone(), RepoType::Model, id.revision.clone());
        let listing = Listing::ask(&api.repo(by_name.clone()), &asked)?;
        let files = listing.needed(&asked)?;
        // By commit, not by branch: all files are of one state even if somebody publishes meanwhile.
        let at_commit = Repo::with_revision(id.name.clone(), RepoType::Model, listing.sha.clone());
        let remote = api.repo(at_commit.clone());
        let place = cache.repo(at_commit);
        let folder = place.pointer_path(&listing.sha);
        self.room_for(&files, &folder)?;
        let size = |file: &Listed| file.size.unwrap_or(0);
        watch(Fetching::Plan { files: files.len(), bytes: files.iter().map(size).sum() });
        let mut before = 0;
        for file in &files {
            watch(Fetching::File { name: file.name.clone() });
            let blob = file.content_name().map(|name| place.blob_path(name));
            let wanted = HubFile { file, remote: &remote, asked: &asked, place: folder.join(&file.name), blob, before };
            wanted.fetch(&self.pauses, watch)?;
            before += size(file);
            watch(Fetching::Bytes { done: before });
            if file.name == "config.json" {
                family(&folder)?;
            }
        }
        // So that the hub's other tools find this commit under the name it was asked by.
        cache.repo(by_name).create_ref(&listing.sha).map_err(|error| {
            Notice::outside(format!("{} cannot be written: {error}", self.cache.display()), "mend its permissions")
        })?;
        Ok(Fetched { folder, commit: listing.sha })
    }

    /// Refuses before the first byte what the disk would refuse after the last.
    fn room_for(&self, files: &[Listed], folder: &Path) -> Result<(), Notice> {
        let missing = files.iter().filter(|file| !folder.join(&file.name).exists());
        let bytes: u64 = missing.filter_map(|file| file.size).sum();
        match machine::free_space(&self.cache) {
            Some(free) if free < bytes => Err(Notice::outside(
                format!("the model needs {} and {} has {} left", size(bytes), self.cache.display(), size(free)),
                "free some space, or set HF_HOME to a folder on another disk",
            )),
            _ => Ok(()),
        }
    }
}

fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
