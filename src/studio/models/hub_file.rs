//! One file from the hub: resumed where an earlier attempt ended, fetched, and held against what the hub says it is.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use hf_hub::api::Progress;
use hf_hub::api::sync::{ApiError, ApiRepo};
use sha2::{Digest, Sha256};

use super::fetching::Fetching;
use super::hub_listing::{Listed, is_sha256};
use super::hub_trouble::{Asked, is_cut};
use crate::story::Notice;

/// Redone when a part file is complete but was never renamed: a range that begins at the end is an error to a server.
const TAIL: u64 = 1 << 16;

/// A file that is wanted, and where it is going to be.
pub struct HubFile<'a> {
    pub file: &'a Listed,
    pub remote: &'a ApiRepo,
    pub asked: &'a Asked<'a>,
    /// Its name in the cache: a link to the content.
    pub place: PathBuf,
    /// Where the cache keeps its content, as far as that can be known beforehand.
    pub blob: Option<PathBuf>,
    /// Bytes of the files before it.
    pub before: u64,
}

/// How what came differs from what the hub says it is.
enum Wrong {
    Short,
    Content(String),
    Unreadable(io::Error),
}

/// Passes hf-hub's counting on.
struct Meter<'a> {
    watch: &'a mut dyn FnMut(Fetching),
    before: u64,
    done: u64,
}

impl HubFile<'_> {
    /// Fetches it unless it is there already. Blocks.
    pub fn fetch(&self, pauses: &[Duration], watch: &mut dyn FnMut(Fetching)) -> Result<(), Notice> {
        self.link_known_content();
        if self.place.exists() && self.check(&self.place).is_ok() {
            return Ok(());
        }
        self.discard();
        let mut resumed = self.trim_part();
        let mut waits = pauses.iter();
        loop {
            let came = self.part_length();
            let meter = Meter { watch: &mut *watch, before: self.before, done: 0 };
            let failed = match self.remote.download_with_progress(&self.file.name, meter) {
                Ok(path) => match self.check(&path) {
                    Ok(()) => return Ok(()),
                    Err(Wrong::Short) => {
                        self.back_to_part();
                        ApiError::IoError(io::Error::from(io::ErrorKind::UnexpectedEof))
                    }
                    // What was there from an earlier attempt may have been of another make: once more, from the start.
                    Err(Wrong::Content(_)) if resumed => {
                        self.discard();
                        resumed = false;
                        continue;
                    }
                    Err(wrong) => {
                        self.discard();
                        return Err(self.refuse(wrong));
                    }
                },
                Err(error) => error,
            };
            if !is_cut(&failed) {
                return Err(self.asked.failed(&failed));
            }
            // As long as something comes, it is worth going on at once; else it takes a little time, and then an end.
            if self.part_length() <= came {
                let Some(wait) = waits.next() else { return Err(self.asked.failed(&failed)) };
                thread::sleep(*wait);
            }
            resumed = self.trim_part();
            watch(Fetching::Again { why: failed.to_string() });
        }
    }

    /// The content may be in the cache already, from another commit of the same repository.
    fn link_known_content(&self) {
        let Some(blob) = self.blob.as_deref().filter(|blob| blob.is_file() && !self.place.exists()) else { return };
        let (Some(folder), Some(name)) = (self.place.parent(), blob.file_name()) else { return };
        if fs::create_dir_all(folder).is_ok() {
            // Where links cannot be made the file is fetched, which is right and only slower.
            let _ = link(&Path::new("..").join("..").join("blobs").join(name), &self.place);
        }
    }

    fn check(&self, path: &Path) -> Result<(), Wrong> {
        let length = fs::metadata(path).map_err(Wrong::Unreadable)?.len();
        match self.file.size {
            Some(size) if length < size => return Err(Wrong::Short),
            Some(size) if length > size => {
                return Err(Wrong::Content(format!("it has {length} bytes instead of {size}")));
            }
            _ => {}
        }
        // Where the listing does not say, the cache's own name for a large file's content does.
        let content = fs::canonicalize(path).map_err(Wrong::Unreadable)?;
        let name = content.file_name().and_then(|name| name.to_str()).filter(|name| is_sha256(name));
        let Some(stated) = self.file.sha256().or(name) else { return Ok(()) };
        let found = sha256(path).map_err(Wrong::Unreadable)?;
        if found.eq_ignore_ascii_case(stated) {
            Ok(())
        } else {
            Err(Wrong::Content(format!("its sha256 is {found} instead of {stated}")))
        }
    }

    fn refuse(&self, wrong: Wrong) -> Notice {
        let name = &self.file.name;
        match wrong {
            Wrong::Content(how) => Notice::outside(
                format!("{name} did not come as {} states it: {how}; it was thrown away", self.asked.endpoint),
                "run the same command again; if it happens again, something between here and the hub changes files",
            ),
            Wrong::Short => self.asked.failed(&ApiError::IoError(io::Error::from(io::ErrorKind::UnexpectedEof))),
            Wrong::Unreadable(error) => Notice::outside(
                format!("{name} cannot be read back: {error}"),
                "check the disk and the cache's permissions",
            ),
        }
    }

    fn part(&self) -> Option<PathBuf> {
        self.blob.as_ref().map(|blob| blob.with_extension("part"))
    }

    fn part_length(&self) -> u64 {
        self.part().and_then(|part| fs::metadata(part).ok()).map_or(0, |part| part.len())
    }

    /// Makes what an earlier attempt left fit to go on with; true if there is any.
    fn trim_part(&self) -> bool {
        let (Some(part), Some(size)) = (self.part(), self.file.size) else { return false };
        let length = self.part_length();
        if length >= size {
            let keep = if length == size { size.saturating_sub(TAIL) } else { 0 };
            if File::options().write(true).open(&part).and_then(|file| file.set_len(keep)).is_err() {
                return false;
            }
        }
        self.part_length() > 0
    }

    /// What hf-hub took for whole and is not becomes a part again.
    fn back_to_part(&self) {
        if let (Ok(content), Some(part)) = (fs::canonicalize(&self.place), self.part()) {
            let _ = fs::rename(content, part);
        }
        let _ = fs::remove_file(&self.place);
    }

    /// Removes what is there under this name, content and link, and what an earlier attempt left.
    fn discard(&self) {
        if let Ok(content) = fs::canonicalize(&self.place) {
            let _ = fs::remove_file(content);
            if let Some(part) = self.part() {
                let _ = fs::remove_file(part);
            }
        }
        let _ = fs::remove_file(&self.place);
    }
}

impl Progress for Meter<'_> {
    fn init(&mut self, _: usize, _: &str) {
        self.done = 0;
    }

    fn update(&mut self, size: usize) {
        self.done += size as u64;
        (self.watch)(Fetching::Bytes { done: self.before + self.done });
    }

    fn finish(&mut self) {}
}

fn sha256(path: &Path) -> io::Result<String> {
    let (mut file, mut hasher) = (File::open(path)?, Sha256::new());
    let mut buffer = vec![0u8; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    Ok(hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(unix)]
fn link(to: &Path, from: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(to, from)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
