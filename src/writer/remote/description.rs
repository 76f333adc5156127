//! Where a remote model is and how it is asked: `remote.json`, which takes the place of weights in its folder.
//!
//! The key is not in it: only the name of the environment variable that holds it, which is read whenever a request is made.

use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ureq::http::Uri;

use super::fault::{Fault, Trouble};
use crate::story::Notice;

/// The file that makes a folder a remote model's.
pub const FILE: &str = "remote.json";

/// A model at the other end of a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remote {
    /// Of the API, as "http://host:8000/v1".
    pub url: String,
    /// Its name over there.
    pub model: String,
    /// The environment variable that holds the key; none where the engine asks for none.
    #[serde(default)]
    pub key_env: Option<String>,
    /// What serves it, as it said itself when it was added.
    #[serde(default)]
    pub engine: String,
    /// Whether pictures are sent. Without, it tells from the words of the question alone.
    #[serde(default = "yes")]
    pub vision: bool,
    /// Longest side of a picture that is sent, in pixels.
    #[serde(default = "Remote::usual_side")]
    pub side: u32,
    /// Frames a request at most: a longer sequence is told in chapters.
    #[serde(default = "Remote::usual_frames")]
    pub frames: usize,
    /// Requests at the same time.
    #[serde(default = "Remote::usual_parallel")]
    pub parallel: usize,
    /// How long nothing at all may come before the line counts as dead, in seconds.
    #[serde(default = "Remote::usual_wait")]
    pub wait_seconds: u64,
    /// How long one answer may take from first to last, in seconds.
    #[serde(default = "Remote::usual_whole")]
    pub whole_seconds: u64,
    /// Tries after the first, where trying again may help.
    #[serde(default = "Remote::usual_retries")]
    pub retries: u32,
}

fn yes() -> bool {
    true
}

impl Remote {
    fn usual_side() -> u32 {
        1024
    }

    fn usual_frames() -> usize {
        10
    }

    fn usual_parallel() -> usize {
        4
    }

    fn usual_wait() -> u64 {
        120
    }

    fn usual_whole() -> u64 {
        900
    }

    fn usual_retries() -> u32 {
        4
    }

