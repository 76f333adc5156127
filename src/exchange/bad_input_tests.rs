//! Everything that is wrong with what people open: each has a clear word and a remedy, and none stops the rest.

use std::path::Path;
use std::time::Instant;

use image::ImageFormat;
use tempfile::{TempDir, tempdir};

use super::choose::Choose;
use super::fixtures::{apng, chunk, encoded, fill, frame_names, gif, png, shades, zipped};
use super::open::{open, open_files};
use super::opened::Opened;
use crate::story::Notice;

fn all() -> Choose {
    Choose::default()
}

/// A folder with `files` and two good pictures, a.png and z.png.
fn among_good_ones(files: &[(&str, &[u8])]) -> TempDir {
    let home = tempdir().unwrap();
    fill(home.path(), &[("a.png", &png(2, 2, 1)), ("z.png", &png(2, 2, 2))]);
    fill(home.path(), files);
    home
}

/// The one problem of a folder whose good pictures opened all the same.
fn one_problem(folder: &Path) -> Notice {
    let mut opened = open(folder, &all()).unwrap();
    assert_eq!(frame_names(&opened), ["a.png", "z.png"]);
    assert_eq!(opened.problems.len(), 1, "{:?}", opened.problems);
    opened.problems.remove(0)
}

fn refused(path: &Path) -> Notice {
    open(path, &all()).unwrap_err()
}

