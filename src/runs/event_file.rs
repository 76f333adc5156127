//! The measures of a run as TensorBoard's event files, beside `steps.jsonl`: records with masked CRC-32C around protocol
//! buffers of a handful of fields. Every number of a step becomes a scalar under its own name.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::folder::STEPS;
use super::tail::Tail;

const POLYNOMIAL: u32 = 0x82f6_3b78;

/// CRC-32C (Castagnoli).
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (POLYNOMIAL * (c & 1)));
    !bytes.iter().fold(!0, step)
}

/// A checksum of data that may hold checksums itself.
fn masked(bytes: &[u8]) -> u32 {
    crc(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// A record: length, its checksum, the bytes, their checksum.
fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    [&length[..], &masked(&length).to_le_bytes(), bytes, &masked(bytes).to_le_bytes()].concat()
}

fn varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// A field of bytes.
fn field(number: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(number << 3 | 2);
    varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// An event: wall time in field 1, step in field 2, then what it is about.
fn event(time: f64, step: u64, about: (u8, &[u8])) -> Vec<u8> {
    let mut out = vec![1 << 3 | 1];
    out.extend_from_slice(&time.to_le_bytes());
    // A nought is left out, as everywhere in protocol buffers.
    if step > 0 {
        out.push(2 << 3);
        varint(step, &mut out);
    }
    field(about.0, about.1, &mut out);
    record(&out)
}

/// What every file begins with.
fn version(time: f64) -> Vec<u8> {
    event(time, 0, (3, b"brain.Event:2"))
}

/// From this step on a run was taken up again: what older files say of it and of later ones does not hold any more.
fn begun_anew(time: f64, step: u64) -> Vec<u8> {
    event(time, step, (7, &[1 << 3, 1]))
}

/// The measures of a step.
fn scalars(time: f64, step: u64, values: &[(String, f64)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for (name, value) in values {
        let mut one = Vec::new();
        field(1, name.as_bytes(), &mut one);
        one.push(2 << 3 | 5);
        one.extend_from_slice(&(*value as f32).to_le_bytes());
        field(1, &one, &mut summary);
    }
    event(time, step, (5, &summary))
}

/// A step's numbers under their names; those of a list are counted from 1.
pub fn measures(line: &Value) -> Vec<(String, f64)> {
    let fields = line.as_object().into_iter().flatten().filter(|(name, _)| !matches!(name.as_str(), "step" | "of"));
    let mut found = Vec::new();
    for (name, value) in fields {
        match value {
            Value::Array(list) => {
                let numbers = list.iter().enumerate();
                found.extend(numbers.filter_map(|(n, value)| Some((format!("{name}/{}", n + 1), value.as_f64()?))));
            }
            value => found.extend(value.as_f64().map(|value| (name.clone(), value))),
        }
    }
    found
}

/// Follows a run's steps and writes them down.
pub struct EventFile {
    run: PathBuf,
    tail: Tail,
    /// All steps that are in event files, by their lines.
    written: Vec<(u64, u32)>,
    file: Option<File>,
}

impl EventFile {
    /// What is in `steps.jsonl` now is in an older file, if there is one.
    pub fn open(run: &Path) -> EventFile {
        let mut tail = Tail::new(&run.join(STEPS));
        let mut written = Vec::new();
        let names = fs::read_dir(run).into_iter().flatten().flatten().map(|entry| entry.file_name());
        if names.into_iter().any(|name| name.as_encoded_bytes().starts_with(b"events.out.tfevents.")) {
            while let Ok(news) = tail.read() {
                written.extend(news.lines.iter().filter_map(|line| Some((step_of(line)?, crc(line.as_bytes())))));
                if !news.more {
                    break;
                }
            }
        } else {
            tail = Tail::new(&run.join(STEPS));
        }
        EventFile { run: run.to_owned(), tail, written, file: None }
    }

    /// Writes what has come since.
    pub fn follow(&mut self) -> io::Result<()> {
        loop {
            let news = self.tail.read()?;
            // After a run was taken up again its file is there anew; what it kept is written already.
            let mut known = if news.anew { Some(0) } else { None };
            for line in &news.lines {
                let Some(step) = step_of(line) else { continue };
                let entry = (step, crc(line.as_bytes()));
                if let Some(at) = known {
                    if self.written.get(at) == Some(&entry) {
                        known = Some(at + 1);
                        continue;
                    }
                    self.written.truncate(at);
                    known = None;
                    let time = clock();
                    self.file()?.write_all(&begun_anew(time, step))?;
                }
                let value: Value = serde_json::from_str(line).unwrap_or_default();
                let bytes = scalars(clock(), step, &measures(&value));
                self.file()?.write_all(&bytes)?;
                self.written.push(entry);
            }
            if let Some(at) = known.filter(|_| news.anew) {
                self.written.truncate(at);
            }
            if !news.more {
                return Ok(());
            }
        }
    }

    /// The file of this supervisor, begun with its first step.
    fn file(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
            let host = if host.trim().is_empty() { "localhost" } else { host.trim() };
            let name = format!("events.out.tfevents.{}.{host}.{}.0", clock() as u64, std::process::id());
            let mut file = File::options().create(true).append(true).open(self.run.join(name))?;
            file.write_all(&version(clock()))?;
            self.file = Some(file);
        }
        self.file.as_mut().ok_or_else(|| io::Error::other("the event file is not open"))
    }
}

fn step_of(line: &str) -> Option<u64> {
    serde_json::from_str::<Value>(line).ok()?.get("step")?.as_u64()
}

fn clock() -> f64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0.0, |since| since.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Against records that TensorBoard's own classes wrote: `Event(wall_time=1.5, ..)` through its `RecordWriter`.
    #[test]
    fn checksums_and_records_are_those_of_others() {
        // The check value of CRC-32C, and of RFC 3720 that of 32 noughts.
        assert_eq!(crc(b"123456789"), 0xe306_9283);
        assert_eq!(crc(&[0; 32]), 0x8a91_36aa);
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(hex(&version(1.5)), VERSION);
        assert_eq!(hex(&scalars(1.5, 3, &[("loss".into(), 0.5)])), SCALAR);
        assert_eq!(hex(&begun_anew(1.5, 3)), ANEW);
    }

    const VERSION: &str = "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c";
    const SCALAR: &str = "1a00000000000000129bd82d09000000000000f83f10032a0d0a0b0a046c6f7373150000003f80655ee3";
    const ANEW: &str = "0f000000000000006d532b0909000000000000f83f10033a020801ec8612fc";

    /// Steps in the records of all files, noting where it was begun anew.
    fn steps(run: &Path) -> Vec<String> {
        let mut files: Vec<PathBuf> = fs::read_dir(run)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains("tfevents"))
            .collect();
        files.sort();
        let mut found = Vec::new();
        for bytes in files.iter().map(|path| fs::read(path).unwrap()) {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
                let data = &rest[12..12 + length];
                assert_eq!(record(data), rest[..16 + length]);
                let (step, about) = if data[9] == 2 << 3 { (data[10], data[11]) } else { (0, data[9]) };
                let about = match about >> 3 {
                    3 => "version",
                    7 => "anew",
                    _ => "step",
                };
                found.push(format!("{about} {step}"));
                rest = &rest[16 + length..];
            }
        }
        found
    }

    #[test]
    fn a_run_that_was_taken_up_again_is_written_from_where_it_went_on() {
        let folder = tempfile::tempdir().unwrap();
        let lines =
            |last: u64| (1..=last).map(|step| format!("{{\"step\":{step},\"loss\":0.5}}\n")).collect::<String>();
        let put = |text: String| fs::write(folder.path().join(STEPS), text).unwrap();
        put(lines(3));
        let mut events = EventFile::open(folder.path());
        events.follow().unwrap();
        events.follow().unwrap();
        assert_eq!(steps(folder.path()), ["version 0", "step 1", "step 2", "step 3"]);
        // Taken up after the second step, and another third one.
        put(format!("{}{{\"step\":3,\"loss\":0.4}}\n{{\"st", lines(2)));
        events.follow().unwrap();
        assert_eq!(steps(folder.path())[4..], ["anew 3", "step 3"]);
        // Another supervisor knows what is written.
        drop(events);
        let mut events = EventFile::open(folder.path());
        events.follow().unwrap();
        assert_eq!(steps(folder.path()).len(), 6);
    }

    #[test]
    fn every_number_is_a_measure() {
        let line =
            serde_json::json!({ "step": 1, "of": 9, "stage": "words", "loss": 0.5, "seen": [1, 0.5], "none": null });
        let found = measures(&line);
        assert_eq!(found, [("loss".into(), 0.5), ("seen/1".into(), 1.0), ("seen/2".into(), 0.5)]);
    }
}
