//! A model hub on loopback: the listing, the redirect to a store for large files, ranges, tokens, and the ways it fails.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest, Sha256};

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// How the hub behaves; what is not said is as it should be.
#[derive(Default)]
pub struct Manners {
    /// Token that every file needs.
    pub token: Option<&'static str>,
    /// The listing needs the token too: a private repository.
    pub private: bool,
    /// How many answers with a large file end in the middle of it.
    pub cuts: usize,
    /// Such an answer does not say how long it should have been.
    pub silent_length: bool,
    /// After this many bytes of a large file nothing more comes, and the sender is told.
    pub stall: Option<(usize, Sender<()>)>,
    /// Ranges of large files are ignored.
    pub whole_only: bool,
    /// The store gives something else than the hub says it has.
    pub spoilt: bool,
    /// Every answer is a page for people.
    pub login_page: bool,
}

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub headers: HashMap<String, String>,
}

pub struct Hub {
    pub endpoint: String,
    shared: Arc<Shared>,
}

struct Shared {
    files: Vec<(&'static str, Vec<u8>)>,
    manners: Mutex<Manners>,
    log: Mutex<Vec<Asked>>,
    store: String,
}

impl Hub {
    /// Opens a hub with one repository, `owner/tale`. Files that end in `.safetensors` are large.
    pub fn open(files: Vec<(&'static str, Vec<u8>)>, manners: Manners) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared =
            Arc::new(Shared { files, manners: Mutex::new(manners), log: Mutex::default(), store: endpoint.clone() });
        let serving = shared.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = serving.clone();
                // A client that goes away in the middle is part of the play.
                thread::spawn(move || shared.serve(stream).ok());
            }
        });
        Hub { endpoint, shared }
    }

    pub fn behave(&self, manners: Manners) {
        *self.shared.manners.lock().unwrap() = manners;
    }

    pub fn log(&self) -> Vec<Asked> {
        self.shared.log.lock().unwrap().clone()
    }

    /// The first byte of each range that was asked of the large file, without the questions for its size.
    pub fn starts(&self) -> Vec<usize> {
        let ranges = self.log().into_iter().filter(|asked| asked.path.starts_with("/store/"));
        let ranges =
            ranges.filter_map(|asked| asked.headers.get("range").cloned()).filter(|range| range != "bytes=0-0");
        ranges.map(|range| range["bytes=".len()..range.len() - 1].parse().unwrap()).collect()
    }
}

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut stream = stream;
        let mut asked = read_request(&mut reader)?;
        if asked.path == "CONNECT" {
            // As a proxy: the tunnel ends here.
            self.log.lock().unwrap().push(asked);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            asked = read_request(&mut reader)?;
        }
        self.log.lock().unwrap().push(asked.clone());
        self.answer(&asked, &mut stream)
    }

    fn answer(&self, asked: &Asked, stream: &mut TcpStream) -> std::io::Result<()> {
        let mut manners = self.manners.lock().unwrap();
        if manners.login_page {
            return send(stream, 200, &[], b"<html>Welcome to the hotel</html>");
        }
        let known = manners.token.is_none_or(|token| {
            asked.headers.get("authorization").is_some_and(|said| *said == format!("Bearer {token}"))
        });
        let path = asked.path.split('?').next().unwrap_or_default();
        if let Some(rest) = path.strip_prefix("/api/models/") {
            return match rest {
                "owner/tale/revision/main" | "owner/tale/revision/v2" if known || !manners.private => {
                    send(stream, 200, &[("Content-Type", "application/json")], self.listing().as_bytes())
                }
                "owner/tale/revision/main" => send(stream, 401, &[("X-Error-Code", "RepoNotFound")], b"{}"),
                rest if rest.starts_with("owner/tale/") => {
                    send(stream, 404, &[("X-Error-Code", "RevisionNotFound")], b"{}")
                }
                _ => send(stream, 404, &[("X-Error-Code", "RepoNotFound")], b"{}"),
            };
        }
        if let Some(sum) = path.strip_prefix("/store/") {
            let Some((_, bytes)) = self.files.iter().find(|(_, bytes)| sha256(bytes) == sum) else {
                return send(stream, 404, &[], b"");
            };
            let mut bytes = bytes.clone();
            if manners.spoilt {
                let middle = bytes.len() / 2;
                bytes[middle] ^= 1;
            }
            let first = if manners.whole_only { 0 } else { first(asked) };
            let real = asked.headers.get("range").is_some_and(|range| range != "bytes=0-0");
            if real && manners.cuts > 0 {
                manners.cuts -= 1;
                let half = first + (bytes.len() - first) / 2;
                return part(stream, &bytes, first, half, !manners.silent_length);
            }
            if real && let Some((after, told)) = manners.stall.take() {
                drop(manners);
                part(stream, &bytes, first, after, true)?;
                told.send(()).ok();
                // Held open until the client goes.
                return std::io::copy(stream, &mut std::io::sink()).map(|_| ());
            }
            if manners.whole_only && real {
                return send(stream, 200, &[], &bytes);
            }
            return range(stream, asked, &bytes, &[]);
        }
        let Some(name) = path.strip_prefix(&format!("/owner/tale/resolve/{COMMIT}/")) else {
            return send(stream, 404, &[], b"");
        };
        if !known {
            return send(stream, 401, &[("X-Error-Code", "GatedRepo")], b"");
        }
        let Some((_, bytes)) = self.files.iter().find(|(known, _)| *known == name) else {
            return send(stream, 404, &[("X-Error-Code", "EntryNotFound")], b"");
        };
        if name.ends_with(".safetensors") {
            let sum = sha256(bytes);
            let (location, etag) = (format!("{}/store/{sum}", self.store), format!("\"{sum}\""));
            let headers = [("Location", location.as_str()), ("X-Linked-Etag", &etag), ("X-Repo-Commit", COMMIT)];
            return send(stream, 302, &headers, b"");
        }
        let etag = format!("\"{}\"", blob(bytes));
        range(stream, asked, bytes, &[("ETag", &etag), ("X-Repo-Commit", COMMIT)])
    }

    fn listing(&self) -> String {
        let files: Vec<serde_json::Value> = self
            .files
            .iter()
            .map(|(name, bytes)| {
                let mut file = serde_json::json!({"rfilename": name, "size": bytes.len(), "blobId": blob(bytes)});
                if name.ends_with(".safetensors") {
                    file["lfs"] = serde_json::json!({"sha256": sha256(bytes), "size": bytes.len(), "pointerSize": 135});
                }
                file
            })
            .collect();
        serde_json::json!({"id": "owner/tale", "sha": COMMIT, "siblings": files}).to_string()
    }
}