fn said(opened: &Opened) -> String {
    opened.problems.iter().map(|notice| notice.what.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn nothing_there() {
    let home = tempdir().unwrap();
    let missing = refused(&home.path().join("nowhere"));
    assert!(missing.what.contains("no file or folder") && missing.what.contains("nowhere"));
    assert!(open_files(&[], &all()).unwrap_err().what.contains("no file was named"));
}

#[test]
fn an_empty_folder_and_one_without_pictures() {
    let home = tempdir().unwrap();
    assert!(refused(home.path()).what.contains("is empty"));
    fill(home.path(), &[("notes.txt", b"hello")]);
    let none = refused(home.path());
    assert!(none.what.contains("no picture") && none.try_this.contains("CBZ"));
    std::fs::create_dir(home.path().join("part 1")).unwrap();
    assert!(refused(home.path()).try_this.contains("'part 1'"));
}

#[test]
fn a_text_file_called_png() {
    let home = among_good_ones(&[("m.png", b"Once upon a time there was a text file")]);
    let notice = one_problem(home.path());
    assert!(notice.what.contains("'m.png' is not a picture") && notice.try_this.contains("rename or remove"));
    assert_eq!(refused(&home.path().join("m.png")).what, "'m.png' is not a picture");
    fill(home.path(), &[("m.png", b"")]);
    assert!(one_problem(home.path()).what.contains("'m.png' is empty"));
}

#[test]
fn a_truncated_jpeg_in_the_middle() {
    let whole = encoded(64, 64, 90, ImageFormat::Jpeg);
    let home = among_good_ones(&[("m.jpg", &whole[..whole.len() * 2 / 3])]);
    let notice = one_problem(home.path());
    assert!(notice.what.contains("'m.jpg' is cut short") && notice.try_this.contains("again"));
}

#[test]
fn a_picture_of_forty_thousand_pixels_a_side() {
    let header = [&40_000u32.to_be_bytes()[..], &40_000u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let bomb = [b"\x89PNG\r\n\x1a\n".as_slice(), &chunk(b"IHDR", &header), &chunk(b"IDAT", &[0; 9])].concat();
    let home = among_good_ones(&[("m.png", &bomb)]);
    let start = Instant::now();
    let notice = one_problem(home.path());
    assert!(start.elapsed().as_secs() < 2);
    assert!(notice.what.contains("'m.png' says it is 40000 x 40000") && notice.try_this.contains("16384"));
}

#[cfg(unix)]
#[test]
fn what_may_not_be_read() {
    use std::fs::{File, Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let home = among_good_ones(&[("m.png", &png(2, 2, 3))]);
    set_permissions(home.path().join("m.png"), Permissions::from_mode(0o000)).unwrap();
    if File::open(home.path().join("m.png")).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    let notice = one_problem(home.path());
    assert!(notice.what.contains("m.png' may not be read") && notice.try_this.contains("chmod"));
    set_permissions(home.path(), Permissions::from_mode(0o000)).unwrap();
    let closed = refused(home.path());
    set_permissions(home.path(), Permissions::from_mode(0o700)).unwrap();
    assert!(closed.what.contains("may not be read"));
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_and_a_folder_among_files() {
    let home = among_good_ones(&[]);
    std::os::unix::fs::symlink("/nowhere/at/all.png", home.path().join("m.png")).unwrap();
    assert!(one_problem(home.path()).what.contains("no file or folder"));
    let paths = [home.path().join("a.png"), home.path().to_owned(), home.path().join("z.png")];
    let opened = open_files(&paths, &all()).unwrap();
    assert!(shades(&opened) == [1, 2] && said(&opened).contains("is a folder"));
}

#[test]
fn unknown_formats_are_named() {
    let home = tempdir().unwrap();
    let kinds: [(&str, &[u8], &str); 7] = [
        ("a.pdf", b"%PDF-1.7", "a PDF"),
        ("b.cbr", b"Rar!\x1A\x07", "RAR"),
        ("c.cb7", b"7z\xBC\xAF\x27\x1C", "7z"),
        ("d.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0", "film"),
        ("e.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
        ("f.txt", b"hello", "no format that is known"),
        ("g", b"", "is empty"),
    ];
    for (name, bytes, word) in kinds {
        fill(home.path(), &[(name, bytes)]);
        let notice = refused(&home.path().join(name));
        assert!(notice.what.contains(word) && notice.what.contains(name), "{notice}");
        assert!(!notice.try_this.is_empty());
    }
    assert!(refused(&home.path().join("f.txt")).try_this.contains("CBZ"));
}

#[test]
fn entries_that_climb_out_of_an_archive() {
    let home = tempdir().unwrap();
    let picture = png(2, 2, 5);
    let path = home.path().join("x.cbz");
    for name in ["../evil.png", "/etc/evil.png", "a/../../evil.png", "C:\\evil.png"] {
        std::fs::write(&path, zipped(&[("1.png", &picture), (name, &picture)])).unwrap();
        let opened = open(&path, &all()).unwrap();
        assert_eq!(frame_names(&opened), ["1.png"]);
        assert!(said(&opened).contains("points outside") && said(&opened).contains("evil.png"), "{name}");
        std::fs::write(&path, zipped(&[(name, &picture)])).unwrap();
        assert!(refused(&path).what.contains("points outside"));
    }
}

#[test]
fn a_zip_bomb() {
    let home = tempdir().unwrap();
    let path = home.path().join("x.cbz");
    let zeros = vec![0; 40 << 20];
    std::fs::write(&path, zipped(&[("1.png", &png(2, 2, 5)), ("2.bmp", &zeros), ("3.png", &png(2, 2, 6))])).unwrap();
    let opened = open(&path, &all()).unwrap();
    assert_eq!(shades(&opened), [5, 6]);
    assert!(said(&opened).contains("'2.bmp'") && said(&opened).contains("zip bomb"));
}

#[test]
fn archives_that_are_damaged_locked_or_documents() {
    let home = tempdir().unwrap();
    let path = home.path().join("x.cbz");
    let good = zipped(&[("1.png", &png(2, 2, 5)), ("2.png", &png(90, 90, 6))]);
    std::fs::write(&path, &good[..good.len() - 30]).unwrap();
    assert!(refused(&path).what.contains("damaged"));

    // A flipped byte in the second entry: its checksum no longer fits.
    let mut flipped = good.clone();
    let second = good.windows(5).rposition(|window| window == b"2.png").unwrap();
    let first_of_second = good.windows(5).position(|window| window == b"2.png").unwrap();
    assert!(first_of_second < second);
    flipped[first_of_second + 5 + 20] ^= 0xFF;
    std::fs::write(&path, &flipped).unwrap();
    let opened = open(&path, &all()).unwrap();
    assert!(shades(&opened) == [5] && said(&opened).contains("'2.png'"));

    // The flag of encryption, in the local headers and in the list at the end.
    let mut locked = good;
    for (signature, flags) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let places: Vec<usize> = (0..locked.len() - 4).filter(|i| locked[*i..].starts_with(signature)).collect();
        places.into_iter().for_each(|at| locked[at + flags] |= 1);
    }
    std::fs::write(&path, &locked).unwrap();
    assert!(refused(&path).what.contains("locked with a password"), "{}", refused(&path));

    std::fs::write(&path, zipped(&[("mimetype", b"application/epub+zip"), ("1.png", &png(2, 2, 5))])).unwrap();
    assert!(refused(&path).what.contains("document"));
    std::fs::write(&path, zipped(&[("notes.txt", b"hello")])).unwrap();
    assert!(refused(&path).what.contains("no picture in the archive"));
}

#[test]
fn a_comic_sheet_that_is_broken_or_wrong() {
    let home = tempdir().unwrap();
    let path = home.path().join("x.cbz");
    let pictures = [png(2, 2, 1), png(2, 2, 2)];
    let with = |sheet: &str| {
        let files: [(&str, &[u8]); 3] =
            [("1.png", &pictures[0]), ("2.png", &pictures[1]), ("ComicInfo.xml", sheet.as_bytes())];
        std::fs::write(&path, zipped(&files)).unwrap();
        open(&path, &all())
    };
    let broken = with("<ComicInfo><Title>half").unwrap();
    assert!(shades(&broken) == [1, 2] && said(&broken).contains("ComicInfo.xml"));
    let wrong = with(r#"<ComicInfo><Pages><Page Image="7"/><Page Image="1"/></Pages></ComicInfo>"#).unwrap();
    assert!(shades(&wrong) == [2, 1] && said(&wrong).contains("more pages than the 2 pictures"));
    let none = with(
        r#"<ComicInfo><Pages><Page Image="0" Type="Deleted"/><Page Image="1" Type="Deleted"/></Pages></ComicInfo>"#,
    );
    assert!(none.unwrap_err().what.contains("2 problems"));
}

#[test]
fn pages_of_a_book_that_are_missing_or_elsewhere() {
    let home = tempdir().unwrap();
    let book = r#"{"pages": [{"image": "1.png", "text": "One."}, {"image": "2.png"}, {"image": "../3.png"}, {"text": "Four."}]}"#;
    fill(home.path(), &[("book.json", book.as_bytes()), ("1.png", &png(2, 2, 1))]);
    let opened = open(home.path(), &all()).unwrap();
    assert_eq!(shades(&opened), [1]);
    let said: Vec<&str> = opened.problems.iter().map(|notice| notice.what.as_str()).collect();
    assert!(said[0].contains("page 2") && said[0].contains("'2.png', which is not there"));
    assert!(said[1].contains("page 3") && said[1].contains("outside the book"));
    assert!(said[2].contains("page 4") && said[2].contains("no picture"));
}

#[test]
fn a_book_that_is_none() {
    let home = tempdir().unwrap();
    let json = home.path().join("book.json");
    for (text, word) in
        [("{", "no book"), ("[1, 2]", "no book"), (r#"{"title": "x"}"#, "pages"), (r#"{"pages": []}"#, "0 pages")]
    {
        std::fs::write(&json, text).unwrap();
        let notice = refused(&json);
        assert!(notice.what.contains(word) && notice.try_this.contains("it looks like"), "{notice}");
    }
    std::fs::write(&json, r#"{"pages": [{"image": "1.png"}]}"#).unwrap();
    assert!(refused(home.path()).what.contains("'1.png', which is not there"));
}

#[test]
fn an_animation_that_breaks_off_keeps_what_it_has() {
    let home = tempdir().unwrap();
    let whole = gif(9);
    fill(home.path(), &[("a.gif", &whole[..whole.len() * 2 / 3])]);
    let opened = open(&home.path().join("a.gif"), &Choose { frames: Some(9), ..all() }).unwrap();
    assert!(!opened.pictures.is_empty() && opened.pictures.len() < 9);

    let mut boastful = apng(3);
    let at = boastful.windows(4).position(|window| window == b"acTL").unwrap();
    boastful.splice(at - 4..at + 16, chunk(b"acTL", &[0, 0, 0, 50, 0, 0, 0, 0]));
    fill(home.path(), &[("c.png", &boastful)]);
    let opened = open(&home.path().join("c.png"), &Choose { frames: Some(50), ..all() }).unwrap();
    assert!(opened.pictures.len() <= 3 && opened.problems.len() == 1, "{:?}", opened.problems);
    boastful.splice(at - 4..at + 16, chunk(b"acTL", &[255, 255, 255, 255, 0, 0, 0, 0]));
    fill(home.path(), &[("c.png", &boastful)]);
    assert!(refused(&home.path().join("c.png")).what.contains("4294967295 frames"));
}

#[test]
fn choices_beyond_the_end() {
    let home = among_good_ones(&[]);
    let nine = Choose { first: Some(9), ..all() };
    assert!(open(home.path(), &nine).unwrap_err().what.contains("only 2 frames"));
    let none = Choose { frames: Some(0), ..all() };
    assert!(open(home.path(), &none).unwrap_err().what.contains("'frames' is 0"));
}

#[test]
fn words_from_outside_cannot_steer_the_terminal() {
    let home = tempdir().unwrap();
    let folder = home.path().join("b\x1b[2Jad");
    std::fs::create_dir(&folder).unwrap();
    let picture = png(2, 2, 1);
    fill(&folder, &[("a\x1b]0;x\x07.png", &picture), ("b\x1b[31m.png", b"text")]);
    let opened = open(&folder, &all()).unwrap();
    let sequence = &opened.sequence;
    let notice = &opened.problems[0];
    for words in [&sequence.title, &sequence.source, &sequence.frames[0].name, &notice.what, &notice.try_this] {
        assert!(!words.chars().any(char::is_control), "{words:?}");
    }
    let nowhere = refused(&home.path().join("\x1b[5mgone"));
    assert!(!nowhere.what.chars().any(char::is_control) && nowhere.what.contains("gone"));

    let book = r#"{"title": "T\u001b[31m", "author": "A\u0007", "cast": [{"name": "\u001bM", "species": "f\u009box"}],
        "pages": [{"image": "1.png", "text": "one\u001b[2Jtwo\nthree"}]}"#;
    let home = tempdir().unwrap();
    fill(home.path(), &[("book.json", book.as_bytes()), ("1.png", &picture)]);
    let sequence = open(home.path(), &all()).unwrap().sequence;
    let text = sequence.frames[0].text.clone().unwrap();
    assert_eq!(text, "one\u{FFFD}[2Jtwo\nthree");
    let words =
        [sequence.title, sequence.credits.unwrap(), sequence.cast[0].name.clone(), sequence.cast[0].species.clone()];
    assert!(words.iter().all(|words| !words.chars().any(char::is_control)), "{words:?}");
}

#[test]
fn a_page_as_long_as_a_novel_is_cut_and_said_to_be() {
    let home = tempdir().unwrap();
    let book = format!(r#"{{"pages": [{{"image": "1.png", "text": "{}"}}]}}"#, "word ".repeat(10_000));
    fill(home.path(), &[("book.json", book.as_bytes()), ("1.png", &png(2, 2, 1))]);
    let opened = open(home.path(), &all()).unwrap();
    assert_eq!(opened.sequence.frames[0].text.as_ref().unwrap().chars().count(), 20_000);
    assert!(said(&opened).contains("the rest is left out"));
}
