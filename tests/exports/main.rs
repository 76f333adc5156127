//! The exports that the trainers' own loaders have read (`read_back.py`) are kept in `written/`, with what the loaders said in
//! `read_back.json`. This holds the writers to those bytes: what was read then is what is written now.
//!
//! Parquet is not among them: its bytes are the crate's that writes them, and a test beside the writer reads them. When a form
//! has changed, write anew with `STORYLOOM_WRITE_EXPORTS=1 cargo test --release --test exports`, and read it back.
#![allow(clippy::unwrap_used, reason = "a test that cannot read its files fails")]

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use storyloom::exchange::{Judged, PreferenceFormat, preferences, preferences_parquet};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exports")
}

/// Three pairs: one with two pictures, one that its votes leave undecided, and one of words alone.
fn judged() -> Vec<Judged> {
    let pair = |name: &str, images: &[&str], share: f64| Judged {
        pair: name.into(),
        sequence: format!("seq-{name}"),
        images: images.iter().map(|image| format!("images/{image}.png")).collect(),
        prompt: "Tell a story about these pictures, one line for each.".into(),
        first: ("plain".into(), "A fox \"ran\", far away.\nThen it slept – 狐.".into()),
        second: ("warm".into(), "A bear.\nHoney!".into()),
        votes: 4,
        share,
        strength: if share > 0.5 { 1.5 } else { -0.5 },
        left: (!images.is_empty()).then_some(0.25),
        both_bad: 1,
    };
    vec![pair("one", &["one", "two"], 0.75), pair("two", &["one"], 0.5), pair("three", &[], 0.25)]
}

/// Name and content of every file of a form.
fn written(format: PreferenceFormat) -> Vec<(String, Vec<u8>)> {
    let pictures: Vec<(String, Vec<u8>)> = ["images/one.png", "images/two.png"]
        .map(|name| (name.to_owned(), fs::read(folder().join("written").join(name)).unwrap()))
        .into();
    let picture = |name: &str| pictures.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.as_slice());
    let (files, undecided) = match format {
        PreferenceFormat::Parquet => preferences_parquet(&judged(), &picture).unwrap(),
        _ => preferences(&judged(), format).unwrap(),
    };
    assert_eq!(undecided, 1);
    files
}

#[test]
fn what_the_loaders_have_read_is_what_is_written() {
    let record: serde_json::Value =
        serde_json::from_slice(&fs::read(folder().join("read_back.json")).unwrap()).unwrap();
    let anew = std::env::var_os("STORYLOOM_WRITE_EXPORTS").is_some();
    for format in PreferenceFormat::ALL {
        let place = folder().join("written").join(format.word());
        for (name, bytes) in written(format) {
            if anew {
                fs::create_dir_all(&place).unwrap();
                fs::write(place.join(&name), &bytes).unwrap();
                continue;
            }
            if format == PreferenceFormat::Parquet {
                continue;
            }
            let kept = fs::read(place.join(&name)).unwrap();
            assert!(kept == bytes, "{} of {format:?} is not what the loaders have read", name);
            let hash: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            let read = &record["forms"][format.word()];
            assert_eq!(read["files"][&name], hash, "{name} of {format:?} was not read back: run read_back.py");
            assert_eq!(read["rows"], 2, "{format:?}");
        }
    }
}
