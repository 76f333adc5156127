//! One engine, asked over HTTP: a request goes out, an answer comes back piece by piece, whole or not at all.
//!
//! It blocks, as the desk does; another thread stops it (`stop`), which closes the socket, so that the engine stops too. The key
//! lives here and nowhere else: it is read when a client is made, and taken out of everything that is said about the request.

use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use ureq::{Agent, Body, http};

use super::description::Remote;
use super::fault::{Fault, Trouble};
use super::reply::{Chunk, Reply, Usage, complaint, short};
use super::request::Asking;
use super::roots::trusted;
use super::sse::{Came, Events};
use crate::story::{Finish, Piece};

/// For a connection to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// Most bytes of an error's body, and of a whole answer.
const ERROR_BYTES: u64 = 64 << 10;
const ANSWER_BYTES: u64 = 16 << 20;
/// The first pause before trying again; each is twice the one before, up to the longest.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A line to one engine. Threads share it.
pub struct Client {
    agent: Agent,
    remote: Remote,
    key: Option<String>,
    stopped: AtomicBool,
}

impl Client {
    /// # Errors
    /// A key that is not there.
    pub fn new(remote: &Remote) -> Result<Client, Fault> {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT.min(remote.wait())))
            .timeout_per_read(Some(remote.wait()))
            .timeout_per_write(Some(remote.wait()))
            .timeout_global(Some(remote.whole()))
            .user_agent(concat!("storyloom/", env!("CARGO_PKG_VERSION")))
            .tls_config(trusted())
            .build();
        let (remote, key) = (remote.clone(), remote.key()?);
        Ok(Client { agent: config.new_agent(), remote, key, stopped: AtomicBool::new(false) })
    }

    /// Ends every request under way; none can be made afterwards.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.agent.clone().shutdown();
    }

    /// Asks, and tries again where that may help and nothing has been heard yet. `heard` gets the pieces as they come and says
    /// whether to go on.
    ///
    /// # Errors
    /// Whatever `Trouble` there is.
    pub fn ask(&self, mut asking: Asking, mut heard: impl FnMut(Piece) -> bool) -> Result<Reply, Fault> {
        let mut left_out = Vec::new();
        let mut failed = 0;
        loop {
            let mut told = false;
            let began = Instant::now();
            let result = self.try_once(&asking, began, &mut |piece| {
                told = true;
                heard(piece)
            });
            let fault = match result {
                Ok(reply) => return Ok(Reply { tries: failed + 1, left_out, ..reply }),
                Err(fault) => fault,
            };
            if self.stopped.load(Ordering::Relaxed) {
                return Err(self.fault(Trouble::Stopped));
            }
            if let Trouble::Refused { status: 400 | 422, said } = &fault.trouble
                && let Some(name) = asking.without(said)
            {
                tracing::info!(at = %fault.at, "the engine does not take '{name}': it is left out");
                left_out.push(name);
                continue;
            }
            // A piece that was heard cannot be taken back.
            if told || !fault.passes() || failed >= self.remote.retries {
                return Err(fault);
            }
            let pause = PAUSE.saturating_mul(1 << failed.min(10)).min(LONGEST_PAUSE);
            // Clients that failed together should not come back together.
            let jitter = 0.75 + 0.5 * rand::random::<f64>();
            let pause = fault.after().unwrap_or_else(|| pause.mul_f64(jitter));
            if pause > LONGEST_PAUSE {
                return Err(fault);
            }
            failed += 1;
            tracing::info!(at = %fault.at, tries = failed, "{fault}; trying again in {:.1} s", pause.as_secs_f64());
            self.pause(pause)?;
        }
    }

    /// A JSON document from the engine, by its whole address; `Ok(None)` where it has none.
    ///
    /// # Errors
    /// An engine that cannot be asked.
    pub fn look(&self, url: &str, body: Option<Value>) -> Result<Option<Value>, Fault> {
        let failed = |error: ureq::Error| self.of(error, 0);
        let sent = match body {
            None => self.with_key(self.agent.get(url)).call(),
            Some(body) => {
                let request = self.with_key(self.agent.post(url)).header("content-type", "application/json");
                request.send(body.to_string().as_bytes())
            }
        };
        let mut response = sent.map_err(failed)?;
        let status = response.status().as_u16();
        if matches!(status, 401 | 403) {
            return Err(self.refused(&mut response));
        }
        if !(200..300).contains(&status) {
            return Ok(None);
        }
        let read = response.body_mut().with_config().limit(ANSWER_BYTES).read_to_vec().map_err(failed)?;
        Ok(serde_json::from_slice(&read).ok())
    }

    fn try_once(&self, asking: &Asking, began: Instant, heard: &mut dyn FnMut(Piece) -> bool) -> Result<Reply, Fault> {
        let url = format!("{}/chat/completions", self.remote.url);
        let request = self.with_key(self.agent.post(url)).header("content-type", "application/json");
        let request = request.header("accept", "text/event-stream, application/json");
        let mut response = request.send(&asking.bytes()[..]).map_err(|error| self.of(error, 0))?;
        if !response.status().is_success() {
            return Err(self.refused(&mut response));
        }
        let mut progress = Progress::new(self, began);
        if response.body().mime_type() != Some("text/event-stream") {
            // An engine that knows no streams, or something that is no engine.
            let read = response.into_body().into_with_config().limit(ANSWER_BYTES).read_to_vec();
            let bytes = read.map_err(|error| self.of(error, 0))?;
            let chunk: Chunk =
                serde_json::from_slice(&bytes).map_err(|_| self.garbled(&String::from_utf8_lossy(&bytes)))?;
            if chunk.choices.is_none() && chunk.complaint().is_none() {
                return Err(self.garbled(&String::from_utf8_lossy(&bytes)));
            }
            progress.take(chunk, heard)?;
            return progress.end(None);
        }
        let mut events = Events::new(response.into_body().into_reader().take(ANSWER_BYTES));
        loop {
            match events.next().map_err(|error| self.broke(error, progress.characters()))? {
                Came::Data(data) => {
                    let chunk = serde_json::from_str(&data).map_err(|_| self.garbled(&data))?;
                    if !progress.take(chunk, heard)? {
                        return progress.end(Some(Finish::Cancelled));
                    }
                }
                Came::Done => return progress.end(None),
                Came::End if progress.finish.is_some() => return progress.end(None),
                Came::End => {
                    let (told, why) = (progress.characters(), "it ended without saying so".to_owned());
                    return Err(self.fault(Trouble::Broken { told, why }));
                }
            }
        }
    }

    fn with_key<B>(&self, request: ureq::RequestBuilder<B>) -> ureq::RequestBuilder<B> {
        match &self.key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        }
    }

    fn pause(&self, pause: Duration) -> Result<(), Fault> {
        let until = Instant::now() + pause;
        while let Some(left) = until.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
            if self.stopped.load(Ordering::Relaxed) {
                return Err(self.fault(Trouble::Stopped));
            }
            std::thread::sleep(left.min(Duration::from_millis(50)));
        }
        Ok(())
    }

    fn fault(&self, trouble: Trouble) -> Fault {
        Fault::new(&self.remote.at(), trouble)
    }

    /// What the other end said, short, clean, and without the key, which some engines repeat to whoever sent a wrong one.
    fn said(&self, text: &str) -> String {
        match &self.key {
            Some(key) => short(&text.replace(key.as_str(), "[key]")),
            None => short(text),
        }
    }

    fn garbled(&self, text: &str) -> Fault {
        let text = text.trim_start();
        let page = text.get(..1) == Some("<");
        let why = if page { "a web page came".to_owned() } else { format!("'{}' came", self.said(text)) };
        self.fault(Trouble::Garbled { why })
    }

    fn refused(&self, response: &mut http::Response<Body>) -> Fault {
        let status = response.status().as_u16();
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (after, to) = (header("retry-after").and_then(|said| retry_after(&said)), header("location"));
        let read = response.body_mut().with_config().limit(ERROR_BYTES).lossy_utf8(true).read_to_string();
        let text = read.unwrap_or_default();
        let said = match serde_json::from_str::<Value>(&text) {
            Ok(value) => self.said(&complaint(&value)),
            Err(_) if text.trim_start().starts_with('<') => "a web page came".to_owned(),
            Err(_) => self.said(&text),
        };
        match (status, to) {
            (429 | 503 | 529, _) => self.fault(Trouble::Busy { status, said, after }),
            (300..=399, Some(to)) => {
                self.fault(Trouble::Refused { status, said: format!("it has moved to {}", self.said(&to)) })
            }
            _ => self.fault(Trouble::Refused { status, said }),
        }
    }

    /// An error while a body was read.
    fn broke(&self, error: io::Error, told: usize) -> Fault {
        if error.kind() == io::ErrorKind::InvalidData && error.get_ref().is_some_and(|inner| !inner.is::<ureq::Error>())
        {
            return self.fault(Trouble::Garbled { why: self.said(&error.to_string()) });
        }
        self.of(ureq::Error::from(error), told)
    }

    /// An error of the connection, at this point of the answer.
    fn of(&self, error: ureq::Error, told: usize) -> Fault {
        let why = self.said(&error.to_string());
        self.fault(match error {
            ureq::Error::Timeout(ureq::Timeout::Connect | ureq::Timeout::Resolve) => Trouble::Unreachable { why },
            ureq::Error::Timeout(ureq::Timeout::Global | ureq::Timeout::PerCall) => {
                Trouble::Slow { what: "did not finish", seconds: self.remote.whole().as_secs() }
            }
            ureq::Error::Timeout(_) => Trouble::Slow { what: "said nothing", seconds: self.remote.wait().as_secs() },
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Trouble::Tls { why },
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData && told == 0 => Trouble::Tls { why },
            ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => Trouble::Unreachable { why },
            ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => Trouble::Unreachable { why },
            ureq::Error::Protocol(_) | ureq::Error::Http(_) if told == 0 => Trouble::Garbled { why },
            _ => Trouble::Broken { told, why },
        })
    }
}

