//! The sequences: those that come with the program, and those that somebody opened here.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use rayon::prelude::*;

use super::bundled::{BUNDLED, Bundled};
use super::drawn_tale;
use super::handle::Studio;
use super::sequence_card::{Cover, SequenceCard};
use crate::exchange::{self, Choose, Opened};
use crate::pixels::Picture;
use crate::shelf::SequenceLine;
use crate::story::{Notice, SequenceId};

/// Bytes of encoded pictures of sequences that stay open although nobody looks at them.
const RECENT: usize = 24 << 20;

impl Studio {
    /// The bundled sequences, then the opened ones, the one opened last first. Their covers are fetched when they are seen.
    pub async fn gallery(&self) -> Result<Vec<SequenceCard>, Notice> {
        let shelf = &self.inner.shelf;
        let counts = shelf.story_counts().await?;
        let ratings = shelf.vote_counts().await?;
        let lines = shelf.sequences().await?;
        let studio = self.clone();
        let cards = blocking(move || {
            let opened: Vec<&SequenceLine> = lines.iter().filter(|line| studio.bundled(&line.id).is_none()).collect();
            let mut cards: Vec<Result<SequenceCard, Notice>> =
                studio.inner.bundled.par_iter().map(|(id, bundled)| studio.bundled_card(id, bundled)).collect();
            cards.extend(opened.into_iter().map(|line| Ok(Self::opened_card(line))));
            cards
        });
        let whole = cards.await?.into_iter().filter_map(|card| match card {
            Ok(card) => Some(SequenceCard {
                stories: counts.get(&card.id).copied().unwrap_or(0),
                ratings: ratings.get(&card.id).copied().unwrap_or(0),
                ..card
            }),
            Err(notice) => {
                tracing::warn!(%notice, "a sequence is left out of the gallery");
                None
            }
        });
        Ok(whole.collect())
    }

    /// Opens what a path names and puts it on the shelf. The notices say what was left out of it.
    pub async fn open_path(&self, path: &Path, choose: &Choose) -> Result<(SequenceCard, Vec<Notice>), Notice> {
        let (path, choose) = (path.to_owned(), choose.clone());
        let opened = blocking(move || exchange::open(&path, &choose)).await??;
        self.take_in(opened).await
    }

    /// Opens what a person names on the command line: a path, a bundled sequence by its slug, or one on the shelf by its id.
    pub async fn open_named(&self, name: &str, choose: &Choose) -> Result<(SequenceCard, Vec<Notice>), Notice> {
        let path = Path::new(name);
        if path.exists() {
            return self.open_path(path, choose).await;
        }
        let choose = choose.clone();
        if let Some(bundled) = Bundled::find(name) {
            let opened = blocking(move || bundled.open(&choose)).await??;
            return self.take_in(opened).await;
        }
        let id = SequenceId(name.to_owned());
        if choose == Choose::default()
            && (self.bundled(&id).is_some() || self.inner.shelf.sequence(&id).await?.is_some())
        {
            let opened = self.sequence(&id).await?;
            let stories = self.inner.shelf.story_counts().await?.get(&id).copied().unwrap_or(0);
            return Ok((SequenceCard { stories, ..card(&opened)? }, Vec::new()));
        }
        let near = BUNDLED.iter().map(|bundled| (strsim::jaro_winkler(bundled.slug, name), bundled.slug));
        let near = near.filter(|(likeness, _)| *likeness > 0.75).max_by(|a, b| a.0.total_cmp(&b.0));
        let try_this = match near {
            Some((_, slug)) => format!("did you mean '{slug}'?"),
            None => format!(
                "name a folder, book, archive, animation or picture, or a bundled sequence such as {}",
                BUNDLED[0].slug
            ),
        };
        Err(Notice::yours(format!("there is nothing called '{name}' to open"), try_this))
    }

    /// Opens a list of files as one sequence and puts it on the shelf.
    pub async fn open_files(
        &self,
        paths: Vec<PathBuf>,
        choose: &Choose,
    ) -> Result<(SequenceCard, Vec<Notice>), Notice> {
        let choose = choose.clone();
        let opened = blocking(move || exchange::open_files(&paths, &choose)).await??;
        self.take_in(opened).await
    }

    /// The sequence of this id with all its pictures.
    pub async fn sequence(&self, id: &SequenceId) -> Result<Arc<Opened>, Notice> {
        if let Some(opened) = self.held(id) {
            return Ok(opened);
        }
        let opened = match self.bundled(id) {
            Some(bundled) => blocking(move || bundled.open(&Choose::default())).await??,
            None => match drawn_tale::named(id) {
                Some((seed, split)) => {
                    let id = id.clone();
                    blocking(move || drawn_tale::draw(&id, seed, split)).await??
                }
                None => self.opened_from_shelf(id).await?,
            },
        };
        Ok(self.hold(opened))
    }

