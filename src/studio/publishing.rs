//! Writes a story with its frames as something to read elsewhere.

use std::io;
use std::path::{Path, PathBuf};

use super::handle::Studio;
use crate::exchange::{Edition, Publication};
use crate::story::{Notice, SequenceId, Story};

impl Studio {
    /// Writes a story of a sequence into `folder`; gives the file to open. An older one of the same name gives way.
    pub async fn publish(&self, story: &Story, edition: Edition, folder: &Path) -> Result<PathBuf, Notice> {
        let opened = self.sequence(&story.sequence).await?;
        let (story, folder) = (story.clone(), folder.to_owned());
        let write = move || {
            let publication = Publication { sequence: &opened.sequence, pictures: &opened.pictures, story: &story };
            let files = publication.files(edition)?;
            for (name, content) in &files {
                let path = folder.join(name);
                write(&path, content).map_err(|error| {
                    let what = format!("{} cannot be written: {error}", path.display());
                    Notice::outside(what, "name another folder with --out, or make room")
                })?;
            }
            Ok(folder.join(&files[0].0))
        };
        tokio::task::spawn_blocking(write)
            .await
            .map_err(|error| Notice::ours(format!("writing the story broke off: {error}")))?
    }

    /// Writes a story as a page into `exports/` of the home folder; gives the file.
    pub async fn page(&self, story: &Story) -> Result<PathBuf, Notice> {
        self.publish(story, Edition::Html, &self.inner.shelf.home().join("exports")).await
    }

    /// Writes a file into `exports/` of the home folder, under this name or the next that is free; gives the file.
    pub async fn write_export(&self, name: &str, content: Vec<u8>) -> Result<PathBuf, Notice> {
        let folder = self.inner.shelf.home().join("exports");
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let free = (1..).map(|n| folder.join(format!("{stem}-{n}.{ending}"))).find(|path| !path.exists());
        let path = free.unwrap_or_else(|| folder.join(name));
        let written = {
            let path = path.clone();
            tokio::task::spawn_blocking(move || write(&path, &content)).await
        };
        match written {
            Ok(Ok(())) => Ok(path),
            Ok(Err(error)) => {
                Err(Notice::outside(format!("{} cannot be written: {error}", path.display()), "make room"))
            }
            Err(error) => Err(Notice::ours(format!("writing broke off: {error}"))),
        }
    }

    /// A story by its id, or the newest of a sequence.
    pub async fn find_story(&self, sequence: &SequenceId, id: Option<&str>) -> Result<Story, Notice> {
        let stories = self.stories(sequence).await?;
        let known: Vec<String> = stories.iter().take(5).map(|story| story.id.clone()).collect();
        let found = stories.into_iter().find(|story| id.is_none_or(|id| story.id == id));
        found.ok_or_else(|| match id {
            Some(id) if !known.is_empty() => {
                Notice::yours(format!("this sequence has no story '{id}'"), format!("one of {}", known.join(", ")))
            }
            _ => Notice::yours("nothing has been told of this sequence yet", "have it told first: storyloom tell"),
        })
    }
}

/// All of it or nothing: beside the old file, then in its place.
pub(super) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
    io::Write::write_all(&mut fresh, content)?;
    fresh.as_file().sync_all()?;
    fresh.persist(path)?;
    Ok(())
}
