//! `storyloom export`: stories with their frames, to be read elsewhere.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::outcome::{Outcome, tell as say};
use crate::config::Config;
use crate::exchange::{Choose, Edition};
use crate::story::Notice;
use crate::studio::Studio;

const AFTER_HELP: &str = "\
Examples:
  storyloom export book a-gift-for-ben
  storyloom export book holiday/ --format epub --out ~/books
  storyloom export book seq-0123abcd --story story-0006 --format md

What was told last is written, unless --story names another. Pictures keep their own bytes.";

/// Write stories with their frames, to be read elsewhere
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom export book a-gift-for-ben
  storyloom export training --out lessons")]
pub struct Export {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// One story with its frames as a page, a text or a book
    Book(Book),
    /// Every annotated sequence as training data
    Training(Training),
}

#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
struct Book {
    /// A path that was told before, a bundled sequence by its name, or a sequence by its id
    sequence: String,
    /// This story, by its id
    #[arg(long, value_name = "ID")]
    story: Option<String>,
    /// html: one page with everything in it; md: Markdown and a folder of pictures; epub: a book
    #[arg(long, value_name = "KIND", default_value = "html", value_parser = editions())]
    format: Edition,
    /// Write into this folder
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    out: PathBuf,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  storyloom export training --out lessons
  storyloom train sft configs/recipes/books-lora.toml --data lessons --run runs/mine

Each becomes a folder with book.json, its pictures and facts.json. Captions, emotions and characters are written where
every frame has them; a sequence without a whole reference story is left out, and named.")]
struct Training {
    /// Write into this folder
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

fn editions() -> impl TypedValueParser<Value = Edition> {
    PossibleValuesParser::new(Edition::ALL.map(Edition::word))
        .map(|word| Edition::ALL.into_iter().find(|edition| edition.word() == word).unwrap_or(Edition::Html))
}

/// Writes what is asked for and prints the path of the file to open.
pub async fn run(args: Export, config: &Config) -> Outcome {
    let studio = Studio::open(config).await?;
    let book = match args.what {
        What::Book(book) => book,
        What::Training(training) => return lessons(&studio, &training.out).await,
    };
    let (card, _) = studio.open_named(&book.sequence, &Choose::default()).await?;
    let story = studio.find_story(&card.id, book.story.as_deref()).await?;
    let path = studio.publish(&story, book.format, &book.out).await?;
    println!("{}", path.display());
    Ok(())
}

async fn lessons(studio: &Studio, out: &Path) -> Outcome {
    let (written, left_out) = studio.write_lessons(out).await?;
    left_out.iter().for_each(say);
    written.iter().for_each(|path| println!("{}", path.display()));
    if written.is_empty() {
        let what = "no sequence has a whole reference story yet";
        return Err(Notice::yours(what, "open one in the studio, press a, and write it or have it suggested").into());
    }
    Ok(())
}
