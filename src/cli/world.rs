//! `storyloom world`: draws tales of the picture world into folders that open like any other book.
//!
//! Each folder holds the frames as PNG, `book.json` without the texts (they would be the answer), `facts.json` with
//! everything that is true of the tale, and `questions.json` with questions about it and their answers. The drawing itself
//! is in the room `world`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{ExtendedColorType, ImageEncoder};
use indicatif::{ProgressBar, ProgressStyle};
use rayon::prelude::*;
use serde_json::json;

use super::outcome::Outcome;
use crate::pixels::Rgb;
use crate::story::Notice;
use crate::world::{Facts, Quiz, Split, Tale};

/// Questions about each tale.
const QUESTIONS: usize = 6;

/// Draw tales of the picture world.
#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Examples:\n  storyloom world --seed 7 --count 3 --out tales\n  storyloom world --seed 2000000000 --count 1 --held-out --side 384 --out tales"
)]
pub struct WorldArgs {
    /// Seed of the first tale; the same seed draws the same tale on every machine
    #[arg(long, value_name = "N")]
    pub seed: u64,
    /// How many tales, with consecutive seeds
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub count: u64,
    /// Folder to write to, made if it is missing; each tale gets a folder of its own in it
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Width and height of a frame, in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 512, value_parser = clap::value_parser!(u32).range(32..=4096))]
    pub side: u32,
    /// Tales with combinations and phrasings that training never shows
    #[arg(long)]
    pub held_out: bool,
}

/// Draws and writes the tales. A folder of the same name is written over.
///
/// # Errors
/// When a folder or a file cannot be written, naming it.
pub fn run(args: WorldArgs) -> Outcome {
    let split = if args.held_out { Split::HeldOut } else { Split::Train };
    let last = args
        .seed
        .checked_add(args.count - 1)
        .ok_or_else(|| Notice::yours("these seeds go beyond the largest number", "a smaller --seed or --count"))?;
    let bar = ProgressBar::new(args.count);
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} tales · {per_sec} · {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    // Tales may share a title; the seed then tells their folders apart. In blocks, so that memory stays small.
    let mut taken = BTreeSet::new();
    let seeds: Vec<u64> = (args.seed..=last).collect();
    for block in seeds.chunks(256) {
        let tales: Vec<(PathBuf, Tale)> = block
            .iter()
            .map(|&seed| {
                let tale = Tale::new(seed, split);
                let mut name = slug(&tale.facts.title);
                if !taken.insert(name.clone()) {
                    name = format!("{name}-{seed}");
                }
                (args.out.join(name), tale)
            })
            .collect();
        tales.par_iter().try_for_each(|(folder, tale)| {
            let written = write(folder, tale, args.side);
            bar.inc(1);
            written
        })?;
    }
    bar.finish_and_clear();
    let tales = if args.count == 1 { "tale" } else { "tales" };
    Ok(writeln!(io::stdout().lock(), "{} {tales} in {}", args.count, args.out.display())?)
}

/// Writes one tale: frames first, so that a folder with a `book.json` is whole.
fn write(folder: &Path, tale: &Tale, side: u32) -> Result<(), Notice> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    let names: Vec<String> = (1..=tale.facts.frames.len()).map(|place| format!("{place:02}.png")).collect();
    for (frame, name) in names.iter().enumerate() {
        let path = folder.join(name);
        let bytes = png(&tale.draw(frame, side)).map_err(|error| unwritable(&path, &error))?;
        fs::write(&path, bytes).map_err(|error| unwritable(&path, &error))?;
    }
    let facts = serde_json::to_vec_pretty(&tale.facts);
    let book = serde_json::to_vec_pretty(&book(&tale.facts, &names));
    let questions = serde_json::to_vec_pretty(&Quiz::of_tale(tale.clone(), QUESTIONS).questions);
    for (name, bytes) in [("facts.json", facts), ("questions.json", questions), ("book.json", book)] {
        let path = folder.join(name);
        let bytes = bytes.map_err(|error| unwritable(&path, &error))?;
        fs::write(&path, bytes).map_err(|error| unwritable(&path, &error))?;
    }
    Ok(())
}

