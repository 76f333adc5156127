//! `storyloom backup` and `storyloom restore`: a copy of the home folder that holds what it says, and a home made of it.

use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::outcome::Outcome;
use crate::config::Config;
use crate::shelf::{Backup, Shelf};
use crate::story::Notice;

/// Copy the home folder while it is in use
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  storyloom backup /backups/2026-11-27

Sequences, pictures, stories, campaigns, votes, raters, the server's key and its audit log, as they are at one moment, each read
through before the folder gets its name. Models that were added are not in it. A PostgreSQL database is backed up by pg_dump.")]
pub struct BackupArgs {
    /// The folder to make; it must not be there yet
    folder: PathBuf,
}

/// Make a home folder of a backup
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  storyloom restore /backups/2026-11-27 --home ~/storyloom-again

The home (--home) must have no database yet. Pictures are held against their hashes and votes against the label of the backup before
anything is put in place; a backup that an older storyloom made is brought up to date on the way.")]
pub struct RestoreArgs {
    /// The folder that storyloom backup made
    folder: PathBuf,
}

/// Makes a backup.
pub async fn back_up(args: BackupArgs, config: &Config) -> Outcome {
    let shelf = Shelf::open(&config.home, config.database.as_deref()).await.map_err(Notice::from)?;
    let bar = bar();
    let made = shelf.back_up(&args.folder, &mut |done, of| show(&bar, done, of)).await;
    bar.finish_and_clear();
    let made = made.map_err(Notice::from)?;
    println!("{} holds {}", args.folder.display(), inside(&made));
    shelf.close().await;
    Ok(())
}

/// Makes a home of one.
pub async fn restore(args: RestoreArgs, config: &Config) -> Outcome {
    if config.database.is_some() {
        let what = "a backup becomes a home with a database of its own, and --database names another";
        return Err(Notice::yours(what, "leave out --database, STORYLOOM_DATABASE and the key in config.toml").into());
    }
    let bar = bar();
    let restored = Shelf::restore(&args.folder, &config.home, &mut |done, of| show(&bar, done, of)).await;
    bar.finish_and_clear();
    println!("{} holds {}", config.home.display(), inside(&restored.map_err(Notice::from)?));
    Ok(())
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("pictures {bar:32} {pos}/{len}, {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn show(bar: &ProgressBar, done: usize, of: usize) {
    bar.set_length(of as u64);
    bar.set_position(done as u64);
}

fn inside(backup: &Backup) -> String {
    let Backup { sequences, images, stories, events, head, .. } = backup;
    let last = head.get(..16).map_or(String::new(), |head| format!(" (the last is {head}..)"));
    format!(
        "{sequences} sequences with {images} pictures, {stories} stories, {events} events of the log of votes{last}"
    )
}
