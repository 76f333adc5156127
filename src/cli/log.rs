//! The log: a file in the home folder, for reports of defects. Nothing of it ever reaches the terminal.

use std::fs::{self, File};
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;

/// A longer one is put aside as `storyloom.log.1`, in place of the one put aside before.
const LONGEST: u64 = 1 << 20;

/// Opens the log and has panics written there too. Where the home folder cannot be written there is none: the verb will
/// say so itself. `STORYLOOM_LOG` sets how much is written: error, warn, info, debug, trace; info without it.
pub fn begin(home: &Path) -> Option<PathBuf> {
    let path = home.join("storyloom.log");
    fs::create_dir_all(home).ok()?;
    if fs::metadata(&path).is_ok_and(|log| log.len() > LONGEST) {
        fs::rename(&path, home.join("storyloom.log.1")).ok()?;
    }
    let file = File::options().create(true).append(true).open(&path).ok()?;
    let level = std::env::var("STORYLOOM_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::INFO);
    tracing_subscriber::fmt().with_ansi(false).with_max_level(level).with_writer(Mutex::new(file)).try_init().ok()?;
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        tracing::error!("{info}\n{}", std::backtrace::Backtrace::force_capture());
        // Whoever asks for backtraces sits in front of it; everybody else is told by the notice.
        if std::env::var_os("RUST_BACKTRACE").is_some() {
            before(info);
        }
    }));
    Some(path)
}
