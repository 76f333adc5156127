//! Rows of somebody else's file that could not be used: said on stderr, with their place and their reason.

use super::outcome::printable;
use crate::exchange::LeftOut;

/// So many are said one by one.
const SAID: usize = 20;

/// Says how many were left out, and why the first ones were.
pub fn say(rows: &[LeftOut]) {
    if rows.is_empty() {
        return;
    }
    eprintln!("{} rows are left out:", rows.len());
    for LeftOut { source, row, id, reason } in rows.iter().take(SAID) {
        let id = if id.is_empty() { String::new() } else { format!(" ({})", printable(id)) };
        eprintln!("  {} row {row}{id}: {}", printable(source), printable(reason));
    }
    if rows.len() > SAID {
        eprintln!("  and {} more", rows.len() - SAID);
    }
}
