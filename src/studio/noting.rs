//! Notes about sequences: kept, and written as training data.

use std::path::{Path, PathBuf};

use super::handle::Studio;
use super::publishing::write;
use crate::exchange::{lesson, slug};
use crate::story::{Notes, Notice, SequenceId};

impl Studio {
    /// The notes of a sequence.
    pub async fn notes(&self, id: &SequenceId) -> Result<Notes, Notice> {
        Ok(self.inner.shelf.notes(id).await?)
    }

    /// Keeps the notes of a sequence; when this returns, they last.
    pub async fn put_notes(&self, id: &SequenceId, notes: &Notes) -> Result<(), Notice> {
        // Notes point at their sequence: a bundled one is put on the shelf with its first note.
        if self.inner.shelf.sequence(id).await?.is_none() {
            let opened = self.sequence(id).await?;
            self.inner.shelf.put_sequence(&opened.sequence, &opened.pictures).await?;
        }
        Ok(self.inner.shelf.put_notes(id, notes).await?)
    }

    /// Writes every annotated sequence as a book below `folder`, which `train sft` reads as `kind = "books"`. Gives the
    /// folders that were written, and why others were not.
    pub async fn write_lessons(&self, folder: &Path) -> Result<(Vec<PathBuf>, Vec<Notice>), Notice> {
        let (mut written, mut left_out) = (Vec::new(), Vec::new());
        for id in self.inner.shelf.noted().await? {
            let notes = self.notes(&id).await?;
            if notes.is_empty() {
                continue;
            }
            let opened = self.sequence(&id).await?;
            // Two sequences may have one title, but never one id.
            let short: String = id.0.chars().rev().take(6).collect();
            let name = format!("{}-{short}", slug(&opened.sequence.title));
            let (root, book) = (folder.to_owned(), name.clone());
            let work = tokio::task::spawn_blocking(move || {
                let files = lesson(&opened.sequence, &opened.pictures, &notes, &book)?;
                files.iter().try_for_each(|(name, content)| {
                    let path = root.join(name);
                    write(&path, content).map_err(|error| {
                        let what = format!("{} cannot be written: {error}", path.display());
                        Notice::outside(what, "name another folder with --out, or make room")
                    })
                })
            });
            match work.await.map_err(|error| Notice::ours(format!("writing broke off: {error}")))? {
                Ok(()) => written.push(folder.join(name)),
                Err(notice) => left_out.push(notice),
            }
        }
        Ok((written, left_out))
    }
}
