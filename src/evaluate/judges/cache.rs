//! Answers that were paid for, by what was asked: the same question to the same judge is asked once. A file of lines that only
//! grows, so that what is broken off goes on where it was; a last line that was cut is left out.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Kept answers. Threads share it.
#[derive(Debug)]
pub struct Cache {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    known: HashMap<String, String>,
    file: Option<File>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    answer: String,
}

impl Cache {
    /// Nothing is kept beyond this program.
    pub fn fleeting() -> Cache {
        Cache { inner: Mutex::new(Inner { known: HashMap::new(), file: None }) }
    }

    /// # Errors
    /// A file that cannot be read or written.
    pub fn open(path: &Path) -> io::Result<Cache> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let known = text
            .split(|byte| *byte == b'\n')
            .filter_map(|line| serde_json::from_slice::<Line>(line).ok())
            .map(|line| (line.key, line.answer))
            .collect();
        if text.last().is_some_and(|last| *last != b'\n') {
            file.write_all(b"\n")?;
        }
        Ok(Cache { inner: Mutex::new(Inner { known, file: Some(file) }) })
    }

    pub fn get(&self, key: &str) -> Option<String> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).known.get(key).cloned()
    }

    /// # Errors
    /// A disk that is full.
    pub fn put(&self, key: &str, answer: &str) -> io::Result<()> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = &mut inner.file {
            let mut line = serde_json::to_vec(&Line { key: key.to_owned(), answer: answer.to_owned() })?;
            line.push(b'\n');
            file.write_all(&line)?;
        }
        inner.known.insert(key.to_owned(), answer.to_owned());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_there_again_and_a_cut_line_costs_only_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("judges/cache.jsonl");
        let cache = Cache::open(&path).unwrap();
        cache.put("a", "one").unwrap();
        cache.put("b", "two\nlines").unwrap();
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 4]).unwrap();
        let cache = Cache::open(&path).unwrap();
        assert_eq!((cache.get("a").as_deref(), cache.get("b")), (Some("one"), None));
        cache.put("b", "again").unwrap();
        assert_eq!(Cache::open(&path).unwrap().get("b").as_deref(), Some("again"));
    }
}
