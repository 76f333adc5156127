//! The sequences that come with the program: tales of our own picture world, compiled in so that they survive an install.
//!
//! Their texts are not with them: they would be the answer. The list is written by hand, and a test holds it to the folder.

use crate::exchange::{self, Choose, Opened};
use crate::story::{Notice, SequenceId};

/// A sequence that is part of the program.
#[derive(Debug)]
pub struct Bundled {
    /// Its folder under `assets/sequences`, by which it can be named on the command line.
    pub slug: &'static str,
    /// `book.json`, then the frames in their order: name and content.
    files: [(&'static str, &'static [u8]); 6],
    /// What is true of its frames, JSON: for programs that rate, never for a model.
    pub facts: &'static str,
}

macro_rules! tale {
    ($slug:literal) => {
        Bundled {
            slug: $slug,
            files: [
                tale!($slug, "book.json"),
                tale!($slug, "01.png"),
                tale!($slug, "02.png"),
                tale!($slug, "03.png"),
                tale!($slug, "04.png"),
                tale!($slug, "05.png"),
            ],
            facts: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sequences/", $slug, "/facts.json")),
        }
    };
    ($slug:literal, $name:literal) => {
        ($name, include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/sequences/", $slug, "/", $name)) as &[u8])
    };
}

/// All of them, in the order of the gallery.
pub static BUNDLED: [Bundled; 30] = [
    tale!("a-birthday-for-max"),
    tale!("luna-and-the-lost-ball"),
    tale!("tom-and-emma-in-the-storm"),
    tale!("the-great-race-of-ada-and-bo"),
    tale!("mia-and-the-dark"),
    tale!("the-picnic-of-emma-and-hugo"),
    tale!("sam-helps-a-stranger"),
    tale!("ruby-theo-and-the-balloon"),
    tale!("nora-finds-the-way-home"),
    tale!("a-gift-for-ben"),
    tale!("the-treasure-of-zoe-and-hugo"),
    tale!("rosa-learns-something-new"),
    tale!("zoe-theo-and-the-book"),
    tale!("a-gift-for-tom"),
    tale!("ruby-and-otto-in-the-storm"),
    tale!("theo-helps-a-stranger"),
    tale!("rosa-finds-the-way-home"),
    tale!("ivy-and-the-lost-book"),
    tale!("the-treasure-of-lily-and-bo"),
    tale!("leo-mia-and-the-boat"),
    tale!("the-picnic-of-finn-and-emma"),
    tale!("bo-learns-something-new"),
    tale!("the-great-race-of-leo-and-luna"),
    tale!("ben-and-the-dark"),
    tale!("tom-helps-a-stranger"),
    tale!("a-gift-for-finn"),
    tale!("max-finds-the-way-home"),
    tale!("sam-and-ada-in-the-storm"),
    tale!("a-birthday-for-emma"),
    tale!("otto-and-the-lost-book"),
];

impl Bundled {
    /// The one of this slug.
    pub fn find(slug: &str) -> Option<&'static Bundled> {
        BUNDLED.iter().find(|bundled| bundled.slug == slug)
    }

    /// Its id, without decoding a picture.
    pub fn id(&self) -> SequenceId {
        let hashes: Vec<String> =
            self.files[1..].iter().map(|(_, bytes)| blake3::hash(bytes).to_hex().to_string()).collect();
        exchange::sequence_id(hashes.iter().map(String::as_str))
    }

    /// How many frames it has.
    pub fn frames(&self) -> usize {
        self.files.len() - 1
    }

    /// Opens the chosen frames. Decodes them, so it blocks for some milliseconds each.
    pub fn open(&self, choose: &Choose) -> Result<Opened, Notice> {
        exchange::open_bundled(&self.files, "bundled", choose)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sequences");
        let mut there: Vec<String> =
            fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let mut listed: Vec<&str> = BUNDLED.iter().map(|bundled| bundled.slug).collect();
        there.sort();
        listed.sort();
        assert_eq!(listed, there);
        for bundled in &BUNDLED {
            let images = fs::read_dir(folder.join(bundled.slug)).unwrap();
            let images =
                images.filter(|entry| entry.as_ref().unwrap().path().extension().is_some_and(|end| end == "png"));
            assert_eq!(bundled.frames(), images.count(), "{}", bundled.slug);
        }
    }

    #[test]
    fn each_opens_whole_as_itself_and_without_its_answer() {
        for bundled in &BUNDLED {
            let opened = bundled.open(&Choose::default()).unwrap();
            assert_eq!(opened.sequence.id, bundled.id(), "{}", bundled.slug);
            assert_eq!((opened.pictures.len(), opened.problems.len()), (bundled.frames(), 0), "{}", bundled.slug);
            assert!(opened.sequence.in_world && !opened.sequence.cast.is_empty(), "{}", bundled.slug);
            assert!(opened.sequence.frames.iter().all(|frame| frame.text.is_none()), "{}", bundled.slug);
        }
    }
}
