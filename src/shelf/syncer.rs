//! Has SQLite's log synced to the disk, once for all who wait. A commit writes the log without a sync, and what is acknowledged
//! waits for one here: so twenty votes that come together cost one sync, and nobody holds the database while the disk works.
//!
//! SQLite itself syncs the log before it moves anything from it into the database, and the database before it begins the log
//! anew (WAL, `synchronous = NORMAL`): what is no longer in the log is on the disk already.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};

use tokio::sync::oneshot;

/// Somebody who waits.
type Waiting = oneshot::Sender<Result<(), (ErrorKind, String)>>;

/// Clones share a thread, which ends with the last of them.
#[derive(Clone, Debug)]
pub struct Syncer(Sender<Waiting>);

impl Syncer {
    /// `log`: the file that SQLite appends commits to.
    pub fn new(log: PathBuf) -> io::Result<Syncer> {
        let (waits, waiting) = channel();
        std::thread::Builder::new().name("sync".to_owned()).spawn(move || serve(&log, &waiting))?;
        Ok(Syncer(waits))
    }

    /// When this returns, everything that was committed before it was called is on the disk.
    ///
    /// # Errors
    /// Where the disk does not take it: it may or may not be there after a failure of the power.
    pub async fn sync(&self) -> io::Result<()> {
        let (tells, told) = oneshot::channel();
        let gone = || io::Error::other("nobody syncs any more");
        self.0.send(tells).map_err(|_| gone())?;
        told.await.map_err(|_| gone())?.map_err(|(kind, words)| io::Error::new(kind, words))
    }
}

fn serve(log: &Path, waiting: &Receiver<Waiting>) {
    // What a failed sync did not write the system may have forgotten, and would say of the next one that all is well.
    let mut failed = None;
    while let Ok(first) = waiting.recv() {
        // All who wait by now have committed before the sync begins.
        let all: Vec<Waiting> = [first].into_iter().chain(waiting.try_iter()).collect();
        failed = failed.or_else(|| sync(log).err());
        for tells in all {
            // Who has gone is told nothing.
            let _ = tells.send(failed.clone().map_or(Ok(()), Err));
        }
    }
}

fn sync(log: &Path) -> Result<(), (ErrorKind, String)> {
    // Opened each time: the log is another file once every connection was closed in between.
    match File::open(log).and_then(|file| file.sync_data()) {
        // Moved into the database, and that synced, when the last connection was closed.
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        done => {
            done.map_err(|error| (error.kind(), format!("{error}; nothing is kept until storyloom is started anew")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn all_who_wait_are_told_and_a_disk_that_fails_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("shelf.db-wal");
        let syncer = Syncer::new(log.clone()).unwrap();
        syncer.sync().await.unwrap();
        std::fs::write(&log, b"frames").unwrap();
        let waits: Vec<_> = (0..50)
            .map(|_| {
                let syncer = syncer.clone();
                tokio::spawn(async move { syncer.sync().await })
            })
            .collect();
        for waited in waits {
            waited.await.unwrap().unwrap();
        }
        std::fs::remove_file(&log).unwrap();
        std::os::unix::fs::symlink(&log, &log).unwrap();
        assert!(syncer.sync().await.is_err(), "a link to itself cannot be opened");
        std::fs::remove_file(&log).unwrap();
        assert!(syncer.sync().await.is_err(), "what was lost does not come back");
    }
}
