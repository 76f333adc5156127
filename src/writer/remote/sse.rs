//! Server-sent events, as engines send them: the data of each event, line by line, whatever the pieces it came in.
//!
//! Left out: event names, ids and reconnecting, which no engine's completions use.

use std::io::{self, BufRead, BufReader, Read};

use serde::de::IgnoredAny;

/// Most bytes of one line.
const LONGEST: u64 = 4 << 20;

/// One thing that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Came {
    /// The data of an event.
    Data(String),
    /// `[DONE]`.
    Done,
    /// The line ended, and nobody had said that it would.
    End,
}

/// Reads events off a body.
pub struct Events<R> {
    lines: BufReader<R>,
}

impl<R: Read> Events<R> {
    pub fn new(body: R) -> Self {
        Self { lines: BufReader::with_capacity(4096, body) }
    }

    /// The next event. A JSON document that is whole is one at once: nobody waits for the empty line behind it, which some
    /// engines leave out.
    ///
    /// # Errors
    /// Those of the body; a line without an end.
    pub fn next(&mut self) -> io::Result<Came> {
        let mut data = String::new();
        loop {
            let mut line = Vec::new();
            self.lines.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
            if line.len() as u64 >= LONGEST || data.len() as u64 >= LONGEST {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a line of more than 4 MiB"));
            }
            // Half an event at the end is none.
            if line.is_empty() {
                return Ok(Came::End);
            }
            let text = String::from_utf8_lossy(&line);
            let text = text.trim_end_matches(['\n', '\r']);
            if let Some(rest) = text.strip_prefix("data:") {
                if !data.is_empty() {
                    data.push('\n');
                }
                data.push_str(rest.strip_prefix(' ').unwrap_or(rest));
                if data.trim() == "[DONE]" {
                    return Ok(Came::Done);
                }
                if serde_json::from_str::<IgnoredAny>(&data).is_ok() {
                    return Ok(Came::Data(data));
                }
            } else if text.is_empty() && !data.trim().is_empty() {
                return Ok(Came::Data(data));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, as a slow line does.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let [first, rest @ ..] = self.0 else { return Ok(0) };
            buffer[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    fn all(text: &str) -> Vec<Came> {
        let mut events = Events::new(Drip(text.as_bytes()));
        let mut came = vec![];
        loop {
            let next = events.next().unwrap();
            let over = matches!(next, Came::Done | Came::End);
            came.push(next);
            if over {
                return came;
            }
        }
    }

    #[test]
    fn events_are_the_same_however_they_are_written() {
        let wanted = vec![Came::Data("{\"a\":1}".into()), Came::Data("{\"b\":\"é\"}".into()), Came::Done];
        for text in [
            "data: {\"a\":1}\n\ndata: {\"b\":\"é\"}\n\ndata: [DONE]\n\n",
            "data:{\"a\":1}\r\n\r\n: still here\r\n\r\ndata:{\"b\":\"é\"}\r\ndata:[DONE]\r\n",
            "event: x\ndata: {\"a\":1}\nid: 7\n\n\n\ndata: {\"b\":\"é\"}\ndata: [DONE]",
        ] {
            assert_eq!(all(text), wanted, "{text:?}");
        }
        assert_eq!(all("data: {\"a\":\ndata: 1}\n\n"), [Came::Data("{\"a\":\n1}".into()), Came::End]);
        assert_eq!(all("data: {\"a\":1"), [Came::End], "cut within an event");
        assert_eq!(all("data: nonsense\n\n"), [Came::Data("nonsense".into()), Came::End]);
        assert_eq!(all(""), [Came::End]);
    }

    #[test]
    fn a_line_without_an_end_is_refused() {
        let endless = io::repeat(b'x').take(LONGEST + 5);
        assert!(Events::new(endless).next().is_err());
    }
}
