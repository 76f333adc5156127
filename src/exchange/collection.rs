//! What holds several sequences: a folder of them, or a file of training data. Each is opened as a sequence of its own.

use std::fs;
use std::path::{Path, PathBuf};

use super::Choose;
use super::clean::clean_notice;
use super::dataset::{is_rows, open_rows};
use super::draft::{Draft, Origin, Page};
use super::names::{is_hidden, is_picture_name, natural};
use super::opened::Opened;
use super::row::{LeftOut, Row, Words};
use crate::story::Notice;

/// Endings of archives, which hold a sequence each; and of files of training data.
const ARCHIVES: [&str; 2] = ["cbz", "zip"];
const TABLES: [&str; 3] = ["json", "jsonl", "csv"];

/// Several sequences, still to be opened.
#[derive(Debug)]
pub enum Members {
    Paths(Vec<PathBuf>),
    Rows { rows: Vec<Row>, left_out: Vec<LeftOut> },
}

/// What can be opened one by one: in a folder that is itself no sequence the folders of pictures or with a `book.json`, and the
/// archives, in natural order; of a file of training data its rows. `None` for everything that is one sequence.
///
/// # Errors
/// A file of training data of which nothing can be used.
pub fn members(path: &Path) -> Result<Option<Members>, Notice> {
    let Ok(about) = fs::metadata(path) else { return Ok(None) };
    let ends = |path: &Path, known: &[&str]| {
        path.extension().is_some_and(|end| known.iter().any(|known| end.eq_ignore_ascii_case(known)))
    };
    if about.is_file() && ends(path, &TABLES) && is_rows(path) {
        let found = open_rows(path, path.parent().unwrap_or(Path::new(".")), None)?;
        return Ok(Some(Members::Rows { rows: found.rows, left_out: found.left_out }));
    }
    if !about.is_dir() || is_sequence(path) {
        return Ok(None);
    }
    let Ok(entries) = fs::read_dir(path) else { return Ok(None) };
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for entry in entries.flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let is_member = if path.is_dir() { is_sequence(&path) } else { ends(&path, &ARCHIVES) };
        if is_member && !is_hidden(&name) {
            found.push((name, path));
        }
    }
    found.sort_by(|a, b| natural(&a.0, &b.0));
    let paths: Vec<PathBuf> = found.into_iter().map(|(_, path)| path).collect();
    Ok((!paths.is_empty()).then_some(Members::Paths(paths)))
}

/// Opens a row of a file of training data; its story, where it has one, becomes the words of its frames.
///
/// # Errors
/// If none of its pictures can be opened.
pub fn open_row(file: &Path, row: &Row) -> Result<Opened, Notice> {
    let words = |place: usize| match &row.words {
        Words::Lines(lines) => lines.story.get(place).or_else(|| lines.captions.get(place)).cloned(),
        Words::Turns(_) => None,
    };
    let page = |(place, path): (usize, &PathBuf)| Page {
        name: path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        text: words(place),
        origin: Origin::File(path.clone()),
    };
    let pages = row.images.iter().enumerate().map(page).collect();
    let title = if row.title.trim().is_empty() { row.id.clone() } else { row.title.clone() };
    let source = format!("{}/{}", file.display(), row.id);
    Draft { cast: row.cast.clone(), ..Draft::of(title, source, pages) }.finish(&Choose::default()).map_err(clean_notice)
}

/// A book, or a folder with a picture in it.
fn is_sequence(folder: &Path) -> bool {
    let picture = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        is_picture_name(&name) && !is_hidden(&name)
    };
    folder.join("book.json").is_file() || fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(picture))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_of_books_and_archives_has_members_and_a_folder_of_pictures_has_none() {
        let home = tempfile::tempdir().unwrap();
        let folder = |name: &str, file: &str| {
            fs::create_dir_all(home.path().join(name)).unwrap();
            fs::write(home.path().join(name).join(file), b"x").unwrap();
        };
        folder("book 10", "book.json");
        folder("book 9", "01.png");
        folder("notes", "a.txt");
        folder(".hidden", "01.png");
        fs::write(home.path().join("comic.cbz"), b"x").unwrap();
        fs::write(home.path().join("list.csv"), b"x").unwrap();
        let Ok(Some(Members::Paths(paths))) = members(home.path()) else { panic!("no members") };
        let names = paths.into_iter().map(|path| path.file_name().unwrap().to_owned());
        assert_eq!(names.collect::<Vec<_>>(), ["book 9", "book 10", "comic.cbz"]);
        for alone in ["book 9", "notes", "comic.cbz", "list.csv", "nowhere"] {
            assert!(members(&home.path().join(alone)).unwrap().is_none(), "{alone}");
        }
    }

    #[test]
    fn the_rows_of_a_file_become_sequences_with_their_words() {
        let home = tempfile::tempdir().unwrap();
        let picture = crate::pixels::Picture::from_rgb(&crate::pixels::Rgb { width: 4, height: 3, data: vec![9; 36] });
        for name in ["a.png", "b.png"] {
            fs::write(home.path().join(name), picture.as_ref().unwrap().bytes()).unwrap();
        }
        let file = home.path().join("talks.json");
        let talk = r#"[{"id": "t1", "image": ["a.png", "b.png"], "conversations": [
            {"from": "human", "value": "<image><image>What happens?"}, {"from": "gpt", "value": "A fox runs."}]}]"#;
        fs::write(&file, talk).unwrap();
        let Ok(Some(Members::Rows { rows, left_out })) = members(&file) else { panic!("no rows") };
        assert_eq!((rows.len(), left_out.len()), (1, 0));
        let opened = open_row(&file, &rows[0]).unwrap();
        assert_eq!((opened.pictures.len(), opened.sequence.title.as_str()), (2, "t1"));
        assert!(opened.sequence.source.ends_with("talks.json/t1"));
    }
}
