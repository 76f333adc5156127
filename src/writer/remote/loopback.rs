//! An engine for tests: it listens on this machine, answers what the test wrote down, and remembers what it was asked.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::description::Remote;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub head: String,
    pub body: String,
    pub at: Instant,
}

/// What is answered to one request.
#[derive(Clone, Debug)]
pub struct Answer {
    head: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub enum Step {
    Say(String),
    Wait(Duration),
    /// One byte after the other, with this pause.
    Drip(String, Duration),
    /// Until the other end has gone.
    Hold,
}

impl Answer {
    pub fn new(status: u16, headers: &str, body: &str) -> Answer {
        let head =
            format!("HTTP/1.1 {status} So\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
        Answer { head, steps: vec![Step::Say(body.to_owned())] }
    }

    /// A stream in chunks that ends within one.
    pub fn cut_chunk() -> Answer {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
        Answer { head, steps: vec![Step::Say("40\r\ndata: {\"cho".to_owned())] }
    }

    pub fn json(body: &str) -> Answer {
        Answer::new(200, "content-type: application/json\r\n", body)
    }

    /// A stream that ends when the connection does.
    pub fn stream(steps: Vec<Step>) -> Answer {
        let head =
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nconnection: close\r\n\r\n".to_owned();
        Answer { head, steps }
    }

    /// A stream of these pieces, with an end.
    pub fn told(pieces: &[&str]) -> Answer {
        let mut steps: Vec<Step> = pieces.iter().map(|piece| Step::Say(piece_event(piece))).collect();
        steps.push(Step::Say(END.to_owned()));
        Answer::stream(steps)
    }
}

/// One piece as every engine sends it.
pub fn piece_event(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        "data: {{\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text}}},\"finish_reason\":null}}]}}\n\n"
    )
}

/// The end of a stream.
pub const END: &str = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":40,\"completion_tokens\":7,\"total_tokens\":47}}\n\ndata: [DONE]\n\n";

pub struct Loopback {
    scheme: &'static str,
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
    gone: AtomicUsize,
}

impl Loopback {
    /// Answers requests in order; the last answer again and again.
    pub fn start(answers: Vec<Answer>) -> Loopback {
        Self::begin(answers, None)
    }

    /// The same behind a certificate that nobody trusts.
    pub fn untrusted(answers: Vec<Answer>) -> Loopback {
        let cert =
            CertificateDer::from_pem_slice(include_bytes!("../../../tests/remote/nobody-trusts.cert.pem")).unwrap();
        let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../../tests/remote/nobody-trusts.key.pem")).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![cert], key).unwrap();
        Self::begin(answers, Some(Arc::new(config)))
    }

    fn begin(answers: Vec<Answer>, tls: Option<Arc<ServerConfig>>) -> Loopback {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (answers, asked, gone) = (Mutex::new(answers.into()), Mutex::default(), AtomicUsize::new(0));
        let shared = Arc::new(Shared { answers, asked, gone });
        let (served, scheme) = (shared.clone(), if tls.is_some() { "https" } else { "http" });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shared, tls) = (served.clone(), tls.clone());
                std::thread::spawn(move || match tls {
                    Some(tls) => serve(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream), &shared),
                    None => serve(Plain(stream), &shared),
                });
            }
        });
        Loopback { scheme, port, shared }
    }

    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}/v1", self.scheme, self.port)
    }

    /// A model behind it that waits and tries little.
    pub fn remote(&self) -> Remote {
        Remote { wait_seconds: 1, whole_seconds: 5, retries: 2, ..Remote::new(&self.url(), "m", None).unwrap() }
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// Connections that the other end left while they were held; waits a little for the next.
    pub fn left(&self, count: usize) -> bool {
        let until = Instant::now() + Duration::from_secs(3);
        while Instant::now() < until {
            if self.shared.gone.load(Ordering::SeqCst) >= count {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

struct Plain(TcpStream);

impl Read for Plain {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

fn serve(mut stream: impl Read + Write, shared: &Shared) {
    let mut reader = BufReader::new(&mut stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(said) = line.to_lowercase().strip_prefix("content-length:") {
            length = said.trim().parse().unwrap_or(0);
        }
        if line.trim().is_empty() {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let path = head.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(&body).into_owned();
    shared.asked.lock().unwrap().push(Asked { path, head, body, at: Instant::now() });
    let answer = {
        let mut answers = shared.answers.lock().unwrap();
        if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
    };
    let mut say = |text: &str| stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    if say(&answer.head).is_err() {
        return;
    }
    for step in answer.steps {
        let went = match step {
            Step::Say(text) => say(&text),
            Step::Wait(time) => {
                std::thread::sleep(time);
                Ok(())
            }
            Step::Drip(text, pause) => text.chars().try_for_each(|sign| {
                std::thread::sleep(pause);
                say(&sign.to_string())
            }),
            Step::Hold => loop {
                std::thread::sleep(Duration::from_millis(20));
                if let Err(error) = say(": still here\n\n") {
                    break Err(error);
                }
            },
        };
        if went.is_err() {
            shared.gone.fetch_add(1, Ordering::SeqCst);
            return;
        }
    }
}
