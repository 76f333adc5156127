//! The service itself: what is asked at which address, and what is answered. Errors are JSON with what is wrong and what to do.

use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::asked::{Item, MOST_STORIES, items};
use super::counters::{Counters, count};
use super::entry::Entry;
use super::http::{Answer, Answers, Head, serve};
use super::openrlhf::GetReward;
use super::scorer::{Bundle, Scorer, Unscored};
use crate::story::{Kind, Notice};
use crate::studio::Studio;
use crate::writer::reward_model::RewardModel;

/// What is to be served.
pub struct Serve {
    pub studio: Studio,
    /// The reward model's folder, or the model that the adapter stands on.
    pub model: PathBuf,
    pub adapter: Option<PathBuf>,
    pub listen: SocketAddr,
    /// Requests must bear it; without one the service listens only where this machine alone can ask.
    pub key: Option<String>,
}

/// A reward model that listens.
pub struct Service {
    listener: TcpListener,
    shared: Arc<Shared>,
    pub criteria: Vec<String>,
}

struct Shared {
    studio: Studio,
    scorer: Scorer,
    counters: Arc<Counters>,
    entry: Entry,
    name: String,
    criteria: Vec<String>,
}

impl Service {
    /// Loads the model and begins to listen.
    ///
    /// # Errors
    /// A folder that is no reward model, an address that is taken, one that others can reach while there is no key.
    pub async fn open(serve: Serve) -> Result<Service, Notice> {
        let Serve { studio, model, adapter, listen, key } = serve;
        if key.is_none() && !listen.ip().is_loopback() {
            let what = format!("{listen} can be reached from elsewhere, and there is no key");
            return Err(Notice::yours(
                what,
                "export a key and name its variable with --key-env, or listen at 127.0.0.1",
            ));
        }
        let name = adapter.as_ref().unwrap_or(&model).display().to_string();
        let load = tokio::task::spawn_blocking(move || RewardModel::open(&model, adapter.as_deref()));
        let model = load.await.map_err(|error| Notice::ours(error.to_string()))?.map_err(Notice::from)?;
        let (criteria, counters) = (model.criteria.clone(), Arc::new(Counters::default()));
        let scorer = Scorer::start(model, counters.clone())?;
        let listener = TcpListener::bind(listen).await.map_err(|error| {
            Notice::outside(format!("{listen} cannot be listened at: {error}"), "choose another with --listen")
        })?;
        let entry = Entry::new(key.as_deref());
        let shared = Arc::new(Shared { studio, scorer, counters, entry, name, criteria: criteria.clone() });
        Ok(Service { listener, shared, criteria })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// A socket that the system took away.
    pub fn address(&self) -> Result<SocketAddr, Notice> {
        self.listener.local_addr().map_err(|error| Notice::outside(error.to_string(), "start it again"))
    }

    /// Serves until `end`; requests under way are answered.
    pub async fn run(self, end: impl Future<Output = ()>) {
        serve(self.listener, self.shared, end).await;
    }
}

impl Answers for Shared {
    fn at_once(&self, head: &Head) -> Option<Answer> {
        let wanted = match head.path.as_str() {
            "/health" | "/metrics" => "GET",
            "/score" | "/get_reward" => "POST",
            _ => return Some(self.refuse(404, "there is /score, /get_reward, /health and /metrics")),
        };
        if head.method != wanted {
            return Some(self.refuse(405, if wanted == "GET" { "ask with GET" } else { "ask with POST" }));
        }
        if wanted == "GET" {
            return None;
        }
        count(&self.counters.requests, 1);
        // Before anything of its body is read.
        (!self.entry.lets_in(head.header("authorization"))).then(|| Refusal::Key.answer(self))
    }

    async fn answer(&self, head: Head, body: Vec<u8>) -> Answer {
        let answered = match head.path.as_str() {
            "/score" => self.score(&body).await,
            "/get_reward" => self.get_reward(&body).await,
            "/metrics" => {
                let body = self.counters.prometheus().into_bytes();
                return Answer { status: 200, kind: "text/plain; version=0.0.4", headers: vec![], body };
            }
            _ => Ok(json!({
                "status": "ok", "model": self.name, "criteria": self.criteria, "counters": self.counters.json(),
            })),
        };
        answered.map_or_else(|refusal| refusal.answer(self), |value| document(200, &value))
    }

