//! As much HTTP/1.1 as trainers speak: a request with a body of a stated length, an answer, and the next on the same connection.
//!
//! Every read has a limit and a time. Left out: chunked bodies (refused, 411), pipelining, TLS, and HTTP/2.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

/// Most bytes of a line of the head, lines of it, and bytes of a body: pictures come in it.
const MOST_LINE: u64 = 16 << 10;
const MOST_LINES: usize = 100;
const MOST_BODY: usize = 64 << 20;
/// Connections at once.
const CONNECTIONS: usize = 256;
/// For the next request to begin, and for one to come whole.
const IDLE: Duration = Duration::from_secs(120);
const WHOLE: Duration = Duration::from_secs(120);
/// For requests under way when the service ends.
const LAST: Duration = Duration::from_secs(60);

/// A request without its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub method: String,
    /// Without a query.
    pub path: String,
    /// By name in small letters.
    headers: HashMap<String, String>,
    /// The other end says nothing more afterwards.
    close: bool,
}

impl Head {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    /// More headers.
    pub headers: Vec<(&'static str, &'static str)>,
    pub body: Vec<u8>,
}

/// Whoever answers.
pub trait Answers: Send + Sync + 'static {
    /// An answer before the body is read, where the head alone decides.
    fn at_once(&self, head: &Head) -> Option<Answer>;

    fn answer(&self, head: Head, body: Vec<u8>) -> impl Future<Output = Answer> + Send;

    /// To a request that is none.
    fn refuse(&self, status: u16, why: &str) -> Answer;
}

/// What came.
enum Came {
    /// A request whose head is answered already.
    Answered(Answer),
    Asked(Head, Vec<u8>),
    Wrong(u16, &'static str),
}

/// Serves until `end`; requests under way are answered.
pub async fn serve(listener: TcpListener, answers: Arc<impl Answers>, end: impl Future<Output = ()>) {
    let (ending, ends) = watch::channel(false);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut open = JoinSet::new();
    tokio::pin!(end);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await.map_err(io::Error::other)?;
            listener.accept().await.map(|(stream, _)| (place, stream))
        };
        tokio::select! {
            () = &mut end => break,
            Some(_) = open.join_next() => {}
            next = next => match next {
                Ok((place, stream)) => {
                    let (answers, ends) = (answers.clone(), ends.clone());
                    open.spawn(async move {
                        let _ = stream.set_nodelay(true);
                        // A connection that breaks is its own end.
                        let _ = talk(stream, &*answers, ends).await;
                        drop(place);
                    });
                }
                // Too many files are open, or the other end has gone again: others may still come.
                Err(error) => {
                    tracing::warn!("a connection could not be taken: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    let _ = ending.send(true);
    let _ = timeout(LAST, async { while open.join_next().await.is_some() {} }).await;
}

/// One connection, request by request.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: &impl Answers,
    mut ends: watch::Receiver<bool>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let begins = tokio::select! {
            begins = timeout(IDLE, stream.fill_buf()) => begins,
            _ = ends.wait_for(|ending| *ending) => return Ok(()),
        };
        if !matches!(begins, Ok(Ok(bytes)) if !bytes.is_empty()) {
            return Ok(());
        }
        let came = match timeout(WHOLE, request(&mut stream, answers)).await {
            Ok(came) => came?,
            Err(_) => Came::Wrong(408, "the request did not come in time"),
        };
        let (answer, close) = match came {
            Came::Asked(head, body) => {
                let close = head.close;
                (answers.answer(head, body).await, close)
            }
            // Its body is not read, so nothing can follow it.
            Came::Answered(answer) => (answer, true),
            Came::Wrong(status, why) => (answers.refuse(status, why), true),
        };
        let close = close || *ends.borrow();
        stream.write_all(&bytes(&answer, close)).await?;
        stream.flush().await?;
        if close {
            stream.shutdown().await?;
            // What is still on its way would make the kernel throw the answer away.
            let rest = async {
                while stream.fill_buf().await.is_ok_and(|rest| !rest.is_empty()) {
                    let read = stream.buffer().len();
                    stream.consume(read);
                }
            };
            let _ = timeout(Duration::from_secs(1), rest).await;
            return Ok(());
        }
    }
}

async fn request<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    answers: &impl Answers,
) -> io::Result<Came> {
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        (&mut *stream).take(MOST_LINE).read_until(b'\n', &mut line).await?;
        if line.last() != Some(&b'\n') {
            return match line.len() as u64 {
                MOST_LINE => Ok(Came::Wrong(431, "a line of the head is too long")),
                _ => Err(io::ErrorKind::UnexpectedEof.into()),
            };
        }
        let Ok(line) = String::from_utf8(line) else { return Ok(Came::Wrong(400, "the head is not text")) };
        match line.trim_end_matches(['\r', '\n']) {
            // Some send an empty line between requests.
            "" if lines.is_empty() => {}
            "" => break,
            line => lines.push(line.to_owned()),
        }
        if lines.len() > MOST_LINES {
            return Ok(Came::Wrong(431, "the head has too many lines"));
        }
    }
    let Some((head, length)) = head(&lines) else { return Ok(Came::Wrong(400, "the head is no HTTP/1.1")) };
    if let Some(answer) = answers.at_once(&head) {
        return Ok(Came::Answered(answer));
    }
    let length = match length {
        Length::Stated(length) => length,
        Length::Chunked => return Ok(Came::Wrong(411, "state the length of the body: chunks are not taken")),
    };
    if length > MOST_BODY {
        return Ok(Came::Wrong(413, "the body has more than 64 MiB"));
    }
    if head.header("expect").is_some_and(|said| said.eq_ignore_ascii_case("100-continue")) {
        stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        stream.flush().await?;
    }
    // Memory is taken as bytes come, not as they are announced.
    let mut body = Vec::with_capacity(length.min(1 << 20));
    (&mut *stream).take(length as u64).read_to_end(&mut body).await?;
    if body.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Came::Asked(head, body))
}

