//! The keys of a visit: the shipped ones, and what the person's file says.

use crate::app::Keymap;
use crate::config::Config;
use crate::story::Notice;

/// The keymap by the configuration.
///
/// # Errors
/// Where the file says what cannot be meant; all of it is named.
pub fn keymap(config: &Config) -> Result<Keymap, Notice> {
    let Some((path, text)) = &config.keys else { return Ok(Keymap::default()) };
    Keymap::default().patched(text).map_err(|wrong| {
        let what = format!("the keys in {} cannot be used:\n  {}", path.display(), wrong.join("\n  "));
        Notice::yours(
            what,
            "mend the file, or move it away; storyloom --print-keymap shows the keys as they are shipped",
        )
    })
}