fn book(facts: &Facts, names: &[String]) -> serde_json::Value {
    let cast: Vec<_> = facts.cast.iter().map(|who| json!({ "name": who.name, "species": who.species })).collect();
    let pages: Vec<_> = names.iter().map(|name| json!({ "image": name })).collect();
    json!({
        "title": facts.title,
        "author": "storyloom",
        "licence": "MIT OR Apache-2.0",
        "language": "en",
        "world": true,
        "cast": cast,
        "pages": pages,
    })
}

/// Encodes as small as PNG can: these files are kept.
fn png(rgb: &Rgb) -> Result<Vec<u8>, image::ImageError> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
    encoder.write_image(&rgb.data, rgb.width, rgb.height, ExtendedColorType::Rgb8)?;
    Ok(bytes)
}

/// "Mia and the Lost Kite" as a folder's name: "mia-and-the-lost-kite".
fn slug(title: &str) -> String {
    let lower = title.to_lowercase();
    let words: Vec<&str> =
        lower.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.join("-")
}

fn unwritable(path: &Path, error: &dyn std::fmt::Display) -> Notice {
    Notice::outside(
        format!("{} cannot be written: {error}", path.display()),
        "another --out, or make room and see that the folder may be written to",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::outcome::Failure;

    #[test]
    fn tales_are_written_as_whole_books() {
        let home = tempfile::tempdir().unwrap();
        let args = WorldArgs { seed: 5, count: 3, out: home.path().join("tales"), side: 64, held_out: true };
        run(args).unwrap();
        let folders: Vec<_> =
            fs::read_dir(home.path().join("tales")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(folders.len(), 3);
        for folder in folders {
            let book: serde_json::Value = serde_json::from_slice(&fs::read(folder.join("book.json")).unwrap()).unwrap();
            let facts: Facts = serde_json::from_slice(&fs::read(folder.join("facts.json")).unwrap()).unwrap();
            let pages = book["pages"].as_array().unwrap();
            assert_eq!(pages.len(), facts.frames.len());
            assert!(pages.iter().all(|page| page.get("text").is_none()));
            assert_eq!(facts, Tale::new(facts.seed, Split::HeldOut).facts);
            let asked = fs::read(folder.join("questions.json")).unwrap();
            let asked: Vec<crate::world::Question> = serde_json::from_slice(&asked).unwrap();
            assert!(asked.len() == QUESTIONS && asked.iter().all(|question| question.right(&question.answer)));
            let first = image::open(folder.join(pages[0]["image"].as_str().unwrap())).unwrap().to_rgb8();
            assert_eq!(first.into_raw(), Tale::new(facts.seed, Split::HeldOut).draw(0, 64).data);
        }
    }

    #[test]
    fn the_bundled_tales_are_what_their_seeds_draw() {
        let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/sequences");
        let mut plots = BTreeSet::new();
        for entry in fs::read_dir(bundled).unwrap() {
            let folder = entry.unwrap().path();
            let facts: Facts = serde_json::from_slice(&fs::read(folder.join("facts.json")).unwrap()).unwrap();
            assert!(facts.seed >= 2_000_000_000, "seeds below are for training");
            let tale = Tale::new(facts.seed, Split::HeldOut);
            assert_eq!(facts, tale.facts);
            // They are kept with 192 colours each: near to what is drawn, and a third of its size.
            let kept = image::open(folder.join("01.png")).unwrap().to_rgb8().into_raw();
            let drawn = tale.draw(0, 512).data;
            let apart: u64 = kept.iter().zip(&drawn).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
            assert!(kept.len() == drawn.len() && apart < kept.len() as u64 * 2, "{} is stale", folder.display());
            plots.insert(facts.plot);
        }
        assert_eq!(plots.len(), 12);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, "").unwrap();
        let args = WorldArgs { seed: 5, count: 1, out: file, side: 64, held_out: false };
        let Err(Failure::Told(notice)) = run(args) else { unreachable!("a file is no folder") };
        assert!(notice.what.contains("cannot be written"));
    }

    #[test]
    fn a_title_becomes_a_folder() {
        assert_eq!(slug("Mia, Bo and the Kite"), "mia-bo-and-the-kite");
    }
}
