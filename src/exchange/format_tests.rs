//! Every format opens: order, titles, credits, texts, choice. What is refused is in `bad_input_tests`.

use std::path::{Path, PathBuf};

use image::ImageFormat;
use tempfile::tempdir;

use super::choose::Choose;
use super::fixtures::{apng, encoded, fill, frame_names, gif, png, shades, webp, zipped};
use super::open::{open, open_bundled, open_files};
use crate::story::CastMember;

fn all() -> Choose {
    Choose::default()
}

#[test]
fn a_folder_opens_in_natural_order_whatever_the_formats() {
    let home = tempdir().unwrap();
    let folder = home.path().join("012-the_long-walk");
    std::fs::create_dir(&folder).unwrap();
    let formats = [
        ("p10.jpg", ImageFormat::Jpeg),
        ("P2.png", ImageFormat::Png),
        ("p1.webp", ImageFormat::WebP),
        ("p3.gif", ImageFormat::Gif),
        ("p4.bmp", ImageFormat::Bmp),
        ("p5.tif", ImageFormat::Tiff),
        ("p6.tiff", ImageFormat::Tiff),
        ("p7.JPEG", ImageFormat::Jpeg),
    ];
    for (i, (name, format)) in formats.iter().enumerate() {
        fill(&folder, &[(name, &encoded(4, 3, 20 * i as u8, *format))]);
    }
    fill(&folder, &[(".hidden.png", b"no picture"), ("notes.txt", b"hello")]);
    std::fs::create_dir(folder.join("more.png")).unwrap();
    let opened = open(&folder, &all()).unwrap();
    assert_eq!(
        frame_names(&opened),
        ["p1.webp", "P2.png", "p3.gif", "p4.bmp", "p5.tif", "p6.tiff", "p7.JPEG", "p10.jpg"]
    );
    assert_eq!(shades(&opened), [40, 20, 60, 80, 100, 120, 140, 0]);
    assert!(opened.problems.is_empty(), "{:?}", opened.problems);
    let sequence = &opened.sequence;
    assert_eq!((sequence.title.as_str(), sequence.source.as_str()), ("The long walk", folder.to_str().unwrap()));
    assert!(!sequence.in_world && sequence.credits.is_none() && sequence.cast.is_empty());
    for (place, (frame, picture)) in sequence.frames.iter().zip(&opened.pictures).enumerate() {
        assert_eq!((frame.place, frame.hash.as_str()), (place, picture.hash()));
        assert_eq!((frame.width, frame.height), (4, 3));
    }
}

#[test]
fn the_same_pictures_are_the_same_sequence_and_their_order_counts() {
    let (one, two) = (tempdir().unwrap(), tempdir().unwrap());
    fill(one.path(), &[("a.png", &png(2, 2, 1)), ("b.png", &png(2, 2, 2))]);
    fill(two.path(), &[("x.png", &png(2, 2, 1)), ("y.png", &png(2, 2, 2))]);
    let id = |path: &Path| open(path, &all()).unwrap().sequence.id;
    assert_eq!(id(one.path()), id(two.path()));
    assert!(id(one.path()).0.starts_with("seq-") && id(one.path()).0.len() == 20);
    let turned = [two.path().join("y.png"), two.path().join("x.png")];
    assert_ne!(open_files(&turned, &all()).unwrap().sequence.id, id(one.path()));
}

#[test]
fn chosen_frames_only_are_read() {
    let home = tempdir().unwrap();
    for i in 1..=9u8 {
        fill(home.path(), &[(&format!("{i}.png"), &png(2, 2, i))]);
    }
    fill(home.path(), &[("9.png", b"broken")]);
    let opened = open(home.path(), &Choose { first: Some(2), last: Some(8), every: Some(3), frames: None }).unwrap();
    assert_eq!(shades(&opened), [2, 5, 8]);
    assert!(opened.problems.is_empty());
    assert_eq!(opened.sequence.frames.iter().map(|frame| frame.place).collect::<Vec<_>>(), [0, 1, 2]);
    let opened = open(home.path(), &Choose { frames: Some(2), last: Some(8), ..all() }).unwrap();
    assert_eq!(shades(&opened), [1, 8]);
}