/// Forty hex digits that differ as the contents do, as git's own do.
fn blob(bytes: &[u8]) -> String {
    sha256(bytes)[..40].to_owned()
}

fn first(asked: &Asked) -> usize {
    let range = asked.headers.get("range").and_then(|range| range.strip_prefix("bytes="));
    range.and_then(|range| range.split('-').next()).and_then(|first| first.parse().ok()).unwrap_or(0)
}

fn range(stream: &mut TcpStream, asked: &Asked, bytes: &[u8], headers: &[(&str, &str)]) -> std::io::Result<()> {
    let first = first(asked);
    if first >= bytes.len() {
        return send(stream, 416, &[], b"");
    }
    let last = if asked.headers.get("range").is_some_and(|range| range == "bytes=0-0") { 0 } else { bytes.len() - 1 };
    let said = format!("bytes {first}-{last}/{}", bytes.len());
    let headers = [headers, &[("Content-Range", said.as_str())]].concat();
    send(stream, 206, &headers, &bytes[first..=last])
}

/// Announces everything from `first` on and sends it only up to `end`.
fn part(stream: &mut TcpStream, bytes: &[u8], first: usize, end: usize, say_length: bool) -> std::io::Result<()> {
    let all = bytes.len();
    write!(stream, "HTTP/1.1 206 Partial\r\nContent-Range: bytes {first}-{}/{all}\r\nConnection: close\r\n", all - 1)?;
    if say_length {
        write!(stream, "Content-Length: {}\r\n", all - first)?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(&bytes[first..end])?;
    stream.flush()
}

fn send(stream: &mut TcpStream, status: u16, headers: &[(&str, &str)], body: &[u8]) -> std::io::Result<()> {
    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n", body.len())?;
    for (name, value) in headers {
        write!(stream, "{name}: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    stream.write_all(body)?;
    stream.flush()
}

fn read_request(reader: &mut impl BufRead) -> std::io::Result<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.trim().to_lowercase(), value.trim().to_owned());
        }
    }
    // A proxy is asked for whole addresses.
    let path = match target.strip_prefix("http://").and_then(|rest| rest.split_once('/')) {
        Some((_, path)) => format!("/{path}"),
        None => target,
    };
    Ok(Asked { path: if method == "CONNECT" { method } else { path }, headers })
}
