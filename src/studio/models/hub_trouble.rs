//! What went wrong between here and the hub, and what a person can do about it.

use hf_hub::api::sync::ApiError;

use super::hub_id::HubId;
use crate::story::Notice;

/// Where the trouble arose: enough to say it in a sentence.
pub struct Asked<'a> {
    pub id: &'a HubId,
    pub endpoint: &'a str,
    pub with_token: bool,
}

impl Asked<'_> {
    /// An answer that is not a success. `code` is the hub's own word for it, where it gives one.
    pub fn refused(&self, status: u16, code: &str) -> Notice {
        let Asked { id, endpoint, with_token } = self;
        let name = &id.name;
        match (status, code) {
            (_, "RevisionNotFound") => Notice::yours(
                format!("{name} has no revision '{}' on {endpoint}", id.revision),
                format!("leave @{} away for the newest", id.revision),
            ),
            (_, "GatedRepo") | (403, _) => Notice::yours(
                format!("{name} is given out only to those who have accepted its terms (status {status})"),
                format!("accept them at {endpoint}/{name}, then set HF_TOKEN to a token that may read"),
            ),
            // The hub gives 401 for what is private and for what does not exist alike, lest names be guessed.
            (401, _) if *with_token => Notice::yours(
                format!("{endpoint} refused the token for {name}, or there is no such model (status 401)"),
                "check the name, and that HF_TOKEN or the token file holds a valid token",
            ),
            (401, _) => Notice::yours(
                format!("{name} is private, gated, or does not exist on {endpoint} (status 401)"),
                "check the name; if it needs a login, set HF_TOKEN to a token that may read",
            ),
            (404, _) => Notice::yours(format!("there is no model {name} on {endpoint}"), "check the name: owner/name"),
            (429, _) => Notice::outside(
                format!("{endpoint} has had too many requests from here"),
                "wait some minutes, then run the same command again",
            ),
            (status, _) => Notice::outside(
                format!("{endpoint} answered with status {status} when asked for {name}"),
                "run the same command again later: it goes on where it stopped",
            ),
        }
    }

    /// Something that hf-hub reports.
    pub fn failed(&self, error: &ApiError) -> Notice {
        let endpoint = self.endpoint;
        match error {
            ApiError::RequestError(error) => match error.as_ref() {
                ureq::Error::StatusCode(status) => self.refused(*status, ""),
                other => self.unreachable(other),
            },
            ApiError::IoError(error) if is_disk(error) => {
                Notice::outside(format!("the model cannot be written: {error}"), "free some space, then run it again")
            }
            ApiError::IoError(error) => Notice::outside(
                format!("the connection to {endpoint} broke: {error}"),
                "run the same command again: it goes on where it stopped",
            ),
            ApiError::LockAcquisition(path) => Notice::outside(
                format!("another program is fetching the same file ({})", path.display()),
                "wait for it, then run the same command again",
            ),
            other => Notice::outside(
                format!("{endpoint} did not answer as a model hub does: {other}"),
                "check HF_ENDPOINT and the proxy",
            ),
        }
    }

    /// The hub could not be asked at all.
    pub fn unreachable(&self, error: &ureq::Error) -> Notice {
        let try_this = "check the network and the proxy (HTTPS_PROXY), or fetch the model elsewhere and name its folder: \
                        storyloom model add FOLDER";
        Notice::outside(format!("{} cannot be reached: {error}", self.endpoint), try_this)
    }
}

/// True for a failure that trying again at once may cure: the line broke, not the request.
pub fn is_cut(error: &ApiError) -> bool {
    match error {
        ApiError::IoError(error) => !is_disk(error),
        ApiError::RequestError(error) => matches!(
            error.as_ref(),
            ureq::Error::Io(_) | ureq::Error::Timeout(_) | ureq::Error::Protocol(_) | ureq::Error::StatusCode(500..)
        ),
        _ => false,
    }
}

fn is_disk(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded | PermissionDenied | ReadOnlyFilesystem)
}
