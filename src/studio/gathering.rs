//! Opens several sequences at once: all that lie in a folder, or the rows of a file of training data.

use std::path::Path;

use super::gallery::blocking;
use super::handle::Studio;
use super::sequence_card::SequenceCard;
use crate::exchange::{self, LeftOut, Members};
use crate::story::Notice;

/// Rows of one file at most: a gallery is no place for all of VIST.
const MOST_ROWS: usize = 500;

/// What came of it.
#[derive(Clone, Debug)]
pub struct Gathered {
    pub count: usize,
    /// One of those that were opened; they all belong together.
    pub one: Option<SequenceCard>,
    /// What was left out, each named.
    pub problems: Vec<Notice>,
}

impl Studio {
    /// Opens everything that a path holds; `None` if it is one sequence, or none. `watch` hears how many are done, of how many.
    ///
    /// # Errors
    /// A file of training data of which nothing can be used.
    pub async fn gather(&self, path: &Path, mut watch: impl FnMut(usize, usize)) -> Result<Option<Gathered>, Notice> {
        let named = path.to_owned();
        let Some(members) = blocking(move || exchange::members(&named)).await?? else { return Ok(None) };
        let mut gathered = Gathered { count: 0, one: None, problems: Vec::new() };
        let of = match &members {
            Members::Paths(paths) => paths.len(),
            Members::Rows { rows, .. } => rows.len().min(MOST_ROWS),
        };
        // The one opened last comes first in the gallery, so the last is opened first.
        for done in 0..of {
            watch(done, of);
            let place = of - 1 - done;
            let opened = match &members {
                Members::Paths(paths) => self.open_path(&paths[place], &Default::default()).await,
                Members::Rows { rows, .. } => {
                    let (file, row) = (path.to_owned(), rows[place].clone());
                    match blocking(move || exchange::open_row(&file, &row)).await? {
                        Ok(opened) => self.take_in(opened).await,
                        Err(notice) => Err(notice),
                    }
                }
            };
            match opened {
                Ok((card, left_out)) => {
                    gathered.count += 1;
                    gathered.one = Some(card);
                    gathered.problems.extend(left_out);
                }
                Err(notice) => gathered.problems.push(notice),
            }
        }
        if let Members::Rows { rows, left_out } = &members {
            gathered.problems.extend(left_out.iter().map(said));
            if rows.len() > MOST_ROWS {
                let what = format!("only the first {MOST_ROWS} of {} rows are opened", rows.len());
                gathered.problems.insert(0, Notice::yours(what, "train on the whole file with storyloom train sft"));
            }
        }
        Ok(Some(gathered))
    }
}

fn said(left: &LeftOut) -> Notice {
    Notice::yours(format!("row {} ({}): {}", left.row, left.id, left.reason), "mend it in the file")
}
