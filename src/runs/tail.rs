//! A file that grows, read on from where it was read last: whole lines only, and anew where its beginning has changed.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes before the place that must still be the same, for the file to be the one that was read.
const BEFORE: usize = 256;
/// Bytes read at once.
const MOST: u64 = 4 << 20;

/// What has come.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct News {
    /// The file was cut or replaced: what was read before is not in it any more, the lines are from its beginning.
    pub anew: bool,
    pub lines: Vec<String>,
    /// There is more already.
    pub more: bool,
}

/// A place in a file.
#[derive(Debug)]
pub struct Tail {
    path: PathBuf,
    at: u64,
    /// The last bytes before it.
    before: Vec<u8>,
}

impl Tail {
    pub fn new(path: &Path) -> Tail {
        Tail { path: path.to_owned(), at: 0, before: Vec::new() }
    }

    /// Lines that have been ended since; a half-written one waits. A file that is not there is empty.
    pub fn read(&mut self) -> io::Result<News> {
        let mut news = News::default();
        let mut file = match File::open(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                (news.anew, self.at) = (self.at > 0, 0);
                self.before.clear();
                return Ok(news);
            }
            file => file?,
        };
        if self.at > 0 {
            let length = file.metadata()?.len();
            let mut same = length >= self.at;
            if same {
                let mut there = vec![0; self.before.len()];
                file.seek(SeekFrom::Start(self.at - self.before.len() as u64))?;
                same = file.read_exact(&mut there).is_ok() && there == self.before;
            }
            if same && length == self.at {
                return Ok(news);
            }
            if !same {
                (news.anew, self.at) = (true, 0);
                self.before.clear();
            }
        }
        file.seek(SeekFrom::Start(self.at))?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes)?;
        let full = bytes.len() as u64 == MOST;
        let Some(last) = bytes.iter().rposition(|byte| *byte == b'\n') else { return Ok(news) };
        bytes.truncate(last + 1);
        self.at += bytes.len() as u64;
        self.before.extend_from_slice(&bytes[bytes.len().saturating_sub(BEFORE)..]);
        self.before.drain(..self.before.len().saturating_sub(BEFORE));
        news.lines = String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect();
        news.more = full;
        Ok(news)
    }
}

/// The last lines of a file, from at most so many bytes of its end; a half-written one is left out.
pub fn last_lines(path: &Path, bytes: u64) -> Vec<String> {
    let read = || -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        let from = file.metadata()?.len().saturating_sub(bytes);
        file.seek(SeekFrom::Start(from))?;
        let mut read = Vec::new();
        file.take(bytes).read_to_end(&mut read)?;
        // Where the middle of a line was hit, it is left out too.
        let cut =
            if from == 0 { 0 } else { read.iter().position(|byte| *byte == b'\n').map_or(read.len(), |at| at + 1) };
        Ok(read.split_off(cut))
    };
    let mut read = read().unwrap_or_default();
    read.truncate(read.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1));
    String::from_utf8_lossy(&read).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn lines(tail: &mut Tail) -> (bool, Vec<String>) {
        let news = tail.read().unwrap();
        (news.anew, news.lines)
    }

    #[test]
    fn half_a_line_waits_for_its_other_half() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steps.jsonl");
        let mut tail = Tail::new(&path);
        assert_eq!(lines(&mut tail), (false, vec![]));
        let mut file = File::create(&path).unwrap();
        file.write_all(b"one\ntw").unwrap();
        assert_eq!(lines(&mut tail), (false, vec!["one".into()]));
        assert_eq!(lines(&mut tail), (false, vec![]));
        assert_eq!(last_lines(&path, 100), ["one"]);
        file.write_all(b"o\nthree\n").unwrap();
        assert_eq!(lines(&mut tail), (false, vec!["two".into(), "three".into()]));
        assert_eq!(last_lines(&path, 7), ["three"], "the end of 'two' is no line");
    }

    #[test]
    fn a_file_that_was_cut_and_written_on_is_read_anew_even_where_it_is_longer_by_then() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("steps.jsonl");
        std::fs::write(&path, "one\ntwo\nthree\n").unwrap();
        let mut tail = Tail::new(&path);
        assert_eq!(lines(&mut tail).1.len(), 3);
        std::fs::write(&path, "one\ntwo\nother three\nfour\n").unwrap();
        let again = ["one", "two", "other three", "four"].map(str::to_owned).to_vec();
        assert_eq!(lines(&mut tail), (true, again));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(lines(&mut tail), (true, vec![]));
        assert_eq!(lines(&mut tail), (false, vec![]));
    }
}