#[test]
fn a_list_of_files_keeps_its_order() {
    let home = tempdir().unwrap();
    fill(home.path(), &[("a.png", &png(2, 2, 1)), ("b.png", &png(2, 2, 2)), ("c.png", &png(2, 2, 3))]);
    let paths: Vec<PathBuf> = ["c.png", "a.png", "c.png"].iter().map(|name| home.path().join(name)).collect();
    let opened = open_files(&paths, &all()).unwrap();
    assert_eq!((shades(&opened), frame_names(&opened)), (vec![3, 1, 3], vec!["c.png", "a.png", "c.png"]));
    assert!(opened.sequence.source.ends_with("c.png and 2 more"));
    assert_eq!(shades(&open_files(&paths[1..2], &all()).unwrap()), [1]);
}

#[test]
fn a_single_picture_is_a_sequence_of_one_by_its_bytes() {
    let home = tempdir().unwrap();
    fill(home.path(), &[("red_fox.data", &png(5, 4, 7))]);
    let opened = open(&home.path().join("red_fox.data"), &all()).unwrap();
    assert_eq!((opened.sequence.title.as_str(), shades(&opened)), ("Red fox", vec![7]));
}

#[test]
fn animations_are_sampled_evenly_and_composited() {
    let home = tempdir().unwrap();
    fill(home.path(), &[("a.gif", &gif(9)), ("b.webp", &webp(9)), ("c.png", &apng(9))]);
    for name in ["a.gif", "b.webp", "c.png"] {
        let path = home.path().join(name);
        let opened = open(&path, &all()).unwrap();
        assert_eq!(shades(&opened), [0, 20, 40, 60, 80], "{name}");
        assert_eq!(frame_names(&opened), ["frame 1", "frame 3", "frame 5", "frame 7", "frame 9"]);
        assert!(opened.problems.is_empty() && opened.pictures.iter().all(|p| (p.width(), p.height()) == (8, 6)));
        let three = open(&path, &Choose { frames: Some(3), ..all() }).unwrap();
        assert_eq!(shades(&three), [0, 40, 80]);
        let fourth = open(&path, &Choose { every: Some(2), first: Some(2), ..all() }).unwrap();
        assert_eq!(shades(&fourth), [10, 30, 50, 70]);
        assert_eq!(open(&path, &Choose { frames: Some(100), ..all() }).unwrap().pictures.len(), 9);
    }
    let gif = open(&home.path().join("a.gif"), &all()).unwrap();
    let last = gif.pictures[4].rgb().unwrap();
    assert_eq!((last.data[0], last.data[7 * 3]), (80, 0)); // the right half is still the first frame's
}

#[test]
fn a_comic_archive_opens_with_title_credits_and_page_order() {
    let home = tempdir().unwrap();
    let sheet = r#"<ComicInfo><Title>Fox</Title><Writer>Ann</Writer><Pages><Page Image="1"/><Page Image="0" Type="FrontCover"/>
        <Page Image="2" Type="Advertisement"/><Page Image="3" Type="Deleted"/></Pages></ComicInfo>"#;
    let pictures: Vec<Vec<u8>> = (1..=5).map(|i| png(2, 2, i)).collect();
    let files: Vec<(&str, &[u8])> = vec![
        ("in/p10.png", &pictures[4]),
        ("in/p1.png", &pictures[0]),
        ("in/p2.png", &pictures[1]),
        ("in/p3.png", &pictures[2]),
        ("in/p4.png", &pictures[3]),
        ("__MACOSX/in/._p1.png", b"rubbish"),
        ("in/Thumbs.db", b"rubbish"),
    ];
    std::fs::write(home.path().join("plain-tales.zip"), zipped(&files)).unwrap();
    let plain = open(&home.path().join("plain-tales.zip"), &all()).unwrap();
    assert_eq!((shades(&plain), plain.sequence.title.as_str()), (vec![1, 2, 3, 4, 5], "Plain tales"));
    assert!(plain.problems.is_empty());

    let with_sheet = [&files[..], &[("ComicInfo.xml", sheet.as_bytes())]].concat();
    std::fs::write(home.path().join("fox.cbz"), zipped(&with_sheet)).unwrap();
    let comic = open(&home.path().join("fox.cbz"), &all()).unwrap();
    assert_eq!((shades(&comic), frame_names(&comic)), (vec![2, 1, 5], vec!["in/p2.png", "in/p1.png", "in/p10.png"]));
    assert_eq!((comic.sequence.title.as_str(), comic.sequence.credits.as_deref()), ("Fox", Some("text by Ann")));
    let said: Vec<&str> = comic.problems.iter().map(|notice| notice.what.as_str()).collect();
    assert!(
        said.len() == 2
            && said[0].contains("p3.png")
            && said[0].contains("advertisement")
            && said[1].contains("deleted")
    );
    let one = open(&home.path().join("fox.cbz"), &Choose { first: Some(3), ..all() }).unwrap();
    assert_eq!(shades(&one), [5]);
}

