//! Editions as their readers see them.

use std::io::{Cursor, Read};

use super::publish::{Edition, Publication};
use crate::pixels::{Picture, Rgb};
use crate::story::{CastMember, Finish, Frame, Origin, Sampling, Sequence, SequenceId, Story, Task, Timing, Writer};

fn sequence(pictures: &[Picture]) -> Sequence {
    let frame = |(place, picture): (usize, &Picture)| Frame {
        place,
        name: format!("{place}.png"),
        hash: picture.hash().to_owned(),
        width: 8,
        height: 8,
        text: None,
    };
    Sequence {
        id: SequenceId("seq".into()),
        title: "Mia & the <Fox>".into(),
        source: "test".into(),
        credits: Some("A. Painter, CC BY".into()),
        cast: Vec::<CastMember>::new(),
        frames: pictures.iter().enumerate().map(frame).collect(),
        in_world: true,
    }
}

fn story(text: &str) -> Story {
    Story {
        id: "story-1".into(),
        sequence: SequenceId("seq".into()),
        task: Task::Story,
        prompt: String::new(),
        text: text.into(),
        tokens: vec![],
        writer: Writer { model: "embedded".into(), model_hash: "00".into(), adapter: None },
        sampling: Sampling::default(),
        finish: Finish::End,
        timing: Timing::default(),
        told_at: 951_782_400,
        origin: Origin::default(),
    }
}

fn files(edition: Edition, text: &str) -> Vec<(String, Vec<u8>)> {
    let picture = |shade: u8| Picture::from_rgb(&Rgb { width: 8, height: 8, data: vec![shade; 192] }).unwrap();
    let pictures = [picture(10), picture(200)];
    let publication = Publication { sequence: &sequence(&pictures), pictures: &pictures, story: &story(text) };
    publication.files(edition).unwrap()
}

#[test]
fn a_page_stands_alone_and_words_are_no_markup() {
    let (name, page) = files(Edition::Html, "Mia said <b>.\nBo & she.").remove(0);
    let page = String::from_utf8(page).unwrap();
    assert_eq!(name, "mia-the-fox.html");
    assert_eq!(page.matches("src=\"data:image/png;base64,").count(), 2);
    let (first, second) = (page.find("Mia said &lt;b&gt;.").unwrap(), page.find("Bo &amp; she.").unwrap());
    assert!(first < page.rfind("<figure>").unwrap() && second > page.rfind("<figure>").unwrap());
    assert!(page.contains("Told by embedded, with storyloom. Pictures: A. Painter, CC BY."));
    assert!(!page.contains("http://") && !page.contains("https://"), "nothing is loaded from elsewhere");
}

#[test]
fn markdown_comes_with_its_pictures_and_signs_are_escaped() {
    let leaves = files(Edition::Markdown, "One *line*.\nTwo.");
    let names: Vec<&str> = leaves.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["mia-the-fox.md", "mia-the-fox/01.png", "mia-the-fox/02.png"]);
    let text = String::from_utf8(leaves[0].1.clone()).unwrap();
    assert!(text.contains("![](mia-the-fox/01.png)\n\nOne \\*line\\*.\n"), "{text}");
    assert!(leaves[1].1.starts_with(b"\x89PNG"));
}

#[test]
fn a_book_begins_with_its_kind_and_names_all_it_holds() {
    let (name, book) = files(Edition::Epub, "One & only.\nTwo.").remove(0);
    assert_eq!((name.as_str(), &book[30..58]), ("mia-the-fox.epub", &b"mimetypeapplication/epub+zip"[..]));
    let mut zip = zip::ZipArchive::new(Cursor::new(book)).unwrap();
    let mut read = |name: &str| {
        let mut text = String::new();
        zip.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    };
    let (package, page) = (read("OEBPS/content.opf"), read("OEBPS/story.xhtml"));
    assert!(package.contains("<meta property=\"dcterms:modified\">2000-02-29T00:00:00Z</meta>"));
    assert!(package.contains("href=\"01.png\"") && page.contains("<p>One &amp; only.</p>"), "{package} {page}");
    for text in [package, page, read("OEBPS/nav.xhtml"), read("META-INF/container.xml")] {
        let mut reader = quick_xml::Reader::from_str(&text);
        while reader.read_event().unwrap() != quick_xml::events::Event::Eof {}
    }
}

#[test]
fn a_story_of_other_lines_stands_with_the_last_frame() {
    let page = String::from_utf8(files(Edition::Html, "One.\nTwo.\nThree.").remove(0).1).unwrap();
    assert!(page.rfind("<figure>").unwrap() < page.find("One.").unwrap());
}
