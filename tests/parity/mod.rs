//! Where the reference numbers are: `STORYLOOM_PARITY`, or `../shared/parity` beside the project.
//! Without them a test says so and returns; in CI (`CI=true`) that is a failure.

use std::path::{Path, PathBuf};

/// The folder `name` of the reference data, if it is there.
pub fn folder(name: &str) -> Option<PathBuf> {
    let all = std::env::var_os("STORYLOOM_PARITY")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/parity"), PathBuf::from);
    let folder = all.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "no reference data at {}: set STORYLOOM_PARITY",
        folder.display()
    );
    eprintln!("skipped: no reference data at {} (set STORYLOOM_PARITY)", folder.display());
    None
}