    async fn opened_from_shelf(&self, id: &SequenceId) -> Result<Opened, Notice> {
        let shelf = &self.inner.shelf;
        let sequence = shelf.sequence(id).await?.ok_or_else(|| {
            Notice::yours(format!("there is no sequence {id} here"), "open its pictures with storyloom tell FOLDER")
        })?;
        let pictures = shelf.pictures(sequence.frames.iter().map(|frame| frame.hash.clone()).collect()).await?;
        Ok(Opened { sequence, pictures, problems: Vec::new() })
    }

    pub(super) async fn take_in(&self, opened: Opened) -> Result<(SequenceCard, Vec<Notice>), Notice> {
        self.inner.shelf.put_sequence(&opened.sequence, &opened.pictures).await?;
        let problems = opened.problems.clone();
        let opened = self.hold(opened);
        let stories = self.inner.shelf.story_counts().await?.get(&opened.sequence.id).copied().unwrap_or(0);
        Ok((SequenceCard { stories, ..card(&opened)? }, problems))
    }

    fn held(&self, id: &SequenceId) -> Option<Arc<Opened>> {
        self.inner.open.lock().unwrap_or_else(PoisonError::into_inner).get(id)?.upgrade()
    }

    pub(super) fn hold(&self, opened: Opened) -> Arc<Opened> {
        let opened = Arc::new(opened);
        let mut open = self.inner.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, held| held.strong_count() > 0);
        open.insert(opened.sequence.id.clone(), Arc::downgrade(&opened));
        drop(open);
        let mut recent = self.inner.recent.lock().unwrap_or_else(PoisonError::into_inner);
        recent.push_back(opened.clone());
        let size = |opened: &Arc<Opened>| opened.pictures.iter().map(|picture| picture.bytes().len()).sum::<usize>();
        let mut bytes: usize = recent.iter().map(size).sum();
        while bytes > RECENT {
            let Some(oldest) = recent.pop_front() else { break };
            bytes -= size(&oldest);
        }
        opened
    }

    fn bundled(&self, id: &SequenceId) -> Option<&'static Bundled> {
        self.inner.bundled.iter().find(|(known, _)| known == id).map(|(_, bundled)| *bundled)
    }

    fn bundled_card(&self, id: &SequenceId, bundled: &Bundled) -> Result<SequenceCard, Notice> {
        // The first frame is enough for a card, and brings the words of the book with it.
        let first = bundled.open(&Choose { last: Some(1), ..Choose::default() })?;
        let card = card(&first)?;
        if let Some(cover) = first.pictures.first() {
            let mut covers = self.inner.covers.lock().unwrap_or_else(PoisonError::into_inner);
            covers.insert(cover.hash().to_owned(), cover.clone());
        }
        Ok(SequenceCard { id: id.clone(), frames: bundled.frames(), ..card })
    }

    fn opened_card(line: &SequenceLine) -> SequenceCard {
        SequenceCard {
            id: line.id.clone(),
            title: line.title.clone(),
            frames: line.frames,
            stories: 0,
            ratings: 0,
            in_world: line.in_world,
            source: line.source.clone(),
            credits: line.credits.clone(),
            cover: Cover { hash: line.cover.clone(), width: line.cover_size.0, height: line.cover_size.1 },
        }
    }

    /// A picture by its hash: of a bundled cover, of what was opened last, or of the shelf. Blocks.
    pub fn find_picture(&self, hash: &str) -> Result<Picture, Notice> {
        let bundled = self.inner.covers.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned();
        if let Some(found) = bundled.or_else(|| self.picture_at_hand(hash)) {
            return Ok(found);
        }
        Ok(self.inner.shelf.picture(hash)?)
    }

    fn picture_at_hand(&self, hash: &str) -> Option<Picture> {
        let recent = self.inner.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pictures = recent.iter().rev().flat_map(|opened| &opened.pictures);
        pictures.find(|picture| picture.hash() == hash).cloned()
    }
}

fn card(opened: &Opened) -> Result<SequenceCard, Notice> {
    let Opened { sequence, pictures, .. } = opened;
    let cover = pictures.first().ok_or_else(|| Notice::ours("a sequence without frames was opened"))?;
    Ok(SequenceCard {
        id: sequence.id.clone(),
        title: sequence.title.clone(),
        frames: sequence.frames.len(),
        stories: 0,
        ratings: 0,
        in_world: sequence.in_world,
        source: sequence.source.clone(),
        credits: sequence.credits.clone(),
        cover: Cover { hash: cover.hash().to_owned(), width: cover.width(), height: cover.height() },
    })
}

/// Runs decoding and files off the async threads.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Notice> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Notice::ours(format!("opening pictures broke off: {error}")))
}
