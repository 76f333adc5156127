//! A folder of sequences: what lies in it that can be opened, each as a sequence of its own. Nothing is opened here.

use std::fs;
use std::path::{Path, PathBuf};

use super::names::{is_hidden, is_picture_name, natural};

/// Endings of archives, which hold a sequence each.
const ARCHIVES: [&str; 2] = ["cbz", "zip"];

/// What can be opened in a folder that is itself no sequence: folders of pictures or with a `book.json`, and
/// archives, in natural order. `None` for everything that is opened as one sequence: a file, a book, a folder of pictures.
pub fn members(path: &Path) -> Option<Vec<PathBuf>> {
    let about = fs::metadata(path).ok()?;
    if !about.is_dir() || is_sequence(path) {
        return None;
    }
    let mut found: Vec<(String, PathBuf)> = Vec::new();
    for entry in fs::read_dir(path).ok()?.flatten() {
        let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
        let is_member = match path.is_dir() {
            true => is_sequence(&path),
            false => path.extension().is_some_and(|end| ARCHIVES.iter().any(|known| end.eq_ignore_ascii_case(known))),
        };
        if is_member && !is_hidden(&name) {
            found.push((name, path));
        }
    }
    found.sort_by(|a, b| natural(&a.0, &b.0));
    (!found.is_empty()).then(|| found.into_iter().map(|(_, path)| path).collect())
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
        let names = members(home.path()).unwrap().into_iter().map(|path| path.file_name().unwrap().to_owned());
        assert_eq!(names.collect::<Vec<_>>(), ["book 9", "book 10", "comic.cbz"]);
        assert_eq!(members(&home.path().join("book 9")), None);
        assert_eq!(members(&home.path().join("notes")), None);
        assert_eq!(members(&home.path().join("comic.cbz")), None);
    }
}
