//! A job at Ray, through the REST of its dashboard. The run's folder must be one that the cluster sees too.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::engine::{Engine, Seen, plain};
use super::job::quoted;
use super::state::{Record, State};
use crate::story::Notice;

/// Answers in a row that there is no such job, before it is lost: a head that was started again knows none at first.
const UNKNOWN: u32 = 4;
const WAIT: Duration = Duration::from_secs(30);
const MOST: u64 = 4 << 20;

/// A Ray cluster.
pub struct Ray {
    address: String,
    agent: ureq::Agent,
    unknown: u32,
}

impl Ray {
    pub fn new(address: &str) -> Ray {
        let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(WAIT)).build();
        Ray { address: address.trim_end_matches('/').to_owned(), agent: config.new_agent(), unknown: 0 }
    }

    /// Status and document; a document that is none is null.
    fn ask(&self, path: &str, body: Option<Value>) -> Result<(u16, Value), Notice> {
        let url = format!("{}/api/jobs/{path}", self.address);
        let sent = match body {
            Some(body) => self.agent.post(url).header("content-type", "application/json").send(body.to_string()),
            None => self.agent.get(url).call(),
        };
        let failed = |error: ureq::Error| {
            Notice::outside(
                format!("Ray at {} cannot be asked: {error}", self.address),
                "check ray.address in the recipe",
            )
        };
        let mut response = sent.map_err(failed)?;
        let bytes = response.body_mut().with_config().limit(MOST).read_to_vec().map_err(failed)?;
        let value =
            serde_json::from_slice(&bytes).unwrap_or(Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        Ok((response.status().as_u16(), value))
    }
}

impl Engine for Ray {
    fn submit(&mut self, job: &Path, record: &mut Record) -> Result<(), Notice> {
        let entrypoint = format!("sh {}", quoted(&job.join("run.sh").display().to_string()));
        let order =
            json!({ "entrypoint": entrypoint, "submission_id": record.token, "metadata": { "by": "storyloom" } });
        let (status, said) = self.ask("", Some(order))?;
        if !(200..300).contains(&status) {
            let what = format!("Ray refused the job (status {status}): {}", plain(&words(&said)));
            return Err(Notice::outside(what, "mend what it names"));
        }
        record.id = Some(said["submission_id"].as_str().unwrap_or(&record.token).to_owned());
        Ok(())
    }

    fn find(&mut self, record: &Record) -> Result<Option<String>, Notice> {
        // The id is ours, so it is known whether the answer came or not.
        let (status, _) = self.ask(&record.token, None)?;
        Ok((200..300).contains(&status).then(|| record.token.clone()))
    }

    fn poll(&mut self, _job: &Path, record: &Record) -> Result<Seen, Notice> {
        let (status, said) = self.ask(record.id.as_deref().unwrap_or_default(), None)?;
        if status == 404 {
            self.unknown += 1;
            return match self.unknown {
                UNKNOWN.. => Ok(Seen::new(State::Lost, "Ray knows no such job")),
                _ => Err(Notice::outside("Ray does not know of the job at the moment", "wait")),
            };
        }
        if !(200..300).contains(&status) {
            return Err(Notice::outside(format!("Ray answered with status {status}"), "wait"));
        }
        self.unknown = 0;
        let why = plain(said["message"].as_str().unwrap_or_default());
        Ok(match said["status"].as_str().unwrap_or_default() {
            "PENDING" => Seen::new(State::Queued, why),
            "RUNNING" => Seen::new(State::Running, ""),
            "SUCCEEDED" => Seen::new(State::Succeeded, ""),
            "STOPPED" => Seen::new(State::Cancelled, why),
            "FAILED" => Seen::new(State::Failed, why),
            other => return Err(Notice::outside(format!("Ray says '{}', which is no state", plain(other)), "wait")),
        })
    }

    fn cancel(&mut self, record: &Record) -> Result<(), Notice> {
        let path = format!("{}/stop", record.id.as_deref().unwrap_or_default());
        let (status, said) = self.ask(&path, Some(json!({})))?;
        if (200..300).contains(&status) {
            return Ok(());
        }
        Err(Notice::outside(format!("Ray does not stop the job (status {status}): {}", plain(&words(&said))), "wait"))
    }
}

fn words(said: &Value) -> String {
    said.as_str().map_or_else(|| said.to_string(), str::to_owned)
}