enum Length {
    Stated(usize),
    Chunked,
}

fn head(lines: &[String]) -> Option<(Head, Length)> {
    let mut first = lines.first()?.split(' ');
    let (method, target, version) = (first.next()?, first.next()?, first.next()?);
    if first.next().is_some() || !matches!(version, "HTTP/1.1" | "HTTP/1.0") || !target.starts_with('/') {
        return None;
    }
    let mut headers = HashMap::new();
    for line in &lines[1..] {
        let (name, value) = line.split_once(':')?;
        let token = |sign: char| sign.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(sign);
        if name.is_empty() || !name.chars().all(token) {
            return None;
        }
        let (name, value) = (name.to_ascii_lowercase(), value.trim().to_owned());
        // Two lengths that differ, or a length and chunks, are how requests are smuggled.
        if let Some(before) = headers.insert(name.clone(), value.clone())
            && name == "content-length"
            && before != value
        {
            return None;
        }
    }
    let length = match (headers.get("transfer-encoding"), headers.get("content-length")) {
        (Some(_), Some(_)) => return None,
        (Some(_), None) => Length::Chunked,
        (None, Some(said)) if said.bytes().all(|digit| digit.is_ascii_digit()) => Length::Stated(said.parse().ok()?),
        (None, Some(_)) => return None,
        (None, None) => Length::Stated(0),
    };
    let said = headers.get("connection").map(|said: &String| said.to_ascii_lowercase()).unwrap_or_default();
    let close = said.contains("close") || (version == "HTTP/1.0" && !said.contains("keep-alive"));
    let path = target.split('?').next().unwrap_or_default().to_owned();
    Some((Head { method: method.to_owned(), path, headers, close }, length))
}

fn bytes(answer: &Answer, close: bool) -> Vec<u8> {
    let reason = match answer.status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        _ => "Internal Server Error",
    };
    let Answer { status, kind, headers, body } = answer;
    let connection = if close { "close" } else { "keep-alive" };
    let length = body.len();
    let mut out = format!(
        "HTTP/1.1 {status} {reason}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: {connection}\r\n"
    );
    headers.iter().for_each(|(name, value)| out.push_str(&format!("{name}: {value}\r\n")));
    out.push_str("\r\n");
    let mut out = out.into_bytes();
    out.extend_from_slice(body);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo;

    impl Answers for Echo {
        fn at_once(&self, head: &Head) -> Option<Answer> {
            (head.path == "/closed").then(|| self.refuse(401, "no"))
        }

        async fn answer(&self, head: Head, body: Vec<u8>) -> Answer {
            let body = [format!("{} {} ", head.method, head.path).as_bytes(), &body].concat();
            Answer { status: 200, kind: "text/plain", headers: vec![], body }
        }

        fn refuse(&self, status: u16, why: &str) -> Answer {
            Answer { status, kind: "text/plain", headers: vec![], body: why.as_bytes().to_vec() }
        }
    }

    /// Everything that is answered to what is sent, in pieces of so many bytes.
    async fn said(sent: &str, piece: usize) -> String {
        let (mut here, there) = tokio::io::duplex(1 << 20);
        let (_ending, ends) = watch::channel(false);
        let talk = tokio::spawn(async move { talk(there, &Echo, ends).await });
        for piece in sent.as_bytes().chunks(piece) {
            here.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        here.shutdown().await.unwrap();
        let mut answer = Vec::new();
        here.read_to_end(&mut answer).await.unwrap();
        let _ = talk.await.unwrap();
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn requests_follow_one_another_however_they_are_cut() {
        let two = "POST /a?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhiGET /b HTTP/1.1\r\nConnection: close\r\n\r\n";
        for piece in [1, 7, 1000] {
            let said = said(two, piece).await;
            assert_eq!(said.matches("HTTP/1.1 200 OK").count(), 2, "{said}");
            assert!(
                said.contains("POST /a hi") && said.ends_with("GET /b ") && said.contains("connection: close"),
                "{said}"
            );
        }
        let waits = "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx";
        assert!(said(waits, 9).await.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK"));
    }

    #[tokio::test]
    async fn what_is_no_request_is_refused_and_the_connection_ends() {
        let long = format!("GET / HTTP/1.1\r\nA: {}\r\n\r\n", "x".repeat(20 << 10));
        let many = format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200));
        for (sent, status) in [
            ("nonsense\r\n\r\n", "400"),
            ("GET / HTTP/2\r\n\r\n", "400"),
            ("GET http://h/ HTTP/1.1\r\n\r\n", "400"),
            ("GET / HTTP/1.1\r\nbad header\r\n\r\n", "400"),
            ("POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi", "400"),
            ("POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi", "400"),
            ("POST / HTTP/1.1\r\nContent-Length: -2\r\n\r\nhi", "400"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "411"),
            ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\nhi", "413"),
            ("POST /closed HTTP/1.1\r\nContent-Length: 99999999\r\n\r\nhi", "401"),
            (long.as_str(), "431"),
            (many.as_str(), "431"),
        ] {
            let said = said(sent, 4096).await;
            assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{sent:.60}: {said}");
            assert_eq!(said.matches("connection: close").count(), 1, "{said}");
        }
        assert_eq!(said("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\ncut", 4096).await, "");
        assert_eq!(said("", 1).await, "");
    }
}
