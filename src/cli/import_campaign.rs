//! `storyloom campaign import`: votes of other people's tools become a campaign here.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::campaign_line::line;
use super::left_out;
use super::outcome::{Outcome, printable};
use crate::exchange::{JudgedFormat, LeftOut};
use crate::story::Notice;
use crate::studio::{ImportOrder, Studio};

#[derive(Debug, Args)]
pub struct Import {
    /// What to call the campaign
    name: String,
    /// The file; of human edits also a folder of files
    file: PathBuf,
    /// What it is; without it, the file says so itself
    #[arg(long, value_name = "FORM", value_parser = ["label-studio", "argilla", "fastchat", "human-edits", "csv"])]
    format: Option<String>,
    /// The folder that its picture names begin from; without it, the file's own
    #[arg(long, value_name = "FOLDER")]
    pictures: Option<PathBuf>,
    /// Only say what would be kept
    #[arg(long)]
    dry_run: bool,
    /// Write every row that is left out into this file, as JSON lines
    #[arg(long, value_name = "FILE")]
    left_out: Option<PathBuf>,
}

/// Imports a file and says what came of it.
pub async fn import(studio: &Studio, args: Import) -> Outcome {
    let known = |word: &String| JudgedFormat::ALL.into_iter().find(|format| format.word() == word);
    let order = ImportOrder {
        name: args.name,
        file: args.file,
        images: args.pictures,
        format: args.format.as_ref().and_then(known),
        rehearse: args.dry_run,
    };
    let imported = studio.import_campaign(&order).await?;
    left_out::say(&imported.left_out);
    if let Some(path) = &args.left_out {
        write(path, &imported.left_out)?;
    }
    let verb = if args.dry_run { "would be" } else { "are" };
    println!(
        "{} votes of {} raters about {} pairs of {} systems and {} sequences {verb} imported from {} ({})",
        imported.votes,
        imported.raters,
        imported.pairs,
        imported.systems,
        imported.sequences,
        printable(&order.file.display().to_string()),
        imported.format.word()
    );
    if imported.side_unknown > 0 {
        println!("of {} votes the side of the screen is not known: they say nothing of it", imported.side_unknown);
    }
    if imported.without_pictures > 0 {
        println!("{} sequences have no pictures: a card stands in their place", imported.without_pictures);
    }
    if let Some(campaign) = &imported.campaign {
        println!("{}", line(campaign));
        let name = printable(&campaign.name);
        println!("see what it says: storyloom results {name}");
        if imported.without_pictures == 0 {
            println!("have it rated further: storyloom campaign resume {name}");
        }
    }
    Ok(())
}

fn write(path: &Path, rows: &[LeftOut]) -> Result<(), Notice> {
    let failed = |error: std::io::Error| {
        let what = format!("'{}' cannot be written: {error}", path.display());
        Notice::outside(what, "name another file with --left-out; the import itself is done")
    };
    let mut out = BufWriter::new(File::create(path).map_err(failed)?);
    for row in rows {
        serde_json::to_writer(&mut out, row).map_err(|error| failed(error.into()))?;
        out.write_all(b"\n").map_err(failed)?;
    }
    out.flush().map_err(failed)
}