/// Seconds, or a date; what has passed is now.
fn retry_after(said: &str) -> Option<Duration> {
    if let Ok(seconds) = said.trim().parse::<f64>() {
        return Duration::try_from_secs_f64(seconds.max(0.0)).ok();
    }
    let date = time::OffsetDateTime::parse(said.trim(), &time::format_description::well_known::Rfc2822).ok()?;
    Some(SystemTime::from(date).duration_since(SystemTime::now()).unwrap_or_default())
}

/// An answer while it comes.
struct Progress<'a> {
    client: &'a Client,
    began: Instant,
    text: String,
    finish: Option<Finish>,
    usage: Option<Usage>,
    pieces: usize,
    first: Option<Instant>,
    reasoned: bool,
}

impl<'a> Progress<'a> {
    fn new(client: &'a Client, began: Instant) -> Self {
        let (text, finish, usage, first) = (String::new(), None, None, None);
        Self { client, began, text, finish, usage, pieces: 0, first, reasoned: false }
    }

    fn characters(&self) -> usize {
        self.text.chars().count()
    }

    /// Takes one event; false when nobody wants to hear more.
    fn take(&mut self, chunk: Chunk, heard: &mut dyn FnMut(Piece) -> bool) -> Result<bool, Fault> {
        if let Some(said) = chunk.complaint() {
            return Err(self.client.fault(Trouble::Said { said: self.client.said(&said) }));
        }
        self.usage = chunk.usage.or(self.usage);
        let Some(choice) = chunk.choice() else { return Ok(true) };
        if choice.refusal().is_some() {
            return Err(self.client.fault(Trouble::Filtered));
        }
        self.reasoned |= choice.reasons();
        for piece in choice.pieces() {
            self.first.get_or_insert_with(Instant::now);
            self.pieces += 1;
            self.text.push_str(&piece.text);
            if !heard(piece) {
                return Ok(false);
            }
        }
        match choice.finish() {
            Some(Ok(finish)) => self.finish = Some(finish),
            Some(Err(())) => return Err(self.client.fault(Trouble::Filtered)),
            None => {}
        }
        Ok(true)
    }

    fn end(self, finish: Option<Finish>) -> Result<Reply, Fault> {
        let finish = finish.or(self.finish).unwrap_or(Finish::End);
        if self.text.trim().is_empty() && finish != Finish::Cancelled {
            return Err(self.client.fault(Trouble::Empty { reasoned: self.reasoned }));
        }
        let milliseconds = |at: Instant| at.duration_since(self.began).as_secs_f64() * 1000.0;
        Ok(Reply {
            finish,
            usage: self.usage,
            pieces: self.pieces,
            first_ms: self.first.map_or(0.0, milliseconds),
            whole_ms: milliseconds(Instant::now()),
            text: self.text,
            tries: 1,
            left_out: Vec::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_that_is_asked_for_is_read_as_seconds_or_as_a_date() {
        assert_eq!(retry_after("7"), Some(Duration::from_secs(7)));
        assert_eq!(retry_after("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(retry_after("-3"), Some(Duration::ZERO));
        assert_eq!(retry_after("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        let ahead = retry_after("Tue, 06 Nov 2096 08:49:37 GMT").unwrap();
        assert!(ahead > Duration::from_secs(86_400));
        assert_eq!(retry_after("soon"), None);
    }
}
