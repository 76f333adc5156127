//! What was told, kept in a file as it comes: one line a text, under a key made of everything that it depends on. What is there is
//! never told again; a line that a crash cut off is.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use crate::evaluate::metrics::Weighed;
use crate::story::Notice;

/// Something that a model said or weighed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Value {
    Text {
        text: String,
        /// The limit of tokens cut it.
        cut: bool,
        milliseconds: f64,
    },
    /// None: longer than the model reads at once.
    Weighed(Option<Weighed>),
}

/// A line of the file. All but key and value is for people who read it.
#[derive(Serialize, Deserialize)]
struct Line {
    key: String,
    model: String,
    sequence: String,
    what: String,
    value: Value,
}

/// The file, open to read and to append.
pub struct Kept {
    values: Mutex<HashMap<String, Value>>,
    file: Mutex<File>,
}

impl Kept {
    /// Opens or begins the file.
    ///
    /// # Errors
    /// A file that cannot be opened, holds something else, or is another evaluation's at this moment.
    pub fn open(path: &Path) -> Result<Kept, Notice> {
        let outside = |error: std::io::Error| {
            Notice::outside(
                format!("{} cannot be read or written: {error}", path.display()),
                "choose another folder: --out",
            )
        };
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(outside)?;
        // Two that wrote at once would tear each other's lines.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let what = format!("another evaluation is at work on {}", path.display());
            return Err(Notice::yours(what, "wait until it has ended, or choose another folder: --out"));
        }
        let mut values = HashMap::new();
        let mut reader = BufReader::new(&mut file);
        let (mut whole, mut number) = (0u64, 0);
        let mut text = Vec::new();
        loop {
            text.clear();
            let read = reader.read_until(b'\n', &mut text).map_err(outside)?;
            number += 1;
            // Only the last line can lack its end: the program was ended while it wrote.
            if read == 0 || text.last() != Some(&b'\n') {
                break;
            }
            let line: Line = serde_json::from_slice(&text).map_err(|error| {
                let what = format!("line {number} of {} was not written by an evaluation: {error}", path.display());
                Notice::yours(what, "move the file away, or choose another folder: --out")
            })?;
            values.insert(line.key, line.value);
            whole += read as u64;
        }
        file.set_len(whole).map_err(outside)?;
        file.seek(SeekFrom::End(0)).map_err(outside)?;
        Ok(Kept { values: Mutex::new(values), file: Mutex::new(file) })
    }

    /// What is kept under a key.
    pub fn get(&self, key: &str) -> Option<Value> {
        self.values.lock().ok()?.get(key).cloned()
    }

    /// Keeps a value; it is in the file when this returns.
    ///
    /// # Errors
    /// A full disk, say.
    pub fn put(&self, key: &str, about: [&str; 3], value: &Value) -> std::io::Result<()> {
        let [model, sequence, what] = about.map(str::to_owned);
        let line = Line { key: key.to_owned(), model, sequence, what, value: value.clone() };
        let mut text = serde_json::to_vec(&line)?;
        text.push(b'\n');
        if let Ok(mut file) = self.file.lock() {
            file.write_all(&text)?;
            file.flush()?;
        }
        if let Ok(mut values) = self.values.lock() {
            values.insert(line.key, line.value);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_again_and_half_a_line_is_not() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("kept.jsonl");
        let value = Value::Text { text: "A story.\n".into(), cut: false, milliseconds: 3.5 };
        let kept = Kept::open(&path).unwrap();
        kept.put("a", ["m", "s", "own"], &value).unwrap();
        kept.put("b", ["m", "s", "weigh"], &Value::Weighed(None)).unwrap();
        drop(kept);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 5);
        std::fs::write(&path, &bytes).unwrap();
        let kept = Kept::open(&path).unwrap();
        assert_eq!((kept.get("a"), kept.get("b")), (Some(value), None));
        kept.put("b", ["m", "s", "weigh"], &Value::Weighed(None)).unwrap();
        assert!(Kept::open(&path).err().unwrap().what.contains("at work"));
        drop(kept);
        assert_eq!(Kept::open(&path).unwrap().get("b"), Some(Value::Weighed(None)));
        std::fs::write(&path, "{\"other\": 1}\n").unwrap();
        assert!(Kept::open(&path).err().unwrap().what.contains("line 1"));
    }
}