    fn refuse(&self, status: u16, why: &str) -> Answer {
        count(&self.counters.refused, 1);
        document(status, &json!({ "error": { "message": why, "try": "docs/remote.md shows what to send" } }))
    }
}

fn document(status: u16, value: &Value) -> Answer {
    Answer { status, kind: "application/json", headers: vec![], body: value.to_string().into_bytes() }
}

impl Shared {
    async fn score(&self, body: &[u8]) -> Result<Value, Refusal> {
        let worths = self.worths(items(body).map_err(Refusal::Wrong)?).await?;
        let one = |worth: &Vec<f64>| {
            let criteria: Map<String, Value> =
                self.criteria.iter().cloned().zip(worth.iter().map(|value| json!(value))).collect();
            json!({ "worth": worth.first(), "criteria": criteria })
        };
        Ok(json!({ "model": self.name, "scores": worths.iter().map(one).collect::<Vec<_>>() }))
    }

    async fn get_reward(&self, body: &[u8]) -> Result<Value, Refusal> {
        let asked: Result<GetReward, _> = serde_json::from_slice(body);
        let asked = asked.map_err(|error| {
            let what = format!("the request cannot be read: {error}");
            Refusal::Wrong(Notice::yours(what, "docs/remote.md shows what to send"))
        })?;
        let worths = self.worths(asked.items().map_err(Refusal::Wrong)?).await?;
        let of = |place: usize| worths.iter().map(|worth| worth.get(place).copied()).collect::<Vec<_>>();
        let logs: Map<String, Value> =
            self.criteria.iter().enumerate().map(|(place, name)| (name.clone(), json!(of(place)))).collect();
        Ok(json!({ "rewards": of(0), "scores": of(0), "extra_logs": logs }))
    }

    /// The worths of all stories of a request, in its order, or none of them.
    async fn worths(&self, items: Vec<Item>) -> Result<Vec<Vec<f64>>, Refusal> {
        if items.is_empty() || items.len() > MOST_STORIES {
            let what = format!("the request has {} stories", items.len());
            return Err(Refusal::Wrong(Notice::yours(what, format!("send 1 to {MOST_STORIES}"))));
        }
        let mut bundles: Vec<Bundle> = Vec::new();
        for (place, item) in items.iter().enumerate() {
            let order = item.order(&self.studio).await.map_err(|notice| {
                let what = format!("story {place}: {}", notice.what);
                Refusal::Wrong(Notice { what, ..notice })
            })?;
            // Samples of one prompt come together: their pictures are looked at once.
            let alike = |bundle: &&mut Bundle| {
                bundle.order.pictures == order.pictures
                    && bundle.order.request == order.request
                    && bundle.order.sequence.cast == order.sequence.cast
            };
            match bundles.iter_mut().find(alike) {
                Some(bundle) => {
                    bundle.texts.push(item.text.clone());
                    bundle.places.push(place);
                }
                None => bundles.push(Bundle { order, texts: vec![item.text.clone()], places: vec![place] }),
            }
        }
        let mut found = self.scorer.score(bundles).await.map_err(|unscored| match unscored {
            Unscored::Full => Refusal::Full,
            Unscored::Failed(notice) if notice.kind == Kind::Yours => Refusal::Wrong(notice),
            Unscored::Failed(notice) => Refusal::Failed(notice),
        })?;
        found.sort_by_key(|(place, _)| *place);
        let worths: Vec<Vec<f64>> = found.into_iter().map(|(_, worth)| worth).collect();
        if worths.iter().flatten().any(|value| !value.is_finite()) {
            return Err(Refusal::Failed(Notice::ours("the reward model gave no number")));
        }
        count(&self.counters.scored, worths.len() as u64);
        Ok(worths)
    }
}

/// Why a request is not answered.
enum Refusal {
    Key,
    Wrong(Notice),
    Full,
    Failed(Notice),
}

impl Refusal {
    fn answer(self, shared: &Shared) -> Answer {
        let Counters { refused, turned_away, failed, .. } = &*shared.counters;
        let (status, counter, headers, notice) = match self {
            Refusal::Key => {
                let notice = Notice::yours("the key is not the one", "send Authorization: Bearer KEY");
                (401, refused, vec![("www-authenticate", "Bearer")], notice)
            }
            Refusal::Wrong(notice) => (422, refused, vec![], notice),
            Refusal::Full => {
                let notice = Notice::outside("too many requests wait already", "send fewer at once, or try again");
                (503, turned_away, vec![("retry-after", "1")], notice)
            }
            Refusal::Failed(notice) => (500, failed, vec![], notice),
        };
        count(counter, 1);
        tracing::warn!(status, "a request for rewards was not answered: {}", notice.what);
        let said = json!({ "error": { "message": notice.what, "try": notice.try_this } });
        Answer { headers, ..document(status, &said) }
    }
}
