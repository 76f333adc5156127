//! Who came, who was turned away, who left: a line of JSON each, in `audit.jsonl` in the home folder. Names are pseudonyms.

use std::fs::File;
use std::io::Write;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::story::Notice;

/// The log; clones write to the same file.
#[derive(Clone, Debug)]
pub struct Audit {
    file: Arc<Mutex<File>>,
}

#[derive(Serialize)]
struct Line<'a> {
    at: String,
    what: &'a str,
    /// Not beside a rater: an address would lead from a pseudonym to a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rater: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
}

impl Audit {
    /// Opens the log of this home, to write at its end.
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn open(home: &Path) -> Result<Audit, Notice> {
        let path = home.join("audit.jsonl");
        let file = File::options().create(true).append(true).open(&path).map_err(|error| {
            Notice::outside(format!("{} cannot be written: {error}", path.display()), "make the folder writable")
        })?;
        Ok(Audit { file: Arc::new(Mutex::new(file)) })
    }

    /// `who`: a pseudonym, or the address of somebody who was not let in.
    pub fn note(&self, what: &str, who: Result<&str, IpAddr>, why: Option<&str>) {
        let (rater, from) = (who.ok(), who.err());
        let at = OffsetDateTime::now_utc().format(&Rfc3339).unwrap_or_default();
        let Ok(mut line) = serde_json::to_string(&Line { at, what, from, rater, why }) else { return };
        line.push('\n');
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = file.write_all(line.as_bytes()) {
            tracing::warn!(%error, "the audit log takes no more");
        }
    }
}