const BOOK: &str = r#"{"title": "Rain", "author": "Ann", "illustrator": "Bo", "licence": "CC-BY", "language": "en",
    "cast": [{"name": "Mia", "species": "fox"}], "world": true,
    "pages": [{"image": "2.png", "text": "It rained.\r\nA lot."}, {"image": "sub/1.png"}]}"#;

#[test]
fn a_book_opens_from_its_folder_and_from_its_file() {
    let home = tempdir().unwrap();
    std::fs::create_dir(home.path().join("sub")).unwrap();
    fill(home.path(), &[("book.json", BOOK.as_bytes()), ("2.png", &png(2, 2, 2)), ("sub/1.png", &png(2, 2, 1))]);
    for path in [home.path().to_owned(), home.path().join("book.json")] {
        let opened = open(&path, &all()).unwrap();
        let sequence = &opened.sequence;
        assert_eq!((shades(&opened), sequence.title.as_str()), (vec![2, 1], "Rain"));
        assert_eq!(sequence.credits.as_deref(), Some("text by Ann · pictures by Bo · CC-BY"));
        assert_eq!(sequence.cast, [CastMember { name: "Mia".to_owned(), species: "fox".to_owned() }]);
        assert!(sequence.in_world);
        assert_eq!(sequence.frames[0].text.as_deref(), Some("It rained.\nA lot."));
        assert_eq!(sequence.frames[1].text, None);
    }
}

#[test]
fn a_book_that_is_compiled_in_opens_the_same_way() {
    let pictures = [png(2, 2, 2), png(2, 2, 1)];
    let files: [(&str, &[u8]); 3] =
        [("book.json", BOOK.as_bytes()), ("2.png", &pictures[0]), ("sub/1.png", &pictures[1])];
    let opened = open_bundled(&files, "bundled", &all()).unwrap();
    assert_eq!((shades(&opened), opened.sequence.source.as_str()), (vec![2, 1], "bundled"));
    assert!(opened.sequence.in_world && opened.problems.is_empty());
    let one = open_bundled(&files, "bundled", &Choose { last: Some(1), ..all() }).unwrap();
    assert_eq!(shades(&one), [2]);
    let lacking = open_bundled(&files[..2], "bundled", &all()).unwrap();
    assert!(lacking.pictures.len() == 1 && lacking.problems[0].what.contains("sub/1.png"));
    assert!(open_bundled(&files[1..], "bundled", &all()).unwrap_err().what.contains("book.json"));
}

#[test]
fn the_shared_picture_books_open_whole() {
    let books = std::env::var_os("STORYLOOM_BOOKS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/picture-books"), PathBuf::from);
    let Ok(folders) = std::fs::read_dir(&books) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "no books at {}: set STORYLOOM_BOOKS", books.display());
        eprintln!("skipped: no books at {} (set STORYLOOM_BOOKS)", books.display());
        return;
    };
    let mut count = 0;
    for folder in folders.map(|entry| entry.unwrap().path()).filter(|path| path.join("book.json").is_file()) {
        let opened = open(&folder, &all()).unwrap();
        assert!(opened.problems.is_empty(), "{}: {:?}", folder.display(), opened.problems);
        assert!(opened.pictures.len() > 1 && opened.sequence.credits.is_some() && !opened.sequence.in_world);
        assert!(opened.sequence.frames.iter().all(|frame| frame.text.is_some()));
        count += 1;
    }
    assert!(count > 0, "no book in {}", books.display());
}