    /// A model at an address, with everything else as usual.
    ///
    /// # Errors
    /// What is no http or https address, or has a name and a password in it.
    pub fn new(url: &str, model: &str, key_env: Option<&str>) -> Result<Remote, Notice> {
        let wrong = |why: &str| {
            Notice::yours(
                format!("'{}' is no address of an engine: {why}", without_login(url)),
                "write openai:http://host:8000/v1",
            )
        };
        let url = url.trim().trim_end_matches('/');
        let uri: Uri = url.parse().map_err(|_| wrong("it cannot be read"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(wrong("it begins with neither http:// nor https://"));
        }
        let authority = uri.authority().ok_or_else(|| wrong("it names no host"))?;
        if authority.as_str().contains('@') {
            return Err(wrong("it has a login in it, which would be kept; put the key into a variable: --key-env"));
        }
        if uri.query().is_some() {
            return Err(wrong("it has a query, which would be kept; put the key into a variable: --key-env"));
        }
        if model.trim().is_empty() {
            return Err(Notice::yours("a remote model needs its name over there", "add --model NAME"));
        }
        Ok(Remote {
            url: url.to_owned(),
            model: model.trim().to_owned(),
            key_env: key_env.map(str::to_owned),
            engine: String::new(),
            vision: true,
            side: Self::usual_side(),
            frames: Self::usual_frames(),
            parallel: Self::usual_parallel(),
            wait_seconds: Self::usual_wait(),
            whole_seconds: Self::usual_whole(),
            retries: Self::usual_retries(),
        })
    }

    /// What a folder says; `None` where it is another model's.
    ///
    /// # Errors
    /// A file that is there and cannot be read.
    pub fn open(folder: &Path) -> Result<Option<Remote>, Notice> {
        let path = folder.join(FILE);
        let bytes = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|error| error.to_string()),
        };
        let read = bytes.and_then(|bytes| serde_json::from_slice(&bytes).map_err(|error| error.to_string()));
        let remote: Remote = read.map_err(|why| {
            Notice::yours(format!("{} cannot be read: {why}", path.display()), "mend it, or add the model anew")
        })?;
        let checked = Remote::new(&remote.url, &remote.model, remote.key_env.as_deref())?;
        Ok(Some(Remote { url: checked.url, model: checked.model, ..remote }))
    }

    /// As people write it.
    pub fn source(&self) -> String {
        format!("openai:{} {}", self.url, self.model)
    }

    /// What it is, as far as that can be said from here: where it is, its name there, and what is sent to it.
    pub fn hash(&self) -> String {
        let Remote { url, model, vision, side, .. } = self;
        blake3::hash(format!("remote\n{url}\n{model}\n{vision}\n{side}").as_bytes()).to_hex().to_string()
    }

    /// Where the API begins without its version: engines answer there for themselves.
    pub fn root(&self) -> &str {
        self.url.strip_suffix("/v1").unwrap_or(&self.url)
    }

    /// The host and the port, for sentences.
    pub fn at(&self) -> String {
        let uri: Option<Uri> = self.url.parse().ok();
        uri.and_then(|uri| uri.authority().map(ToString::to_string)).unwrap_or_else(|| self.url.clone())
    }

    pub fn wait(&self) -> Duration {
        Duration::from_secs(self.wait_seconds.max(1))
    }

    pub fn whole(&self) -> Duration {
        Duration::from_secs(self.whole_seconds.max(1))
    }

    /// The key, out of the environment.
    ///
    /// # Errors
    /// A variable that is not set or holds what no header can.
    pub fn key(&self) -> Result<Option<String>, Fault> {
        let Some(name) = &self.key_env else { return Ok(None) };
        let key = std::env::var(name).unwrap_or_default();
        let key = key.trim();
        if key.is_empty() || !key.chars().all(|sign| sign.is_ascii_graphic()) {
            return Err(Fault::new(&self.at(), Trouble::Key { name: name.clone(), missing: key.is_empty() }));
        }
        Ok(Some(key.to_owned()))
    }

    /// Whether a key would cross a network that others can listen to.
    pub fn key_in_the_clear(&self) -> bool {
        let uri: Option<Uri> = self.url.parse().ok();
        let host = uri.as_ref().and_then(|uri| uri.host()).unwrap_or_default().trim_matches(['[', ']']);
        let near = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        self.key_env.is_some() && self.url.starts_with("http:") && !near
    }
}

/// An address as it may be shown: what stands before an @ may be a password.
fn without_login(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_checked_and_a_login_in_it_is_neither_kept_nor_shown() {
        let remote = Remote::new("http://host:8000/v1/", "m", Some("KEY")).unwrap();
        assert_eq!(
            (remote.url.as_str(), remote.root(), remote.at().as_str()),
            ("http://host:8000/v1", "http://host:8000", "host:8000")
        );
        assert!(remote.key_in_the_clear());
        assert!(!Remote::new("http://[::1]:1/v1", "m", Some("K")).unwrap().key_in_the_clear());
        assert!(!Remote::new("https://host/v1", "m", Some("K")).unwrap().key_in_the_clear());
        for bad in ["host:8000", "ftp://host", "http://me:secret@host/v1", "https://host/v1?key=secret", "http://"] {
            let notice = Remote::new(bad, "m", None).unwrap_err();
            assert!(!format!("{notice}").contains("secret"), "{notice}");
        }
        assert!(Remote::new("http://host", " ", None).is_err());
    }

    #[test]
    fn a_folder_is_read_back_and_one_that_was_spoilt_says_so() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Remote::open(folder.path()).unwrap(), None);
        let remote = Remote::new("http://host/v1", "m", None).unwrap();
        std::fs::write(folder.path().join(FILE), serde_json::to_vec(&remote).unwrap()).unwrap();
        assert_eq!(Remote::open(folder.path()).unwrap(), Some(remote));
        std::fs::write(folder.path().join(FILE), br#"{"url":"http://h/v1","model":"m","key":"sk"}"#).unwrap();
        assert!(Remote::open(folder.path()).unwrap_err().what.contains("key"), "a key has no place in it");
    }
}
