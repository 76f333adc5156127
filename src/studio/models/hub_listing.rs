//! What a repository on the hub holds, with the size and checksum of every file, and which of it a story needs.

use std::time::Duration;

use hf_hub::api::sync::ApiRepo;
use serde::Deserialize;

use super::hub_trouble::Asked;
use crate::story::Notice;

/// The state of a repository at one commit.
#[derive(Debug, Deserialize)]
pub struct Listing {
    /// The commit, 40 hex digits.
    pub sha: String,
    siblings: Vec<Listed>,
}

/// One file of it.
#[derive(Clone, Debug, Deserialize)]
pub struct Listed {
    #[serde(rename = "rfilename")]
    pub name: String,
    /// In bytes.
    pub size: Option<u64>,
    #[serde(rename = "blobId")]
    blob: Option<String>,
    lfs: Option<Lfs>,
}

#[derive(Clone, Debug, Deserialize)]
struct Lfs {
    sha256: String,
}

/// Everything but the weights, in the order in which it is fetched: what may turn the model down comes first.
const SMALL: [&str; 12] = [
    "config.json",
    "adapter_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "preprocessor_config.json",
    "processor_config.json",
    "generation_config.json",
    "chat_template.json",
    "chat_template.jinja",
    "storyloom.json",
];

impl Listing {
    /// Asks the hub.
    pub fn ask(remote: &ApiRepo, asked: &Asked) -> Result<Listing, Notice> {
        let request = remote.info_request().query("blobs", "true");
        let request =
            request.config().http_status_as_error(false).timeout_global(Some(Duration::from_secs(60))).build();
        let mut answer = request.call().map_err(|error| asked.unreachable(&error))?;
        let status = answer.status().as_u16();
        if status != 200 {
            let code = answer.headers().get("x-error-code").and_then(|code| code.to_str().ok());
            return Err(asked.refused(status, code.unwrap_or_default()));
        }
        let text = answer.body_mut().read_to_string().map_err(|error| asked.unreachable(&error))?;
        let listing: Option<Listing> = serde_json::from_str(&text).ok();
        let sound = |listing: &Listing| listing.sha.len() == 40 && listing.sha.bytes().all(|c| c.is_ascii_hexdigit());
        listing.filter(sound).ok_or_else(|| {
            let what = format!("{} did not answer as a model hub does", asked.endpoint);
            Notice::outside(what, "check HF_ENDPOINT, and whether a login page stands between here and the network")
        })
    }

    /// The files that a story needs, or why there are none. Only plain names count: what lies in folders is for others.
    pub fn needed(&self, asked: &Asked) -> Result<Vec<Listed>, Notice> {
        let find = |name: &str| self.siblings.iter().find(|file| file.name == name).cloned();
        let mut files: Vec<Listed> = SMALL.iter().filter_map(|name| find(name)).collect();
        let refuse = |lacks: &str| {
            let what = format!("{} has no {lacks}, so it is no model that can be told with", asked.id.name);
            Notice::yours(what, "name a repository in the layout of transformers, with safetensors weights")
        };
        if find("config.json").is_none() && find("adapter_config.json").is_none() {
            return Err(refuse("config.json"));
        }
        let one = find("model.safetensors").or_else(|| find("adapter_model.safetensors"));
        match (one, find("model.safetensors.index.json")) {
            (Some(file), _) => files.push(file),
            (None, Some(index)) => {
                files.push(index);
                let mut shards: Vec<Listed> = self.siblings.iter().filter(|file| file.is_shard()).cloned().collect();
                shards.sort_by(|a, b| a.name.cmp(&b.name));
                files.append(&mut shards);
            }
            (None, None) => return Err(refuse("safetensors weights")),
        }
        Ok(files)
    }
}

impl Listed {
    /// The sha256 of its content, where the hub knows it: of large files.
    pub fn sha256(&self) -> Option<&str> {
        self.lfs.as_ref().map(|lfs| lfs.sha256.as_str()).filter(|sum| is_sha256(sum))
    }

    /// The name under which the cache keeps its content: its sha256 if it is large, else git's own hash of it.
    pub fn content_name(&self) -> Option<&str> {
        self.sha256().or(self.blob.as_deref()).filter(|name| name.bytes().all(|c| c.is_ascii_hexdigit()))
    }

    fn is_shard(&self) -> bool {
        self.name.starts_with("model-") && self.name.ends_with(".safetensors") && !self.name.contains(['/', '\\'])
    }
}

/// True for 64 hex digits.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|c| c.is_ascii_hexdigit())
}
